//! kms:GetKeyPolicy <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::{Kms, asked, policies};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_kms::{GetKeyPolicyInput, GetKeyPolicyOutput};

pub struct GetKeyPolicy;

impl Operation for GetKeyPolicy {
    type Shape = shapes_kms::GetKeyPolicy;
    type Service = Kms;
    type Target = Key;
    /// The policy's text, with those whom it names as they are called by now.
    type Staged = String;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetKeyPolicyInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(input: &GetKeyPolicyInput, key: &Found<Key>) -> Demands {
        policies::named(Demands::on(Action("kms:GetKeyPolicy"), key.look()), &input.policy_name)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        match call.input().policy_name.as_deref() {
            None | Some(policies::NAME) => Ok(()),
            Some(_) => Err(policies::no_such()),
        }
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<String, Stop<Fault>> {
        Ok(policies::shown(call.target().thing(), outside).await?)
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        policy: &String,
        _: &mut Desk<'_, Kms>,
    ) -> Result<GetKeyPolicyOutput, Stop<Fault>> {
        Ok(GetKeyPolicyOutput { policy: Some(policy.clone()), policy_name: Some(policies::NAME.to_owned()) })
    }
}
