//! toy:DescribeBox: what a box is, not what is in it.

use crate::{BoxName, Chest, Fault, Toy};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop, Thing};
use shapes_toy::{BoxDescription, BoxState, DescribeBoxInput, DescribeBoxOutput};

pub struct DescribeBox;

impl Operation for DescribeBox {
    type Shape = shapes_toy::DescribeBox;
    type Service = Toy;
    type Target = Chest;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &DescribeBoxInput) -> Result<Aim<Chest>, Fault> {
        Ok(Aim::at(BoxName::parse(&input.name)))
    }

    fn demands(_: &DescribeBoxInput, chest: &Found<Chest>) -> Demands {
        Demands::on(Action("toy:DescribeBox"), chest.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        _: &mut Desk<'_, Toy>,
    ) -> Result<DescribeBoxOutput, Stop<Fault>> {
        Ok(DescribeBoxOutput { r#box: description(&call.target()) })
    }
}

fn description(chest: &Chest) -> BoxDescription {
    let state = match &chest.row.note {
        _ if chest.row.locked => BoxState::Locked,
        Some(_) => BoxState::HoldsNote,
        None => BoxState::Empty,
    };
    BoxDescription {
        create_date: Some(chest.created()),
        state: Some(state),
        ..BoxDescription::new(chest.place.2.clone(), chest.arn().to_string())
    }
}
