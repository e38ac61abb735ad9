//! What came of a call, read with the harness's own exit.

use crate::keys;
use kernel::{Event, Failure, Opened, Recorded};
use secret::Secret;
use shape::OperationShape;
use std::marker::PhantomData;

/// An answer or a failure, recorded.
pub struct Answered<S> {
    recorded: Recorded,
    shape: PhantomData<fn() -> S>,
}

impl<S: OperationShape> Answered<S> {
    pub(crate) fn of(recorded: Recorded) -> Self {
        Self { recorded, shape: PhantomData }
    }

    /// The output. Fails the test, with the failure's text, if there is none.
    pub fn output(&self) -> &S::Output {
        match self.recorded.open(&keys().exit) {
            Opened::Answer(answer) => answer.output().unwrap(),
            Opened::Failure(failure) => panic!("{} failed: {failure:?}", S::NAME),
        }
    }

    /// The failure. Fails the test if the call succeeded.
    pub fn failure(&self) -> Failure {
        match self.recorded.ending() {
            Err(failure) => failure,
            Ok(()) => panic!("{} succeeded", S::NAME),
        }
    }

    /// The code of the failure; nothing if the call succeeded.
    pub fn code(&self) -> String {
        self.recorded.ending().err().map(|failure| failure.code.into_owned()).unwrap_or_default()
    }

    pub fn is_ok(&self) -> bool {
        self.recorded.ending().is_ok()
    }

    /// A secret of the output, as the edge would write it.
    pub fn reveal(&self, secret: &Secret) -> Vec<u8> {
        match self.recorded.open(&keys().exit) {
            Opened::Answer(answer) => secret.reveal(&keys().exit, answer.receipt()).to_vec(),
            Opened::Failure(failure) => panic!("{} failed: {failure:?}", S::NAME),
        }
    }

    /// The place on the trail of the event that tells of the call.
    pub fn sequence(&self) -> u64 {
        self.recorded.sequence()
    }

    pub fn request_id(&self) -> &str {
        self.recorded.request_id().as_str()
    }

    /// The events of the whole family of this call, out of those of the house.
    pub fn events_in(&self, events: &[Event]) -> Vec<Event> {
        events.iter().filter(|event| event.request_id == self.request_id()).cloned().collect()
    }

    pub fn recorded(&self) -> &Recorded {
        &self.recorded
    }
}
