//! iam:DeleteUser <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>

use crate::Iam;
use crate::fault::Fault;
use crate::keyholder::Keyholder;
use crate::tables::USERS;
use crate::user;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::DeleteUserInput;

pub struct DeleteUser;

impl Operation for DeleteUser {
    type Shape = shapes_iam::DeleteUser;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteUserInput) -> Result<Aim<Keyholder>, Fault> {
        Ok(user::at(&input.user_name))
    }

    fn demands(_: &DeleteUserInput, user: &Found<Keyholder>) -> Demands {
        Demands::on(Action("iam:DeleteUser"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let holder = call.target();
        let conflict = |what| Err(Fault::DeleteConflict(what));
        if !holder.keys.is_empty() {
            return conflict("must delete access keys first");
        }
        if !holder.user.record.inline.is_empty() {
            return conflict("must delete policies first");
        }
        if !holder.user.record.attached.is_empty() {
            return conflict("must detach all policies first");
        }
        Ok(())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        desk.delete(&USERS, &call.target().user.place()).await?;
        Ok(Empty)
    }
}
