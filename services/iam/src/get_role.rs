//! iam:GetRole <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::{self, Role};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{GetRoleInput, GetRoleOutput};

pub struct GetRole;

impl Operation for GetRole {
    type Shape = shapes_iam::GetRole;
    type Service = Iam;
    type Target = Role;
    /// The trust policy, if its names are others by now.
    type Staged = Option<String>;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetRoleInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &GetRoleInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:GetRole"), role.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Option<String>, Stop<Fault>> {
        let role = call.target();
        Ok(outside.respelled(role.trust(), &role.record.bindings).await?)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        trust: &Option<String>,
        _: &mut Desk<'_, Iam>,
    ) -> Result<GetRoleOutput, Stop<Fault>> {
        let role = call.target();
        Ok(GetRoleOutput { role: Role::shown(&role.place(), &role.record, trust.as_deref()) })
    }
}
