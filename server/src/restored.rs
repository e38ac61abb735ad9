//! The first start of a house that was put back from a backup: the trail is told, before anything else that this house does.

use crate::boot::Booted;
use crate::own::{Details, Own};
use crate::root::hex;
use crate::{config::Config, own};
use kernel::{
    Aim, Authorized, Breakage, Class, Demands, Desk, Failure, Found, Never, Nothing, Operation, Outside, Remarks, Stop,
};
use shape::{EMPTY, Empty, OperationModel, OperationShape};
use store::{Broken, Restored};

/// The house was put back from a backup: what stands before this record on the trail is the backup's, and what the house did after the
/// backup was made is not here.
pub struct Restore;

#[derive(Debug, thiserror::Error)]
pub enum Untold {
    #[error("the note of the restore cannot be read: {0}")]
    Note(#[from] Broken),
    #[error("the restore cannot be recorded: {0}")]
    Broken(#[from] Breakage),
    #[error("the restore cannot be recorded: {}", .0.text)]
    Failed(Failure),
}

/// Puts it on the trail, if it is not there yet. A crash between the record and the forgetting makes a second record, and never none.
pub async fn record(booted: &Booted, config: &Config) -> Result<(), Untold> {
    let Some(Restored { taken, sequence, link }) = booted.store.restored().await? else { return Ok(()) };
    let details = vec![("backupTime", taken.iso()), ("lastRecord", sequence.to_string()), ("link", hex(&link))];
    let rounds = booted.house.rounds(&own::SERVICE);
    let account = booted.house.setting().account;
    let ended = rounds.call::<Restore>(account, config.region.clone(), Details(details)).await?;
    ended.map_err(Untold::Failed)?;
    tracing::warn!("this house was restored from a backup of {}: what was done after it is not here", taken.iso());
    Ok(booted.store.forget_restored().await?)
}

static MODEL: OperationModel =
    OperationModel { name: Restore::NAME, input: &EMPTY, output: None, result_wrapper: "", errors: &[] };

impl OperationShape for Restore {
    const NAME: &'static str = "Restore";
    type Input = Details;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        &MODEL
    }
}

impl Operation for Restore {
    type Shape = Self;
    type Service = Own;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Details) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Details, _: &Found<Nothing>) -> Demands {
        Demands::internal("kagiban", "the program tells the trail that the house was restored, and from which backup")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Own>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.input().remarks()
    }
}
