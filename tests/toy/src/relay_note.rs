//! toy:RelayNote: asks another operation for a note, and tells only how long it is.

use crate::{Fault, Toy};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Kept, Nothing, Operation, Outside, Stop};
use shapes_toy::{ReadNoteInput, ReadNoteOutput, RelayNoteInput, RelayNoteOutput};

pub struct RelayNote;

impl Operation for RelayNote {
    type Shape = shapes_toy::RelayNote;
    type Service = Toy;
    type Target = Nothing;
    type Staged = Kept<ReadNoteOutput>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &RelayNoteInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &RelayNoteInput, relays: &Found<Nothing>) -> Demands {
        Demands::on(Action("toy:RelayNote"), relays.look())
    }

    async fn prepare(
        call: &Authorized<'_, Self>,
        outside: &mut Outside<'_>,
    ) -> Result<Kept<ReadNoteOutput>, Stop<Fault>> {
        Ok(outside.call::<shapes_toy::ReadNote>(ReadNoteInput { name: call.input().name.clone() }).await?)
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        kept: &Kept<ReadNoteOutput>,
        _: &mut Desk<'_, Toy>,
    ) -> Result<RelayNoteOutput, Stop<Fault>> {
        Ok(RelayNoteOutput { length: i64::try_from(kept.note.len()).unwrap_or(i64::MAX) })
    }
}
