//! iam:GetUser <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html>

use crate::Iam;
use crate::fault::Fault;
use crate::user::{Named, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{GetUserInput, GetUserOutput};

pub struct GetUser;

impl Operation for GetUser {
    type Shape = shapes_iam::GetUser;
    type Service = Iam;
    type Target = User;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetUserInput) -> Result<Aim<User>, Fault> {
        Ok(Aim::at(Named::of(&input.user_name)))
    }

    fn demands(_: &GetUserInput, user: &Found<User>) -> Demands {
        Demands::on(Action("iam:GetUser"), user.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Iam>) -> Result<GetUserOutput, Stop<Fault>> {
        Ok(GetUserOutput { user: call.target().described() })
    }
}
