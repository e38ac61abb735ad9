//! What texts mean to the operators that compare more than texts: numbers, times, addresses.

use std::net::IpAddr;

/// A decimal number in units of 10⁻⁹.
pub fn number(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 9 || whole.len() > 18 {
        return None;
    }
    if !whole.chars().chain(fraction.chars()).all(|char| char.is_ascii_digit()) {
        return None;
    }
    let billionths: i128 = format!("{fraction:0<9}").parse().ok()?;
    Some(sign * (whole.parse::<i128>().ok()? * 1_000_000_000 + billionths))
}

/// Seconds since 1970: epoch seconds, or one of W3C's forms of ISO 8601 <https://www.w3.org/TR/NOTE-datetime>, at
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date>.
pub fn time(text: &str) -> Option<i64> {
    if text.len() > 4 && text.chars().all(|char| char.is_ascii_digit()) {
        return text.parse().ok();
    }
    let (date, of_day) = text.split_once('T').map_or((text, None), |(date, of_day)| (date, Some(of_day)));
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let part = |place: usize| parts.get(place).copied().unwrap_or(1);
    if parts.len() > 3 || !(1..=12).contains(&part(1)) || !(1..=31).contains(&part(2)) {
        return None;
    }
    let seconds = match of_day {
        Some(of_day) => seconds_of_day(of_day)?,
        None => 0,
    };
    Some(days(part(0), part(1), part(2)) * 86_400 + seconds)
}

fn seconds_of_day(text: &str) -> Option<i64> {
    let (clock, offset) = match text.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let place = text.rfind(['+', '-'])?;
            let (clock, zone) = text.split_at(place);
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            let ahead = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            (clock, if zone.starts_with('-') { -ahead } else { ahead })
        }
    };
    let parts: Vec<i64> = clock.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match *parts.as_slice() {
        [hours, minutes] => Some(hours * 3600 + minutes * 60 - offset),
        [hours, minutes, seconds] => Some(hours * 3600 + minutes * 60 + seconds - offset),
        _ => None,
    }
}

/// Days from 1970-01-01, counted year by year and month by month.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let years: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let months = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: i64 = months.iter().zip(1..month).map(|(days, _)| days).sum();
    years + months + day - 1
}

/// Whether the address lies in the range: CIDR, or one address, which is /32, and /128 for IPv6:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress>.
pub fn in_range(range: &str, address: &str) -> Option<bool> {
    let (base, bits) = match range.split_once('/') {
        Some((base, bits)) => (base, Some(bits.parse::<usize>().ok()?)),
        None => (range, None),
    };
    let (base, address) = (bits_of(base)?, bits_of(address)?);
    let bits = bits.unwrap_or(base.len());
    Some(base.len() == address.len() && base.iter().zip(&address).take(bits).all(|(one, other)| one == other))
}

fn bits_of(text: &str) -> Option<Vec<bool>> {
    let bytes = match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    Some(bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect())
}
