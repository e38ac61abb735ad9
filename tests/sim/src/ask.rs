//! What can be asked, and what is told.

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    Administrator,
    /// Whoever has this access key.
    Holder(String),
}

/// What is asked. Keys go by their ids, users, aliases, tags and descriptions by numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// An operation that the model knows, and that names nothing.
    Plain(&'static str),
    /// An operation upon a key that is told nothing more.
    Key(&'static str, String),
    /// An operation upon a user that is told nothing more.
    User(&'static str, u8),
    /// An operation that the model does not know, told nothing at all. Answered or refused, it has its event.
    Other(&'static str),
    /// With the plaintext that has to come out.
    Decrypt {
        key: String,
        blob: Vec<u8>,
        plain: Vec<u8>,
    },
    ScheduleKeyDeletion {
        key: String,
        days: i64,
        now: i64,
    },
    TagResource(String, u8, u8),
    UntagResource(String, u8),
    UpdateKeyDescription(String, u8),
    /// The key's policy denies one user one action, or nobody anything.
    PutKeyPolicy(String, Option<(u8, usize)>),
    CreateAlias(u8, String),
    UpdateAlias(u8, String),
    DeleteAlias(u8),
    UpdateUser {
        user: u8,
        to: u8,
    },
    /// The user's policy that allows these actions, or that denies them.
    PutUserPolicy {
        user: u8,
        allow: bool,
        actions: u32,
    },
    DeleteUserPolicy {
        user: u8,
        allow: bool,
    },
    GetUserPolicy {
        user: u8,
        allow: bool,
    },
    UpdateAccessKey {
        user: u8,
        id: String,
        active: bool,
    },
    DeleteAccessKey {
        user: u8,
        id: String,
    },
}

/// What an answer says, as far as the model knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    Nothing,
    /// Something that the model cannot know: the id of a new thing.
    New(String),
    /// A plaintext and its ciphertext.
    Sealed(Vec<u8>, Vec<u8>),
    Bytes(Vec<u8>),
    Text(String),
    Pairs(Vec<(String, String)>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Unadmitted,
    Refused(&'static str),
    /// With what is told, where the model knows it.
    Done(Option<Told>),
    /// The model does not know the operation.
    Any,
}

/// What policies here allow and deny. [`deniable`] leaves out the last.
pub const ACTIONS: [&str; 24] = [
    "CreateKey",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateRandom",
    "Decrypt",
    "EnableKey",
    "DisableKey",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateKeyDescription",
    "ListResourceTags",
    "ListKeyPolicies",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
    "ListAliases",
    "ListKeys",
    "PutKeyPolicy",
];

/// What IAM, STS and CloudTrail are asked here.
const OF_USERS: [&str; 21] = [
    "AttachUserPolicy",
    "CreateAccessKey",
    "CreateUser",
    "DeleteAccessKey",
    "DeleteUser",
    "DeleteUserPolicy",
    "DetachUserPolicy",
    "GetCallerIdentity",
    "GetPolicy",
    "GetPolicyVersion",
    "GetUser",
    "GetUserPolicy",
    "ListAccessKeys",
    "ListAttachedUserPolicies",
    "ListGroupsForUser",
    "ListUserPolicies",
    "ListUsers",
    "LookupEvents",
    "PutUserPolicy",
    "UpdateAccessKey",
    "UpdateUser",
];

impl Ask {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(name) | Self::Key(name, _) | Self::User(name, _) | Self::Other(name) => name,
            Self::Decrypt { .. } => "Decrypt",
            Self::ScheduleKeyDeletion { .. } => "ScheduleKeyDeletion",
            Self::TagResource(..) => "TagResource",
            Self::UntagResource(..) => "UntagResource",
            Self::UpdateKeyDescription(..) => "UpdateKeyDescription",
            Self::PutKeyPolicy(..) => "PutKeyPolicy",
            Self::CreateAlias(..) => "CreateAlias",
            Self::UpdateAlias(..) => "UpdateAlias",
            Self::DeleteAlias(_) => "DeleteAlias",
            Self::UpdateUser { .. } => "UpdateUser",
            Self::PutUserPolicy { .. } => "PutUserPolicy",
            Self::DeleteUserPolicy { .. } => "DeleteUserPolicy",
            Self::GetUserPolicy { .. } => "GetUserPolicy",
            Self::UpdateAccessKey { .. } => "UpdateAccessKey",
            Self::DeleteAccessKey { .. } => "DeleteAccessKey",
        }
    }

    /// Whether a success changes something, so that its event tells of rows; `None` if that depends.
    pub fn writes(&self) -> Option<bool> {
        let reads = ["DescribeKey", "Encrypt", "Decrypt"];
        let name = self.name();
        match self {
            // Who attaches what is attached changes nothing.
            Self::User("AttachUserPolicy", _) | Self::Other(_) => None,
            _ => Some(
                !(reads.contains(&name)
                    || ["List", "Get", "Generate", "Lookup"].iter().any(|verb| name.starts_with(verb))),
            ),
        }
    }

    /// The key that is asked for by name.
    pub fn named(&self) -> Option<&String> {
        match self {
            Self::Key(_, key)
            | Self::Decrypt { key, .. }
            | Self::ScheduleKeyDeletion { key, .. }
            | Self::TagResource(key, ..)
            | Self::UntagResource(key, _)
            | Self::UpdateKeyDescription(key, _)
            | Self::PutKeyPolicy(key, _)
            | Self::CreateAlias(_, key)
            | Self::UpdateAlias(_, key) => Some(key),
            _ => None,
        }
    }
}

/// Whether the model knows what an operation answers.
pub fn is_known(operation: &str) -> bool {
    ACTIONS.contains(&operation) || OF_USERS.contains(&operation)
}

/// The actions that a key's policy may deny. A policy that denies somebody PutKeyPolicy may be refused for that, so none here does.
pub fn deniable(number: u64) -> usize {
    usize::try_from(number).unwrap() % (ACTIONS.len() - 1)
}
