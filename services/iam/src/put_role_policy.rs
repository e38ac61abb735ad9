//! iam:PutRolePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::policies;
use crate::role::{self, Role};
use crate::roles::ROLES;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::PutRolePolicyInput;

pub struct PutRolePolicy;

impl Operation for PutRolePolicy {
    type Shape = shapes_iam::PutRolePolicy;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &PutRolePolicyInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &PutRolePolicyInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:PutRolePolicy"), role.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (input, role) = (call.input(), call.target());
        let document = policies::parse_of_role(&input.policy_document, &role.record.name)?;
        policies::check_size_of_role(&role.record, &input.policy_name, &document)
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let (input, role) = (call.input(), call.target());
        let mut record = role.record.edit();
        policies::put(&mut record.inline, &input.policy_name, &input.policy_document);
        desk.put(&ROLES, &role.place(), record).await?;
        Ok(Empty)
    }
}
