//! toy:ReadNote: takes a note out of a box.

use crate::{BoxName, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use secret::Secret;
use shapes_toy::{ReadNoteInput, ReadNoteOutput};
use std::sync::Arc;
use vault::{Decrypting, EncryptionContext, Usable, Used, Vault};

pub struct ReadNote;

impl Operation for ReadNote {
    type Shape = shapes_toy::ReadNote;
    type Service = Toy;
    type Target = Chest;
    type Staged = Used<Secret>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ReadNoteInput) -> Result<Aim<Chest>, Fault> {
        Ok(Aim::at(BoxName::parse(&input.name)))
    }

    fn demands(_: &ReadNoteInput, chest: &Found<Chest>) -> Demands {
        Demands::on(Action("toy:ReadNote"), chest.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        if call.target().row.note.is_some() { Ok(()) } else { Err(Fault::BoxEmpty) }
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Used<Secret>, Stop<Fault>> {
        let chest = call.target();
        let key = Usable::<Decrypting>::of(chest).map_err(|_| Fault::BoxLocked)?;
        let note = chest.row.note.as_deref().ok_or(Fault::BoxEmpty)?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let (ticket, context) = (call.caller().ticket(), EncryptionContext::empty());
        Ok(vault.decrypt(ticket, key, note, &context).await.map_err(|_| Breakage::Vault)?)
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        opened: &Used<Secret>,
        _: &mut Desk<'_, Toy>,
    ) -> Result<ReadNoteOutput, Stop<Fault>> {
        Ok(ReadNoteOutput { note: opened.value.share() })
    }

    fn remarks(_: &Authorized<'_, Self>, opened: &Used<Secret>, _: &ReadNoteOutput) -> Remarks {
        Remarks { uses: vec![opened.link], ..Remarks::default() }
    }
}
