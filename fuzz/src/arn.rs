//! What must hold of the names of things, whatever the text: a naive reading accepts the same and finds the same parts, and what is read
//! is written as it was.

use names::{AccountId, Arn, KeyName, KeyRef, Region, Time};

/// How many kinds of name the text is.
pub fn probe(bytes: &[u8]) -> usize {
    if let Ok(micros) = <[u8; 8]>::try_from(bytes) {
        // No time is beyond what can be written.
        let time = Time::from_micros(i64::from_be_bytes(micros));
        assert!(!time.iso().is_empty() && !time.iso_basic().is_empty());
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return 0 };
    let is_one = [arn(text), account(text), region(text), key(text), time(text)];
    is_one.into_iter().filter(|is_one| *is_one).count()
}

fn arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let whole = parts.len() == 6 && ["arn"] == parts[..1] && [1, 2, 5].iter().all(|at| !parts[*at].is_empty());
    let expected = whole && text.len() <= 2048;
    let Ok(arn) = Arn::parse(text) else {
        assert!(!expected, "refused: {text:?}");
        return false;
    };
    assert!(expected, "accepted: {text:?}");
    assert_eq!(["arn", arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()], parts[..]);
    assert_eq!(arn.to_string(), text);
    if let (Some(account), "aws") = (arn.account_id(), arn.partition()) {
        assert_eq!(Arn::of(arn.service(), arn.region(), account, arn.resource()), arn);
    }
    true
}

fn account(text: &str) -> bool {
    let expected = text.chars().count() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    let account = AccountId::parse(text);
    assert_eq!(account.is_ok(), expected, "{text:?}");
    let Ok(account) = account else { return false };
    assert_eq!(account.as_str(), text);
    assert_eq!(text.parse().map(AccountId::from_number), Ok(account));
    true
}

fn region(text: &str) -> bool {
    let legal = |char: char| matches!(char, 'a'..='z' | '0'..='9' | '-');
    let expected = (1..=32).contains(&text.chars().count()) && text.chars().all(legal);
    let region = Region::parse(text);
    assert_eq!(region.is_ok(), expected, "{text:?}");
    region.is_ok_and(|region| region.to_string() == text)
}

fn key(text: &str) -> bool {
    let key = KeyRef::parse(text);
    assert_eq!(key.as_str(), text, "the text is kept");
    match key.name() {
        KeyName::Id(id) => {
            assert!(id.as_str() == text && is_key_id(text), "{text:?}");
            true
        }
        KeyName::Alias(alias) => {
            assert!(alias.as_str() == text && text.starts_with("alias/") && text != "alias/");
            true
        }
        KeyName::Arn { region, account, id } => {
            assert_eq!(format!("arn:aws:kms:{region}:{account}:key/{id}"), text);
            assert!(is_key_id(id.as_str()));
            true
        }
        KeyName::AliasArn { region, account, alias } => {
            assert_eq!(format!("arn:aws:kms:{region}:{account}:{}", alias.as_str()), text);
            true
        }
        KeyName::BadArn => {
            assert!(text.starts_with("arn:"));
            let key = text.rsplit_once(":key/").map(|(start, id)| (start.split(':').collect::<Vec<_>>(), id));
            let well_formed = key.is_some_and(|(start, id)| {
                let ["arn", "aws", "kms", _, account] = start[..] else { return false };
                AccountId::parse(account).is_ok() && is_key_id(id) && text.len() <= 2048
            });
            assert!(!well_formed, "refused: {text:?}");
            false
        }
        KeyName::Malformed => {
            assert!(!text.starts_with("arn:") && !is_key_id(text), "{text:?}");
            assert!(!text.starts_with("alias/") || text == "alias/");
            false
        }
    }
}

/// By its shape: each digit a 9.
fn is_key_id(text: &str) -> bool {
    let shape: String =
        text.chars().map(|char| if matches!(char, '0'..='9' | 'a'..='f') { '9' } else { char }).collect();
    let multi_region = text.strip_prefix("mrk-").is_some_and(|_| shape.ends_with(&format!("-{}", "9".repeat(32))));
    shape == "99999999-9999-9999-9999-999999999999" || (multi_region && text.len() == 36)
}

fn time(text: &str) -> bool {
    let read = Time::parse(text);
    if let Some(expected) = naive_time(text) {
        assert_eq!(read, Some(Time::from_seconds(expected)), "{text:?}");
    }
    let Some(time) = read else { return false };
    // Before the year 0, years have a sign and six digits.
    if time >= Time::from_seconds(seconds(0, 1, 1, [0; 3])) {
        let exact = time.format("%Y-%m-%dT%H:%M:%S%.6fZ");
        assert_eq!(Time::parse(&exact), Some(time), "{exact} of {text:?}");
        for form in [time.iso(), time.iso_basic()] {
            assert_eq!(Time::parse(&form), Some(Time::from_seconds(time.seconds())), "{form} of {text:?}");
        }
    }
    true
}

/// Seconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ` or `YYYYMMDDTHHMMSSZ`, if it is a time.
fn naive_time(text: &str) -> Option<i64> {
    let shape: String = text.chars().map(|char| if char.is_ascii_digit() { '9' } else { char }).collect();
    if !["9999-99-99T99:99:99Z", "99999999T999999Z"].contains(&shape.as_str()) {
        return None;
    }
    let digits: Vec<i64> = text.bytes().filter(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0')).collect();
    let number = |from: usize, to: usize| digits[from..to].iter().fold(0, |number, digit| number * 10 + digit);
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let clock = [number(8, 10), number(10, 12), number(12, 14)];
    let possible = (1..=12).contains(&month) && (1..=days(year, month)).contains(&day);
    (possible && clock[0] < 24 && clock[1] < 60 && clock[2] < 60).then(|| seconds(year, month, day, clock))
}

fn seconds(year: i64, month: i64, day: i64, clock: [i64; 3]) -> i64 {
    let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let years = 365 * (year - 1970) + leaps(year - 1) - leaps(1969);
    let months: i64 = (1..month).map(|month| days(year, month)).sum();
    ((years + months + day - 1) * 24 + clock[0]) * 3600 + clock[1] * 60 + clock[2]
}

fn days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
