//! iam:GetUserPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUserPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::percent;
use crate::user::{self, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{GetUserPolicyInput, GetUserPolicyOutput};

pub struct GetUserPolicy;

impl Operation for GetUserPolicy {
    type Shape = shapes_iam::GetUserPolicy;
    type Service = Iam;
    type Target = User;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetUserPolicyInput) -> Result<Aim<User>, Fault> {
        Ok(user::at(&input.user_name))
    }

    fn demands(_: &GetUserPolicyInput, user: &Found<User>) -> Demands {
        Demands::on(Action("iam:GetUserPolicy"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().inline(&call.input().policy_name).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        _: &mut Desk<'_, Iam>,
    ) -> Result<GetUserPolicyOutput, Stop<Fault>> {
        let (input, user) = (call.input(), call.target());
        Ok(GetUserPolicyOutput {
            user_name: user.record.name.clone(),
            policy_name: input.policy_name.clone(),
            policy_document: percent::encode(user.inline(&input.policy_name)?),
        })
    }
}
