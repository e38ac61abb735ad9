//! iam:AttachRolePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::{self, Role};
use crate::roles::ROLES;
use crate::{managed, managed_policy, policies};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use policy::Fact;
use shape::Empty;
use shapes_iam::AttachRolePolicyInput;

pub struct AttachRolePolicy;

impl Operation for AttachRolePolicy {
    type Shape = shapes_iam::AttachRolePolicy;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &AttachRolePolicyInput) -> Result<Aim<Role>, Fault> {
        managed::arn(&input.policy_arn)?;
        Ok(role::at(&input.role_name))
    }

    fn demands(input: &AttachRolePolicyInput, role: &Found<Role>) -> Demands {
        let arn = Fact::One(input.policy_arn.clone().into());
        Demands::on(Action("iam:AttachRolePolicy"), role.look()).fact("iam:policyarn", arn)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (input, role) = (call.input(), call.target());
        policies::attach(&mut role.record.attached.clone(), &input.policy_arn, policies::PER_ROLE).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let (input, role) = (call.input(), call.target());
        managed_policy::check_attachable(&input.policy_arn, role.account, &mut desk.reads()).await?;
        let mut record = role.record.edit();
        if policies::attach(&mut record.attached, &input.policy_arn, policies::PER_ROLE)? {
            desk.put(&ROLES, &role.place(), record).await?;
        }
        Ok(Empty)
    }
}
