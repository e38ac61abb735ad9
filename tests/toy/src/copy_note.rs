//! toy:CopyNote: copies a note from one box into another, without ever holding it in the clear.

use crate::{BOXES, BoxName, BoxRow, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::Empty;
use shapes_toy::{CopyNoteInput, ReadNoteInput};
use std::sync::Arc;
use vault::{Blob, Encrypting, EncryptionContext, Usable, Used, Vault};

pub struct CopyNote;

impl Operation for CopyNote {
    type Shape = shapes_toy::CopyNote;
    type Service = Toy;
    type Target = (Chest, Chest);
    type Staged = Used<Blob>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CopyNoteInput) -> Result<Aim<(Chest, Chest)>, Fault> {
        Ok(Aim::at((BoxName::parse(&input.from), BoxName::parse(&input.to))))
    }

    fn demands(_: &CopyNoteInput, chests: &Found<(Chest, Chest)>) -> Demands {
        Demands::on(Action("toy:CopyNote"), chests.first()).and(Action("toy:PutNote"), chests.second())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (_, to) = call.target();
        Usable::<Encrypting>::of(to).map(|_| ()).map_err(|_| Fault::BoxLocked)
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Used<Blob>, Stop<Fault>> {
        let (_, to) = call.target();
        let input = ReadNoteInput { name: call.input().from.clone() };
        let read = outside.call::<shapes_toy::ReadNote>(input).await?;
        let key = Usable::of(to).map_err(|_| Fault::BoxLocked)?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let (ticket, context) = (call.caller().ticket(), EncryptionContext::empty());
        Ok(vault.encrypt(ticket, key, &read.note, &context).await.map_err(|_| Breakage::Vault)?)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        sealed: &Used<Blob>,
        desk: &mut Desk<'_, Toy>,
    ) -> Result<Empty, Stop<Fault>> {
        let (_, to) = call.target();
        let row = BoxRow { note: Some(sealed.value.as_bytes().to_vec()), ..BoxRow::clone(&to.row) };
        desk.put(&BOXES, &to.place, row).await?;
        Ok(Empty)
    }

    fn remarks(_: &Authorized<'_, Self>, sealed: &Used<Blob>, _: &Empty) -> Remarks {
        Remarks { uses: vec![sealed.link], ..Remarks::default() }
    }
}
