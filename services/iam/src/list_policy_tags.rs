//! iam:ListPolicyTags <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyTags.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::pages::Paging;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop, Thing};
use shapes_iam::{ListPolicyTagsInput, ListPolicyTagsOutput, Tag};

pub struct ListPolicyTags;

impl Operation for ListPolicyTags {
    type Shape = shapes_iam::ListPolicyTags;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListPolicyTagsInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &ListPolicyTagsInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action("iam:ListPolicyTags"), policy.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[call.target().arn().as_str()], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListPolicyTagsOutput, Stop<Fault>> {
        let policy = call.target();
        let tags: &[(String, String)] = match &*policy {
            ManagedPolicy::Aws(..) => &[],
            ManagedPolicy::Own(_, record) => &record.tags,
        };
        let page = paging.cut(tags, |(key, _)| key, call.input().max_items)?;
        let shown = page.items.into_iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        let mut output = ListPolicyTagsOutput::new(shown.collect());
        output.is_truncated = Some(page.marker.is_some());
        output.marker = page.marker;
        Ok(output)
    }
}
