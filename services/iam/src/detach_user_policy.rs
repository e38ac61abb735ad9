//! iam:DetachUserPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachUserPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed;
use crate::tables::USERS;
use crate::user::{self, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use policy::Fact;
use shape::Empty;
use shapes_iam::DetachUserPolicyInput;

pub struct DetachUserPolicy;

impl Operation for DetachUserPolicy {
    type Shape = shapes_iam::DetachUserPolicy;
    type Service = Iam;
    type Target = User;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DetachUserPolicyInput) -> Result<Aim<User>, Fault> {
        managed::arn(&input.policy_arn)?;
        Ok(user::at(&input.user_name))
    }

    fn demands(input: &DetachUserPolicyInput, user: &Found<User>) -> Demands {
        let arn = Fact::One(input.policy_arn.clone().into());
        Demands::on(Action("iam:DetachUserPolicy"), user.look()).fact("iam:policyarn", arn)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let arn = &call.input().policy_arn;
        if call.target().record.attached.contains(arn) { Ok(()) } else { Err(Fault::no_such_policy(arn)) }
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let user = call.target();
        let mut record = user.record.edit();
        record.attached.retain(|arn| *arn != call.input().policy_arn);
        desk.put(&USERS, &user.place(), record).await?;
        Ok(Empty)
    }
}
