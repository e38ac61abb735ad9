//! iam:CreatePolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::new_policy::PlaceOfPolicy;
use crate::own_policies::{self, POLICIES, PolicyRecord};
use crate::{ids, managed_policy, tags};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{CreatePolicyInput, CreatePolicyOutput, Policy};
use std::sync::OnceLock;

pub struct CreatePolicy;

/// What is drawn once for a new policy.
pub struct Made {
    id: String,
    identity: [u8; 16],
}

impl Operation for CreatePolicy {
    type Shape = shapes_iam::CreatePolicy;
    type Service = Iam;
    type Target = Option<PlaceOfPolicy>;
    type Staged = Made;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreatePolicyInput) -> Result<Aim<Option<PlaceOfPolicy>>, Fault> {
        Ok(Aim::at((path(input), input.policy_name.clone())))
    }

    fn demands(input: &CreatePolicyInput, place: &Found<Option<PlaceOfPolicy>>) -> Demands {
        let given = input.tags.as_deref().unwrap_or_default();
        let demands = tags::facts(Demands::on(Action("iam:CreatePolicy"), place.look()), given);
        if given.is_empty() {
            return demands;
        }
        tags::facts(demands.and(Action("iam:TagPolicy"), place.look()), given)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        tags::check(call.input().tags.as_deref().unwrap_or_default())?;
        own_policies::check(&call.input().policy_document)
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Made, Stop<Fault>> {
        Ok(Made { id: ids::policy(outside)?, identity: outside.birth()?.0.to_be_bytes() })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &Made,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreatePolicyOutput, Stop<Fault>> {
        let (input, scene) = (call.input(), call.scene());
        let place = own_policies::place(scene.account, &input.policy_name);
        if desk.row(&POLICIES, &place).await?.is_some() {
            return Err(Fault::policy_exists(&input.policy_name).into());
        }
        let mut record = PolicyRecord {
            identity: made.identity,
            created: scene.now.micros(),
            id: made.id.clone(),
            name: input.policy_name.clone(),
            path: path(input),
            description: input.description.clone(),
            tags: Vec::new(),
            versions: Vec::new(),
            default: 0,
            last: 0,
            updated: scene.now.micros(),
            read: OnceLock::new(),
        };
        tags::put(&mut record.tags, input.tags.as_deref().unwrap_or_default())?;
        record.push(&input.policy_document, scene.now, true);
        let tags = (!record.tags.is_empty()).then(|| managed_policy::tags(&record.tags));
        let policy = Policy { tags, ..managed_policy::listed_own(scene.account, &record, 0) };
        desk.put(&POLICIES, &place, record).await?;
        Ok(CreatePolicyOutput { policy: Some(policy) })
    }
}

fn path(input: &CreatePolicyInput) -> String {
    input.path.clone().unwrap_or_else(|| "/".to_owned())
}
