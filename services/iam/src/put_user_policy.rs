//! iam:PutUserPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::policies;
use crate::tables::USERS;
use crate::user::{self, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::PutUserPolicyInput;

pub struct PutUserPolicy;

impl Operation for PutUserPolicy {
    type Shape = shapes_iam::PutUserPolicy;
    type Service = Iam;
    type Target = User;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &PutUserPolicyInput) -> Result<Aim<User>, Fault> {
        Ok(user::at(&input.user_name))
    }

    fn demands(_: &PutUserPolicyInput, user: &Found<User>) -> Demands {
        Demands::on(Action("iam:PutUserPolicy"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (input, user) = (call.input(), call.target());
        let document = policies::parse(&input.policy_document, &user.record.name)?;
        policies::check_size(&user.record, &input.policy_name, &document)
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let (input, user) = (call.input(), call.target());
        let mut record = user.record.edit();
        policies::put(&mut record.inline, &input.policy_name, &input.policy_document);
        desk.put(&USERS, &user.place(), record).await?;
        Ok(Empty)
    }
}
