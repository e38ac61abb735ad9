//! iam:ListAttachedUserPolicies <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedUserPolicies.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy;
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
        let under =
            |arn: &&String| managed_policy::path_and_name(arn).is_some_and(|(path, _)| path.starts_with(prefix(input)));
        let wanted: Vec<_> = user.record.attached.iter().filter(under).collect();
        let page = paging.cut(&wanted, |arn| arn.as_str(), input.max_items)?;
        Ok(ListAttachedUserPoliciesOutput {
            attached_policies: Some(page.items.into_iter().map(|arn| shown(arn)).collect()),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}

fn prefix(input: &ListAttachedUserPoliciesInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}

fn shown(arn: &str) -> AttachedPolicy {
    let name = managed_policy::path_and_name(arn).map(|(_, name)| name.to_owned());
    AttachedPolicy { policy_name: name, policy_arn: Some(arn.to_owned()) }
}
