//! toy:AttachDeny: gives a box a policy by which nobody reads its note or lays one into it.

use crate::{BOXES, BoxName, BoxRow, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_toy::AttachDenyInput;

pub struct AttachDeny;

const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":["toy:PutNote","toy:ReadNote"],"Resource":"*"}}"#;

impl Operation for AttachDeny {
    type Shape = shapes_toy::AttachDeny;
    type Service = Toy;
    type Target = Chest;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &AttachDenyInput) -> Result<Aim<Chest>, Fault> {
        Ok(Aim::at(BoxName::parse(&input.name)))
    }

    fn demands(_: &AttachDenyInput, chest: &Found<Chest>) -> Demands {
        Demands::on(Action("toy:AttachDeny"), chest.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Toy>) -> Result<Empty, Stop<Fault>> {
        let chest = call.target();
        let row = BoxRow { policy: Some(DENY.to_owned()), ..BoxRow::clone(&chest.row) };
        desk.put(&BOXES, &chest.place, row).await?;
        Ok(Empty)
    }
}
