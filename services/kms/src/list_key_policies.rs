//! kms:ListKeyPolicies <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::pages::{self, Turn};
use crate::{Kms, asked, policies};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_kms::{ListKeyPoliciesInput, ListKeyPoliciesOutput};

const POLICIES_PER_PAGE_DEFAULT: usize = 100;
const POLICIES_PER_PAGE_MAX: usize = 1000;

pub struct ListKeyPolicies;

impl Operation for ListKeyPolicies {
    type Shape = shapes_kms::ListKeyPolicies;
    type Service = Kms;
    type Target = Key;
    type Staged = Turn;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListKeyPoliciesInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(_: &ListKeyPoliciesInput, key: &Found<Key>) -> Demands {
        Demands::on(Action("kms:ListKeyPolicies"), key.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        rows_max(call.input()).map(|_| ())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Turn, Stop<Fault>> {
        let (input, key) = (call.input(), call.target());
        let turn = Turn::begin(outside, input.marker.as_deref(), rows_max(input)?, &[key.id.as_str()]);
        // There is never a second page, and the model declares no error for a marker of none.
        Ok(turn.map_err(|_| Fault::Validation("The marker is not valid.".to_owned()))?)
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        turn: &Turn,
        _: &mut Desk<'_, Kms>,
    ) -> Result<ListKeyPoliciesOutput, Stop<Fault>> {
        let (names, next_marker) = turn.names([policies::NAME].into_iter())?;
        let policy_names = Some(names.into_iter().map(str::to_owned).collect());
        Ok(ListKeyPoliciesOutput { policy_names, truncated: Some(next_marker.is_some()), next_marker })
    }
}

fn rows_max(input: &ListKeyPoliciesInput) -> Result<usize, Fault> {
    pages::rows_max(input.limit, POLICIES_PER_PAGE_DEFAULT, POLICIES_PER_PAGE_MAX)
}
