//! What the signature says of the body.

use super::canonical::{from_hex, hex};
use super::covered::Seen;
use super::presigned::{CONTENT_SHA256, once};
use super::{BodyRule, Parameters, Parts, Refused, Rules};

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const STREAMING_SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const STREAMING_SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const STREAMING_UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// What the signature says of the body. For all services but S3 it is the hash of the body that came. For S3 it is what
/// the caller declared, and whoever reads the body holds it against that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// SHA-256.
    Hash([u8; 32]),
    Unsigned,
    /// Chunks, each signed.
    StreamingSigned,
    /// Chunks, each signed, then signed trailers.
    StreamingSignedTrailer,
    /// Chunks, not signed, then trailers.
    StreamingUnsignedTrailer,
}

pub(super) fn read(
    seen: &Seen<'_>,
    parts: &Parts<'_>,
    parameters: &Parameters<'_>,
    rules: &Rules<'_>,
    body_sha256: impl FnOnce() -> [u8; 32],
) -> Result<Payload, Refused> {
    let header = seen.content_sha256.map(parse).transpose()?;
    match rules.body {
        BodyRule::Hashed => {
            let actual = Payload::Hash(body_sha256());
            if header.is_none_or(|declared| declared == actual) {
                Ok(actual)
            } else {
                Err(Refused::ContentSha256Mismatch)
            }
        }
        BodyRule::Declared => {
            let in_query = if parts.presigned.is_some() { once(parameters, CONTENT_SHA256)? } else { None };
            let in_query = in_query.map(|value| parse(value.as_bytes())).transpose()?;
            match (header, in_query) {
                (Some(header), Some(in_query)) if header != in_query => Err(Refused::ContentSha256Mismatch),
                (Some(declared), _) | (None, Some(declared)) => Ok(declared),
                (None, None) if parts.presigned.is_some() => Ok(Payload::Unsigned),
                (None, None) => Err(Refused::ContentSha256Missing),
            }
        }
    }
}

impl Payload {
    /// Appends the last line of the canonical request.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let word = match self {
            Self::Hash(hash) => return out.extend_from_slice(&hex(hash)),
            Self::Unsigned => UNSIGNED,
            Self::StreamingSigned => STREAMING_SIGNED,
            Self::StreamingSignedTrailer => STREAMING_SIGNED_TRAILER,
            Self::StreamingUnsignedTrailer => STREAMING_UNSIGNED_TRAILER,
        };
        out.extend_from_slice(word.as_bytes());
    }
}

fn parse(declared: &[u8]) -> Result<Payload, Refused> {
    let words = [
        (UNSIGNED, Payload::Unsigned),
        (STREAMING_SIGNED, Payload::StreamingSigned),
        (STREAMING_SIGNED_TRAILER, Payload::StreamingSignedTrailer),
        (STREAMING_UNSIGNED_TRAILER, Payload::StreamingUnsignedTrailer),
    ];
    let word = words.into_iter().find(|(word, _)| word.as_bytes() == declared).map(|(_, payload)| payload);
    word.or_else(|| from_hex(declared).map(Payload::Hash)).ok_or(Refused::ContentSha256Invalid)
}
