//! iam:DeleteRole <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::{self, Role};
use crate::roles::ROLES;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::DeleteRoleInput;

pub struct DeleteRole;

impl Operation for DeleteRole {
    type Shape = shapes_iam::DeleteRole;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteRoleInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &DeleteRoleInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:DeleteRole"), role.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let role = &call.target().record;
        if !role.inline.is_empty() {
            return Err(Fault::DeleteConflict("must delete policies first"));
        }
        if !role.attached.is_empty() {
            return Err(Fault::DeleteConflict("must detach all policies first"));
        }
        Ok(())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    /// Its sessions end with it: whose role is gone is nobody.
    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        desk.delete(&ROLES, &call.target().place()).await?;
        Ok(Empty)
    }
}
