//! `kagiban admin new-key`: the way back in for an operator who has the root and no access key any more.

use crate::boot::{self, NoBoot};
use crate::cli::{self, fail, say};
use crate::config::{BadConfig, Config};
use crate::credentials::{self, Undelivered, Unfit};
use crate::founding::{self, NotFounded};
use crate::head::Keeper;
use crate::log;
use crate::restored::{self, Untold};
use iam::{ADMINISTRATOR, RecoverAccessKey, RecoverAccessKeyInput};
use kernel::Breakage;
use shape::Inward;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

pub async fn new_key(args: cli::NewKey) -> ExitCode {
    let cli::NewKey { user, replace, credentials_file, place } = args;
    let open = cli::Open { place, credentials_file, ..cli::Open::default() };
    let config = match Config::settle_open(open) {
        Ok(config) => config,
        Err(error) => return fail(NoKey::from(error)),
    };
    log::start(config.json_logs);
    let user = user.unwrap_or_else(|| ADMINISTRATOR.to_owned());
    match make(&config, RecoverAccessKeyInput { user: user.clone(), replaced: replace.clone() }).await {
        Ok(id) => {
            say(format_args!("user:         {user}\naccess key:   {id}"));
            if let Some(replaced) = replace {
                say(format_args!("deleted:      {replaced}"));
            }
            say(format_args!("credentials:  {}", config.credentials_file.display()));
            ExitCode::SUCCESS
        }
        Err(error) => fail(error),
    }
}

/// The id of the key that was made and delivered.
async fn make(config: &Config, input: RecoverAccessKeyInput) -> Result<String, NoKey> {
    // Nothing is made here but a key: not even a house.
    if !boot::has_database(&config.data_dir) {
        return Err(NoBoot::NoData(config.data_dir.clone()).into());
    }
    credentials::prove(&config.credentials_file)?;
    let booted = boot::boot(config).await?;
    if !booted.founded {
        return Err(NoKey::Unfounded(config.data_dir.clone()));
    }
    // As long as the first key is not delivered, each start replaces it: nobody else may delete it, and nothing is lost yet.
    if iam::undelivered(&booted.store).await?.is_some() {
        return Err(NoKey::Waiting(config.data_dir.clone()));
    }
    restored::record(&booted).await?;
    // The configuration may move the clock here too.
    founding::record_start(&booted, config).await?;
    let rounds = booted.house.rounds(&iam::SERVICE);
    let account = booted.house.setting().account;
    let recorded = rounds.recorded::<RecoverAccessKey>(account, config.region.clone(), Inward(input)).await?;
    let delivered = credentials::deliver(&booted.keys.exit, &recorded, &config.credentials_file);
    Keeper::new(Arc::clone(&booted.store), Arc::clone(&booted.vault), &config.data_dir).write().await;
    delivered.map_err(|error| match error {
        Undelivered::Failed(failure) if failure.code == "LimitExceeded" => NoKey::Two(failure.text),
        Undelivered::Failed(failure) => NoKey::Refused(failure.text),
        Undelivered::Keyless => NoKey::Keyless,
        Undelivered::File { access_key_id, error } => NoKey::Undelivered(access_key_id, error),
    })
}

/// Why nobody has a new key.
#[derive(Debug, thiserror::Error)]
enum NoKey {
    #[error(
        "the data directory `{0}` has no account yet: `kagiban serve` or `kagiban init` makes it, with the administrator's first key"
    )]
    Unfounded(PathBuf),
    #[error(
        "the administrator's first access key of the data directory `{0}` was not delivered yet: start `kagiban serve` or `kagiban init`, \
         which makes it anew"
    )]
    Waiting(PathBuf),
    #[error("{0}")]
    Refused(String),
    #[error("{0}. The one that is named with --replace is deleted when the new one is made")]
    Two(String),
    #[error("the account's record cannot be read: {0}")]
    Unreadable(#[from] store::Broken),
    #[error("the answer has no access key")]
    Keyless,
    #[error(
        "the access key {0} was made, and its secret cannot be written: {1}. Nobody has it: when that is mended, say --replace {0}"
    )]
    Undelivered(String, crate::data_dir::FileError),
    #[error("the access key cannot be made: {0}")]
    Broken(#[from] Breakage),
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    Credentials(#[from] Unfit),
    #[error(transparent)]
    Boot(#[from] NoBoot),
    #[error(transparent)]
    Untold(#[from] Untold),
    #[error(transparent)]
    Start(#[from] NotFounded),
}
