//! iam:GetPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop, Thing};
use shapes_iam::{GetPolicyInput, GetPolicyOutput};

pub struct GetPolicy;

impl Operation for GetPolicy {
    type Shape = shapes_iam::GetPolicy;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetPolicyInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
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
        let policy = call.target();
        let count = managed_policy::attachments(policy.arn().as_str(), call.scene().account, &mut desk.reads()).await?;
        Ok(GetPolicyOutput { policy: Some(policy.described(count)) })
    }
}
