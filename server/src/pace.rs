//! Clients that keep a connection and do not get on: bodies that drip, and connections on which nothing happens.

#![expect(
    clippy::disallowed_methods,
    reason = "what is measured is how long sockets are silent, by the clock of their timers"
)]

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};

/// For a whole body of 1 MiB at the most.
const BODY_SECONDS_MAX: u64 = 60;
/// A body may be as slow as this, ...
const BODY_BYTES_PER_SECOND_MIN: u64 = 1_024;
/// ... and as late as this: a mobile network stalls for some seconds now and then.
const BODY_SECONDS_LATE_MAX: u64 = 5;
/// From the beginning of a connection (behind the TLS handshake) to the end of the first head on it. HTTP/1 has its own timer for each
/// head; this one is for HTTP/2, and for clients that send less than it takes to tell HTTP/1 from HTTP/2.
const FIRST_SECONDS_MAX: u64 = 10;
/// Without a request in flight. Pools of the SDKs keep a connection for a minute or less.
const IDLE_SECONDS_MAX: u64 = 120;

/// For the bodies of all requests together. Who is at the other end is not known before a body is read, so this is what a crowd of
/// strangers can take of the memory.
const BODIES_KIB_MAX: usize = 512 << 10;
static BODIES_KIB: Semaphore = Semaphore::const_new(BODIES_KIB_MAX);

/// A body that was read. It counts for as long as it is kept.
pub struct Body {
    pub bytes: Bytes,
    _kib: Option<SemaphorePermit<'static>>,
}

/// Why a body was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unread {
    TooLarge,
    TooSlow,
    /// The bodies of all requests take as much memory as they may.
    NoRoom,
    /// The client ended it early, or broke the protocol.
    Broken,
}

/// The whole body, if it is within its bounds and comes at some pace. What is there already is taken without a timer.
pub async fn body<B>(body: B) -> Result<Body, Unread>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = pin!(Limited::new(body, wire::limits::BODY_BYTES_MAX));
    let begin = Instant::now();
    let end = begin + Duration::from_secs(BODY_SECONDS_MAX);
    let mut due = begin + Duration::from_secs(BODY_SECONDS_LATE_MAX);
    let said = hyper::body::Body::size_hint(&*body).exact().and_then(|said| usize::try_from(said).ok());
    let mut held = Held::of(said.unwrap_or(usize::MAX));
    loop {
        let frame = timeout_at(due.min(end), body.frame()).await.map_err(|_| Unread::TooSlow)?;
        match frame {
            None => return Ok(Body { bytes: held.whole.into(), _kib: held.kib }),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                due += Duration::from_micros(data.len() as u64 * 1_000_000 / BODY_BYTES_PER_SECOND_MIN);
                held.take(&data)?;
            }
            Some(Err(error)) if error.is::<LengthLimitError>() => return Err(Unread::TooLarge),
            Some(Err(_)) => return Err(Unread::Broken),
        }
    }
}

/// What is there of a body. It counts as the memory that it has, whatever pieces it came in.
struct Held {
    whole: Vec<u8>,
    kib: Option<SemaphorePermit<'static>>,
    /// How long it is going to be, at the most. Nothing is set aside on somebody's word: it bounds what is.
    bytes_max: usize,
}

impl Held {
    fn of(bytes_said: usize) -> Self {
        Self { whole: Vec::new(), kib: None, bytes_max: bytes_said.min(wire::limits::BODY_BYTES_MAX) }
    }

    fn take(&mut self, data: &[u8]) -> Result<(), Unread> {
        let length = self.whole.len() + data.len();
        if length > self.whole.capacity() {
            // Twice as much each time, so that many small pieces are not copied many times.
            let bytes = length.max((2 * self.whole.capacity()).max(1_024).min(self.bytes_max));
            self.count(bytes.div_ceil(1_024))?;
            self.whole.reserve_exact(bytes - self.whole.len());
        }
        self.whole.extend_from_slice(data);
        Ok(())
    }

