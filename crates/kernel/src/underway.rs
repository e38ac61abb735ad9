//! A call on its way to its record, which nobody can abandon.

use crate::house::Wait;
use crate::{Breakage, House, Recorded};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::sync::Notify;

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

/// The calls of a house that have not ended.
#[derive(Default)]
pub(crate) struct Calls {
    count: AtomicUsize,
    none: Notify,
}

impl Calls {
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Waits until there are none.
    pub(crate) async fn none(&self) {
        loop {
            // Before the look, so that no end between the two is missed.
            let ended = self.none.notified();
            if self.count() == 0 {
                return;
            }
            ended.await;
        }
    }
}

/// The house, for one call, which counts as long as this is.
pub(crate) struct Host(Arc<House>);

impl Host {
    pub(crate) fn of(house: &Arc<House>) -> Self {
        house.calls.count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(house))
    }
}

impl Deref for Host {
    type Target = House;

    fn deref(&self) -> &House {
        &self.0
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.0.calls.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.calls.none.notify_waiters();
        }
    }
}
