//! iam:ListRoleTags <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html>

use crate::Iam;
use crate::fault::Fault;
use crate::pages::Paging;
use crate::role::{self, Role};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{ListRoleTagsInput, ListRoleTagsOutput, Tag};

pub struct ListRoleTags;

impl Operation for ListRoleTags {
    type Shape = shapes_iam::ListRoleTags;
    type Service = Iam;
    type Target = Role;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListRoleTagsInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &ListRoleTagsInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:ListRoleTags"), role.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().id], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListRoleTagsOutput, Stop<Fault>> {
        let mut tags = call.target().record.tags.clone();
        tags.sort();
        let page = paging.cut(&tags, |(key, _)| key, call.input().max_items)?;
        let shown = |(key, value): &(String, String)| Tag { key: key.clone(), value: value.clone() };
        let mut output = ListRoleTagsOutput::new(page.items.into_iter().map(shown).collect());
        output.is_truncated = Some(page.marker.is_some());
        output.marker = page.marker;
        Ok(output)
    }
}
