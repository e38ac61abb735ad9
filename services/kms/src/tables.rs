//! What KMS keeps: keys with their wrapped material, and aliases.

use crate::{Kms, asked};
use kernel::Breakage;
use minicbor::{Decode, Encode};
use names::{AccountId, AliasName, Arn, KeyId, KeyRef, Region, Time};
use policy::{Document, Kind};
use std::sync::{Arc, OnceLock};
use store::{Index, NoPrevious, Record, Table};
use vault::{BackingKeyId, Wrapped};

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
    pub read: OnceLock<Option<Arc<Read>>>,
}

/// What a key's record says, read once for as long as the row stays warm.
pub struct Read {
    pub arn: Arn,
    /// The same, as answers carry it.
    pub arn_ref: KeyRef,
    pub policy: Arc<Document>,
    /// All versions of the material, the current one last.
    pub materials: Vec<Material>,
}

/// One version of a key's material.
pub struct Material {
    pub backing: BackingKeyId,
    pub wrapped: Wrapped,
    /// 64 hexadecimal digits, as AWS shows it.
    pub id: String,
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
    /// What the record says, as that of the key at `place`, its own. `None` for a policy or a material that cannot be read any more: such a
    /// key admits nobody.
    pub fn read(&self, place: &KeyPlace) -> Option<Arc<Read>> {
        let read = || {
            let (account, region, id) = place;
            let arn = asked::key_arn(region, *account, id.as_str());
            let materials = self.backing.iter().map(|kept| {
                let (backing, wrapped) = (BackingKeyId(kept.id), Wrapped::read(&kept.wrapped).ok()?);
                Some(Material { backing, wrapped, id: asked::material_id(id, backing) })
            });
            Some(Arc::new(Read {
                arn_ref: KeyRef::to_key(&arn, *account, id),
                arn,
                policy: Arc::new(self.document()?),
                materials: materials.collect::<Option<_>>()?,
            }))
        };
        self.read.get_or_init(read).clone()
    }

    /// The key policy, with the unique ids behind the names in it.
    fn document(&self) -> Option<Document> {
        let document = Document::parse(&self.policy, Kind::KeyPolicy).ok()?;
        let id_of = |arn: &Arn| {
            let bound = self.bindings.iter().find(|(name, _)| name == arn.as_str());
            bound.map(|(_, id)| id.clone())
        };
        Some(document.bind(&id_of))
    }

    /// A copy to be changed and written.
    pub fn edit(&self) -> Self {
        Self { read: OnceLock::new(), ..self.clone() }
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
