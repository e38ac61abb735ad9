//! iam:ListAttachedUserPolicies <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed::{self, Managed};
use crate::pages::Paging;
use crate::user::{self, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{AttachedPolicy, ListAttachedUserPoliciesInput, ListAttachedUserPoliciesOutput};

pub struct ListAttachedUserPolicies;

impl Operation for ListAttachedUserPolicies {
    type Shape = shapes_iam::ListAttachedUserPolicies;
    type Service = Iam;
    type Target = User;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListAttachedUserPoliciesInput) -> Result<Aim<User>, Fault> {
        Ok(user::at(&input.user_name))
    }

    fn demands(_: &ListAttachedUserPoliciesInput, user: &Found<User>) -> Demands {
        Demands::on(Action("iam:ListAttachedUserPolicies"), user.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().id, prefix(call.input())], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListAttachedUserPoliciesOutput, Stop<Fault>> {
        let (input, user) = (call.input(), call.target());
        let attached: Vec<_> = user.record.attached.iter().filter_map(|arn| managed::find(arn)).collect();
        let wanted: Vec<_> = attached.into_iter().filter(|policy| policy.path.starts_with(prefix(input))).collect();
        let page = paging.cut(&wanted, |policy| policy.arn, input.max_items)?;
        Ok(ListAttachedUserPoliciesOutput {
            attached_policies: Some(page.items.into_iter().map(|policy| shown(policy)).collect()),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}

fn prefix(input: &ListAttachedUserPoliciesInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}

fn shown(policy: &Managed) -> AttachedPolicy {
    AttachedPolicy { policy_name: Some(policy.name.to_owned()), policy_arn: Some(policy.arn.to_owned()) }
}
