//! From a folder to a house: the installation, the root, the keyring, the store, the services.

use crate::config::{Config, RootSource};
use crate::data_dir::{self, FileError, INSTALLATION_FILE, KEYRING_FILE, RESTORING};
use crate::head::{self, NoStanding};
use crate::root::{self, NoRoot, hex, unhex};
use crate::timers;
use cipher::{Entropy, NoEntropy, SystemEntropy};
use kernel::{Breakage, House, Rate, Setting, SystemClock, Wiring};
use names::{AccountId, Clock};
use secret::{Keys, Secret};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{OpenError, SqliteEngine, SqliteOptions, Store};
use vault::{InProcess, KEY_FILE_BYTES, Keyring, NotInitialised, NotUnsealed, Seal, Vault, VaultError};

/// A house, and what the program still has to do with its parts.
pub struct Booted {
    pub house: Arc<House>,
    pub store: Arc<Store>,
    pub vault: Arc<dyn Vault>,
    pub clock: Arc<SystemClock>,
    pub keys: &'static Keys,
    /// Whether the account was there before this start.
    pub founded: bool,
    /// The root key file that was made or read, unless a passphrase is the seal.
    pub root_file: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum NoBoot {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Root(#[from] NoRoot),
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    #[error("the data directory `{0}` cannot be opened: {1}")]
    Store(PathBuf, OpenError),
    #[error("the keyring cannot be made: {0}")]
    Keyring(#[from] NotInitialised),
    #[error(
        "`{place}` does not open with this root: {why}. It belongs to installation {installation}; its root key is \
         the file `{installation}.key`, in your configuration folder or wherever you keep it. Name it with --root-key-file, or the \
         passphrase with --root-passphrase-file"
    )]
    Sealed { place: PathBuf, installation: String, why: NotUnsealed },
    #[error(
        "`{0}` is sealed with a passphrase, and not with a key file: name the file with the passphrase with \
         --root-passphrase-file"
    )]
    SealedByPassphrase(PathBuf),
    #[error(
        "`{0}` is sealed with a key file, and not with a passphrase: leave out --root-passphrase-file (and its variable \
         and setting), and name the key file with --root-key-file, if it is not in your configuration folder"
    )]
    SealedByKeyFile(PathBuf),
    #[error(
        "the data directory `{0}` has data and no `{1}`: it was copied in part, or files were removed. Restore the whole directory from \
         your backup"
    )]
    Incomplete(PathBuf, &'static str),
    #[error(
        "a restore into `{0}` was interrupted: remove what it left there, the folder `{restoring}` and the files beside it, and restore \
         again",
        restoring = crate::data_dir::RESTORING
    )]
    Unrestored(PathBuf),
    #[error("`{0}` is no data directory")]
    NoData(PathBuf),
    #[error("`{0}` holds no installation id: it should have 32 hexadecimal digits")]
    Installation(PathBuf),
    #[error("the vault does not start: {0}")]
    Vault(#[from] VaultError),
    #[error(
        "{0}. Look with `kagiban trail verify`, restore the newest copy of the whole directory, and only if the loss is known and accepted \
         remove `{head}`", head = crate::data_dir::HEAD_FILE
    )]
    Standing(#[from] NoStanding),
    #[error("the account's record cannot be read: {0}")]
    Unreadable(#[from] store::Broken),
    #[error(transparent)]
    Broken(#[from] Breakage),
    #[error(
        "this data directory belongs to account {account}, not to {named}: leave out --account-id, or name another data directory"
    )]
    AnotherAccount { account: AccountId, named: AccountId },
    #[error("the keys of this process were cut before")]
    Keys,
}

/// Opens the house of a data directory, making what is missing in an empty one.
pub async fn boot(config: &Config) -> Result<Booted, NoBoot> {
    let keys = cut()?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let clock = Arc::new(SystemClock::new());
    if let Some(file) = &config.clock_file {
        // Before anything is timed: a watch over the clock, or a ticket, that began before the move would take it for a jump.
        timers::move_clock(&clock, file)?;
    }
    data_dir::make_data_dir(&config.data_dir)?;
    let installation = installation(&config.data_dir, entropy.as_ref())?;
    let (keyring, root_file) = keyring(config, installation, &entropy, keys)?;
    let barrier = Arc::new(keyring.barrier());
    let options = SqliteOptions { ballast_bytes: store::BALLAST_BYTES_DEFAULT, ..SqliteOptions::default() };
    let engine = SqliteEngine::open(&config.data_dir, options, |fault| {
        // After a failed sync nothing is acknowledged any more, and nothing is tried again. A full disk does not come here.
        tracing::error!(cause = %fault, "the store has stopped, and so does the program");
        std::process::exit(70);
    })
    .map_err(|error| NoBoot::Store(config.data_dir.clone(), error))?;
    let store = Arc::new(Store::new(Arc::new(engine), barrier, Arc::clone(&entropy), store::WARM_BYTES_MAX_DEFAULT));
    let account = iam::founded(&store).await?;
    if let (Some(account), Some(named)) = (account, config.account)
        && account != named
    {
        return Err(NoBoot::AnotherAccount { account, named });
    }
    let believed =
        if config.accept_clock || config.clock_file.is_some() { None } else { kernel::last_believed(&store).await? };
    let standing = head::standing(&config.data_dir, &store, &keyring).await?;
    let vault: Arc<dyn Vault> = Arc::new(InProcess::new(keyring, clock.clone() as Arc<dyn Clock>, standing)?);
    let house = House::open(Wiring {
        store: Arc::clone(&store),
        vault: Arc::clone(&vault),
        clock: clock.clone(),
        entropy: Arc::clone(&entropy),
        mint: &keys.mint,
        services: vec![&cloudtrail::SERVICE, &iam::SERVICE, &kms::SERVICE, &crate::own::SERVICE, &sts::SERVICE],
        credentials: Box::new(iam::Directory),
        principals: Box::new(iam::Directory),
        documents: Box::new(iam::Directory),
        setting: Setting {
            account: account.map_or_else(|| new_account(config, entropy.as_ref()), Ok)?,
            region: config.region.clone(),
            regions: config.regions.clone(),
        },
        rate: Rate::DEFAULT,
        believed,
    });
    Ok(Booted { house, store, vault, clock, keys, founded: account.is_some(), root_file })
}

