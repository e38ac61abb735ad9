//! iam:AttachUserPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::tables::USERS;
use crate::user::{self, User};
use crate::{managed, managed_policy, policies};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use policy::Fact;
use shape::Empty;
use shapes_iam::AttachUserPolicyInput;

pub struct AttachUserPolicy;

impl Operation for AttachUserPolicy {
    type Shape = shapes_iam::AttachUserPolicy;
    type Service = Iam;
    type Target = User;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &AttachUserPolicyInput) -> Result<Aim<User>, Fault> {
        managed::arn(&input.policy_arn)?;
        Ok(user::at(&input.user_name))
    }

    fn demands(input: &AttachUserPolicyInput, user: &Found<User>) -> Demands {
        let arn = Fact::One(input.policy_arn.clone().into());
        Demands::on(Action("iam:AttachUserPolicy"), user.look()).fact("iam:policyarn", arn)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (input, user) = (call.input(), call.target());
        policies::attach(&mut user.record.attached.clone(), &input.policy_arn, policies::PER_USER).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let (input, user) = (call.input(), call.target());
        managed_policy::check_attachable(&input.policy_arn, user.account, &mut desk.reads()).await?;
        let mut record = user.record.edit();
        if policies::attach(&mut record.attached, &input.policy_arn, policies::PER_USER)? {
            desk.put(&USERS, &user.place(), record).await?;
        }
        Ok(Empty)
    }
}
