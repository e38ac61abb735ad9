//! iam:CreatePolicyVersion <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::own_policies::{self, POLICIES};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{CreatePolicyVersionInput, CreatePolicyVersionOutput};

pub struct CreatePolicyVersion;

const ACTION: &str = "iam:CreatePolicyVersion";

impl Operation for CreatePolicyVersion {
    type Shape = shapes_iam::CreatePolicyVersion;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreatePolicyVersionInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &CreatePolicyVersionInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action(ACTION), policy.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let policy = call.target();
        let (_, record) = policy.own(call.caller(), ACTION)?;
        own_policies::check(&call.input().policy_document)?;
        record.check_room()
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreatePolicyVersionOutput, Stop<Fault>> {
        let input = call.input();
        let policy = call.target();
        let (place, record) = policy.own(call.caller(), ACTION)?;
        let mut record = record.edit();
        let version = record.push(&input.policy_document, call.scene().now, input.set_as_default == Some(true));
        let shown = version.listed(record.default);
        desk.put(&POLICIES, &place, record).await?;
        Ok(CreatePolicyVersionOutput { policy_version: Some(shown) })
    }
}
