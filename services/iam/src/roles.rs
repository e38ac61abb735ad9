//! What IAM keeps of roles, and of the sessions that are had of them.

use crate::Iam;
use crate::managed;
use kernel::{Bindings, Policies};
use minicbor::{Decode, Encode};
use names::{AccountId, Arn, Time};
use policy::{Document, Kind};
use std::sync::{Arc, OnceLock};
use store::{Index, NoPrevious, Record, Table};

/// The account, and the role's unique id (AROA…).
pub type RolePlace = (AccountId, String);

pub static ROLES: Table<Iam, RolePlace, RoleRecord> =
    Table::new("iam/roles").indexed(&[&ROLES_BY_NAME, &ROLES_BY_POLICY]);

/// Roles by name in lower case: names that differ by case alone are the same.
pub static ROLES_BY_NAME: Index<Iam, (AccountId, String), RolePlace, RoleRecord> =
    Index::unique("iam/roles/name", |place, role| vec![crate::tables::name_key(place.0, &role.name)]);

/// Roles by the ARNs of the managed policies that are attached to them.
pub static ROLES_BY_POLICY: Index<Iam, (AccountId, String), RolePlace, RoleRecord> =
    Index::many("iam/roles/policy", |place, role| role.attached.iter().map(|arn| (place.0, arn.clone())).collect());

/// Sessions by the ids of their access keys (ASIA…), which are unique among all accounts.
pub static SESSIONS: Table<Iam, String, SessionRecord> = Table::new("iam/sessions").indexed(&[&SESSIONS_BY_END]);

/// Sessions by when they end.
pub static SESSIONS_BY_END: Index<Iam, Time, String, SessionRecord> =
    Index::many("iam/sessions/end", |_, session| vec![Time::from_micros(session.expires)]);

/// The policies that limit a session, each with the name by which decisions refer to it.
pub type Limits = Arc<[(String, Arc<Document>)]>;

/// One role. All that decides who may be in it and what he may then stands in this one record.
#[derive(Encode, Decode, Clone, Default)]
#[cbor(map)]
pub struct RoleRecord {
    /// The role's birth.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    /// Microseconds since 1970, as all times here.
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub name: String,
    /// `/`, or `/division/team/`.
    #[n(3)]
    pub path: String,
    #[n(4)]
    pub description: Option<String>,
    /// How long a session may last.
    #[n(5)]
    pub session_seconds_max: i64,
    /// The trust policy: who may be in the role.
    #[n(6)]
    pub trust: String,
    /// The users and roles that the trust policy names, and the unique ids that stood behind the names when it was put.
    #[n(7)]
    pub bindings: Bindings,
    #[n(8)]
    pub tags: Vec<(String, String)>,
    /// Inline policies, name and document, in the order of the names.
    #[n(9)]
    pub inline: Vec<(String, String)>,
    /// The ARNs of attached managed policies, in their order.
    #[n(10)]
    pub attached: Vec<String>,
    #[cbor(skip)]
    pub read: OnceLock<Option<Arc<Read>>>,
}

/// What a role's record says, read once for as long as the row stays warm.
pub struct Read {
    pub trust: Arc<Document>,
    pub policies: Arc<Policies>,
}

/// A temporary credential: somebody in a role.
#[derive(Encode, Decode, Clone, Default)]
#[cbor(map)]
pub struct SessionRecord {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub expires: i64,
    #[n(3)]
    pub account: String,
    /// The unique id of the role.
    #[n(4)]
    pub role: String,
    #[n(5)]
    pub name: String,
    /// The secret, as the vault wrapped it.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
    /// The SHA-256 of the session token.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub token: [u8; 32],
    /// Session policies that were passed with the call; `None` if there were none, which is not the same as one that allows nothing.
    #[n(8)]
    pub policies: Option<Vec<String>>,
    /// The ARNs of managed policies that were passed with the call.
    #[n(9)]
    pub policy_arns: Vec<String>,
    #[n(10)]
    pub tags: Vec<(String, String)>,
    /// The keys of those tags that go on into the sessions of a chain.
    #[n(11)]
    pub transitive: Vec<String>,
    #[n(12)]
    pub source_identity: Option<String>,
    #[cbor(skip)]
    pub read: OnceLock<Option<Limits>>,
}

impl RoleRecord {
    pub fn arn(&self, account: AccountId) -> Arn {
        role_arn(account, &self.path, &self.name)
    }

    /// `None` if one of the documents does not parse any more: then it cannot be told what it denies, and nothing is decided.
    pub fn read(&self) -> Option<Arc<Read>> {
        let read = || {
            let inline = self.inline.iter().map(|(name, text)| {
                let document = Document::parse(text, Kind::Identity).ok()?;
                Some((format!("inline:{name}"), Arc::new(document)))
            });
            let attached = self.attached.iter().filter(|arn| managed::is_aws(arn));
            let attached = attached.map(|arn| Some((arn.clone(), managed::find(arn)?.document()?)));
            let identity = inline.chain(attached).collect::<Option<_>>()?;
            let policies = Policies { identity, tags: self.tags.clone(), ..Policies::default() };
            Some(Arc::new(Read { trust: Arc::new(self.trust()?), policies: Arc::new(policies) }))
        };
        self.read.get_or_init(read).clone()
    }

    fn trust(&self) -> Option<Document> {
        let document = Document::parse(&self.trust, Kind::Trust).ok()?;
        let id_of = |arn: &Arn| self.bindings.iter().find(|(name, _)| name == arn.as_str()).map(|(_, id)| id.clone());
        Some(document.bind(&id_of))
    }

    /// A copy to be changed and written.
    pub fn edit(&self) -> Self {
        Self { read: OnceLock::new(), ..self.clone() }
    }
}

impl SessionRecord {
    pub fn role_place(&self) -> Option<RolePlace> {
        AccountId::parse(&self.account).ok().map(|account| (account, self.role.clone()))
    }

    /// The session's own policies, but for those managed ones that are the account's; `None` within if there are none. `None` without if
    /// one does not parse any more.
    pub fn limits(&self) -> Option<Option<Limits>> {
        if self.policies.is_none() && self.policy_arns.is_empty() {
            return Some(None);
        }
        let read = || {
            let passed = self.policies.iter().flatten().map(|text| {
                let document = Document::parse(text, Kind::Identity).ok()?;
                Some(("session-policy".to_owned(), Arc::new(document)))
            });
            let named = self.policy_arns.iter().filter(|arn| managed::is_aws(arn));
            let named = named.map(|arn| Some((arn.clone(), managed::find(arn)?.document()?)));
            passed.chain(named).collect()
        };
        self.read.get_or_init(read).clone().map(Some)
    }
}

/// `arn:aws:iam::123456789012:role/division/App`.
pub fn role_arn(account: AccountId, path: &str, name: &str) -> Arn {
    Arn::of("iam", "", account, &format!("role{path}{name}"))
}

/// `arn:aws:sts::123456789012:assumed-role/App/session`: without the path.
pub fn session_arn(account: AccountId, role: &str, session: &str) -> Arn {
    Arn::of("sts", "", account, &format!("assumed-role/{role}/{session}"))
}

impl Record for RoleRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl Record for SessionRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}
