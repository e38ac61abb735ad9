//! A key as calls meet it: found by id, ARN, alias, or by the backing key that a ciphertext names.

use crate::alias::ALIASES_PER_KEY_MAX;
use crate::fault::Fault;
use crate::tables::{ALIASES, BY_BACKING, KEYS, KeyPlace, KeyRecord, Read};
use crate::{Kms, asked};
use kernel::{Breakage, Caller, Reads, Remarks, Scene, Side, Thing};
use names::{AccountId, AliasName, Arn, KeyId, KeyName, KeyRef, Region};
use policy::{Document, Fact};
use secret::Identity;
use std::borrow::Cow;
use std::sync::Arc;
use vault::{BackingKeyId, Binding, KeySpec, KeyState, KeyUsage, Keyed, Origin, Unusable, Wrapped};

/// A key of this house.
pub struct Key {
    pub account: AccountId,
    pub region: Region,
    pub id: KeyId,
    pub record: Arc<KeyRecord>,
    read: Arc<Read>,
    /// The alias by which the call named it.
    alias: Option<AliasName>,
}

/// What a call may name a key by.
pub enum Named {
    Ref(KeyRef),
    /// The same for operations that AWS offers within an account only: a key of another account is not there.
    Own(KeyRef),
    /// The backing key in a ciphertext's header.
    Backing(BackingKeyId),
    /// The key that an alias of the caller's account stands for, where the operation is about the alias.
    Behind(AliasName),
}

impl Key {
    pub fn state(&self) -> KeyState {
        match (self.record.deletion, self.record.enabled) {
            (Some(_), _) => KeyState::PendingDeletion,
            (None, true) => KeyState::Enabled,
            (None, false) => KeyState::Disabled,
        }
    }

    pub fn place(&self) -> KeyPlace {
        (self.account, self.region.clone(), self.id.clone())
    }

    /// Answers carry key ARNs in `KeyId`.
    pub fn arn_ref(&self) -> KeyRef {
        self.read.arn_ref.clone()
    }

    /// The key policy.
    pub fn document(&self) -> &Document {
        &self.read.policy
    }

    /// The fault for a state that does not admit what was asked.
    pub fn unusable(&self, unusable: Unusable) -> Fault {
        match unusable {
            Unusable::Disabled => Fault::Disabled(format!("{} is disabled.", self.arn())),
            Unusable::State(_) => self.invalid_state(),
        }
    }

    /// `<arn> is pending deletion.`
    pub fn invalid_state(&self) -> Fault {
        let words = match self.state() {
            KeyState::PendingDeletion => "is pending deletion",
            KeyState::PendingReplicaDeletion => "is pending replica deletion",
            KeyState::PendingImport => "is pending import",
            KeyState::Unavailable => "is unavailable",
            KeyState::Creating => "is creating",
            KeyState::Updating => "is updating",
            KeyState::Disabled => "is disabled",
            KeyState::Enabled => "is not pending deletion",
        };
        Fault::InvalidState(format!("{} {words}.", self.arn()))
    }

    /// `<arn> is not pending deletion.`
    pub fn not_pending(&self) -> Fault {
        Fault::InvalidState(format!("{} is not pending deletion.", self.arn()))
    }

    pub fn refuse_more_aliases(&self) -> Result<(), Fault> {
        if self.record.aliases.len() < ALIASES_PER_KEY_MAX {
            return Ok(());
        }
        Err(Fault::LimitExceeded(format!("{} has the maximum of {ALIASES_PER_KEY_MAX} aliases.", self.arn())))
    }

    /// Operations on a key that is going to be deleted: most refuse it.
    pub fn refuse_pending(&self) -> Result<(), Fault> {
        if self.state() == KeyState::PendingDeletion { Err(self.invalid_state()) } else { Ok(()) }
    }

    async fn read(
        account: AccountId,
        region: Region,
        id: KeyId,
        alias: Option<AliasName>,
        reads: &mut Reads<'_, Kms>,
    ) -> Result<Option<Self>, Breakage> {
        let place = (account, region, id);
        let Some(record) = reads.row(&KEYS, &place).await? else { return Ok(None) };
        Self::of(place, record, alias).map(Some)
    }

    fn of(place: KeyPlace, record: Arc<KeyRecord>, alias: Option<AliasName>) -> Result<Self, Breakage> {
        let read = record.read(&place).ok_or(Breakage::Unreadable)?;
        let (account, region, id) = place;
        Ok(Self { account, region, id, record, read, alias })
    }

    async fn by_alias(
        account: AccountId,
        region: Region,
        alias: &AliasName,
        reads: &mut Reads<'_, Kms>,
    ) -> Result<Option<Self>, Breakage> {
        let place = (account, region, alias.clone());
        let Some(found) = reads.row(&ALIASES, &place).await? else { return Ok(None) };
        Self::read(account, place.1, found.key()?, Some(alias.clone()), reads).await
    }
}

impl Thing for Key {
    type Service = Kms;
    type Name = Named;
    type Fault = Fault;
    const TYPE: &'static str = "AWS::KMS::Key";

