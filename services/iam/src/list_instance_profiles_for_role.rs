//! iam:ListInstanceProfilesForRole <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html>

use crate::Iam;
use crate::fault::Fault;
use crate::pages::Paging;
use crate::role::{self, Role};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{ListInstanceProfilesForRoleInput, ListInstanceProfilesForRoleOutput};

pub struct ListInstanceProfilesForRole;

impl Operation for ListInstanceProfilesForRole {
    type Shape = shapes_iam::ListInstanceProfilesForRole;
    type Service = Iam;
    type Target = Role;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListInstanceProfilesForRoleInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &ListInstanceProfilesForRoleInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:ListInstanceProfilesForRole"), role.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().id], &call.input().marker)
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        _: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListInstanceProfilesForRoleOutput, Stop<Fault>> {
        // There are no instance profiles in this house yet, so no role is in one.
        let mut output = ListInstanceProfilesForRoleOutput::new(Vec::new());
        output.is_truncated = Some(false);
        Ok(output)
    }
}
