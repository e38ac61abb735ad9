//! Whose key has signed, and for which day, Region and service.

use names::Region;

use super::refused::{Lack, quote};
use super::rules::ACCESS_KEY_ID_BYTES_MAX;
use super::stamp::Stamp;
use super::{Refused, Rules};

const TERMINATOR: &str = "aws4_request";

/// The credential scope; with the secret key it makes the key of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `20261124`.
    pub date: String,
    pub region: Region,
    pub service: String,
}

/// Reads `AKIA…/20261124/ap-northeast-1/kms/aws4_request`.
pub(super) fn parse(credential: &str, stamp: &Stamp, rules: &Rules<'_>) -> Result<(String, Scope), Refused> {
    let malformed = || Refused::Credential(quote(credential));
    let mut elements = credential.split('/');
    let mut next = || elements.next().ok_or_else(malformed);
    let (id, date, region, service, terminator) = (next()?, next()?, next()?, next()?, next()?);
    if elements.next().is_some() || !is_access_key_id(id) {
        return Err(malformed());
    }
    let wrong =
        |wrong: bool, lack: fn(&str, &Stamp, &Rules<'_>) -> Lack, got: &str| wrong.then(|| lack(got, stamp, rules));
    let served = rules.regions.iter().find(|served| served.as_str() == region);
    let lacks: Vec<Lack> = [
        wrong(served.is_none(), |_, _, _| Lack::Region, region),
        wrong(service != rules.service, |_, _, rules| Lack::Service(rules.service.to_owned()), service),
        wrong(terminator != TERMINATOR, |got, _, _| Lack::Terminator(quote(got)), terminator),
        wrong(date != stamp.day(), date_lacks, date),
    ]
    .into_iter()
    .flatten()
    .collect();
    match served {
        Some(region) if lacks.is_empty() => {
            let scope = Scope { date: date.to_owned(), region: region.clone(), service: service.to_owned() };
            Ok((id.to_owned(), scope))
        }
        _ => Err(Refused::Scope(lacks)),
    }
}

impl Scope {
    /// Appends `20261124/ap-northeast-1/kms/aws4_request`.
    pub(super) fn write(&self, out: &mut String) {
        for element in [&self.date, self.region.as_str(), &self.service] {
            out.push_str(element);
            out.push('/');
        }
        out.push_str(TERMINATOR);
    }
}

fn date_lacks(got: &str, stamp: &Stamp, _: &Rules<'_>) -> Lack {
    Lack::ScopeDate { scope: quote(got), day: stamp.day().to_owned(), stamp: stamp.as_str().to_owned() }
}

fn is_access_key_id(text: &str) -> bool {
    (1..=ACCESS_KEY_ID_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
