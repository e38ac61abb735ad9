//! The toy's one table, and the thing that it keeps.

use crate::{Fault, Toy};
use kernel::{Breakage, Caller, Reads, Scene, Side, Thing};
use minicbor::{Decode, Encode};
use names::{AccountId, Arn, KeyId, Region, Time};
use policy::{Document, Fact, Kind};
use secret::Identity;
use std::sync::Arc;
use store::{NoPrevious, Record, Table};
use vault::{BackingKeyId, Binding, KeySpec, KeyState, KeyUsage, Keyed, Origin, Wrapped};

/// Boxes, by account, Region and name.
pub static BOXES: Table<Toy, (AccountId, Region, String), BoxRow> = Table::new("toy/boxes");

/// A box as it is kept. Policy and content stand in one row, so that a new policy is a change of what every call has read.
#[derive(Encode, Decode, Clone)]
pub struct BoxRow {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub identity: [u8; 16],
    /// A UUID.
    #[n(1)]
    pub box_id: String,
    /// Microseconds since 1970.
    #[n(2)]
    pub created: i64,
    #[n(3)]
    pub policy: Option<String>,
    #[cbor(n(4), with = "minicbor::bytes")]
    pub backing_key: [u8; 16],
    #[cbor(n(5), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
    /// The note, encrypted under the box's key.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub note: Option<Vec<u8>>,
    #[n(7)]
    pub locked: bool,
    #[n(8)]
    pub tags: Vec<(String, String)>,
}

impl Record for BoxRow {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

/// What callers name: a box of their own account, `tools`, or one of another, `444455556666--tools`. The toy writes it so because its names
/// have no colons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxName {
    pub account: Option<AccountId>,
    pub name: String,
}

impl BoxName {
    pub fn parse(text: &str) -> Self {
        let foreign = text.split_once("--").and_then(|(account, name)| Some((AccountId::parse(account).ok()?, name)));
        match foreign {
            Some((account, name)) => Self { account: Some(account), name: name.to_owned() },
            None => Self { account: None, name: text.to_owned() },
        }
    }

    /// Where the row of the box is.
    pub fn place(&self, scene: &Scene) -> (AccountId, Region, String) {
        (self.account.unwrap_or(scene.account), scene.region.clone(), self.name.clone())
    }
}

/// A box that was found. (`Box` is the language's word.)
pub struct Chest {
    pub place: (AccountId, Region, String),
    pub row: Arc<BoxRow>,
    policy: Option<Arc<Document>>,
    key: KeyId,
    wrapped: Wrapped,
}

impl Chest {
    pub(crate) fn arn_of(place: &(AccountId, Region, String)) -> Arn {
        Arn::of("toy", place.1.as_str(), place.0, &format!("box/{}", place.2))
    }

    pub(crate) fn binding_of(account: AccountId, key: KeyId) -> Binding {
        Binding {
            account,
            key,
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            origin: Origin::AwsKms,
        }
    }

    fn read(place: (AccountId, Region, String), row: Arc<BoxRow>) -> Option<Self> {
        let policy = match &row.policy {
            Some(text) => Some(Arc::new(Document::parse(text, Kind::Resource).ok()?)),
            None => None,
        };
        let key = KeyId::parse(&row.box_id)?;
        let wrapped = Wrapped::read(&row.wrapped).ok()?;
        Some(Self { place, row, policy, key, wrapped })
    }

    pub fn created(&self) -> Time {
        Time::from_micros(self.row.created)
    }
}

impl Thing for Chest {
    type Service = Toy;
    type Name = BoxName;
    type Fault = Fault;
    const TYPE: &'static str = "AWS::Toy::Box";

    async fn find(name: &BoxName, scene: &Scene, reads: &mut Reads<'_, Toy>) -> Result<Option<Self>, Breakage> {
        let place = name.place(scene);
        match reads.row(&BOXES, &place).await? {
            Some(row) => Self::read(place, row).map(Some).ok_or(Breakage::Unreadable),
            None => Ok(None),
        }
    }

    fn arn(&self) -> Arn {
        Self::arn_of(&self.place)
    }

    fn named(name: &BoxName, scene: &Scene) -> Arn {
        Self::arn_of(&name.place(scene))
    }

    fn policy(&self) -> Side {
        Side::Implicit(self.policy.clone())
    }

    fn identity(&self) -> Identity {
        Identity(u128::from_be_bytes(self.row.identity))
    }

    fn not_found(name: &BoxName, _: &Scene) -> Fault {
        Fault::NoSuchBox(name.clone())
    }

    fn fact(&self, key: &str, _: &Caller) -> Option<Fact<'_>> {
        let tag = key.strip_prefix("aws:resourcetag/")?;
        let (_, value) = self.row.tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag))?;
        Some(Fact::One(value.as_str().into()))
    }
}

impl Keyed for Chest {
    fn binding(&self) -> Binding {
        Self::binding_of(self.place.0, self.key.clone())
    }

    fn state(&self) -> KeyState {
        if self.row.locked { KeyState::Disabled } else { KeyState::Enabled }
    }

    fn current(&self) -> BackingKeyId {
        BackingKeyId(self.row.backing_key)
    }

    fn wrapped(&self, id: BackingKeyId) -> Option<&Wrapped> {
        (id == self.current()).then_some(&self.wrapped)
    }
}
