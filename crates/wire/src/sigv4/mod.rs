//! Signature Version 4, read from the verifier's side: from the head of a request to a claim that the vault can check.
//!
//! Nothing here holds a key, a clock or a socket. [`read`] says which kind of claim a head carries, refuses what AWS
//! refuses, and writes down the string that the caller must have signed; whether the signature is right, only the vault
//! can say.
//!
//! Sources: *IAM User Guide*, "Create a signed AWS API request" and "Troubleshoot signed requests"; *Amazon S3 API
//! Reference*, "Authenticating Requests (AWS Signature Version 4)". The texts of refusals are AWS's own
//! where AWS's are known.
//!
//! # Which paths are tried
//!
//! The canonical path is made from the path *as it was sent*: a path that some framework has decoded and encoded again
//! is not what the caller signed. Even so, two kinds of clients exist, so a claim holds one string to sign, and a
//! second one where the two ways of reading differ:
//!
//! - **S3.** One level of escaping, nothing normalised. The well-behaved send exactly what they sign. Some send
//!   reserved characters unescaped (`/a=b`): those who signed the path as sent are met by the first string, those who
//!   signed the escaped form (`/a%3Db`, as AWS expects it) by the second, which decodes each escape and escapes
//!   strictly.
//! - **All others.** The path as sent is escaped once more. The Go SDK leaves dot segments and empty segments alone
//!   (first string), botocore and the Java SDK remove them before they sign, and send them all the same (second string).
//!
//! Both strings bind method, query, signed headers and body alike; the second widens only which spellings of one path
//! are the same. For that to be harmless the reader of the path must agree: a route of S3 is looked up in the decoded
//! path, any other in [`normalise_path`] of it, and the parameters of a query are what [`Parameters`] says (a `+` there
//! is a plus).

mod authorization;
mod canonical;
mod covered;
mod path;
mod payload;
mod presigned;
mod query;
mod refused;
mod rules;
mod scope;
mod stamp;

use names::Time;

pub use covered::SignedHeaders;
pub use path::normalise_path;
pub use payload::Payload;
pub use query::{Parameter, Parameters};
pub use refused::{Kind, Lack, Limit, Refused};
pub use rules::{
    AUTHORIZATION_BYTES_MAX, BodyRule, EXPIRES_SECONDS_MAX, ExpiresRule, HEADER_VALUE_BYTES_MAX, HEADERS_MAX,
    PATH_BYTES_MAX, PathRule, QUERY_BYTES_MAX, QUERY_PARAMETERS_MAX, Rules, SIGNED_HEADERS_MAX, TokenRule,
};
pub use scope::Scope;

/// The only algorithm that is served.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The head of a request, as it came from the socket.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    /// As sent: upper-case letters for all that AWS serves.
    pub method: &'a str,
    /// As sent: neither decoded nor normalised, and without the query.
    pub raw_path: &'a str,
    /// As sent, without the `?`; empty if there is none.
    pub raw_query: &'a str,
    /// Names in lower case, in the order sent; a name may stand several times. On HTTP/2 the pseudo-header `:authority`
    /// is among them.
    pub headers: &'a [(&'a str, &'a [u8])],
    pub http2: bool,
}

/// Which kind of claim a head carries.
#[expect(
    clippy::large_enum_variant,
    reason = "made once a request and taken apart at once; a box would be an allocation"
)]
pub enum Door {
    /// Signed in the `Authorization` header, or in the query (then `presigned` is set).
    Signed(Claim),
    /// No claim at all.
    Anonymous,
}

impl Door {
    /// The claim, for an operation that is not open to all.
    pub fn signed(self) -> Result<Claim, Refused> {
        match self {
            Self::Signed(claim) => Ok(claim),
            Self::Anonymous => Err(Refused::MissingAuthenticationToken),
        }
    }
}

/// What a caller claims, and what has to be signed for the claim to hold. It proves nothing until the vault has checked
/// it.
///
/// No `Debug`: the session token is in it.
pub struct Claim {
    pub access_key_id: String,
    pub scope: Scope,
    /// When the caller says that it signed: `X-Amz-Date`, or else `Date`.
    pub time: Time,
    /// The string that must have been signed.
    pub string_to_sign: String,
    /// A second string that may have been signed instead: see the module's text on paths.
    pub second_string: Option<String>,
    /// The request that `string_to_sign` holds the hash of; S3 shows it to a caller whose signature does not match.
    pub canonical_request: Vec<u8>,
    pub signature: [u8; 32],
    pub token: Option<String>,
    pub payload: Payload,
    /// Set if the claim was carried in the query.
    pub presigned: Option<Expires>,
    /// After this the claim is worth nothing; a ticket made from it ends here at the latest.
    pub valid_until: Time,
    pub signed_headers: SignedHeaders,
}

/// How long a presigned request holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expires {
    /// `X-Amz-Expires`; where it is ignored or absent, the window of the service.
    pub seconds: u32,
}

/// Reads the claim that `head` carries.
///
/// `now` is the wall time. `body_sha256` is asked only where the body's hash is signed, and only once nothing else is
/// wrong.
pub fn read(
    head: &Head<'_>,
    rules: &Rules<'_>,
    now: Time,
    body_sha256: impl FnOnce() -> [u8; 32],
) -> Result<Door, Refused> {
    rules::within_limits(head)?;
    let seen = covered::Seen::among(head)?;
    let parameters = Parameters::parse(head.raw_query)?;
    let parts = match (seen.authorization, presigned::is_carried(&parameters)) {
        (None, false) => return Ok(Door::Anonymous),
        (Some(_), true) => return Err(Refused::HeaderAndQuery),
        (Some(authorization), false) => authorization::parts(authorization, &seen)?,
        (None, true) => presigned::parts(&parameters, rules)?,
    };
    let stamp = stamp::Stamp::parse(&parts.date)?;
    let until = stamp.within(parts.presigned, rules.window, now)?;
    let signed_headers = SignedHeaders::parse(&parts.signed_headers)?;
    signed_headers.cover(head, &seen, &parts, &parameters, rules)?;
    if parts.algorithm != ALGORITHM {
        return Err(Refused::Algorithm(refused::quote(&parts.algorithm)));
    }
    let (access_key_id, scope) = scope::parse(&parts.credential, &stamp, rules)?;
    let signature = canonical::from_hex(parts.signature.as_bytes()).ok_or(Refused::SignatureDoesNotMatch)?;
    let token = covered::token(&seen, &parts)?;
    let payload = payload::read(&seen, &parts, &parameters, rules, body_sha256)?;
    let request =
        canonical::Request { head, parameters: &parameters, signed_headers: &signed_headers, payload: &payload };
    let strings = request.strings_to_sign(&stamp, &scope, rules)?;
    Ok(Door::Signed(Claim {
        access_key_id,
        scope,
        time: stamp.time,
        string_to_sign: strings.first,
        second_string: strings.second,
        canonical_request: strings.canonical_request,
        signature,
        token,
        payload,
        presigned: parts.presigned,
        valid_until: until,
        signed_headers,
    }))
}

/// The parts of a claim, wherever they were carried; none of them is judged yet.
struct Parts<'a> {
    algorithm: Text<'a>,
    credential: Text<'a>,
    signed_headers: Text<'a>,
    signature: Text<'a>,
    date: Text<'a>,
    /// The session token, if the query carried it.
    token: Option<Text<'a>>,
    presigned: Option<Expires>,
}

type Text<'a> = std::borrow::Cow<'a, str>;
