//! Clients that keep a connection and do not get on: bodies that drip, and connections on which nothing happens.

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::time::{sleep, timeout};

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
    _kib: Vec<SemaphorePermit<'static>>,
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

/// The whole body, if it is within its bounds and comes at some pace.
pub async fn body<B>(body: B) -> Result<Body, Unread>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let whole = timeout(Duration::from_secs(BODY_SECONDS_MAX), paced(body));
    whole.await.unwrap_or(Err(Unread::TooSlow))
}

async fn paced<B>(body: B) -> Result<Body, Unread>
where
    B: hyper::body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = pin!(Limited::new(body, wire::limits::BODY_BYTES_MAX));
    let mut due = pin!(sleep(Duration::from_secs(BODY_SECONDS_LATE_MAX)));
    let (mut whole, mut kib) = (Vec::new(), Vec::new());
    loop {
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = &mut due => return Err(Unread::TooSlow),
        };
        match frame {
            None => return Ok(Body { bytes: whole.into(), _kib: kib }),
            Some(Ok(frame)) => {
                let Ok(data) = frame.into_data() else { continue };
                let more = u32::try_from(data.len().div_ceil(1_024)).unwrap_or(u32::MAX);
                kib.push(BODIES_KIB.try_acquire_many(more).map_err(|_| Unread::NoRoom)?);
                let earned = Duration::from_micros(data.len() as u64 * 1_000_000 / BODY_BYTES_PER_SECOND_MIN);
                let later = due.deadline() + earned;
                due.as_mut().reset(later);
                whole.extend_from_slice(&data);
            }
            Some(Err(error)) if error.is::<LengthLimitError>() => return Err(Unread::TooLarge),
            Some(Err(_)) => return Err(Unread::Broken),
        }
    }
}

/// Counts the requests in flight on one connection.
#[derive(Clone)]
pub struct Pulse(Arc<watch::Sender<usize>>);

/// A request in flight.
pub struct Beat(Pulse);

/// The other end of a [`Pulse`].
pub struct Stillness(watch::Receiver<usize>);

impl Pulse {
    pub fn begin() -> (Self, Stillness) {
        let (sender, receiver) = watch::channel(0);
        (Self(Arc::new(sender)), Stillness(receiver))
    }

    pub fn beat(&self) -> Beat {
        self.0.send_modify(|count| *count += 1);
        Beat(self.clone())
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

impl Stillness {
    /// Ends when the connection has been still for too long.
    pub async fn too_long(mut self) {
        let mut seconds = FIRST_SECONDS_MAX;
        loop {
            let still = *self.0.borrow_and_update() == 0;
            tokio::select! {
                changed = self.0.changed() => match changed {
                    Ok(()) => seconds = IDLE_SECONDS_MAX,
                    // The connection has ended by itself, and with it whoever waits here.
                    Err(_) => return std::future::pending().await,
                },
                () = sleep(Duration::from_secs(seconds)), if still => return,
            }
        }
    }
}
