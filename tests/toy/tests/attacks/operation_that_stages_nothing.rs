//! An operation that promises to stage and does not.

use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Never, Nothing, Operation, Outside, Stop};
use shape::Empty;
use toy::Toy;

struct Careless;

impl Operation for Careless {
    type Shape = shapes_toy::AttachDeny;
    type Service = Toy;
    type Target = Nothing;
    type Staged = u32;
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &shapes_toy::AttachDenyInput) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &shapes_toy::AttachDenyInput, _: &Found<Nothing>) -> Demands {
        Demands::open("for the attack's sake")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, _: &u32, _: &mut Desk<'_, Toy>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }
}

fn main() {}
