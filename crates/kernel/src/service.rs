//! A service is a table that anyone can read aloud.

use crate::rounds::Task;
use crate::steps::{Shell, Steps};
use crate::{Caller, Failure, Operation};
use policy::Fact;
use shape::{Model, OperationShape};

/// One service: its names, its columns, its operations and its rounds.
pub struct Service {
    /// The IAM prefix and signing name: `kms`.
    pub name: &'static str,
    /// The host labels and credential scopes it answers to.
    pub endpoints: &'static [&'static str],
    pub model: &'static Model,
    pub validation: Validation,
    pub codes: Codes,
    /// How far a request's clock may be off, either way, in seconds.
    pub clock_window_seconds: u64,
    /// Whether any Region of the configured list means the same things, as for IAM and STS.
    pub global: bool,
    /// The service's own condition keys that depend on the caller alone, in lower case: `kms:calleraccount`.
    pub fact: for<'a> fn(&'a Caller, &str) -> Option<Fact<'a>>,
    pub rows: &'static [Row],
    pub tasks: &'static [Task],
}

/// How a service words its validation errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validation {
    pub code: &'static str,
    /// Whether the offending value is repeated in the text.
    pub quoted: bool,
}

impl Validation {
    /// KMS and most JSON services.
    pub const JSON: Self = Self { code: "ValidationException", quoted: true };
    /// IAM, STS, SNS: the query services.
    pub const QUERY: Self = Self { code: "ValidationError", quoted: false };
}

/// The codes of the gate's own refusals, and of those at the door: `(code, status)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Codes {
    pub access_denied: (&'static str, u16),
    pub throttling: (&'static str, u16),
    /// Bytes that are not what the protocol wants.
    pub malformed: (&'static str, u16),
    /// Nothing can be recorded for now, and so nothing is done: the service's own 5xx, which its clients try again.
    pub unavailable: (&'static str, u16),
    /// Nothing is signed.
    pub unsigned: (&'static str, u16),
    /// A part of the signature is missing, or says nothing.
    pub incomplete: (&'static str, u16),
    /// The query string of a request, or its path, that is to be signed and cannot be.
    pub malformed_query: (&'static str, u16),
    /// The signature is another, of another time, or for another place.
    pub mismatched: (&'static str, u16),
    /// The access key or the session token is nobody's.
    pub unknown: (&'static str, u16),
    /// The session token was good once.
    pub expired: (&'static str, u16),
}

impl Codes {
    pub const JSON: Self = Self {
        access_denied: ("AccessDeniedException", 400),
        throttling: ("ThrottlingException", 400),
        malformed: ("SerializationException", 400),
        unavailable: ("ServiceUnavailableException", 503),
        unsigned: ("MissingAuthenticationTokenException", 400),
        incomplete: ("IncompleteSignatureException", 400),
        malformed_query: ("MalformedQueryStringException", 400),
        mismatched: ("InvalidSignatureException", 400),
        unknown: ("UnrecognizedClientException", 400),
        expired: ("ExpiredTokenException", 400),
    };
    pub const QUERY: Self = Self {
        access_denied: ("AccessDenied", 403),
        throttling: ("Throttling", 400),
        malformed: ("MalformedInput", 400),
        unavailable: ("ServiceUnavailable", 503),
        unsigned: ("MissingAuthenticationToken", 403),
        incomplete: ("IncompleteSignature", 400),
        malformed_query: ("MalformedQueryString", 400),
        mismatched: ("SignatureDoesNotMatch", 403),
        unknown: ("InvalidClientTokenId", 403),
        expired: ("ExpiredToken", 403),
    };
}

/// One operation in its table.
pub struct Row {
    pub name: &'static str,
    /// Whether only the house itself can call it.
    pub internal: bool,
    pub(crate) steps: &'static dyn Steps,
}

impl Row {
    pub const fn of<O: Operation>() -> Self {
        Self { name: O::Shape::NAME, internal: false, steps: &Shell::<O>::INSTANCE }
    }

    /// A row that no wire leads to.
    pub const fn internal<O: Operation>() -> Self {
        Self { name: O::Shape::NAME, internal: true, steps: &Shell::<O>::INSTANCE }
    }

    /// The shapes of the row's operation.
    pub fn model(&self) -> &'static shape::OperationModel {
        self.steps.model()
    }

    pub fn read_only(&self) -> bool {
        self.steps.class().read_only()
    }
}

impl Service {
    /// The row of an operation that callers may name.
    pub fn row(&'static self, operation: &str) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.name == operation && !row.internal)
    }

    /// `kms.amazonaws.com`: how the trail names the service.
    pub fn source(&self) -> String {
        crate::record::host(self.name)
    }

    /// What a caller hears of [`crate::Breakage::Full`]. It needs no receipt: nothing of the call is committed, and nothing is told.
    pub fn unavailable(&self) -> Failure {
        let (code, status) = self.codes.unavailable;
        Failure {
            code: code.into(),
            status,
            text: "The request cannot be recorded, and so is not done. Try again later.".to_owned(),
        }
    }
}
