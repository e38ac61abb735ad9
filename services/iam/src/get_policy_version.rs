//! iam:GetPolicyVersion <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::percent;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{GetPolicyVersionInput, GetPolicyVersionOutput, PolicyVersion};

pub struct GetPolicyVersion;

impl Operation for GetPolicyVersion {
    type Shape = shapes_iam::GetPolicyVersion;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetPolicyVersionInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &GetPolicyVersionInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action("iam:GetPolicyVersion"), policy.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().version(&call.input().version_id).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        _: &mut Desk<'_, Iam>,
    ) -> Result<GetPolicyVersionOutput, Stop<Fault>> {
        let (version, text) = call.target().version(&call.input().version_id)?;
        let document = Some(percent::encode(&text));
        Ok(GetPolicyVersionOutput { policy_version: Some(PolicyVersion { document, ..version }) })
    }
}
