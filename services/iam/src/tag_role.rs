//! iam:TagRole <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::{self, Role};
use crate::roles::ROLES;
use crate::tags;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::TagRoleInput;

pub struct TagRole;

impl Operation for TagRole {
    type Shape = shapes_iam::TagRole;
    type Service = Iam;
    type Target = Role;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &TagRoleInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(input: &TagRoleInput, role: &Found<Role>) -> Demands {
        tags::facts(Demands::on(Action("iam:TagRole"), role.look()), &input.tags)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        tags::check(&call.input().tags)?;
        tags::put(&mut call.target().record.tags.clone(), &call.input().tags)
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let role = call.target();
        let mut record = role.record.edit();
        tags::put(&mut record.tags, &call.input().tags)?;
        desk.put(&ROLES, &role.place(), record).await?;
        Ok(Empty)
    }
}
