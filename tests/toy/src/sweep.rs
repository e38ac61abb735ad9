//! toy:Sweep: empties the boxes of an account. Internal: the toy's own round, whatever the policies of the boxes say.

use crate::{BOXES, BoxRow, Fault, Toy};
use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Nothing, Operation, Outside, Stop};
use shape::Empty;
use shapes_toy::SweepOutput;
use store::Span;

pub struct Sweep;

/// How many boxes one sweep empties.
const BOXES_PER_SWEEP_MAX: usize = 100;

impl Operation for Sweep {
    type Shape = shapes_toy::Sweep;
    type Service = Toy;
    type Target = Nothing;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Empty) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Empty, _: &Found<Nothing>) -> Demands {
        Demands::internal("toy", "boxes are swept whatever their policies say")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Toy>) -> Result<SweepOutput, Stop<Fault>> {
        let span = Span::under(&(call.scene().account, call.scene().region.clone()));
        let page = desk.page(&BOXES, &span, BOXES_PER_SWEEP_MAX).await?;
        let mut count = 0;
        for (place, row) in page.rows.iter().filter(|(_, row)| row.note.is_some()) {
            desk.put(&BOXES, place, BoxRow { note: None, ..BoxRow::clone(row) }).await?;
            count += 1;
        }
        Ok(SweepOutput { count })
    }
}
