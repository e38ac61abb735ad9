//! Why a claim is refused, in AWS's words.

use std::fmt;

/// A head whose claim cannot be right, whatever the key. `Display` is the text for the caller, as AWS's services (all
/// but S3) write it; [`Refused::kind`] says which error it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    #[error("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")]
    HeaderAndQuery,
    /// `lacks` are the sentences for what is not there; `hash` is Base64 of SHA-256 of the header.
    #[error("{}(Hashed with SHA-256 and encoded with Base64) Authorization={hash}", Sentences(lacks))]
    AuthorizationLacks { lacks: Vec<Lack>, hash: String },
    #[error(
        "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
         Base64): '{hash}'."
    )]
    AuthorizationPair { hash: String },
    /// A parameter that is unknown, or there twice. The text is ours.
    #[error("Authorization header must have each of 'Credential', 'SignedHeaders' and 'Signature' once.")]
    AuthorizationParameters,
    #[error("{}Re-examine the query-string parameters.", QuerySentences(lacks))]
    QueryLacks { lacks: Vec<&'static str> },
    /// The text is ours; so it is for the next four.
    #[error("AWS query-string parameters must include '{0}' once.")]
    QueryRepeats(&'static str),
    #[error("'{0}' is not a valid query-string value.")]
    QueryValue(&'static str),
    #[error("The request must have one '{0}' header.")]
    HeaderRepeats(&'static str),
    #[error("'{0}' is not a valid header value.")]
    HeaderValue(&'static str),
    #[error("':authority' and 'Host' must be the same.")]
    Authority,
    #[error("Date must be in ISO-8601 'basic format'. Got '{0}'. See http://en.wikipedia.org/wiki/ISO_8601")]
    Date(String),
    /// All in the form of `X-Amz-Date`; `span` is such as `15 min`.
    #[error("Signature expired: {signed} is now earlier than {earliest} ({now} - {span}.)")]
    Expired { signed: String, earliest: String, now: String, span: String },
    #[error("Signature not yet current: {signed} is still later than {latest} ({now} + {span}.)")]
    NotYetCurrent { signed: String, latest: String, now: String, span: String },
    /// This and the next have S3's text.
    #[error("X-Amz-Expires should be a number")]
    ExpiresNotANumber,
    #[error(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 \
         seconds"
    )]
    ExpiresTooLong,
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    NotSigned(&'static str),
    /// The names, sorted; S3 gives them as `HeadersNotSigned`.
    #[error("There were headers present in the request which were not signed")]
    UnsignedHeaders(Vec<String>),
    /// The text is ours.
    #[error("'SignedHeaders' must be names in lower case, sorted, each once and separated by ';'.")]
    SignedHeaders,
    #[error("Unsupported AWS 'algorithm': '{0}' (only AWS4-HMAC-SHA256 for now). ")]
    Algorithm(String),
    #[error("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{0}'")]
    Credential(String),
    /// All that is wrong with the scope, one sentence each.
    #[error("{}", Sentences(.0))]
    Scope(Vec<Lack>),
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key \
         and signing method. Consult the service documentation for details."
    )]
    SignatureDoesNotMatch,
    /// This and the next two have S3's text, as have `Uri` and `Method`.
    #[error("Missing required header for this request: x-amz-content-sha256")]
    ContentSha256Missing,
    #[error(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value."
    )]
    ContentSha256Invalid,
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    ContentSha256Mismatch,
    #[error("Illegal hex character in escape % pattern: %")]
    QueryEscape,
    #[error("Couldn't parse the specified URI.")]
    Uri,
    #[error("The specified method is not allowed against this resource.")]
    Method,
    /// The text is ours.
    #[error("The request is too large: {0}.")]
    Limit(Limit),
}

/// One sentence on what lacks, or on what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    Parameter(&'static str),
    Date,
    Region,
    Service(String),
    Terminator(String),
    ScopeDate { scope: String, day: String, stamp: String },
}

