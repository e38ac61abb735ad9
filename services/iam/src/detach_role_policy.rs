//! iam:DetachRolePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed;
use crate::role::{self, Role};
use crate::roles::ROLES;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use policy::Fact;
use shape::Empty;
use shapes_iam::DetachRolePolicyInput;

pub struct DetachRolePolicy;

impl Operation for DetachRolePolicy {
    type Shape = shapes_iam::DetachRolePolicy;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DetachRolePolicyInput) -> Result<Aim<Role>, Fault> {
        managed::arn(&input.policy_arn)?;
        Ok(role::at(&input.role_name))
    }

    fn demands(input: &DetachRolePolicyInput, role: &Found<Role>) -> Demands {
        let arn = Fact::One(input.policy_arn.clone().into());
        Demands::on(Action("iam:DetachRolePolicy"), role.look()).fact("iam:policyarn", arn)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let arn = &call.input().policy_arn;
        if call.target().record.attached.contains(arn) { Ok(()) } else { Err(Fault::no_such_policy(arn)) }
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let role = call.target();
        let mut record = role.record.edit();
        record.attached.retain(|arn| *arn != call.input().policy_arn);
        desk.put(&ROLES, &role.place(), record).await?;
        Ok(Empty)
    }
}
