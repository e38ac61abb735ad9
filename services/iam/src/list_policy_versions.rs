//! iam:ListPolicyVersions <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::own_policies::VersionRecord;
use crate::pages::Paging;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop, Thing};
use shapes_iam::{ListPolicyVersionsInput, ListPolicyVersionsOutput, PolicyVersion};

pub struct ListPolicyVersions;

impl Operation for ListPolicyVersions {
    type Shape = shapes_iam::ListPolicyVersions;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListPolicyVersionsInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &ListPolicyVersionsInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action("iam:ListPolicyVersions"), policy.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[call.target().arn().as_str()], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListPolicyVersionsOutput, Stop<Fault>> {
        let policy = call.target();
        let versions = newest_first(&policy);
        let page = paging.cut(&versions, |(key, _)| key, call.input().max_items)?;
        Ok(ListPolicyVersionsOutput {
            versions: Some(page.items.into_iter().map(|(_, listed)| listed()).collect()),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}

/// Keys that rise while the numbers of versions fall, and how each is shown. Of AWS's policies the default version alone is known.
fn newest_first(policy: &ManagedPolicy) -> Vec<(String, Listed<'_>)> {
    match policy {
        ManagedPolicy::Aws(policy, _) => vec![(String::new(), Box::new(|| policy.listed()))],
        ManagedPolicy::Own(_, record) => {
            let keyed = |version: &VersionRecord| format!("{:020}", u64::MAX - version.number);
            let listed = record.versions.iter().rev().map(|version| {
                let shown: Listed<'_> = Box::new(|| version.listed(record.default));
                (keyed(version), shown)
            });
            listed.collect()
        }
    }
}

type Listed<'a> = Box<dyn Fn() -> PolicyVersion + Send + Sync + 'a>;
