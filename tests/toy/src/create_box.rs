//! toy:CreateBox: makes a box with a key of its own.

use crate::{BOXES, BoxName, BoxRow, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use names::KeyId;
use policy::{Document, Fact, Kind};
use shapes_toy::{CreateBoxInput, CreateBoxOutput};
use std::sync::Arc;
use vault::{NewBackingKey, Use, Vault};

pub struct CreateBox;

/// Ids and key of the new box.
pub struct NewBox {
    identity: [u8; 16],
    box_id: String,
    key: NewBackingKey,
    link: Use,
}

impl Operation for CreateBox {
    type Shape = shapes_toy::CreateBox;
    type Service = Toy;
    type Target = Option<Chest>;
    type Staged = NewBox;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreateBoxInput) -> Result<Aim<Option<Chest>>, Fault> {
        Ok(Aim::at(BoxName { account: None, name: input.name.clone() }))
    }

    fn demands(input: &CreateBoxInput, chest: &Found<Option<Chest>>) -> Demands {
        let demands = Demands::on(Action("toy:CreateBox"), chest.look());
        input.tags.iter().flatten().fold(demands, |demands, tag| {
            let key = format!("aws:requesttag/{}", tag.tag_key.to_ascii_lowercase());
            demands.fact(key, Fact::One(tag.tag_value.clone().into()))
        })
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        if call.target().is_some() {
            return Err(Fault::BoxExists);
        }
        match &call.input().policy {
            Some(text) => Document::parse(text, Kind::Resource).map(|_| ()).map_err(|_| Fault::MalformedPolicy),
            None => Ok(()),
        }
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<NewBox, Stop<Fault>> {
        let mut random = [0; 16];
        outside.random(&mut random)?;
        let box_id = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
        let key = KeyId::parse(&box_id).ok_or(Breakage::Vault)?;
        let binding = Chest::binding_of(call.scene().account, key);
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let made = vault.create(call.caller().ticket(), &binding).await.map_err(|_| Breakage::Vault)?;
        let identity = outside.birth()?.0.to_be_bytes();
        Ok(NewBox { identity, box_id, key: made.value, link: made.link })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        new: &NewBox,
        desk: &mut Desk<'_, Toy>,
    ) -> Result<CreateBoxOutput, Stop<Fault>> {
        let (input, scene) = (call.input(), call.scene());
        let place = (scene.account, scene.region.clone(), input.name.clone());
        let row = BoxRow {
            identity: new.identity,
            box_id: new.box_id.clone(),
            created: scene.now.micros(),
            policy: input.policy.clone(),
            backing_key: new.key.id.0,
            wrapped: new.key.wrapped.as_bytes().to_vec(),
            note: None,
            locked: input.labels.as_ref().is_some_and(|labels| labels.contains_key("locked")),
            tags: input.tags.iter().flatten().map(|tag| (tag.tag_key.clone(), tag.tag_value.clone())).collect(),
        };
        desk.put(&BOXES, &place, row).await?;
        Ok(CreateBoxOutput { box_id: new.box_id.clone(), arn: Chest::arn_of(&place).to_string() })
    }

    fn remarks(_: &Authorized<'_, Self>, new: &NewBox, _: &CreateBoxOutput) -> Remarks {
        Remarks { uses: vec![new.link], ..Remarks::default() }
    }
}