#[expect(clippy::disallowed_methods, reason = "the binary cuts the keys of its process, once")]
pub fn cut() -> Result<&'static Keys, NoBoot> {
    secret::cut_keys().ok_or(NoBoot::Keys)
}

fn new_account(config: &Config, entropy: &dyn Entropy) -> Result<AccountId, NoEntropy> {
    if let Some(account) = config.account {
        return Ok(account);
    }
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes)?;
    // Eleven random digits behind a digit that is not zero: an id that spreadsheets do not shorten.
    Ok(AccountId::from_number(100_000_000_000 + u64::from_be_bytes(bytes) % 900_000_000_000))
}

/// The id of the installation in the data directory; a new one in an empty directory.
fn installation(directory: &Path, entropy: &dyn Entropy) -> Result<[u8; 16], NoBoot> {
    if let Some(id) = installed(directory)? {
        return Ok(id);
    }
    if directory.join(RESTORING).exists() {
        return Err(NoBoot::Unrestored(directory.to_owned()));
    }
    if data_dir::read(&directory.join(KEYRING_FILE))?.is_some() || has_database(directory) {
        return Err(NoBoot::Incomplete(directory.to_owned(), INSTALLATION_FILE));
    }
    let mut id = [0; 16];
    entropy.fill(&mut id)?;
    data_dir::write(&directory.join(INSTALLATION_FILE), format!("{}\n", hex(&id)).as_bytes())?;
    Ok(id)
}

fn installed(directory: &Path) -> Result<Option<[u8; 16]>, NoBoot> {
    let file = directory.join(INSTALLATION_FILE);
    let text = data_dir::read(&file)?;
    text.map(|text| unhex(&text).ok_or(NoBoot::Installation(file))).transpose()
}

/// The id of the installation in a data directory, for who makes none there.
pub fn installation_of(directory: &Path) -> Result<[u8; 16], NoBoot> {
    installed(directory)?.ok_or_else(|| NoBoot::NoData(directory.to_owned()))
}

/// The keyring of a data directory, opened, and as it is kept, for who makes none there.
pub fn keyring_of(directory: &Path, root: &RootSource, installation: [u8; 16]) -> Result<(Keyring, Vec<u8>), NoBoot> {
    let incomplete = || NoBoot::Incomplete(directory.to_owned(), KEYRING_FILE);
    let sealed = data_dir::read(&directory.join(KEYRING_FILE))?.ok_or_else(incomplete)?;
    Ok((unseal(directory, &sealed, root, installation, cut()?)?, sealed))
}

/// Whether there is something in it that could be lost.
pub fn has_database(directory: &Path) -> bool {
    directory.join(store::DATABASE_FILE).exists()
}

fn keyring(
    config: &Config,
    installation: [u8; 16],
    entropy: &Arc<dyn Entropy>,
    keys: &'static Keys,
) -> Result<(Keyring, Option<PathBuf>), NoBoot> {
    let file = config.data_dir.join(KEYRING_FILE);
    let Some(sealed) = data_dir::read(&file)? else {
        if has_database(&config.data_dir) {
            return Err(NoBoot::Incomplete(config.data_dir.clone(), KEYRING_FILE));
        }
        // The root is durable before anything is sealed under it.
        let (seal, root_file) = root::make(&config.root, installation, entropy.as_ref())?;
        let (keyring, sealed) = Keyring::initialise(&seal, installation, Arc::clone(entropy), &keys.opener)?;
        data_dir::write_new(&file, &sealed)?;
        return Ok((keyring, root_file));
    };
    let root_file = match &config.root {
        RootSource::Default => root::default_file(installation).ok(),
        RootSource::KeyFile(file) => Some(file.clone()),
        RootSource::PassphraseFile(_) => None,
    };
    let keyring = unseal(&config.data_dir, &sealed, &config.root, installation, keys)?;
    Ok((keyring, root_file))
}

/// Opens the sealed keyring of `place`, a data directory or a backup, with the root that `source` names.
pub fn unseal(
    place: &Path,
    sealed: &[u8],
    source: &RootSource,
    installation: [u8; 16],
    keys: &'static Keys,
) -> Result<Keyring, NoBoot> {
    let open = |seal: &Seal| Keyring::unseal(sealed, seal, installation, Arc::new(SystemEntropy), &keys.opener);
    // Of which kind the seal is, a keyring says before it is opened, to any key at all. A person hears that rather than of a missing file.
    let probe = Seal::KeyFile(Secret::from_vec(vec![0; KEY_FILE_BYTES]));
    let is_passphrase = matches!(source, RootSource::PassphraseFile(_));
    match open(&probe) {
        Err(NotUnsealed::AnotherSeal) if !is_passphrase => {
            return Err(NoBoot::SealedByPassphrase(place.to_owned()));
        }
        Ok(_) | Err(NotUnsealed::WrongRoot) if is_passphrase => {
            return Err(NoBoot::SealedByKeyFile(place.to_owned()));
        }
        // Of the right kind, or no keyring of this house at all: the root itself will tell.
        _ => {}
    }
    let seal = root::read(source, installation)?;
    open(&seal).map_err(|why| NoBoot::Sealed { place: place.to_owned(), installation: hex(&installation), why })
}
