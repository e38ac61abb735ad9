//! Time, which comes from outside: wall time for dates, monotonic time for durations.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// Wall time in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

/// Monotonic time since an origin of the clock's own. Throttles and leases use it: wall time may jump.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Moment(pub Duration);

/// Where time comes from. The program hands in the system's clock, a simulation its own.
pub trait Clock: Send + Sync {
    fn wall(&self) -> Time;

    fn monotonic(&self) -> Moment;
}

impl Time {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// `2026-11-24T21:20:00Z`: the form of CloudTrail's and IAM's times (ISO 8601, whole seconds).
    pub fn iso(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// `20261124T212000Z`: the form that SigV4 signs.
    pub fn iso_basic(self) -> String {
        self.format("%Y%m%dT%H%M%SZ")
    }

    /// Formats in UTC by the directives of `strftime`.
    pub fn format(self, directives: &str) -> String {
        // The calendar ends with the year 9999 (and begins with -9999); a time beyond is written as its last.
        let end = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let instant = jiff::Timestamp::from_microsecond(self.0).unwrap_or(end);
        instant.strftime(directives).to_string()
    }

    /// Reads RFC 3339, and SigV4's `20261124T212000Z`.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|instant| Self(instant.as_microsecond()))
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Time {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_what_it_writes() {
        let time = Time::from_seconds(1_795_555_200);
        assert_eq!(Time::parse(&time.iso()), Some(time));
        assert_eq!(Time::parse(&time.iso_basic()), Some(time));
        assert_eq!(Time::from_seconds(0).iso(), "1970-01-01T00:00:00Z");
        assert_eq!(Time::parse("yesterday"), None);
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Time::from_micros(i64::MAX) + Duration::from_secs(1), Time::from_micros(i64::MAX));
        assert_eq!(Time::from_micros(-1).seconds(), -1);
        assert_eq!(Time::from_micros(i64::MAX).iso(), "9999-12-30T22:00:00Z");
    }
}
