//! The protocols that are spoken, of those that AWS's models name.

use shape::Protocol;

/// A way to write calls and answers for which there is a codec.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    Json10,
    Json11,
    RpcV2Cbor,
    Query,
}

impl Dialect {
    /// The dialect of a protocol, where it has one.
    pub fn of(protocol: Protocol) -> Option<Self> {
        match protocol {
            Protocol::Json10 => Some(Self::Json10),
            Protocol::Json11 => Some(Self::Json11),
            Protocol::RpcV2Cbor => Some(Self::RpcV2Cbor),
            Protocol::Query => Some(Self::Query),
            Protocol::RestJson | Protocol::RestXml | Protocol::Ec2 => None,
        }
    }

    pub fn protocol(self) -> Protocol {
        match self {
            Self::Json10 => Protocol::Json10,
            Self::Json11 => Protocol::Json11,
            Self::RpcV2Cbor => Protocol::RpcV2Cbor,
            Self::Query => Protocol::Query,
        }
    }

    /// The content type of answers.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::RpcV2Cbor => "application/cbor",
            Self::Query => "text/xml",
        }
    }
}