    async fn find(name: &Named, scene: &Scene, reads: &mut Reads<'_, Kms>) -> Result<Option<Self>, Breakage> {
        let (account, region) = (scene.account, scene.region.clone());
        let here = |text: &str| *text == *scene.region.as_str();
        match name {
            Named::Backing(id) => match reads.by_unique(&KEYS, &BY_BACKING, &id.0).await? {
                Some((place, record)) if place.1 == scene.region => Self::of(place, record, None).map(Some),
                _ => Ok(None),
            },
            Named::Behind(alias) => match reads.row(&ALIASES, &(account, region.clone(), alias.clone())).await? {
                Some(found) => Self::read(account, region, found.key()?, None, reads).await,
                None => Ok(None),
            },
            Named::Own(key) => match key.name() {
                KeyName::Id(id) => Self::read(account, region, id.clone(), None, reads).await,
                KeyName::Arn { region: text, account: owner, id } if here(text) && *owner == account => {
                    Self::read(account, region, id.clone(), None, reads).await
                }
                _ => Ok(None),
            },
            Named::Ref(key) => match key.name() {
                KeyName::Id(id) => Self::read(account, region, id.clone(), None, reads).await,
                KeyName::Alias(alias) => Self::by_alias(account, region, alias, reads).await,
                KeyName::Arn { region: text, account, id } if here(text) => {
                    Self::read(*account, region, id.clone(), None, reads).await
                }
                KeyName::AliasArn { region: text, account, alias } if here(text) => {
                    Self::by_alias(*account, region, alias, reads).await
                }
                KeyName::Arn { .. } | KeyName::AliasArn { .. } | KeyName::BadArn | KeyName::Malformed => Ok(None),
            },
        }
    }

    fn arn(&self) -> Arn {
        self.read.arn.clone()
    }

    fn named(name: &Named, scene: &Scene) -> Arn {
        asked::named(name, scene)
    }

    fn policy(&self) -> Side {
        Side::Explicit(Arc::clone(&self.read.policy))
    }

    fn identity(&self) -> Identity {
        Identity(u128::from_be_bytes(self.record.identity))
    }

    fn not_found(name: &Named, scene: &Scene) -> Fault {
        asked::not_found(name, scene)
    }

    /// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>
    fn fact(&self, key: &str, _: &Caller) -> Option<Fact<'_>> {
        let one = |text: &'static str| Some(Fact::One(Cow::Borrowed(text)));
        match key {
            "kms:keyspec" | "kms:customermasterkeyspec" => one("SYMMETRIC_DEFAULT"),
            "kms:keyusage" | "kms:customermasterkeyusage" => one("ENCRYPT_DECRYPT"),
            "kms:keyorigin" => one("AWS_KMS"),
            "kms:multiregion" => one("false"),
            "kms:resourcealiases" if self.record.aliases.is_empty() => None,
            "kms:resourcealiases" => {
                Some(Fact::Many(self.record.aliases.iter().map(|alias| Cow::Borrowed(alias.as_str())).collect()))
            }
            "kms:requestalias" => self.alias.as_ref().map(|alias| Fact::One(Cow::Borrowed(alias.as_str()))),
            _ => {
                let wanted = key.strip_prefix("aws:resourcetag/")?;
                let mut values = self.record.tags.iter().filter(|(name, _)| name.to_lowercase() == wanted);
                let (_, first) = values.next()?;
                let rest: Vec<_> = values.map(|(_, value)| Cow::Borrowed(value.as_str())).collect();
                let first = Cow::Borrowed(first.as_str());
                // Two tags that differ by case alone are one condition key with both values.
                Some(if rest.is_empty() { Fact::One(first) } else { Fact::Many([vec![first], rest].concat()) })
            }
        }
    }
}

impl Keyed for Key {
    fn binding(&self) -> Binding {
        Binding {
            account: self.account,
            key: self.id.clone(),
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            origin: Origin::AwsKms,
        }
    }

    fn state(&self) -> KeyState {
        Self::state(self)
    }

    fn current(&self) -> BackingKeyId {
        // INVARIANT: CreateKey writes no key without material.
        self.read.materials.last().map_or(BackingKeyId([0; 16]), |material| material.backing)
    }

    fn wrapped(&self, id: BackingKeyId) -> Option<&Wrapped> {
        self.read.materials.iter().find(|material| material.backing == id).map(|material| &material.wrapped)
    }
}

impl Key {
    /// The id of the material with this backing key: 64 hexadecimal digits, as AWS shows it. `None` for those of other keys.
    pub fn material_id(&self, backing: BackingKeyId) -> Option<String> {
        self.read.materials.iter().find(|material| material.backing == backing).map(|material| material.id.clone())
    }

    /// What the trail shows in `responseElements` of operations that answer nothing: the key they were about. AWS does so since December
    /// 2022: <https://docs.aws.amazon.com/kms/latest/developerguide/ct-disablekey.html> and its neighbours.
    pub fn remarks(&self) -> Remarks {
        Remarks { response: Some(vec![("keyId", self.arn().to_string())]), ..Remarks::default() }
    }
}
