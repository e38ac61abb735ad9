//! iam:SetDefaultPolicyVersion <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::own_policies::POLICIES;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::SetDefaultPolicyVersionInput;

pub struct SetDefaultPolicyVersion;

const ACTION: &str = "iam:SetDefaultPolicyVersion";

impl Operation for SetDefaultPolicyVersion {
    type Shape = shapes_iam::SetDefaultPolicyVersion;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &SetDefaultPolicyVersionInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &SetDefaultPolicyVersionInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action(ACTION), policy.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let (policy, id) = (call.target(), &call.input().version_id);
        let (place, record) = policy.own(call.caller(), ACTION)?;
        let default = record.version(id).ok_or_else(|| policy.no_such_version(id))?.number;
        let mut record = record.edit();
        record.default = default;
        desk.put(&POLICIES, &place, record).await?;
        Ok(Empty)
    }
}
