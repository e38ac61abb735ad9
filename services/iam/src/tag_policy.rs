//! iam:TagPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::own_policies::POLICIES;
use crate::tags;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::TagPolicyInput;

pub struct TagPolicy;

const ACTION: &str = "iam:TagPolicy";

impl Operation for TagPolicy {
    type Shape = shapes_iam::TagPolicy;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &TagPolicyInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(input: &TagPolicyInput, policy: &Found<ManagedPolicy>) -> Demands {
        tags::facts(Demands::on(Action(ACTION), policy.look()), &input.tags)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().own(call.caller(), ACTION)?;
        tags::check(&call.input().tags)
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let policy = call.target();
        let (place, record) = policy.own(call.caller(), ACTION)?;
        let mut record = record.edit();
        tags::put(&mut record.tags, &call.input().tags)?;
        desk.put(&POLICIES, &place, record).await?;
        Ok(Empty)
    }
}
