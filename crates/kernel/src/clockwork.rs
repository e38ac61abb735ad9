//! The system's clock, and the watch over clocks that jump. Simulations bring their own clock.

use crate::{Breakage, Event};
use names::{Clock, Moment, Time};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use store::Store;

/// How far wall time may lead the time that has passed since boot. NTP's slews and leap seconds are far below it; a machine that slept
/// longer than this has to be restarted before dates are believed again.
pub const CLOCK_LEAD_SECONDS_MAX: u64 = 24 * 60 * 60;
/// How far wall time at boot may be from when the clock was last believed. A house that was off for longer has to be told that the clock
/// is right; AWS's shortest wait before a key is deleted is as long.
pub const CLOCK_GAP_SECONDS_MAX: u64 = 7 * 24 * 60 * 60;
/// How far behind the clock may be at boot before the log tells of it: the window of a signature.
const CLOCK_BEHIND_SECONDS_MAX: u64 = 5 * 60;
/// How often the house notes that it believes its clock.
const NOTE_PERIOD: Duration = Duration::from_secs(60 * 60);

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

/// When the clock was last believed: noted by the house itself, or else the time of the last event of the trail. `None` in a new house.
///
/// The trail alone would not do: a start with a wrong clock leaves an event with a wrong time.
pub async fn last_believed(store: &Store) -> Result<Option<Time>, Breakage> {
    if let Some(noted) = store.noted_clock().await? {
        return Ok(Some(noted));
    }
    let Some(head) = store.head().await? else { return Ok(None) };
    let last = store.trail(head.sequence, 1).await?;
    Ok(last.first().and_then(|recorded| Event::decode(&recorded.bytes)).map(|event| event.time()))
}

/// What both clocks said at boot.
pub(crate) struct ClockWatch {
    wall: Time,
    monotonic: Moment,
    /// Whether the clock could not be believed at boot.
    held: bool,
    told: AtomicBool,
    noted: Mutex<Option<Moment>>,
}

impl ClockWatch {
    /// `believed` is when the clock was last believed, as far as it has to be compared with that.
    pub(crate) fn begin(clock: &dyn Clock, believed: Option<Time>) -> Self {
        let (wall, monotonic) = (clock.wall(), clock.monotonic());
        let held = believed.is_some_and(|then| wall > then + Duration::from_secs(CLOCK_GAP_SECONDS_MAX));
        let then = believed.unwrap_or(wall);
        if held {
            tracing::warn!(
                wall = %wall.iso(),
                believed = %then.iso(),
                "the wall clock is far ahead of when the house last ran: destructive tasks hold. If the clock is wrong, mend it and start \
                 again; if the house was off for so long, start it once with --danger-accept-clock"
            );
        } else if wall + Duration::from_secs(CLOCK_BEHIND_SECONDS_MAX) < then {
            tracing::warn!(wall = %wall.iso(), believed = %then.iso(), "the wall clock is behind the time at which the house last ran");
        }
        Self { wall, monotonic, held, told: AtomicBool::new(false), noted: Mutex::new(None) }
    }

    /// Notes the time, now and then, as long as it is believed. While it is not, the last note stays, and so the next start holds too.
    pub(crate) async fn note(&self, clock: &dyn Clock, store: &Store) -> Result<(), Breakage> {
        let now = clock.monotonic();
        let noted = *self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.is_some_and(|noted| now.0.saturating_sub(noted.0) < NOTE_PERIOD) || !self.is_sound(clock) {
            return Ok(());
        }
        store.note_clock(clock.wall()).await?;
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(())
    }

    /// The clock was believed at boot, and leads by no more than [`CLOCK_LEAD_SECONDS_MAX`] since. The first time that the latter does not
    /// hold, the log says so.
    pub(crate) fn is_sound(&self, clock: &dyn Clock) -> bool {
        if self.held {
            return false;
        }
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
        let watch = ClockWatch::begin(&hands, None);
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
    #[test]
    fn a_start_with_a_clock_far_ahead_holds_and_one_after_some_days_does_not() {
        let at = Time::from_seconds;
        let gap = CLOCK_GAP_SECONDS_MAX as i64;
        let cases = [
            (None, true),
            (Some(1_000_000), true),
            (Some(1_000_000 - gap), true),
            (Some(999_999 - gap), false),
            (Some(2_000_000), true),
        ];
        for (believed, sound) in cases {
            let hands = Hands(Mutex::new((at(1_000_000), Moment::default())));
            let watch = ClockWatch::begin(&hands, believed.map(at));
            assert_eq!(watch.is_sound(&hands), sound, "{believed:?}");
            // Time that passes releases nothing.
            hands.0.lock().map(|mut now| *now = (at(1_000_060), Moment(Duration::from_secs(60)))).unwrap_or_default();
            assert_eq!(watch.is_sound(&hands), sound, "{believed:?}");
        }
    }
}
