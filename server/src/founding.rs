//! The first start: an account, its administrator, and the file with the administrator's credentials. And every start: its record, with
//! the dangers.

use crate::boot::Booted;
use crate::config::Config;
use crate::credentials::{self, Undelivered, Unfit};
use crate::data_dir::FileError;
use crate::own;
use kernel::{Breakage, Failure, Rounds};
use names::AccountId;
use shape::Empty;
use std::path::{Path, PathBuf};

/// The account, and where the credentials of a new one are.
pub struct Founded {
    account: AccountId,
    credentials_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum NotFounded {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Credentials(#[from] Unfit),
    #[error("the account cannot be made: {0}")]
    Broken(#[from] Breakage),
    #[error("the account cannot be made: {}", .0.text)]
    Failed(Failure),
    #[error("the account's record cannot be read: {0}")]
    Unreadable(#[from] store::Broken),
    #[error("the account was made, and the answer has no access key: start again, and it is made anew")]
    Keyless,
    #[error(
        "the account was made, and its access key cannot be delivered: {0}. Start again when that is mended: the key is made anew"
    )]
    Undelivered(FileError),
}

impl From<Undelivered> for NotFounded {
    fn from(undelivered: Undelivered) -> Self {
        match undelivered {
            Undelivered::Failed(failure) => Self::Failed(failure),
            Undelivered::Keyless => Self::Keyless,
            Undelivered::File { error, .. } => Self::Undelivered(error),
        }
    }
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

/// Sees to it that an account has been founded and its first access key delivered.
///
/// Between the founding and the moment when the credentials file is durable, nobody has the key. If the program ends there, the account
/// still says that the key is not delivered, and the next start makes another one in its place. It is confirmed before anybody is served,
/// so a credentials file that is lost later stays lost: to make keys for whoever removes a file would be a back door.
pub async fn found(booted: &Booted, config: &Config) -> Result<Founded, NotFounded> {
    let account = booted.house.setting().account;
    let file = &config.credentials_file;
    let undelivered = iam::undelivered(&booted.store).await?;
    let rounds = booted.house.rounds(&iam::SERVICE);
    let delivered = match undelivered {
        None if booted.founded => return Ok(Founded { account, credentials_file: None }),
        Some(access_key_id) => credentials::holds(file, &access_key_id)?,
        None => false,
    };
    if !delivered {
        credentials::prove(file)?;
        let recorded = if booted.founded {
            tracing::warn!(
                "an earlier start ended before the administrator's access key was delivered: it is made anew"
            );
            rounds.recorded::<iam::ReplaceFirstAccessKey>(account, config.region.clone(), Empty).await?
        } else {
            rounds.recorded::<iam::FoundAccount>(account, config.region.clone(), Empty).await?
        };
        credentials::deliver(&booted.keys.exit, &recorded, file)?;
    }
    confirm(&rounds, account, config).await?;
    Ok(Founded { account, credentials_file: Some(file.clone()) })
}

async fn confirm(rounds: &Rounds, account: AccountId, config: &Config) -> Result<(), NotFounded> {
    let ended = rounds.call::<iam::ConfirmFirstAccessKey>(account, config.region.clone(), Empty).await?;
    ended.map_err(NotFounded::Failed)
}

/// Puts the start of the program on the trail, with all that is dangerous in its configuration.
pub async fn record_start(booted: &Booted, config: &Config) -> Result<(), NotFounded> {
    let dangers = [
        (config.clock_file.is_some(), "danger_clock_file"),
        (config.accept_clock, "danger_accept_clock"),
        (config.danger_plain_listen, "danger_plain_listen"),
    ];
    let dangers = dangers.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
    own::tell(&booted.house, own::Start { dangers }).await?.ending().map_err(NotFounded::Failed)
}
