//! A house that is open and serves nobody, for tools that fill or search a stopped data directory (`tests/fill`). What they do goes through
//! the door and onto the trail, as every call; the binary has no way here.

use crate::boot::{self, Booted, NoBoot};
use crate::cli;
use crate::config::{BadConfig, Config};
use crate::credentials::{self, Unfit};
use crate::founding::{self, Founded, NotFounded};
use crate::head::Keeper;
use crate::restored::{self, Untold};
use kernel::{Breakage, House};
use secret::Exit;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the data is, and with what it is opened, as the program's flags of these names say it. What is missing is made.
pub struct Place {
    pub data_dir: PathBuf,
    /// `None`: where the program looks by default.
    pub root_key_file: Option<PathBuf>,
    pub credentials_file: PathBuf,
}

/// Why nobody is indoors.
#[derive(Debug, thiserror::Error)]
pub enum NotIndoors {
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

/// The open house. Its lock keeps the program out of the directory as long.
pub struct Indoors {
    booted: Booted,
    keeper: Keeper,
}

impl Indoors {
    /// Opens the house as `kagiban init` does: it is founded if it is new, and its start is on the trail.
    pub async fn open(place: Place) -> Result<Self, NotIndoors> {
        let named =
            cli::Place { data_dir: Some(place.data_dir), root_key_file: place.root_key_file, ..cli::Place::default() };
        let credentials_file = Some(place.credentials_file);
        let config = Config::settle_open(cli::Open { place: named, credentials_file, ..cli::Open::default() })?;
        let Opened { booted, keeper, .. } = open(&config).await?;
        Ok(Self { booted, keeper })
    }

    pub fn door(&self) -> &Arc<House> {
        &self.booted.house
    }

    /// The exit, for what an answer shows to its caller.
    pub fn exit(&self) -> &'static Exit {
        &self.booted.keys.exit
    }

    /// Does what the timers do while the program runs, and ends: all events can be looked up, and the head that is kept apart names the
    /// last of them.
    pub async fn leave(mut self) -> Result<(), Breakage> {
        self.booted.house.rest().await?;
        while kernel::index_pending(&self.booted.store).await? {}
        self.keeper.write().await;
        Ok(())
    }
}

/// A house that is open, its account founded and its start on the trail.
pub(crate) struct Opened {
    pub booted: Booted,
    pub founded: Founded,
    pub keeper: Keeper,
}

pub(crate) async fn open(config: &Config) -> Result<Opened, NotIndoors> {
    if !boot::has_database(&config.data_dir) {
        // A first start: nothing is made before it is known that the key pair will find its place.
        credentials::prove(&config.credentials_file)?;
    }
    let booted = boot::boot(config).await?;
    restored::record(&booted).await?;
    let founded = founding::found(&booted, config).await?;
    founding::record_start(&booted, config).await?;
    let mut keeper = Keeper::new(Arc::clone(&booted.store), Arc::clone(&booted.vault), &config.data_dir);
    keeper.write().await;
    Ok(Opened { booted, founded, keeper })
}
