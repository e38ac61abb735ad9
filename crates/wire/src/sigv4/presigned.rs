//! The claim in the query.

use std::borrow::Cow;

use super::{EXPIRES_SECONDS_MAX, Expires, ExpiresRule, Parameters, Parts, Refused, Rules, Text};

pub(super) const SIGNATURE: &str = "X-Amz-Signature";
pub(super) const SECURITY_TOKEN: &str = "X-Amz-Security-Token";
pub(super) const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";
const ALGORITHM: &str = "X-Amz-Algorithm";
const CREDENTIAL: &str = "X-Amz-Credential";
const SIGNED_HEADERS: &str = "X-Amz-SignedHeaders";
const DATE: &str = "X-Amz-Date";
const EXPIRES: &str = "X-Amz-Expires";

/// Whether the query carries a claim: any part of it that means nothing without the others.
pub(super) fn is_carried(parameters: &Parameters<'_>) -> bool {
    let marks = [ALGORITHM, CREDENTIAL, SIGNATURE];
    parameters.iter().any(|parameter| marks.iter().any(|mark| mark.as_bytes() == parameter.name.as_ref()))
}

pub(super) fn parts<'a>(parameters: &'a Parameters<'_>, rules: &Rules<'_>) -> Result<Parts<'a>, Refused> {
    let algorithm = once(parameters, ALGORITHM)?;
    let credential = once(parameters, CREDENTIAL)?;
    let signature = once(parameters, SIGNATURE)?;
    let signed_headers = once(parameters, SIGNED_HEADERS)?;
    let date = once(parameters, DATE)?;
    let expires = once(parameters, EXPIRES)?;
    let must_expire = rules.expires == ExpiresRule::Required && expires.is_none();
    let lacks = [
        algorithm.is_none().then_some(ALGORITHM),
        credential.is_none().then_some(CREDENTIAL),
        signature.is_none().then_some(SIGNATURE),
        signed_headers.is_none().then_some(SIGNED_HEADERS),
        date.is_none().then_some(DATE),
        must_expire.then_some(EXPIRES),
    ];
    let lacks: Vec<&'static str> = lacks.into_iter().flatten().collect();
    match (algorithm, credential, signature, signed_headers, date) {
        (Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)) if lacks.is_empty() => {
            let presigned = Some(life(expires, rules)?);
            let token = once(parameters, SECURITY_TOKEN)?;
            Ok(Parts { algorithm, credential, signed_headers, signature, date, token, presigned })
        }
        _ => Err(Refused::QueryLacks { lacks }),
    }
}

/// The value of a parameter that may stand in the query once, and only in AWS's spelling. No value is no parameter.
pub(super) fn once<'a>(parameters: &'a Parameters<'_>, name: &'static str) -> Result<Option<Text<'a>>, Refused> {
    let mut named = parameters.iter().filter(|parameter| parameter.name.eq_ignore_ascii_case(name.as_bytes()));
    let Some(parameter) = named.next() else { return Ok(None) };
    if named.next().is_some() || parameter.name.as_ref() != name.as_bytes() {
        return Err(Refused::QueryRepeats(name));
    }
    let value = std::str::from_utf8(&parameter.value).map_err(|_| Refused::QueryValue(name))?;
    Ok((!value.is_empty()).then_some(Cow::Borrowed(value)))
}

/// `X-Amz-Expires` in seconds, 0 to 604,800 (IAM User Guide, "Elements of an AWS API request signature"). It is read
/// even where it is ignored: nonsense is refused everywhere.
fn life(expires: Option<Text<'_>>, rules: &Rules<'_>) -> Result<Expires, Refused> {
    let window = Expires { seconds: u32::try_from(rules.window.as_secs()).unwrap_or(EXPIRES_SECONDS_MAX) };
    let Some(text) = expires else { return Ok(window) };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused::ExpiresNotANumber);
    }
    let seconds = text.parse().ok().filter(|seconds| *seconds <= EXPIRES_SECONDS_MAX).ok_or(Refused::ExpiresTooLong)?;
    Ok(if rules.expires == ExpiresRule::Ignored { window } else { Expires { seconds } })
}
