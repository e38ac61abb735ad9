//! toy:DeleteBox: throws a box away, its note and its key with it.

use crate::{BOXES, BoxName, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_toy::DeleteBoxInput;

pub struct DeleteBox;

impl Operation for DeleteBox {
    type Shape = shapes_toy::DeleteBox;
    type Service = Toy;
    type Target = Option<Chest>;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteBoxInput) -> Result<Aim<Option<Chest>>, Fault> {
        Ok(Aim::at(BoxName::parse(&input.name)))
    }

    fn demands(_: &DeleteBoxInput, chest: &Found<Option<Chest>>) -> Demands {
        Demands::on(Action("toy:DeleteBox"), chest.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        match call.target() {
            Some(chest) if chest.row.locked => Err(Fault::BoxLocked),
            None if call.input().if_exists != Some(true) => Err(Fault::NoSuchBox(BoxName::parse(&call.input().name))),
            _ => Ok(()),
        }
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Toy>) -> Result<Empty, Stop<Fault>> {
        if let Some(chest) = call.target() {
            desk.delete(&BOXES, &chest.place).await?;
        }
        Ok(Empty)
    }
}
