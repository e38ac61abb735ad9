//! IAM's errors: code, status and text as AWS has them.

/// What IAM answers when it is not the gate that refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    NoSuchEntity(String),
    AlreadyExists(String),
    /// What stands in the way: `must delete access keys first`.
    DeleteConflict(&'static str),
    /// Why a policy, or a version of one, cannot be deleted.
    PolicyInUse(&'static str),
    LimitExceeded(String),
    MalformedPolicy(String),
    InvalidInput(String),
    Validation(String),
    AccessDenied(String),
    /// So much, in per cent, of what a session may carry.
    PackedPolicyTooLarge(i64),
    /// Commits kept conflicting.
    Conflict,
}

impl Fault {
    pub fn no_such_user(name: &str) -> Self {
        Self::NoSuchEntity(format!("The user with name {name} cannot be found."))
    }

    pub fn no_such_role(name: &str) -> Self {
        Self::NoSuchEntity(format!("The role with name {name} cannot be found."))
    }

    pub fn role_exists(name: &str) -> Self {
        Self::AlreadyExists(format!("Role with name {name} already exists."))
    }

    pub fn user_exists(name: &str) -> Self {
        Self::AlreadyExists(format!("User with name {name} already exists."))
    }

    pub fn no_such_policy(arn: &str) -> Self {
        Self::NoSuchEntity(format!("Policy {arn} was not found."))
    }

    pub fn policy_exists(name: &str) -> Self {
        Self::AlreadyExists(format!("A policy called {name} already exists. Duplicate names are not allowed."))
    }

    /// `AccessKeysPerUser: 2`.
    pub fn quota(name: &str, max: usize) -> Self {
        Self::LimitExceeded(format!("Cannot exceed quota for {name}: {max}"))
    }
}

impl kernel::Fault for Fault {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchEntity(_) => "NoSuchEntity",
            Self::AlreadyExists(_) => "EntityAlreadyExists",
            Self::DeleteConflict(_) | Self::PolicyInUse(_) => "DeleteConflict",
            Self::LimitExceeded(_) => "LimitExceeded",
            Self::MalformedPolicy(_) => "MalformedPolicyDocument",
            Self::InvalidInput(_) => "InvalidInput",
            Self::Validation(_) => "ValidationError",
            Self::AccessDenied(_) => "AccessDenied",
            Self::PackedPolicyTooLarge(_) => "PackedPolicyTooLarge",
            Self::Conflict => "ConcurrentModification",
        }
    }

    fn status(&self) -> u16 {
        match self {
            Self::NoSuchEntity(_) => 404,
            Self::AlreadyExists(_)
            | Self::DeleteConflict(_)
            | Self::PolicyInUse(_)
            | Self::LimitExceeded(_)
            | Self::Conflict => 409,
            Self::AccessDenied(_) => 403,
            Self::MalformedPolicy(_) | Self::InvalidInput(_) | Self::Validation(_) | Self::PackedPolicyTooLarge(_) => {
                400
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NoSuchEntity(text)
            | Self::AlreadyExists(text)
            | Self::LimitExceeded(text)
            | Self::MalformedPolicy(text)
            | Self::InvalidInput(text)
            | Self::AccessDenied(text)
            | Self::Validation(text) => text.clone(),
            Self::PackedPolicyTooLarge(per_cent) => {
                format!("Packed size of session tags and policies consumes {per_cent}% of allotted space.")
            }
            Self::PolicyInUse(text) => (*text).to_owned(),
            Self::DeleteConflict(what) => format!("Cannot delete entity, {what}."),
            Self::Conflict => {
                "The request was rejected because multiple requests to change this object were submitted \
                               simultaneously. Wait a few minutes and submit your request again."
                    .to_owned()
            }
        }
    }

    fn conflict() -> Self {
        Self::Conflict
    }
}
