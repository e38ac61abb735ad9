//! The values that conditions compare: numbers, instants, networks.

use std::cmp::Ordering;
use std::net::IpAddr;

/// An integer, or a decimal fraction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    whole: Option<i64>,
    approximate: f64,
}

impl Number {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let decimal =
            text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
        let approximate = text.parse().ok().filter(|number: &f64| decimal && number.is_finite())?;
        Some(Self { whole: text.parse().ok(), approximate })
    }

    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self.whole, other.whole) {
            (Some(this), Some(that)) => Some(this.cmp(&that)),
            _ => self.approximate.partial_cmp(&other.approximate),
        }
    }
}

/// A point in time. Years reach as far as the 64-bit milliseconds that IAM keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

const YEAR_MIN: i64 = -292_275_054;
const YEAR_MAX: i64 = 292_278_993;

impl Instant {
    /// Seconds since 1970, or one of the W3C's profiles of ISO 8601 (<https://www.w3.org/TR/NOTE-datetime>): a year
    /// alone, with month, day, time, fraction and zone as far as given. IAM is lenient (it takes `01T`), and so is
    /// this.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        if !text.contains(['t', '-']) {
            let seconds = digits(&text, 19, 0, i64::MAX)?;
            return Some(Self { seconds, nanoseconds: 0 });
        }
        let (date, time) = text.split_once('t').unwrap_or((&text, ""));
        let days = Self::days(date)?;
        let (seconds, nanoseconds) = Self::time(time)?;
        Some(Self { seconds: days.checked_mul(86_400)?.checked_add(seconds)?, nanoseconds })
    }

    fn days(date: &str) -> Option<i64> {
        let (sign, date) = date.strip_prefix('-').map_or((1, date), |rest| (-1, rest));
        let mut parts = date.split('-');
        let year = sign * digits(parts.next()?, 9, 0, YEAR_MAX)?;
        let month = parts.next().map_or(Some(1), |month| digits(month, 2, 1, 12))?;
        let day = parts.next().map_or(Some(1), |day| digits(day, 2, 1, month_days(year, month)))?;
        (parts.next().is_none() && year >= YEAR_MIN).then(|| days_since_1970(year, month, day))
    }

    fn time(time: &str) -> Option<(i64, u32)> {
        let zone_at = time.find(['z', '+', '-']).unwrap_or(time.len());
        let (clock, zone) = time.split_at_checked(zone_at)?;
        let mut parts = clock.split(':');
        let hours = parts.next().filter(|hours| !hours.is_empty()).map_or(Some(0), |hours| digits(hours, 2, 0, 23))?;
        let minutes = parts.next().map_or(Some(0), |minutes| digits(minutes, 2, 0, 59))?;
        let (seconds, nanoseconds) = parts.next().map_or(Some((0, 0)), Self::seconds)?;
        let seconds = hours * 3600 + minutes * 60 + seconds - Self::zone(zone)?;
        parts.next().is_none().then_some((seconds, nanoseconds))
    }

    fn seconds(text: &str) -> Option<(i64, u32)> {
        let (seconds, fraction) = text.split_once('.').map_or((text, None), |(seconds, rest)| (seconds, Some(rest)));
        let nanoseconds = match fraction {
            None => 0,
            Some(fraction) => {
                let value = digits(fraction, 9, 0, 999_999_999)?;
                u32::try_from(value).ok()?.checked_mul(10_u32.pow(9 - u32::try_from(fraction.len()).ok()?))?
            }
        };
        Some((digits(seconds, 2, 0, 59)?, nanoseconds))
    }

    /// The zone's seconds east of Greenwich.
    fn zone(zone: &str) -> Option<i64> {
        if zone.is_empty() || zone == "z" {
            return Some(0);
        }
        let (sign, zone) = zone.strip_prefix('-').map_or((1, zone.strip_prefix('+')), |rest| (-1, Some(rest)));
        let (hours, minutes) = zone?.split_once(':').unwrap_or((zone?, "00"));
        if hours.len() != 2 || minutes.len() != 2 {
            return None;
        }
        Some(sign * (digits(hours, 2, 0, 23)? * 3600 + digits(minutes, 2, 0, 59)? * 60))
    }
}

/// Decimal digits and nothing else, at most `length` of them, within bounds.
fn digits(text: &str, length: usize, min: i64, max: i64) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= length && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && (min..=max).contains(number))
}

fn month_days(year: i64, month: i64) -> i64 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Of the proleptic Gregorian calendar. Counts years from March, so that the leap day is the last of a year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Addresses with a common prefix. Without a prefix length, one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(prefix) => u32::try_from(digits(prefix, 3, 0, i64::from(longest))?).ok()?,
        };
        Some(Self { address, prefix })
    }

    /// IPv4 and IPv6 do not contain each other; an IPv4 address in IPv6's clothes is IPv4.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - self.prefix).unwrap_or(0);
                u32::from(net) & mask == u32::from(address) & mask
            }
            (IpAddr::V6(net), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
                u128::from(net) & mask == u128::from(address) & mask
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn instants() {
        let seconds = |text: &str| Instant::parse(text).map(|instant| instant.seconds);
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2024-02-29T12:00:00+09:00"), Some(1_709_175_600));
        assert_eq!(seconds("2024-02-29T03:00Z"), Some(1_709_175_600));
        assert_eq!(seconds("1709175600"), Some(1_709_175_600));
        assert_eq!(seconds("2024"), Some(2024));
        assert_eq!(seconds("2024-01"), seconds("2024-01-01"));
        assert_eq!(Instant::parse("2000-01-01T00:00:00.5Z").unwrap().nanoseconds, 500_000_000);
        for lenient in ["01T", "-292275054", "2016-12-13t2:00:00.593194+23", "2016-12-13T21:20:37.593194+00:00"] {
            assert!(Instant::parse(lenient).is_some(), "{lenient}");
        }
        for bad in [
            "",
            "sdfdsf",
            "234-13",
            "2023-02-29",
            "2016-12-13t2:00:00.593194+1",
            "2016-12-13t2:00:00.1999999999+10:59",
            "9223372036854775808",
            "-292275055",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00ZZ",
            "1.5",
        ] {
            assert_eq!(Instant::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_beyond_a_double_are_exact() {
        let compare = |a: &str, b: &str| Number::parse(a).unwrap().compare(Number::parse(b).unwrap());
        assert_eq!(compare("9007199254740993", "9007199254740992"), Some(Ordering::Greater));
        assert_eq!(compare("1.50", "1.5"), Some(Ordering::Equal));
        assert_eq!(compare("-1", "1e3"), Some(Ordering::Less));
        for bad in ["", "x", "inf", "NaN", "1e999", "0x1", "1_0"] {
            assert!(Number::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn networks() {
        let contains = |net: &str, address: &str| Network::parse(net).unwrap().contains(address.parse().unwrap());
        assert!(contains("203.0.113.7/24", "203.0.113.255"));
        assert!(!contains("203.0.113.0/24", "203.0.114.0"));
        assert!(contains("203.0.113.7", "203.0.113.7") && !contains("203.0.113.7", "203.0.113.8"));
        assert!(contains("0.0.0.0/0", "8.8.8.8") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("2001:db8::/32", "2001:db8:1::1") && !contains("::/0", "::ffff:1.2.3.4"));
        assert!(contains("1.2.3.4/32", "::ffff:1.2.3.4"));
        for bad in ["", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/+8", "::/129", "10.0.0.0/255.0.0.0"] {
            assert!(Network::parse(bad).is_none(), "{bad}");
        }
    }
}
