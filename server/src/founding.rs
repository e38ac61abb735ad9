//! The first start: an account, its administrator, and the file with the administrator's credentials. And every start: its record, with
//! the dangers.

use crate::boot::Booted;
use crate::config::Config;
use crate::credentials;
use crate::data_dir::FileError;
use crate::own;
use kernel::{Breakage, Failure, Opened};
use names::AccountId;
use shapes_iam::CreateAccessKeyOutput;
use std::path::{Path, PathBuf};

/// Whether the account was there, and where the credentials of a new one are.
pub struct Founded {
    account: AccountId,
    credentials_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum NotFounded {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the account cannot be made: {0}")]
    Broken(#[from] Breakage),
    #[error("the account cannot be made: {}", .0.text)]
    Failed(Failure),
    #[error(
        "the file `{0}` is there already and would be overwritten; move it away, or name another one with --credentials-file"
    )]
    CredentialsExist(PathBuf),
}

impl Founded {
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn is_new(&self) -> bool {
        self.credentials_file.is_some()
    }

    pub fn credentials_file(&self) -> Option<&Path> {
        self.credentials_file.as_deref()
    }
}

/// Founds the account of an empty house.
pub async fn found(booted: &Booted, config: &Config) -> Result<Founded, NotFounded> {
    let account = booted.house.setting().account;
    if booted.founded {
        return Ok(Founded { account, credentials_file: None });
    }
    let file = &config.credentials_file;
    if file.exists() {
        return Err(NotFounded::CredentialsExist(file.clone()));
    }
    let rounds = booted.house.rounds(&iam::SERVICE)?;
    let recorded = rounds.recorded::<iam::FoundAccount>(account, config.region.clone(), shape::Empty).await?;
    match recorded.open(&booted.keys.exit) {
        Opened::Answer(answer) => {
            if let Some(output) = answer.output::<CreateAccessKeyOutput>() {
                let key = &output.access_key;
                let secret = key.secret_access_key.reveal(&booted.keys.exit, answer.receipt());
                credentials::write(file, &key.access_key_id, secret)?;
            }
        }
        Opened::Failure(failure) => return Err(NotFounded::Failed(failure.clone())),
    }
    Ok(Founded { account, credentials_file: Some(file.clone()) })
}

/// Puts the start of the program on the trail, with all that is dangerous in its configuration.
pub async fn record_start(booted: &Booted, config: &Config) -> Result<(), NotFounded> {
    let dangers =
        [(config.clock_file.is_some(), "danger_clock_file"), (config.danger_plain_listen, "danger_plain_listen")];
    let dangers = dangers.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned()).collect();
    let input = own::StartInput { version: env!("CARGO_PKG_VERSION").to_owned(), dangers };
    let rounds = booted.house.rounds(&own::SERVICE)?;
    let ended = rounds.call::<own::Start>(booted.house.setting().account, config.region.clone(), input).await?;
    ended.map_err(NotFounded::Failed)
}
