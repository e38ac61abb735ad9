//! toy:PutNote: lays a note into a box, encrypted under the box's key.

use crate::{BOXES, BoxName, BoxRow, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::Empty;
use shapes_toy::PutNoteInput;
use std::sync::Arc;
use vault::{Blob, Encrypting, EncryptionContext, Usable, Used, Vault};

pub struct PutNote;

impl Operation for PutNote {
    type Shape = shapes_toy::PutNote;
    type Service = Toy;
    type Target = Chest;
    type Staged = Used<Blob>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &PutNoteInput) -> Result<Aim<Chest>, Fault> {
        Ok(Aim::at(BoxName::parse(&input.name)))
    }

    fn demands(_: &PutNoteInput, chest: &Found<Chest>) -> Demands {
        Demands::on(Action("toy:PutNote"), chest.look())
    }

    fn dry_run(input: &PutNoteInput) -> bool {
        input.dry_run == Some(true)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        Usable::<Encrypting>::of(call.target()).map(|_| ()).map_err(|_| Fault::BoxLocked)
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Used<Blob>, Stop<Fault>> {
        let key = Usable::of(call.target()).map_err(|_| Fault::BoxLocked)?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let (ticket, context) = (call.caller().ticket(), EncryptionContext::empty());
        Ok(vault.encrypt(ticket, key, &call.input().note, &context).await.map_err(|_| Breakage::Vault)?)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        sealed: &Used<Blob>,
        desk: &mut Desk<'_, Toy>,
    ) -> Result<Empty, Stop<Fault>> {
        let chest = call.target();
        let row = BoxRow { note: Some(sealed.value.as_bytes().to_vec()), ..BoxRow::clone(&chest.row) };
        desk.put(&BOXES, &chest.place, row).await?;
        Ok(Empty)
    }

    fn remarks(_: &Authorized<'_, Self>, sealed: &Used<Blob>, _: &Empty) -> Remarks {
        Remarks { uses: vec![sealed.link], ..Remarks::default() }
    }
}
