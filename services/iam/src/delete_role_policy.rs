//! iam:DeleteRolePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::{self, Role};
use crate::roles::ROLES;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::DeleteRolePolicyInput;

pub struct DeleteRolePolicy;

impl Operation for DeleteRolePolicy {
    type Shape = shapes_iam::DeleteRolePolicy;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteRolePolicyInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &DeleteRolePolicyInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:DeleteRolePolicy"), role.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().inline(&call.input().policy_name).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let role = call.target();
        let mut record = role.record.edit();
        record.inline.retain(|(name, _)| *name != call.input().policy_name);
        desk.put(&ROLES, &role.place(), record).await?;
        Ok(Empty)
    }
}
