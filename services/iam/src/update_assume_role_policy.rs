//! iam:UpdateAssumeRolePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::policies;
use crate::role::{self, Role};
use crate::roles::{ROLES, RoleRecord};
use kernel::{Action, Aim, Authorized, Bindings, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::UpdateAssumeRolePolicyInput;

pub struct UpdateAssumeRolePolicy;

impl Operation for UpdateAssumeRolePolicy {
    type Shape = shapes_iam::UpdateAssumeRolePolicy;
    type Service = Iam;
    type Target = Role;
    type Staged = Bindings;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UpdateAssumeRolePolicyInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &UpdateAssumeRolePolicyInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:UpdateAssumeRolePolicy"), role.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        policies::parse_trust(&call.input().policy_document).map(|_| ())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Bindings, Stop<Fault>> {
        policies::bind_trust(&call.input().policy_document, outside).await
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        bindings: &Bindings,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<Empty, Stop<Fault>> {
        let role = call.target();
        let (trust, bindings) = (call.input().policy_document.clone(), bindings.clone());
        desk.put(&ROLES, &role.place(), RoleRecord { trust, bindings, ..role.record.edit() }).await?;
        Ok(Empty)
    }
}
