//! An operation that does not say upon what.

use kernel::{ Authorized, Class, Demands, Desk, Found, Never, Nothing, Operation, Outside, Stop};
use shape::Empty;
use toy::Toy;

struct Careless;

impl Operation for Careless {
    type Shape = shapes_toy::AttachDeny;
    type Service = Toy;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: true };

    fn demands(_: &shapes_toy::AttachDenyInput, _: &Found<Nothing>) -> Demands {
        Demands::open("for the attack's sake")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, _: &(), _: &mut Desk<'_, Toy>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }
}

fn main() {}
