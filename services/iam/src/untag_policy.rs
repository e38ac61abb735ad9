//! iam:UntagPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::own_policies::POLICIES;
use crate::tags;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::UntagPolicyInput;

pub struct UntagPolicy;

const ACTION: &str = "iam:UntagPolicy";

impl Operation for UntagPolicy {
    type Shape = shapes_iam::UntagPolicy;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UntagPolicyInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(input: &UntagPolicyInput, policy: &Found<ManagedPolicy>) -> Demands {
        tags::key_facts(Demands::on(Action(ACTION), policy.look()), &input.tag_keys)
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
        let mut record = record.edit();
        tags::remove(&mut record.tags, &call.input().tag_keys);
        desk.put(&POLICIES, &place, record).await?;
        Ok(Empty)
    }
}
