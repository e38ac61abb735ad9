//! iam:GetPolicyVersion <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed::{self, ManagedPolicy};
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
        managed::arn(&input.policy_arn).map(Aim::at)
    }

    fn demands(_: &GetPolicyVersionInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action("iam:GetPolicyVersion"), policy.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (policy, version) = (call.target().policy, &call.input().version_id);
        if *version == policy.version {
            return Ok(());
        }
        let text = format!("Policy {} version {version} does not exist or is not attachable.", policy.arn);
        Err(Fault::NoSuchEntity(text))
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        _: &mut Desk<'_, Iam>,
    ) -> Result<GetPolicyVersionOutput, Stop<Fault>> {
        let policy = call.target().policy;
        Ok(GetPolicyVersionOutput {
            policy_version: Some(PolicyVersion {
                document: Some(percent::encode(policy.text)),
                version_id: Some(policy.version.to_owned()),
                is_default_version: Some(true),
                create_date: Some(policy.created()),
            }),
        })
    }
}
