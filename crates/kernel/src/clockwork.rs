//! The system's clock. Simulations bring their own.

use names::{Clock, Moment, Time};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Wall time of the system and monotonic time since it was made, both moved by an offset that is zero unless danger was asked for.
pub struct SystemClock {
    origin: Instant,
    offset_seconds: AtomicI64,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the house asks the system for the time")]
    pub fn new() -> Self {
        Self { origin: Instant::now(), offset_seconds: AtomicI64::new(0) }
    }

    /// Moves wall and monotonic time together, as `--danger-clock-file` asks, so that tests can meet a date that is far away.
    pub fn danger_move(&self, offset_seconds: i64) {
        self.offset_seconds.store(offset_seconds, Ordering::Relaxed);
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the house asks the system for the time")]
    fn wall(&self) -> Time {
        let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        let offset = self.offset_seconds.load(Ordering::Relaxed).saturating_mul(1_000_000);
        Time::from_micros(i64::try_from(micros).unwrap_or(i64::MAX).saturating_add(offset))
    }

    fn monotonic(&self) -> Moment {
        let offset = self.offset_seconds.load(Ordering::Relaxed).max(0).unsigned_abs();
        Moment(self.origin.elapsed() + std::time::Duration::from_secs(offset))
    }
}
