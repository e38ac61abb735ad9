//! kms:ListAliases <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html>

use crate::fault::Fault;
use crate::key::{Key, Named};
use crate::pages::{self, Turn, Turned};
use crate::tables::{ALIASES, AliasPlace, AliasRecord, KEYS};
use crate::{Kms, asked};
use kernel::{
    Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Nothing, Operation, Outside, Scene, Stop, Thing,
};
use names::{AliasName, KeyName, KeyRef, Time};
use shapes_kms::{AliasListEntry, ListAliasesInput, ListAliasesOutput};
use std::sync::Arc;
use store::Span;

const ALIASES_PER_PAGE_DEFAULT: usize = 50;
const ALIASES_PER_PAGE_MAX: usize = 100;

pub struct ListAliases;

impl Operation for ListAliases {
    type Shape = shapes_kms::ListAliases;
    type Service = Kms;
    type Target = Nothing;
    type Staged = Turn;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    /// Also the list of one key's aliases is judged on `*`: the key is no more than a filter.
    fn aim(input: &ListAliasesInput) -> Result<Aim<Nothing>, Fault> {
        input.key_id.as_ref().map_or(Ok(()), asked::id_or_arn)?;
        Ok(Aim::at(()))
    }

    fn demands(_: &ListAliasesInput, all: &Found<Nothing>) -> Demands {
        Demands::on(Action("kms:ListAliases"), all.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        rows_max(call.input()).map(|_| ())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Turn, Stop<Fault>> {
        let input = call.input();
        // By ARN or by id, it is the same list.
        let key = input.key_id.as_ref().map(|key| asked::named(&Named::Own(key.clone()), call.scene()).to_string());
        let key = key.as_deref().unwrap_or_default();
        Ok(Turn::begin(outside, input.marker.as_deref(), rows_max(input)?, &[key])?)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        turn: &Turn,
        desk: &mut Desk<'_, Kms>,
    ) -> Result<ListAliasesOutput, Stop<Fault>> {
        let scene = call.scene();
        let (rows, next_marker) = match &call.input().key_id {
            Some(key) => of_key(key, scene, turn, desk).await?,
            None => turn.rows(desk, &ALIASES, Span::under(&(scene.account, scene.region.clone()))).await?,
        };
        let entry = |((account, region, alias), record): (AliasPlace, Arc<AliasRecord>)| AliasListEntry {
            alias_name: Some(alias.as_str().to_owned()),
            alias_arn: Some(asked::alias_arn(&region, account, alias.as_str()).to_string()),
            target_key_id: Some(KeyRef::parse(&record.target)),
            creation_date: Some(Time::from_micros(record.created)),
            last_updated_date: Some(Time::from_micros(record.updated)),
        };
        let aliases = Some(rows.into_iter().map(entry).collect());
        Ok(ListAliasesOutput { aliases, truncated: Some(next_marker.is_some()), next_marker })
    }
}

async fn of_key(
    key: &KeyRef,
    scene: &Scene,
    turn: &Turn,
    desk: &mut Desk<'_, Kms>,
) -> Result<Turned<(AliasPlace, Arc<AliasRecord>)>, Stop<Fault>> {
    let (account, region) = (scene.account, scene.region.clone());
    let id = match key.name() {
        KeyName::Id(id) => Some(id),
        KeyName::Arn { region: text, account: owner, id } if **text == *region.as_str() && *owner == account => {
            Some(id)
        }
        _ => None,
    };
    let record = match id {
        Some(id) => desk.row(&KEYS, &(account, region.clone(), id.clone())).await?,
        None => None,
    };
    let record = record.ok_or_else(|| Key::not_found(&Named::Own(key.clone()), scene))?;
    let (names, marker) = turn.names(record.aliases.iter().map(String::as_str))?;
    let mut rows = Vec::with_capacity(names.len());
    for name in names {
        let place = (account, region.clone(), AliasName::parse(name).ok_or(Breakage::Unreadable)?);
        let alias = desk.row(&ALIASES, &place).await?.ok_or(Breakage::Unreadable)?;
        rows.push((place, alias));
    }
    Ok((rows, marker))
}

fn rows_max(input: &ListAliasesInput) -> Result<usize, Fault> {
    pages::rows_max(input.limit, ALIASES_PER_PAGE_DEFAULT, ALIASES_PER_PAGE_MAX)
}
