//! The clock: both edges of each window to the second, and a sweep over a fortnight.

use std::time::Duration;

use names::Time;
use wire::sigv4::{Kind, Refused};

use super::signer::{STAMP, Signing, kms_call};
use super::sketch::Sketch;

const DAY: i64 = 24 * 60 * 60;

fn at(signing: &mut Signing, sketch: &Sketch, offset_micros: i64) -> Result<(), Refused> {
    signing.now = Time::from_micros(Time::parse(STAMP).unwrap().micros() + offset_micros);
    signing.claim(sketch).map(drop)
}

/// Seconds, each after the signature (or before it, if negative): every one within half an hour, every minute within a
/// week.
fn sweep() -> impl Iterator<Item = i64> {
    (-30 * 60..=30 * 60).chain((-7 * DAY - 60..=7 * DAY + 60).step_by(60)).chain([
        7 * DAY - 1,
        7 * DAY + 1,
        1 - 7 * DAY,
    ])
}

#[test]
fn a_signed_header_holds_within_the_window_and_not_a_second_longer() {
    for (service, window) in [("kms", 300), ("secretsmanager", 300), ("sts", 900), ("iam", 900), ("s3", 900)] {
        let mut signing = Signing::for_service(service);
        let (sketch, _) = signing.signed(kms_call(), 0);
        for seconds in sweep() {
            let held = at(&mut signing, &sketch, seconds * 1_000_000);
            assert_eq!(held.is_ok(), (-window..=window).contains(&seconds), "{service}, {seconds}");
            assert!(held.err().is_none_or(|refused| refused.kind() == Kind::OutsideWindow));
        }
        // Parts of a second do not count: the signature has none.
        assert!(at(&mut signing, &sketch, window * 1_000_000 + 999_999).is_ok());
        assert!(at(&mut signing, &sketch, -window * 1_000_000 - 1).is_err());
    }
}

#[test]
fn a_presigned_request_holds_for_as_long_as_it_says() {
    let lives = [("kms", 0), ("kms", 1), ("kms", 3600), ("kms", 604_800), ("s3", 60), ("s3", 604_800), ("iam", 7200)];
    for (service, life) in lives {
        let mut signing = Signing::for_service(service);
        let window = i64::try_from(signing.rules().window.as_secs()).unwrap();
        let (sketch, _) = signing.presigned(kms_call(), &life.to_string(), 0);
        for seconds in sweep() {
            let held = at(&mut signing, &sketch, seconds * 1_000_000);
            assert_eq!(held.is_ok(), (-window..=life).contains(&seconds), "{service}, {life}, {seconds}");
        }
        signing.now = Time::parse(STAMP).unwrap();
        let claim = signing.claim(&sketch).ok().unwrap();
        assert_eq!(claim.valid_until, signing.now + Duration::from_secs(u64::try_from(life).unwrap()));
        assert_eq!(i64::from(claim.presigned.unwrap().seconds), life);
    }
}

/// STS takes no notice of `X-Amz-Expires`: GetCallerIdentity is presigned for a minute or for a day and holds a quarter
/// of an hour, by GET and by POST.
#[test]
fn sts_holds_for_its_window_whatever_expires_says() {
    for (method, query, body) in [
        ("GET", "Action=GetCallerIdentity&Version=2011-06-15", ""),
        ("POST", "", "Action=GetCallerIdentity&Version=2011-06-15"),
    ] {
        for expires in ["0", "60", "86400"] {
            let mut signing = Signing::for_service("sts");
            let headers = vec![("x-k8s-aws-id".to_owned(), b"cluster".to_vec())];
            let sketch = Sketch {
                method: method.into(),
                path: "/".into(),
                query: query.into(),
                headers,
                body: body.into(),
                http2: false,
            };
            let (sketch, _) = signing.presigned(sketch, expires, 0);
            for seconds in sweep() {
                let held = at(&mut signing, &sketch, seconds * 1_000_000).is_ok();
                assert_eq!(held, (-900..=900).contains(&seconds), "{method}, {expires}, {seconds}");
            }
        }
    }
}

#[test]
fn the_clock_s_ends_are_no_trouble() {
    let mut signing = Signing::for_service("kms");
    let (sketch, _) = signing.signed(kms_call(), 0);
    for micros in [i64::MIN, i64::MAX, 0] {
        signing.now = Time::from_micros(micros);
        assert_eq!(signing.claim(&sketch).err().unwrap().kind(), Kind::OutsideWindow);
    }
}
