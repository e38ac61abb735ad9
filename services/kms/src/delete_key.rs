//! The end of a key whose date has come: an operation of the house's own, which no wire leads to. On the trail it is AWS's service event
//! `DeleteKey` <https://docs.aws.amazon.com/kms/latest/developerguide/ct-delete-key.html>.

use crate::fault::Fault;
use crate::key::Key;
use crate::tables::{ALIASES, KEYS};
use crate::{Kms, asked, context};
use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use names::{AliasName, KeyRef};
use shape::{
    Empty, Kind, Location, Malformed, Member, OperationModel, OperationShape, Read, Report, Schema, Secrecy, Shape,
    Shown, Sink, Source, TimeFormat, Write,
};
use std::sync::Arc;
use vault::{Destroying, Usable, Used, Vault};

pub struct DeleteKey;

impl Operation for DeleteKey {
    type Shape = DeleteKeyShape;
    type Service = Kms;
    type Target = Key;
    type Staged = Used<()>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteKeyInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(_: &DeleteKeyInput, _: &Found<Key>) -> Demands {
        Demands::internal("kms", "a key is deleted when its date comes, whatever policies say")
    }

    /// The key may have been rescued, or its date put off, since it was found to be due.
    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let key = call.target();
        if key.record.deletion.is_none_or(|date| date > call.scene().now.micros()) {
            return Err(key.invalid_state());
        }
        Usable::<Destroying>::of(key).map_err(|unusable| key.unusable(unusable)).map(|_| ())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Used<()>, Stop<Fault>> {
        let key = call.target();
        let usable = Usable::of(key).map_err(|unusable| key.unusable(unusable))?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        vault.destroy(call.caller().ticket(), usable).await.map_err(context::refused)
    }

    async fn apply(call: &Authorized<'_, Self>, _: &Used<()>, desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let key = call.target();
        for alias in key.record.aliases.iter().filter_map(|alias| AliasName::parse(alias)) {
            desk.delete(&ALIASES, &(key.account, key.region.clone(), alias)).await?;
        }
        desk.delete(&KEYS, &key.place()).await?;
        Ok(Empty)
    }

    /// As AWS's records since December 2022: <https://docs.aws.amazon.com/kms/latest/developerguide/ct-delete-key.html>.
    fn remarks(call: &Authorized<'_, Self>, staged: &Used<()>, _: &Empty) -> Remarks {
        Remarks { uses: vec![staged.link], service_details: Some(Vec::new()), ..call.target().remarks() }
    }
}

/// AWS's model has no such operation, so its shapes are written by hand.
pub struct DeleteKeyShape;

pub struct DeleteKeyInput {
    /// The key's id.
    pub key_id: KeyRef,
}

static MODEL: OperationModel =
    OperationModel { name: "DeleteKey", input: &INPUT, output: None, result_wrapper: "", errors: &[] };

static INPUT: Schema = Schema {
    name: "DeleteKeyRequest",
    kind: Kind::Structure {
        members: &[Member {
            name: "KeyId",
            wire: "KeyId",
            location: Location::Body,
            required: true,
            secrecy: Secrecy::Public,
            // AWS's event has the key among its resources, and no parameters.
            shown: Shown::NotOnTrail,
            time: TimeFormat::ByProtocol,
            schema: &KEY_ID,
        }],
    },
    secrecy: Secrecy::Public,
};

static KEY_ID: Schema =
    Schema { name: "KeyIdType", kind: Kind::Text { min: 1, max: 2048, pattern: None }, secrecy: Secrecy::Public };

impl OperationShape for DeleteKeyShape {
    const NAME: &'static str = "DeleteKey";
    type Input = DeleteKeyInput;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        &MODEL
    }
}

impl Shape for DeleteKeyInput {
    fn schema() -> &'static Schema {
        &INPUT
    }
}

impl Write for DeleteKeyInput {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        shape::write_members(schema, sink, &[Some(&self.key_id)]);
    }
}

impl Read for DeleteKeyInput {
    /// Never from a wire.
    fn read(_: &'static Schema, _: &mut dyn Source, _: &mut Report) -> Result<Option<Self>, Malformed> {
        Err(Malformed::Syntax)
    }
}
