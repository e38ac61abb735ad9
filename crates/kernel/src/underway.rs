//! A call on its way to its record, which nobody can abandon.

use crate::house::Wait;
use crate::{Breakage, Recorded};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::runtime::Handle;

/// How a call ends: with its record, or with nothing that could be answered.
type Ending = Result<Recorded, Breakage>;

/// Whoever awaits it runs it, without a task between. Dropped before its end it goes on as a task of its own, so that a closed connection
/// drops the reply and not the call.
pub struct Underway {
    /// `None` once it has ended.
    call: Option<Wait<'static, Ending>>,
    runtime: Handle,
}

impl Underway {
    /// From here on the call belongs to the house, whether it is awaited or not. Called within a runtime.
    pub(crate) fn begin(call: impl Future<Output = Ending> + Send + 'static) -> Self {
        Self { call: Some(Box::pin(call)), runtime: Handle::current() }
    }
}

impl Future for Underway {
    type Output = Ending;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ending> {
        // A call that panics is not put back, so that nobody goes on with it.
        let Some(mut call) = self.call.take() else { return Poll::Pending };
        let polled = call.as_mut().poll(context);
        if polled.is_pending() {
            self.call = Some(call);
        }
        polled
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        if let Some(call) = self.call.take() {
            self.runtime.spawn(call);
        }
    }
}
