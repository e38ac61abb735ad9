//! kms:PutKeyPolicy <https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::policies::{self, Sound};
use crate::tables::{KEYS, KeyRecord};
use crate::{Kms, asked};
use kernel::{Action, Aim, Assumed, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop, Thing};
use policy::Fact;
use shape::Empty;
use shapes_kms::PutKeyPolicyInput;

pub struct PutKeyPolicy;

impl Operation for PutKeyPolicy {
    type Shape = shapes_kms::PutKeyPolicy;
    type Service = Kms;
    type Target = Key;
    type Staged = Sound;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &PutKeyPolicyInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(input: &PutKeyPolicyInput, key: &Found<Key>) -> Demands {
        let bypass = if bypass(input) { "true" } else { "false" };
        policies::named(Demands::on(Action("kms:PutKeyPolicy"), key.look()), &input.policy_name)
            .fact("kms:bypasspolicylockoutsafetycheck", Fact::One(bypass.into()))
    }

    /// <https://docs.aws.amazon.com/kms/latest/developerguide/ct-put-key-policy.html>
    fn assumed(_: &PutKeyPolicyInput) -> Vec<(&'static str, Assumed)> {
        let name = Assumed::Text(policies::NAME);
        vec![("policyName", name), ("bypassPolicyLockoutSafetyCheck", Assumed::Boolean(false))]
    }

    /// The policy can be put in any state of the key, also when it is about to be deleted.
    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        match call.input().policy_name.as_deref() {
            None | Some(policies::NAME) => policies::parse(&call.input().policy).map(|_| ()),
            Some(policies::SHARED_NAME) => Err(Fault::Validation(format!(
                "The {} policy can only be managed by the RAM service.",
                policies::SHARED_NAME
            ))),
            Some(_) => Err(policies::no_such()),
        }
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Sound, Stop<Fault>> {
        policies::vet(&call.input().policy, &call.target().arn(), bypass(call.input()), outside).await
    }

    async fn apply(call: &Authorized<'_, Self>, sound: &Sound, desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let key = call.target();
        let (policy, bindings) = (sound.text.clone(), sound.bindings.clone());
        desk.put(&KEYS, &key.place(), KeyRecord { policy, bindings, ..key.record.edit() }).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, _: &Sound, _: &Empty) -> Remarks {
        call.target().remarks()
    }
}

fn bypass(input: &PutKeyPolicyInput) -> bool {
    input.bypass_policy_lockout_safety_check == Some(true)
}
