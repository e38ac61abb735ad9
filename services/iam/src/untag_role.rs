//! iam:UntagRole <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::{self, Role};
use crate::roles::ROLES;
use crate::tags;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::UntagRoleInput;

pub struct UntagRole;

impl Operation for UntagRole {
    type Shape = shapes_iam::UntagRole;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UntagRoleInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(input: &UntagRoleInput, role: &Found<Role>) -> Demands {
        tags::key_facts(Demands::on(Action("iam:UntagRole"), role.look()), &input.tag_keys)
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let role = call.target();
        let mut record = role.record.edit();
        tags::remove(&mut record.tags, &call.input().tag_keys);
        desk.put(&ROLES, &role.place(), record).await?;
        Ok(Empty)
    }
}
