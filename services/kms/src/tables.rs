//! What KMS keeps: keys with their wrapped material, and aliases.

use crate::Kms;
use kernel::Breakage;
use minicbor::{Decode, Encode};
use names::{AccountId, AliasName, KeyId, Region, Time};
use policy::{Document, Kind};
use std::sync::{Arc, OnceLock};
use store::{Index, NoPrevious, Record, Table};

pub type KeyPlace = (AccountId, Region, KeyId);
pub type AliasPlace = (AccountId, Region, AliasName);

pub static KEYS: Table<Kms, KeyPlace, KeyRecord> = Table::new("kms/keys").indexed(&[&BY_BACKING, &BY_DELETION]);

/// From the backing key that a ciphertext names to the key it belongs to.
pub static BY_BACKING: Index<Kms, [u8; 16], KeyPlace, KeyRecord> =
    Index::unique("kms/keys/backing", |_, key| key.backing.iter().map(|backing| backing.id).collect());

/// Keys that are scheduled for deletion, by the date.
pub static BY_DELETION: Index<Kms, Time, KeyPlace, KeyRecord> =
    Index::many("kms/keys/deletion", |_, key| key.deletion.iter().map(|date| Time::from_micros(*date)).collect());

pub static ALIASES: Table<Kms, AliasPlace, AliasRecord> = Table::new("kms/aliases");

/// One key.
#[derive(Encode, Decode, Clone, Default)]
#[cbor(map)]
pub struct KeyRecord {
    /// The key's birth.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    /// Microseconds since 1970, as all times here.
    #[n(1)]
    pub created: i64,
    #[n(2)]
    pub description: String,
    #[n(3)]
    pub enabled: bool,
    /// When the key is to be deleted, if it is.
    #[n(4)]
    pub deletion: Option<i64>,
    #[n(5)]
    pub policy: String,
    /// The users and roles that the policy names, and the unique ids that stood behind the names when it was put.
    #[n(6)]
    pub bindings: Vec<(String, String)>,
    #[n(7)]
    pub tags: Vec<(String, String)>,
    /// All backing keys, the current one last.
    #[n(8)]
    pub backing: Vec<Backing>,
    /// The names of all aliases that stand for the key, in order. They stand here too, since every call on the key asks for them
    /// (`kms:ResourceAliases`); each operation on aliases writes both in one commit.
    #[n(9)]
    pub aliases: Vec<String>,
    #[cbor(skip)]
    pub parsed: OnceLock<Option<Arc<Document>>>,
}

/// One version of a key's material, wrapped by the vault.
#[derive(Encode, Decode, Clone)]
pub struct Backing {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    #[cbor(n(1), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
    #[n(2)]
    pub created: i64,
}

/// One alias.
#[derive(Encode, Decode, Clone)]
#[cbor(map)]
pub struct AliasRecord {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    /// The id of the key it stands for, in its own account and Region.
    #[n(1)]
    pub target: String,
    #[n(2)]
    pub created: i64,
    #[n(3)]
    pub updated: i64,
}

impl Record for KeyRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl Record for AliasRecord {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl KeyRecord {
    /// The key policy, parsed once for as long as the row stays warm. `None` for a policy that no longer parses: such a key admits nobody.
    pub fn document(&self) -> Option<Arc<Document>> {
        let parse = || {
            let document = Document::parse(&self.policy, Kind::KeyPolicy).ok()?;
            let id_of = |arn: &names::Arn| {
                let bound = self.bindings.iter().find(|(name, _)| name == arn.as_str());
                bound.map(|(_, id)| id.clone())
            };
            Some(Arc::new(document.bind(&id_of)))
        };
        self.parsed.get_or_init(parse).clone()
    }

    /// A copy to be changed and written.
    pub fn edit(&self) -> Self {
        Self { parsed: OnceLock::new(), ..self.clone() }
    }

    /// A copy that has the alias too.
    pub fn with_alias(&self, alias: &AliasName) -> Self {
        let mut record = self.without_alias(alias);
        let place = record.aliases.partition_point(|other| other.as_str() < alias.as_str());
        record.aliases.insert(place, alias.as_str().to_owned());
        record
    }

    /// A copy that does not have the alias.
    pub fn without_alias(&self, alias: &AliasName) -> Self {
        let mut record = self.edit();
        record.aliases.retain(|other| other != alias.as_str());
        record
    }
}

impl AliasRecord {
    /// The key that the alias stands for.
    pub fn key(&self) -> Result<KeyId, Breakage> {
        KeyId::parse(&self.target).ok_or(Breakage::Unreadable)
    }
}
