//! The managed policies that the customers of an account have made, with their versions.

use crate::Iam;
use crate::fault::Fault;
use minicbor::{Decode, Encode};
use names::{AccountId, Arn, Time};
use policy::{Class, Document, Kind, MANAGED_POLICY_CHARS_MAX};
use shapes_iam::PolicyVersion;
use std::sync::{Arc, OnceLock};
use store::{NoPrevious, Record, Table};

/// The account, and the policy's name in lower case: names that differ by case alone are the same, and no policy is ever renamed.
pub type PolicyPlace = (AccountId, String);

pub static POLICIES: Table<Iam, PolicyPlace, PolicyRecord> = Table::new("iam/policies");

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html#version-limits>
const VERSIONS_PER_POLICY_MAX: usize = 5;

/// One policy. All its versions stand in this one record, so that a default version that comes while a call runs is a conflict with what
/// the call has read.
#[derive(Encode, Decode, Clone)]
#[cbor(map)]
pub struct PolicyRecord {
    /// The policy's birth.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    /// Microseconds since 1970, as all times here.
    #[n(1)]
    pub created: i64,
    /// The unique id: `ANPA…`.
    #[n(2)]
    pub id: String,
    #[n(3)]
    pub name: String,
    /// `/`, or `/division/team/`.
    #[n(4)]
    pub path: String,
    #[n(5)]
    pub description: Option<String>,
    /// In the order of the keys.
    #[n(6)]
    pub tags: Vec<(String, String)>,
    /// In the order of their numbers.
    #[n(7)]
    pub versions: Vec<VersionRecord>,
    /// The number of the version that counts.
    #[n(8)]
    pub default: u64,
    /// The number that was given last: none comes again.
    #[n(9)]
    pub last: u64,
    /// When a version was made last.
    #[n(10)]
    pub updated: i64,
    #[cbor(skip)]
    pub read: OnceLock<Option<Arc<Document>>>,
}

#[derive(Encode, Decode, Clone)]
#[cbor(map)]
pub struct VersionRecord {
    #[n(0)]
    pub number: u64,
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub text: String,
}

/// Where a policy of this name stands.
pub fn place(account: AccountId, name: &str) -> PolicyPlace {
    (account, name.to_ascii_lowercase())
}

/// `arn:aws:iam::123456789012:policy/division/reader`.
pub fn policy_arn(account: AccountId, path: &str, name: &str) -> Arn {
    Arn::of("iam", "", account, &format!("policy{path}{name}"))
}

/// What is asked of a document before it is kept; the caller hears what is wrong.
pub fn check(text: &str) -> Result<(), Fault> {
    let too_large = || Fault::quota("PolicySize", MANAGED_POLICY_CHARS_MAX);
    let document = Document::parse(text, Kind::Managed).map_err(|malformed| match malformed.class() {
        Class::TooLarge => too_large(),
        _ => Fault::MalformedPolicy(malformed.text().to_owned()),
    })?;
    if document.counted_chars() > MANAGED_POLICY_CHARS_MAX { Err(too_large()) } else { Ok(()) }
}

impl PolicyRecord {
    pub fn arn(&self, account: AccountId) -> Arn {
        policy_arn(account, &self.path, &self.name)
    }

    /// The document that counts, read once for as long as the row stays warm. `None` if it does not parse any more: then it cannot be told
    /// what it denies.
    pub fn document(&self) -> Option<Arc<Document>> {
        let read = || {
            let version = self.versions.iter().find(|version| version.number == self.default)?;
            Document::parse(&version.text, Kind::Managed).ok().map(Arc::new)
        };
        self.read.get_or_init(read).clone()
    }

    /// The version of this id.
    pub fn version(&self, id: &str) -> Option<&VersionRecord> {
        self.versions.iter().find(|version| version.id() == *id)
    }

    /// Whether one more version has room.
    pub fn check_room(&self) -> Result<(), Fault> {
        if self.versions.len() < VERSIONS_PER_POLICY_MAX {
            return Ok(());
        }
        let text = format!(
            "A managed policy can have up to {VERSIONS_PER_POLICY_MAX} versions. Before you create a new version, \
             you must delete an existing version."
        );
        Err(Fault::LimitExceeded(text))
    }

    /// A new version under the next number.
    pub fn push(&mut self, text: &str, now: Time, default: bool) -> VersionRecord {
        self.last += 1;
        let version = VersionRecord { number: self.last, created: now.micros(), text: text.to_owned() };
        self.updated = version.created;
        if default {
            self.default = version.number;
        }
        self.versions.push(version.clone());
        version
    }

    /// A copy to be changed and written.
    pub fn edit(&self) -> Self {
        Self { read: OnceLock::new(), ..self.clone() }
    }
}

impl VersionRecord {
    /// `v3`.
    pub fn id(&self) -> String {
        format!("v{}", self.number)
    }

    /// As ListPolicyVersions and CreatePolicyVersion show it: without the document.
    pub fn listed(&self, default: u64) -> PolicyVersion {
        PolicyVersion {
            document: None,
            version_id: Some(self.id()),
            is_default_version: Some(self.number == default),
            create_date: Some(Time::from_micros(self.created)),
        }
    }
}

impl Record for PolicyRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}
