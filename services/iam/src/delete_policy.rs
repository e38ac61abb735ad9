//! iam:DeletePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::own_policies::POLICIES;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::DeletePolicyInput;

pub struct DeletePolicy;

const ACTION: &str = "iam:DeletePolicy";

impl Operation for DeletePolicy {
    type Shape = shapes_iam::DeletePolicy;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeletePolicyInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &DeletePolicyInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action(ACTION), policy.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().own(call.caller(), ACTION).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let policy = call.target();
        let (place, record) = policy.own(call.caller(), ACTION)?;
        let arn = record.arn(place.0);
        if managed_policy::attachments(arn.as_str(), place.0, &mut desk.reads()).await? > 0 {
            return Err(Fault::PolicyInUse("Cannot delete a policy attached to entities.").into());
        }
        if record.versions.len() > 1 {
            let text = "This policy has more than one version. Before you delete a policy, you must delete the \
                        policy's versions. The default version is deleted with the policy.";
            return Err(Fault::PolicyInUse(text).into());
        }
        desk.delete(&POLICIES, &place).await?;
        Ok(Empty)
    }
}
