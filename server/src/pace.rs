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
    let (mut whole, mut kib) = (Vec::new(), None::<SemaphorePermit<'static>>);
    loop {
        let frame = timeout_at(due.min(end), body.frame()).await.map_err(|_| Unread::TooSlow)?;
        match frame {
            None => return Ok(Body { bytes: whole.into(), _kib: kib }),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                let more = u32::try_from(data.len().div_ceil(1_024)).unwrap_or(u32::MAX);
                let more = BODIES_KIB.try_acquire_many(more).map_err(|_| Unread::NoRoom)?;
                match &mut kib {
                    Some(kib) => kib.merge(more),
                    None => kib = Some(more),
                }
                due += Duration::from_micros(data.len() as u64 * 1_000_000 / BODY_BYTES_PER_SECOND_MIN);
                whole.extend_from_slice(&data);
            }
            Some(Err(error)) if error.is::<LengthLimitError>() => return Err(Unread::TooLarge),
            Some(Err(_)) => return Err(Unread::Broken),
        }
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
