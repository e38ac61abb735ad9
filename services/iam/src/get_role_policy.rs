//! iam:GetRolePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::percent;
use crate::role::{self, Role};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{GetRolePolicyInput, GetRolePolicyOutput};

pub struct GetRolePolicy;

impl Operation for GetRolePolicy {
    type Shape = shapes_iam::GetRolePolicy;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetRolePolicyInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &GetRolePolicyInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:GetRolePolicy"), role.look())
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
    ) -> Result<GetRolePolicyOutput, Stop<Fault>> {
        let (input, role) = (call.input(), call.target());
        Ok(GetRolePolicyOutput {
            role_name: role.record.name.clone(),
            policy_name: input.policy_name.clone(),
            policy_document: percent::encode(role.inline(&input.policy_name)?),
        })
    }
}
