//! The claim in the `Authorization` header.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::covered::Seen;
use super::refused::Lack;
use super::rules::AUTHORIZATION_BYTES_MAX;
use super::{Limit, Parts, Refused};

/// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`. Blanks and commas separate; clients use either
/// or both.
pub(super) fn parts<'a>(authorization: &'a [u8], seen: &Seen<'a>) -> Result<Parts<'a>, Refused> {
    if authorization.len() > AUTHORIZATION_BYTES_MAX {
        return Err(Refused::Limit(Limit::Authorization));
    }
    let pair = || Refused::AuthorizationPair { hash: hash(authorization) };
    let text = std::str::from_utf8(authorization).map_err(|_| pair())?;
    // One after the other: a search for either of two characters goes letter by letter.
    let mut words = text.split(' ').flat_map(|words| words.split(',')).filter(|word| !word.is_empty());
    let algorithm = words.next().unwrap_or_default();
    let (mut credential, mut signed_headers, mut signature) = ("", "", "");
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(pair)?;
        let place = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed_headers,
            "Signature" => &mut signature,
            _ => return Err(Refused::AuthorizationParameters),
        };
        if !std::mem::replace(place, value).is_empty() {
            return Err(Refused::AuthorizationParameters);
        }
    }
    let date = seen.date()?;
    let lacks = [
        credential.is_empty().then_some(Lack::Parameter("Credential")),
        signature.is_empty().then_some(Lack::Parameter("Signature")),
        signed_headers.is_empty().then_some(Lack::Parameter("SignedHeaders")),
        date.is_none().then_some(Lack::Date),
    ];
    match date {
        Some(date) if lacks.iter().all(Option::is_none) => Ok(Parts {
            algorithm: Cow::Borrowed(algorithm),
            credential: Cow::Borrowed(credential),
            signed_headers: Cow::Borrowed(signed_headers),
            signature: Cow::Borrowed(signature),
            date: Cow::Borrowed(date),
            token: None,
            presigned: None,
        }),
        _ => {
            Err(Refused::AuthorizationLacks { lacks: lacks.into_iter().flatten().collect(), hash: hash(authorization) })
        }
    }
}

/// The header itself is not repeated to the caller: answers end up in logs.
fn hash(authorization: &[u8]) -> String {
    STANDARD.encode(cipher::sha256(authorization))
}
