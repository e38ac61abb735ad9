//! iam:ListUserPolicies <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html>

use crate::Iam;
use crate::fault::Fault;
use crate::pages::Paging;
use crate::user::{self, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{ListUserPoliciesInput, ListUserPoliciesOutput};

pub struct ListUserPolicies;

impl Operation for ListUserPolicies {
    type Shape = shapes_iam::ListUserPolicies;
    type Service = Iam;
    type Target = User;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListUserPoliciesInput) -> Result<Aim<User>, Fault> {
        Ok(user::at(&input.user_name))
    }

    fn demands(_: &ListUserPoliciesInput, user: &Found<User>) -> Demands {
        Demands::on(Action("iam:ListUserPolicies"), user.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().id], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListUserPoliciesOutput, Stop<Fault>> {
        let user = call.target();
        let page = paging.cut(&user.record.inline, |(name, _)| name, call.input().max_items)?;
        Ok(ListUserPoliciesOutput {
            policy_names: page.items.into_iter().map(|(name, _)| name.clone()).collect(),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}
