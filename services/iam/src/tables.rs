//! What IAM keeps: accounts, users with all that decides what they may, and access keys.

use crate::Iam;
use crate::managed;
use kernel::Policies;
use minicbor::{Decode, Encode};
use names::{AccountId, Arn};
use policy::{Document, Kind};
use std::sync::{Arc, OnceLock};
use store::{Index, NoPrevious, Record, Table};

/// The account, and the user's unique id (AIDA…): names come and go, ids do not.
pub type UserPlace = (AccountId, String);

pub static ACCOUNTS: Table<Iam, AccountId, AccountRecord> = Table::new("iam/accounts");

pub static USERS: Table<Iam, UserPlace, UserRecord> = Table::new("iam/users").indexed(&[&BY_NAME, &BY_POLICY]);

/// Users by name in lower case: names that differ by case alone are the same.
pub static BY_NAME: Index<Iam, (AccountId, String), UserPlace, UserRecord> =
    Index::unique("iam/users/name", |place, user| vec![name_key(place.0, &user.name)]);

/// Users by the ARNs of the managed policies that are attached to them.
pub static BY_POLICY: Index<Iam, (AccountId, String), UserPlace, UserRecord> =
    Index::many("iam/users/policy", |place, user| user.attached.iter().map(|arn| (place.0, arn.clone())).collect());

/// Access keys by their ids, which are unique among all accounts.
pub static ACCESS_KEYS: Table<Iam, String, AccessKeyRecord> = Table::new("iam/access-keys").indexed(&[&BY_OWNER]);

/// The access keys of a user.
pub static BY_OWNER: Index<Iam, UserPlace, String, AccessKeyRecord> =
    Index::many("iam/access-keys/owner", |_, key| key.owner_place().into_iter().collect());

/// An account of this house.
#[derive(Encode, Decode, Clone)]
#[cbor(map)]
pub struct AccountRecord {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    /// Microseconds since 1970, as all times here.
    #[n(1)]
    pub created: i64,
    /// The id of the administrator's first access key, until its secret is known to be where it belongs.
    #[n(2)]
    pub undelivered: Option<String>,
}

/// One user. All that decides what he may stands in this one record, so that a Deny that is added while a call runs is
/// a conflict with what the call has read.
#[derive(Encode, Decode, Clone, Default)]
#[cbor(map)]
pub struct UserRecord {
    /// The user's birth.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub name: String,
    /// `/`, or `/division/team/`.
    #[n(3)]
    pub path: String,
    #[n(4)]
    pub tags: Vec<(String, String)>,
    /// Inline policies, name and document, in the order of the names.
    #[n(5)]
    pub inline: Vec<(String, String)>,
    /// The ARNs of attached managed policies, in their order.
    #[n(6)]
    pub attached: Vec<String>,
    #[cbor(skip)]
    pub read: OnceLock<Option<Arc<Policies>>>,
}

/// One access key.
#[derive(Encode, Decode, Clone)]
#[cbor(map)]
pub struct AccessKeyRecord {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub account: String,
    /// The unique id of the user.
    #[n(3)]
    pub owner: String,
    #[n(4)]
    pub active: bool,
    /// The secret, as the vault wrapped it.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
}

/// Where a name stands in [`BY_NAME`].
pub fn name_key(account: AccountId, name: &str) -> (AccountId, String) {
    (account, name.to_ascii_lowercase())
}

impl UserRecord {
    pub fn arn(&self, account: AccountId) -> Arn {
        user_arn(account, &self.path, &self.name)
    }

    /// The user's policies, first the inline ones, then those of AWS that are attached, and the tags: read once for as long as the row
    /// stays warm. `None` if one of the documents does not parse any more: then it cannot be told what it denies, and nothing is decided.
    pub fn policies(&self) -> Option<Arc<Policies>> {
        let read = || {
            let inline = self.inline.iter().map(|(name, text)| {
                let document = Document::parse(text, Kind::Identity).ok()?;
                Some((format!("inline:{name}"), Arc::new(document)))
            });
            let attached = self.attached.iter().filter(|arn| managed::is_aws(arn));
            let attached = attached.map(|arn| Some((arn.clone(), managed::find(arn)?.document()?)));
            let identity = inline.chain(attached).collect::<Option<_>>()?;
            Some(Arc::new(Policies { identity, tags: self.tags.clone(), ..Policies::default() }))
        };
        self.read.get_or_init(read).clone()
    }

    /// A copy to be changed and written.
    pub fn edit(&self) -> Self {
        Self { read: OnceLock::new(), ..self.clone() }
    }
}

/// `arn:aws:iam::123456789012:user/division/alice`.
pub fn user_arn(account: AccountId, path: &str, name: &str) -> Arn {
    Arn::of("iam", "", account, &format!("user{path}{name}"))
}

impl AccessKeyRecord {
    pub fn owner_place(&self) -> Option<UserPlace> {
        AccountId::parse(&self.account).ok().map(|account| (account, self.owner.clone()))
    }
}

impl Record for AccountRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl Record for UserRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl Record for AccessKeyRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}
