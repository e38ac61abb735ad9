//! KMS's errors: code and text as AWS has them. All of them are 400.

/// What KMS answers when it is not the gate that refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    NotFound(String),
    AlreadyExists(String),
    InvalidAliasName(String),
    CustomKeyStoreNotFound(String),
    NotAuthorized(String),
    Disabled(String),
    InvalidState(String),
    InvalidKeyUsage(String),
    /// AWS says no more than that.
    InvalidCiphertext,
    IncorrectKey,
    InvalidGrantToken,
    InvalidMarker,
    MalformedPolicy(String),
    LimitExceeded(String),
    Tag(&'static str),
    Unsupported(String),
    Validation(String),
    DryRun,
    /// Commits kept conflicting. AWS's word for a passing trouble of the service, which clients retry.
    Conflict,
}

impl Fault {
    /// A bound that the model does not have, in the words of those that it has. `member` as the trail writes it: `limit`.
    pub fn bound(value: Option<i64>, member: &str, constraint: &str) -> Self {
        let value = value.map_or("null".to_owned(), |value| format!("'{value}'"));
        Self::Validation(format!(
            "1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: Member must {constraint}"
        ))
    }

    /// There are no custom key stores.
    pub fn no_key_store(id: &str) -> Self {
        Self::CustomKeyStoreNotFound(format!("Custom key store '{id}' does not exist"))
    }
}

impl kernel::Fault for Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "NotFoundException",
            Self::AlreadyExists(_) => "AlreadyExistsException",
            Self::InvalidAliasName(_) => "InvalidAliasNameException",
            Self::CustomKeyStoreNotFound(_) => "CustomKeyStoreNotFoundException",
            Self::NotAuthorized(_) => "NotAuthorizedException",
            Self::Disabled(_) => "DisabledException",
            Self::InvalidState(_) => "KMSInvalidStateException",
            Self::InvalidKeyUsage(_) => "InvalidKeyUsageException",
            Self::InvalidCiphertext => "InvalidCiphertextException",
            Self::IncorrectKey => "IncorrectKeyException",
            Self::InvalidGrantToken => "InvalidGrantTokenException",
            Self::InvalidMarker => "InvalidMarkerException",
            Self::MalformedPolicy(_) => "MalformedPolicyDocumentException",
            Self::LimitExceeded(_) => "LimitExceededException",
            Self::Tag(_) => "TagException",
            Self::Unsupported(_) => "UnsupportedOperationException",
            Self::Validation(_) => "ValidationException",
            Self::DryRun => "DryRunOperationException",
            Self::Conflict => "DependencyTimeoutException",
        }
    }

    fn status(&self) -> u16 {
        if matches!(self, Self::Conflict) { 503 } else { 400 }
    }

    fn text(&self) -> String {
        match self {
            Self::NotFound(text)
            | Self::AlreadyExists(text)
            | Self::InvalidAliasName(text)
            | Self::CustomKeyStoreNotFound(text)
            | Self::NotAuthorized(text)
            | Self::Disabled(text)
            | Self::InvalidState(text)
            | Self::InvalidKeyUsage(text)
            | Self::MalformedPolicy(text)
            | Self::LimitExceeded(text)
            | Self::Unsupported(text)
            | Self::Validation(text) => text.clone(),
            Self::InvalidCiphertext => String::new(),
            Self::IncorrectKey => {
                "The key ID in the request does not identify a CMK that can perform this operation.".to_owned()
            }
            Self::InvalidGrantToken => "The grant token is not valid.".to_owned(),
            Self::InvalidMarker => "The marker is not valid.".to_owned(),
            Self::Tag(text) => (*text).to_owned(),
            Self::DryRun => "The request would have succeeded, but the DryRun option is set.".to_owned(),
            Self::Conflict => "The request could not be completed in time. You can retry the request.".to_owned(),
        }
    }

    fn conflict() -> Self {
        Self::Conflict
    }

    fn dry_run() -> Option<Self> {
        Some(Self::DryRun)
    }
}
