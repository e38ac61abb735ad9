//! The time that a claim was signed at, and the window around it.

use std::time::Duration;

use names::Time;

use super::refused::quote;
use super::{Expires, Refused};

/// A time in the form that is signed, `20261124T212000Z`.
pub(super) struct Stamp {
    text: String,
    pub time: Time,
}

impl Stamp {
    /// Reads `20261124T212000Z`, or the form of the `Date` header (RFC 9110, IMF-fixdate).
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let basic = if is_basic(text) { Some(text.to_owned()) } else { from_imf_fixdate(text) };
        let stamp = basic.and_then(|text| Some(Self { time: Time::parse(&text)?, text }));
        stamp.ok_or_else(|| Refused::Date(quote(text)))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `20261124`: the day, as the credential scope must have it.
    pub fn day(&self) -> &str {
        self.text.get(..8).unwrap_or_default()
    }

    /// When the claim ends, if it holds at `now`. Both edges of the window are inside; parts of a second do not count.
    pub fn within(&self, presigned: Option<Expires>, window: Duration, now: Time) -> Result<Time, Refused> {
        let now = Time::from_seconds(now.seconds());
        let life = presigned.map_or(window, |expires| Duration::from_secs(expires.seconds.into()));
        if self.time < now - life {
            return Err(Refused::Expired {
                signed: self.text.clone(),
                earliest: (now - life).iso_basic(),
                now: now.iso_basic(),
                span: span(life),
            });
        }
        if self.time > now + window {
            return Err(Refused::NotYetCurrent {
                signed: self.text.clone(),
                latest: (now + window).iso_basic(),
                now: now.iso_basic(),
                span: span(window),
            });
        }
        Ok(self.time + life)
    }
}

/// `5 min`, or `90 sec` where it is not whole minutes.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds.is_multiple_of(60) { format!("{} min", seconds / 60) } else { format!("{seconds} sec") }
}

/// Whether the text has the form, and a second that every minute has: a leap second is no instant of [`Time`].
fn is_basic(text: &str) -> bool {
    let fits = |(position, byte): (usize, u8)| match position {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    };
    text.len() == 16 && text.bytes().enumerate().all(fits) && text.get(13..15) < Some("60")
}

/// `Tue, 24 Nov 2026 21:20:00 GMT` → `20261124T212000Z`. The name of the day is not judged.
fn from_imf_fixdate(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, date) = text.strip_suffix(" GMT")?.split_once(", ")?;
    let mut words = date.split(' ');
    let (day, month, year, clock) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let basic = format!("{year}{month:02}{day}T{}Z", clock.replace(':', ""));
    let shape = day.len() == 2 && year.len() == 4 && clock.len() == 8 && words.next().is_none();
    (shape && is_basic(&basic)).then_some(basic)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn both_forms_of_a_date_are_read() {
        for text in ["20150830T123600Z", "Sun, 30 Aug 2015 12:36:00 GMT"] {
            let stamp = Stamp::parse(text).unwrap();
            assert_eq!((stamp.as_str(), stamp.day()), ("20150830T123600Z", "20150830"));
            assert_eq!(stamp.time.seconds(), 1_440_938_160);
        }
    }

    #[test]
    fn what_is_no_date_is_quoted() {
        let texts = [
            "",
            "201",
            "20150830T123600",
            "2015-08-30T12:36:00Z",
            "20150830t123600z",
            "20151330T123600Z",
            "20150830T243600Z",
            "20150830T123660Z",
            "Sun, 30 Aug 2015 12:36:00 UTC",
            "Sun, 3 Aug 2015 12:36:00 GMT",
            "Sun, 30 Aug 2015 12:36:00 1 GMT",
            "2015083\u{e9}T12360Z",
        ];
        for text in texts {
            let refused = Stamp::parse(text).err().unwrap().to_string();
            let expected = format!(
                "Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
            );
            assert_eq!(refused, expected);
        }
    }

    #[test]
    fn a_span_is_told_in_minutes_or_seconds() {
        assert_eq!(span(Duration::from_secs(300)), "5 min");
        assert_eq!(span(Duration::from_secs(90)), "90 sec");
    }
}
