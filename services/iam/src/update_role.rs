//! iam:UpdateRole <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::{self, Role};
use crate::roles::{ROLES, RoleRecord};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{UpdateRoleInput, UpdateRoleOutput};

pub struct UpdateRole;

impl Operation for UpdateRole {
    type Shape = shapes_iam::UpdateRole;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UpdateRoleInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &UpdateRoleInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:UpdateRole"), role.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    /// What is not said stays as it is.
    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        desk: &mut Desk<'_, Iam>,
    ) -> Result<UpdateRoleOutput, Stop<Fault>> {
        let (input, role) = (call.input(), call.target());
        let mut record = role.record.edit();
        if let Some(description) = &input.description {
            record.description = Some(description.clone());
        }
        if let Some(seconds) = input.max_session_duration {
            record.session_seconds_max = seconds;
        }
        desk.put::<_, RoleRecord>(&ROLES, &role.place(), record).await?;
        Ok(UpdateRoleOutput {})
    }
}
