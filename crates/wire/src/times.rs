//! Times as AWS's protocols write them.

use crate::number;
use names::Time;
use shape::Malformed;

/// 0001-01-01T00:00:00Z in seconds since 1970: the first year that all formats can write.
const SECONDS_MIN: i64 = -62_135_596_800;
/// 9999-12-30T22:00:00Z, the last second that `names::Time` can write as a text.
const SECONDS_MAX: i64 = 253_402_207_200;
const MICROS_PER_SECOND: i64 = 1_000_000;

/// A time from microseconds since 1970, if it lies in the years 1 to 9999.
pub(crate) fn from_micros(micros: i64) -> Result<Time, Malformed> {
    let time = Time::from_micros(micros);
    if (SECONDS_MIN..=SECONDS_MAX).contains(&time.seconds()) { Ok(time) } else { Err(Malformed::Time) }
}

/// As [`from_micros`], from whole seconds.
pub(crate) fn from_seconds(seconds: i64) -> Result<Time, Malformed> {
    from_micros(seconds.checked_mul(MICROS_PER_SECOND).ok_or(Malformed::Time)?)
}

/// As [`from_micros`], from a double of seconds, to the nearest microsecond.
pub(crate) fn from_float(seconds: f64) -> Result<Time, Malformed> {
    let micros = (seconds * MICROS_PER_SECOND as f64).round();
    // A double holds integers exactly up to 2^53 only, but the comparison with the range is sound, and NaN fails it.
    if micros >= (SECONDS_MIN * MICROS_PER_SECOND) as f64 && micros <= (SECONDS_MAX * MICROS_PER_SECOND) as f64 {
        from_micros(micros as i64)
    } else {
        Err(Malformed::Time)
    }
}

/// Seconds since 1970 as a decimal number, cut to microseconds. `number` is a JSON number.
pub(crate) fn from_number(number: &str) -> Result<Time, Malformed> {
    from_micros(number::scaled(number, 6).map_err(|_| Malformed::Time)?.value)
}

/// RFC 3339: `2026-11-24T21:20:00Z`, with or without a fraction, with `Z` or an offset.
pub(crate) fn from_iso(text: &str) -> Result<Time, Malformed> {
    from_micros(Time::parse(text).ok_or(Malformed::Time)?.micros())
}

/// The fixed form of RFC 9110, section 5.6.7: `Tue, 29 Apr 2014 18:30:38 GMT`. The day of the week is not checked.
pub(crate) fn from_http(text: &str) -> Result<Time, Malformed> {
    let (_, rest) = text.split_once(", ").ok_or(Malformed::Time)?;
    let parts: Vec<&str> = rest.split(' ').collect();
    let [day, month, year, clock, "GMT"] = parts.as_slice() else { return Err(Malformed::Time) };
    let month = MONTHS.iter().position(|name| name == month).ok_or(Malformed::Time)? + 1;
    from_iso(&format!("{year}-{month:02}-{day}T{clock}Z"))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds since 1970 as a decimal number with up to three places: `1795555200.123`.
pub(crate) fn epoch(time: Time) -> String {
    let millis = time.micros().div_euclid(1_000);
    let sign = if millis < 0 { "-" } else { "" };
    let (seconds, fraction) = (millis.unsigned_abs() / 1_000, millis.unsigned_abs() % 1_000);
    if fraction == 0 {
        return format!("{sign}{seconds}");
    }
    format!("{sign}{seconds}.{fraction:03}").trim_end_matches('0').to_owned()
}

/// `Tue, 29 Apr 2014 18:30:38 GMT`.
pub(crate) fn http(time: Time) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn each_format_reads_what_it_writes() {
        let time = Time::from_seconds(1_398_796_238);
        assert_eq!(http(time), "Tue, 29 Apr 2014 18:30:38 GMT");
        assert_eq!(from_http(&http(time)), Ok(time));
        assert_eq!(from_iso(&time.iso()), Ok(time));
        assert_eq!(from_number(&epoch(time)), Ok(time));
        assert_eq!(from_float(1_398_796_238.0), Ok(time));
    }

    #[test]
    fn fractions_have_three_places_at_most() {
        assert_eq!(epoch(Time::from_micros(1_795_555_200_123_999)), "1795555200.123");
        assert_eq!(epoch(Time::from_micros(1_795_555_200_100_000)), "1795555200.1");
        assert_eq!(epoch(Time::from_micros(-1_500_000)), "-1.5");
        assert_eq!(from_number("1.795555200123E9").unwrap().micros(), 1_795_555_200_123_000);
    }

    #[test]
    fn years_beyond_the_calendar_are_refused() {
        let last = from_seconds(SECONDS_MAX).unwrap();
        assert_eq!(last.iso(), "9999-12-30T22:00:00Z");
        assert_eq!(from_seconds(SECONDS_MAX + 1), Err(Malformed::Time));
        assert_eq!(from_seconds(SECONDS_MIN).unwrap().iso(), "0001-01-01T00:00:00Z");
        assert_eq!(from_seconds(SECONDS_MIN - 1), Err(Malformed::Time));
        for wrong in ["1e12", "-1e12", "1e400"] {
            assert_eq!(from_number(wrong), Err(Malformed::Time), "{wrong}");
        }
        for wrong in [f64::NAN, f64::INFINITY, 1e12, -1e12] {
            assert_eq!(from_float(wrong), Err(Malformed::Time), "{wrong}");
        }
        assert_eq!(from_seconds(i64::MAX), Err(Malformed::Time));
        for wrong in ["", "Tue, 29 Apr 2014 18:30:38", "Tue, 29 April 2014 18:30:38 GMT", "29 Apr 2014 18:30:38 GMT"] {
            assert_eq!(from_http(wrong), Err(Malformed::Time), "{wrong}");
        }
    }
}
