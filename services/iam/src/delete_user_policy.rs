//! iam:DeleteUserPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::tables::USERS;
use crate::user::{self, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::DeleteUserPolicyInput;

pub struct DeleteUserPolicy;

impl Operation for DeleteUserPolicy {
    type Shape = shapes_iam::DeleteUserPolicy;
    type Service = Iam;
    type Target = User;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteUserPolicyInput) -> Result<Aim<User>, Fault> {
        Ok(user::at(&input.user_name))
    }

    fn demands(_: &DeleteUserPolicyInput, user: &Found<User>) -> Demands {
        Demands::on(Action("iam:DeleteUserPolicy"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().inline(&call.input().policy_name).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let user = call.target();
        let mut record = user.record.edit();
        record.inline.retain(|(name, _)| *name != call.input().policy_name);
        desk.put(&USERS, &user.place(), record).await?;
        Ok(Empty)
    }
}
