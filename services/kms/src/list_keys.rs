//! kms:ListKeys <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html>

use crate::fault::Fault;
use crate::pages::{self, Turn};
use crate::tables::KEYS;
use crate::{Kms, asked};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Nothing, Operation, Outside, Stop};
use names::KeyRef;
use shapes_kms::{KeyListEntry, ListKeysInput, ListKeysOutput, ResourceOwnerType};
use store::Span;

const KEYS_PER_PAGE_DEFAULT: usize = 100;
const KEYS_PER_PAGE_MAX: usize = 1000;

pub struct ListKeys;

impl Operation for ListKeys {
    type Shape = shapes_kms::ListKeys;
    type Service = Kms;
    type Target = Nothing;
    type Staged = Turn;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &ListKeysInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &ListKeysInput, all: &Found<Nothing>) -> Demands {
        Demands::on(Action("kms:ListKeys"), all.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        rows_max(call.input()).map(|_| ())
    }

    /// A marker is bound to the owners that were asked for.
    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Turn, Stop<Fault>> {
        let input = call.input();
        let owners = if own(input) { "SELF" } else { "OTHER_ACCOUNTS_VIA_RAM" };
        Ok(Turn::begin(outside, input.marker.as_deref(), rows_max(input)?, &[owners])?)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        turn: &Turn,
        desk: &mut Desk<'_, Kms>,
    ) -> Result<ListKeysOutput, Stop<Fault>> {
        let scene = call.scene();
        // No other account can share a key yet: its list is empty.
        let (rows, next_marker) = match own(call.input()) {
            true => turn.rows(desk, &KEYS, Span::under(&(scene.account, scene.region.clone()))).await?,
            false => (Vec::new(), None),
        };
        let keys = rows.into_iter().map(|((account, region, id), _)| KeyListEntry {
            key_id: Some(KeyRef::parse(id.as_str())),
            key_arn: Some(asked::key_arn(&region, account, id.as_str()).to_string()),
        });
        Ok(ListKeysOutput { keys: Some(keys.collect()), truncated: Some(next_marker.is_some()), next_marker })
    }
}

fn rows_max(input: &ListKeysInput) -> Result<usize, Fault> {
    pages::rows_max(input.limit, KEYS_PER_PAGE_DEFAULT, KEYS_PER_PAGE_MAX)
}

/// Whether keys of the caller's own account are wanted: they are unless the caller says otherwise.
fn own(input: &ListKeysInput) -> bool {
    input.resource_owners.as_ref().is_none_or(|owners| owners.contains(&ResourceOwnerType::Itself))
}