    /// Takes from the memory of all bodies what is missing of so much.
    fn count(&mut self, kib: usize) -> Result<(), Unread> {
        let more = kib.saturating_sub(self.kib.as_ref().map_or(0, SemaphorePermit::num_permits));
        let more = u32::try_from(more).map_err(|_| Unread::NoRoom)?;
        let more = BODIES_KIB.try_acquire_many(more).map_err(|_| Unread::NoRoom)?;
        match &mut self.kib {
            Some(kib) => kib.merge(more),
            None => self.kib = Some(more),
        }
        Ok(())
    }
}

/// Counts the requests in flight on one connection.
#[derive(Clone)]
pub struct Pulse(Arc<Counts>);

/// A request in flight.
pub struct Beat(Pulse);

/// The other end of a [`Pulse`].
pub struct Stillness(Arc<Counts>);

struct Counts {
    begin: Instant,
    in_flight: AtomicUsize,
    /// When the last request ended, in microseconds from the beginning; 0 before the first one.
    last_micros: AtomicU64,
}

impl Pulse {
    pub fn begin() -> (Self, Stillness) {
        let counts = Counts { begin: Instant::now(), in_flight: AtomicUsize::new(0), last_micros: AtomicU64::new(0) };
        let counts = Arc::new(counts);
        (Self(Arc::clone(&counts)), Stillness(counts))
    }

    pub fn beat(&self) -> Beat {
        self.0.in_flight.fetch_add(1, Ordering::Relaxed);
        Beat(self.clone())
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        let Self(Pulse(counts)) = self;
        let now = u64::try_from(counts.begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        // Before the count, so that whoever sees none in flight sees when the last one ended.
        counts.last_micros.store(now.max(1), Ordering::Relaxed);
        counts.in_flight.fetch_sub(1, Ordering::Release);
    }
}

impl Stillness {
    /// Ends when the connection has been still for too long. It looks when that may be, and not at each request.
    pub async fn too_long(self) {
        let mut look = self.0.until(Instant::now());
        loop {
            sleep_until(look).await;
            let until = self.0.until(look);
            if until <= look {
                return;
            }
            look = until;
        }
    }
}

impl Counts {
    /// Until when the connection may stay as it is, as far as is known at `now`.
    fn until(&self, now: Instant) -> Instant {
        let idle = Duration::from_secs(IDLE_SECONDS_MAX);
        if self.in_flight.load(Ordering::Acquire) > 0 {
            return now + idle;
        }
        match self.last_micros.load(Ordering::Relaxed) {
            0 => self.begin + Duration::from_secs(FIRST_SECONDS_MAX),
            micros => self.begin + Duration::from_micros(micros) + idle,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use hyper::body::SizeHint;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// So many pieces of such a length.
    struct Pieces {
        count: usize,
        bytes: usize,
        says_length: bool,
    }

    impl hyper::body::Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
            let Some(left) = self.count.checked_sub(1) else { return Poll::Ready(None) };
            self.count = left;
            Poll::Ready(Some(Ok(hyper::body::Frame::data(vec![7; self.bytes].into()))))
        }

        fn size_hint(&self) -> SizeHint {
            if self.says_length { SizeHint::with_exact((self.count * self.bytes) as u64) } else { SizeHint::new() }
        }
    }

    #[tokio::test]
    async fn a_body_counts_as_the_memory_that_it_has_and_not_by_its_pieces() {
        let taken = || BODIES_KIB_MAX - BODIES_KIB.available_permits();
        for (count, bytes, says_length, kib) in [
            (0, 1, false, 0),
            (1, 1, true, 1),
            (5_000, 1, true, 5),
            (5_000, 1, false, 8),
            (600 << 10, 1, false, 1_024),
            (600, 1 << 10, true, 600),
            (1 << 20, 1, false, 1_024),
            (1, 1 << 20, false, 1_024),
        ] {
            let body = body(Pieces { count, bytes, says_length }).await.unwrap();
            assert_eq!((body.bytes.len(), taken()), (count * bytes, kib), "{count} times {bytes}");
            let Body { bytes: whole, _kib: permit } = body;
            let memory = Vec::from(whole).capacity();
            assert!(memory.div_ceil(1_024) <= kib, "{count} times {bytes}: {memory}");
            drop(permit);
            assert_eq!(taken(), 0, "what was taken is given back");
        }
        let told = body(Pieces { count: (1 << 20) + 1, bytes: 1, says_length: false }).await.map(|_| ());
        assert_eq!(told, Err(Unread::TooLarge));
    }
}
