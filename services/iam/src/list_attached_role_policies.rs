//! iam:ListAttachedRolePolicies <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed::{self, Managed};
use crate::pages::Paging;
use crate::role::{self, Role};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{AttachedPolicy, ListAttachedRolePoliciesInput, ListAttachedRolePoliciesOutput};

pub struct ListAttachedRolePolicies;

impl Operation for ListAttachedRolePolicies {
    type Shape = shapes_iam::ListAttachedRolePolicies;
    type Service = Iam;
    type Target = Role;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListAttachedRolePoliciesInput) -> Result<Aim<Role>, Fault> {
        Ok(role::at(&input.role_name))
    }

    fn demands(_: &ListAttachedRolePoliciesInput, role: &Found<Role>) -> Demands {
        Demands::on(Action("iam:ListAttachedRolePolicies"), role.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().id, prefix(call.input())], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListAttachedRolePoliciesOutput, Stop<Fault>> {
        let (input, role) = (call.input(), call.target());
        let attached: Vec<_> = role.record.attached.iter().filter_map(|arn| managed::find(arn)).collect();
        let wanted: Vec<_> = attached.into_iter().filter(|policy| policy.path.starts_with(prefix(input))).collect();
        let page = paging.cut(&wanted, |policy| policy.arn, input.max_items)?;
        Ok(ListAttachedRolePoliciesOutput {
            attached_policies: Some(page.items.into_iter().map(|policy| shown(policy)).collect()),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}

fn prefix(input: &ListAttachedRolePoliciesInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}

fn shown(policy: &Managed) -> AttachedPolicy {
    AttachedPolicy { policy_name: Some(policy.name.to_owned()), policy_arn: Some(policy.arn.to_owned()) }
}