/// Which error a refusal is. The codes and statuses of AWS: `SignatureDoesNotMatch` (query and XML, 403) is
/// `InvalidSignatureException` in JSON and CBOR (400), the others get `Exception` behind their name there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    MissingAuthenticationToken,
    IncompleteSignature,
    SignatureDoesNotMatch,
    /// S3: `RequestTimeTooSkewed`, or `AccessDenied` if presigned. All others: as `SignatureDoesNotMatch`.
    OutsideWindow,
    /// S3: `AccessDenied`. All others: as `SignatureDoesNotMatch`.
    UnsignedHeaders,
    /// S3: `XAmzContentSHA256Mismatch`. All others: as `SignatureDoesNotMatch`.
    ContentSha256,
    MalformedQueryString,
    /// S3: `InvalidURI`. All others: as `MalformedQueryString`.
    InvalidUri,
    MethodNotAllowed,
    /// 400 or 431; no code of AWS's is recorded.
    RequestTooLarge,
}

/// Which limit was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    Path,
    Query,
    QueryParameters,
    Headers,
    HeaderValue,
    Authorization,
    SignedHeaders,
}

impl Refused {
    pub fn kind(&self) -> Kind {
        match self {
            Self::MissingAuthenticationToken => Kind::MissingAuthenticationToken,
            Self::AuthorizationLacks { .. }
            | Self::AuthorizationPair { .. }
            | Self::AuthorizationParameters
            | Self::QueryLacks { .. }
            | Self::QueryRepeats(_)
            | Self::QueryValue(_)
            | Self::HeaderRepeats(_)
            | Self::HeaderValue(_)
            | Self::Date(_)
            | Self::ExpiresNotANumber
            | Self::ExpiresTooLong
            | Self::SignedHeaders
            | Self::Algorithm(_)
            | Self::Credential(_) => Kind::IncompleteSignature,
            Self::HeaderAndQuery
            | Self::Authority
            | Self::HostNotSigned
            | Self::NotSigned(_)
            | Self::Scope(_)
            | Self::SignatureDoesNotMatch => Kind::SignatureDoesNotMatch,
            Self::Expired { .. } | Self::NotYetCurrent { .. } => Kind::OutsideWindow,
            Self::UnsignedHeaders(_) => Kind::UnsignedHeaders,
            Self::ContentSha256Missing | Self::ContentSha256Invalid | Self::ContentSha256Mismatch => {
                Kind::ContentSha256
            }
            Self::QueryEscape => Kind::MalformedQueryString,
            Self::Uri => Kind::InvalidUri,
            Self::Method => Kind::MethodNotAllowed,
            Self::Limit(_) => Kind::RequestTooLarge,
        }
    }
}

/// What is repeated to the caller of a text of its own: the beginning, if it is long.
pub(super) fn quote(text: &str) -> String {
    /// A credential or a date of honest length fits well.
    const QUOTE_CHARS_MAX: usize = 256;
    text.chars().take(QUOTE_CHARS_MAX).collect()
}

struct Sentences<'a>(&'a [Lack]);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|lack| lack.fmt(f))
    }
}

/// Each sentence ends in a blank, the last one too, except the scope date's: so AWS writes them.
impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(f, "Authorization header requires '{name}' parameter. "),
            Self::Date => {
                f.write_str("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
            }
            Self::Region => f.write_str("Credential should be scoped to a valid region. "),
            Self::Service(service) => write!(f, "Credential should be scoped to correct service: '{service}'. "),
            Self::Terminator(got) => {
                write!(f, "Credential should be scoped with a valid terminator: 'aws4_request', not '{got}'. ")
            }
            Self::ScopeDate { scope, day, stamp } => write!(
                f,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' \
                 != '{day}', from '{stamp}'."
            ),
        }
    }
}

struct QuerySentences<'a>(&'a [&'static str]);

impl fmt::Display for QuerySentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|name| write!(f, "AWS query-string parameters must include '{name}'. "))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Query => "query string",
            Self::QueryParameters => "query-string parameters",
            Self::Headers => "headers",
            Self::HeaderValue => "header value",
            Self::Authorization => "Authorization header",
            Self::SignedHeaders => "SignedHeaders",
        })
    }
}
