//! iam:GetPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed::{self, ManagedPolicy};
use crate::tables::{BY_POLICY, USERS};
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Stop};
use names::AccountId;
use shapes_iam::{GetPolicyInput, GetPolicyOutput, Policy};
use store::{SCAN_ROWS_MAX, Span};

pub struct GetPolicy;

impl Operation for GetPolicy {
    type Shape = shapes_iam::GetPolicy;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetPolicyInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed::arn(&input.policy_arn).map(Aim::at)
    }

    fn demands(_: &GetPolicyInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action("iam:GetPolicy"), policy.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        desk: &mut Desk<'_, Iam>,
    ) -> Result<GetPolicyOutput, Stop<Fault>> {
        let policy = call.target().policy;
        let count = attachments(policy.arn, call.scene().account, desk).await?;
        Ok(GetPolicyOutput {
            policy: Some(Policy {
                policy_name: Some(policy.name.to_owned()),
                policy_id: Some(policy.id.to_owned()),
                arn: Some(policy.arn.to_owned()),
                path: Some(policy.path.to_owned()),
                default_version_id: Some(policy.version.to_owned()),
                attachment_count: Some(count),
                permissions_boundary_usage_count: Some(0),
                is_attachable: Some(true),
                description: Some(policy.description.to_owned()),
                create_date: Some(policy.created()),
                update_date: Some(policy.created()),
                tags: None,
            }),
        })
    }
}

/// How many users of the account have the policy.
async fn attachments(arn: &str, account: AccountId, desk: &mut Desk<'_, Iam>) -> Result<i64, Breakage> {
    let all = Span::exactly(&(account, arn.to_owned()));
    let (mut count, mut span) = (0, all.clone());
    loop {
        let page = desk.reads().by_index(&USERS, &BY_POLICY, &span, SCAN_ROWS_MAX).await?;
        count += page.rows.len() as i64;
        let Some(next) = page.next else { return Ok(count) };
        span = all.clone().after(&next);
    }
}
