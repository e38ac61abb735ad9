//! An operation that leaves out what it stages, as if there were a default.

use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Never, Nothing, Operation, Stop};
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

    async fn apply(_: &Authorized<'_, Self>, _: &u32, _: &mut Desk<'_, Toy>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }
}

fn main() {}
