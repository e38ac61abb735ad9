//! A call that has ended and whose record is durable: the only thing that can become a reply.

use crate::steps::{self, Steps};
use crate::{Failure, RequestId};
use secret::{Exit, Receipt};
use shape::Sink;

/// Result and receipt, both private. It opens to the edge alone.
pub struct Recorded {
    result: Result<Success, Failure>,
    receipt: Receipt,
    request_id: RequestId,
}

pub(crate) struct Success {
    pub output: steps::Answer,
    pub steps: &'static dyn Steps,
}

/// What the edge finds inside.
pub enum Opened<'a> {
    Answer(Answer<'a>),
    Failure(&'a Failure),
}

/// A successful answer that is still to be written.
pub struct Answer<'a> {
    success: &'a Success,
    receipt: &'a Receipt,
}

impl Recorded {
    pub(crate) fn assertion(result: Result<Success, Failure>, receipt: Receipt, request_id: RequestId) -> Self {
        Self { result, receipt, request_id }
    }

    pub fn open<'a>(&'a self, _: &Exit) -> Opened<'a> {
        match &self.result {
            Ok(success) => Opened::Answer(Answer { success, receipt: &self.receipt }),
            Err(failure) => Opened::Failure(failure),
        }
    }

    /// How the call ended, without its answer.
    pub fn ending(&self) -> Result<(), Failure> {
        self.result.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// The place on the trail of the record that tells of the call.
    pub fn sequence(&self) -> u64 {
        self.receipt.sequence()
    }

    pub fn request_id(&self) -> &RequestId {
        &self.request_id
    }
}

impl<'a> Answer<'a> {
    /// The receipt, without which no sink can open a secret.
    pub fn receipt(&self) -> &'a Receipt {
        self.receipt
    }

    pub fn model(&self) -> &'static shape::OperationModel {
        self.success.steps.model()
    }

    pub fn write(&self, sink: &mut dyn Sink) {
        self.success.steps.write_output(&*self.success.output, sink);
    }

    /// The output itself, where the caller knows its type.
    pub fn output<T: 'static>(&self) -> Option<&'a T> {
        self.success.output.downcast_ref()
    }
}
