//! iam:ListAttachedRolePolicies <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy;
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
        let under =
            |arn: &&String| managed_policy::path_and_name(arn).is_some_and(|(path, _)| path.starts_with(prefix(input)));
        let wanted: Vec<_> = role.record.attached.iter().filter(under).collect();
        let page = paging.cut(&wanted, |arn| arn.as_str(), input.max_items)?;
        Ok(ListAttachedRolePoliciesOutput {
            attached_policies: Some(page.items.into_iter().map(|arn| shown(arn)).collect()),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}

fn prefix(input: &ListAttachedRolePoliciesInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}

fn shown(arn: &str) -> AttachedPolicy {
    let name = managed_policy::path_and_name(arn).map(|(_, name)| name.to_owned());
    AttachedPolicy { policy_name: name, policy_arn: Some(arn.to_owned()) }
}
