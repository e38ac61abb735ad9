//! iam:ListRolePolicies <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html>

use crate::Iam;
use crate::fault::Fault;
use crate::pages::Paging;
use crate::role::{self, Role};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{ListRolePoliciesInput, ListRolePoliciesOutput};

pub struct ListRolePolicies;

impl Operation for ListRolePolicies {
    type Shape = shapes_iam::ListRolePolicies;
    type Service = Iam;
    type Target = Role;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListRolePoliciesInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &ListRolePoliciesInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:ListRolePolicies"), role.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().id], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListRolePoliciesOutput, Stop<Fault>> {
        let role = call.target();
        let page = paging.cut(&role.record.inline, |(name, _)| name, call.input().max_items)?;
        Ok(ListRolePoliciesOutput {
            policy_names: page.items.into_iter().map(|(name, _)| name.clone()).collect(),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}
