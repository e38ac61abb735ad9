//! iam:DeletePolicyVersion <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::own_policies::POLICIES;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::DeletePolicyVersionInput;

pub struct DeletePolicyVersion;

const ACTION: &str = "iam:DeletePolicyVersion";

impl Operation for DeletePolicyVersion {
    type Shape = shapes_iam::DeletePolicyVersion;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeletePolicyVersionInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &DeletePolicyVersionInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action(ACTION), policy.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let (policy, id) = (call.target(), &call.input().version_id);
        let (place, record) = policy.own(call.caller(), ACTION)?;
        let gone = record.version(id).ok_or_else(|| policy.no_such_version(id))?.number;
        if gone == record.default {
            return Err(Fault::PolicyInUse("Cannot delete the default version of a policy.").into());
        }
        let mut record = record.edit();
        record.versions.retain(|version| version.number != gone);
        desk.put(&POLICIES, &place, record).await?;
        Ok(Empty)
    }
}
