//! The system's clock, and the watch over clocks that jump. Simulations bring their own clock.

use names::{Clock, Moment, Time};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How far wall time may lead the time that has passed since boot. NTP's slews and leap seconds are far below it; a machine that slept
/// longer than this has to be restarted before dates are believed again.
pub const CLOCK_LEAD_SECONDS_MAX: u64 = 24 * 60 * 60;

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
        Moment(self.origin.elapsed() + Duration::from_secs(offset))
    }
}

/// What both clocks said at boot.
pub(crate) struct ClockWatch {
    wall: Time,
    monotonic: Moment,
    told: AtomicBool,
}

impl ClockWatch {
    pub(crate) fn begin(clock: &dyn Clock) -> Self {
        Self { wall: clock.wall(), monotonic: clock.monotonic(), told: AtomicBool::new(false) }
    }

    /// Wall time leads by no more than [`CLOCK_LEAD_SECONDS_MAX`]. The first time that it does not hold, the log says so.
    pub(crate) fn is_sound(&self, clock: &dyn Clock) -> bool {
        let passed = clock.monotonic().0.saturating_sub(self.monotonic.0);
        let latest = self.wall + passed + Duration::from_secs(CLOCK_LEAD_SECONDS_MAX);
        let wall = clock.wall();
        let sound = wall <= latest;
        if !sound && !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                wall = %wall.iso(),
                expected = %(self.wall + passed).iso(),
                "the wall clock has jumped: destructive tasks hold until the clock is right and the house is restarted"
            );
        }
        sound
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    struct Hands(Mutex<(Time, Moment)>);

    impl Clock for Hands {
        fn wall(&self) -> Time {
            self.0.lock().map(|now| now.0).unwrap_or_default()
        }

        fn monotonic(&self) -> Moment {
            self.0.lock().map(|now| now.1).unwrap_or_default()
        }
    }

    #[test]
    fn a_jump_forward_is_noticed_and_time_that_passes_is_not() {
        let at = |wall, passed| (Time::from_seconds(wall), Moment(Duration::from_secs(passed)));
        let day = CLOCK_LEAD_SECONDS_MAX;
        let hands = Hands(Mutex::new(at(1_000, 50)));
        let watch = ClockWatch::begin(&hands);
        let cases = [
            (1_000, 50, true),
            (1_000 + day as i64, 50, true),
            (1_001 + day as i64, 50, false),
            (1_000 + 30 * day as i64, 50 + 29 * day, true),
            (0, 50, true),
        ];
        for (wall, passed, sound) in cases {
            hands.0.lock().map(|mut now| *now = at(wall, passed)).unwrap_or_default();
            assert_eq!(watch.is_sound(&hands), sound, "{wall} {passed}");
        }
    }
}
