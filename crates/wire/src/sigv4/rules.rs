//! What differs from service to service, and the limits that hold for all.

use std::time::Duration;

use names::Region;

use super::{Head, Limit, Refused};

/// Headers in one request, counting each line.
pub const HEADERS_MAX: usize = 128;
/// Names in `SignedHeaders`.
pub const SIGNED_HEADERS_MAX: usize = 128;
/// The value of one header.
pub const HEADER_VALUE_BYTES_MAX: usize = 16 * 1024;
/// The value of the `Authorization` header.
pub const AUTHORIZATION_BYTES_MAX: usize = 8 * 1024;
/// The path as sent: an S3 key of 1,024 bytes, each escaped, and a bucket fit well.
pub const PATH_BYTES_MAX: usize = 8 * 1024;
/// The query as sent: a presigned URL with a session token fits well.
pub const QUERY_BYTES_MAX: usize = 32 * 1024;
/// Parameters in one query.
pub const QUERY_PARAMETERS_MAX: usize = 512;
/// The name of a method.
pub const METHOD_BYTES_MAX: usize = 16;
/// The access key id in a credential. IAM's model has 16 to 128 characters.
pub const ACCESS_KEY_ID_BYTES_MAX: usize = 128;
/// Seven days: the longest life of a presigned request.
pub const EXPIRES_SECONDS_MAX: u32 = 604_800;

/// How far a signature's time may be from ours, either way.
const WINDOW: Duration = Duration::from_secs(5 * 60);
const WINDOW_WIDE: Duration = Duration::from_secs(15 * 60);

/// How the requests of one service are signed. [`Rules::of`] knows AWS's services.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The name that the credential scope must have.
    pub service: &'a str,
    /// The Regions that the credential scope may have. None: every claim is refused.
    pub regions: &'a [Region],
    /// How far the signature's time may be from ours, either way.
    pub window: Duration,
    pub path: PathRule,
    pub body: BodyRule,
    pub expires: ExpiresRule,
    pub token: TokenRule,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathRule {
    /// One level of escaping, nothing normalised: S3.
    EscapedOnce,
    /// The path as sent is escaped once more, with or without its dot segments.
    EscapedTwice,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyRule {
    /// The hash of the actual body is signed; `x-amz-content-sha256` may repeat it.
    Hashed,
    /// `x-amz-content-sha256` says what is signed: S3. Whoever reads the body has to hold it against that.
    Declared,
}

/// What becomes of `X-Amz-Expires`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExpiresRule {
    /// It must be there: S3.
    Required,
    /// It holds if it is there; else the window holds.
    Honoured,
    /// The window holds: STS.
    Ignored,
}

/// Where a session token stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenRule {
    /// It is signed with the rest.
    Signed,
    /// It may be added after signing, to the query or as a header. AWS names AWS IoT.
    Appended,
}

impl<'a> Rules<'a> {
    /// The rules of the service that signs as `service`.
    pub fn of(service: &'a str, regions: &'a [Region]) -> Self {
        let others = Self {
            service,
            regions,
            window: WINDOW,
            path: PathRule::EscapedTwice,
            body: BodyRule::Hashed,
            expires: ExpiresRule::Honoured,
            token: TokenRule::Signed,
        };
        match service {
            "s3" => Self {
                window: WINDOW_WIDE,
                path: PathRule::EscapedOnce,
                body: BodyRule::Declared,
                expires: ExpiresRule::Required,
                ..others
            },
            "sts" => Self { window: WINDOW_WIDE, expires: ExpiresRule::Ignored, ..others },
            "iam" => Self { window: WINDOW_WIDE, ..others },
            _ => others,
        }
    }
}

/// Refuses a head that is larger than anything an honest client sends, before any work is done on it.
pub(super) fn within_limits(head: &Head<'_>) -> Result<(), Refused> {
    let method = head.method.len() <= METHOD_BYTES_MAX && head.method.bytes().all(|byte| byte.is_ascii_uppercase());
    if !method || head.method.is_empty() {
        return Err(Refused::Method);
    }
    let within =
        |length: usize, max: usize, limit: Limit| if length <= max { Ok(()) } else { Err(Refused::Limit(limit)) };
    within(head.raw_path.len(), PATH_BYTES_MAX, Limit::Path)?;
    within(head.raw_query.len(), QUERY_BYTES_MAX, Limit::Query)?;
    within(head.headers.len(), HEADERS_MAX, Limit::Headers)?;
    head.headers.iter().try_for_each(|(_, value)| within(value.len(), HEADER_VALUE_BYTES_MAX, Limit::HeaderValue))
}
