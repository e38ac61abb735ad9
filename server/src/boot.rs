//! From a folder to a house: the installation, the root, the keyring, the store, the services.

use crate::cli;
use crate::config::{Config, RootSource};
use crate::data_dir::{self, FileError, HEAD_FILE, INSTALLATION_FILE, KEYRING_FILE};
use crate::root::{self, NoRoot, hex, unhex};
use cipher::{Entropy, NoEntropy, SystemEntropy};
use kernel::{House, Rate, Setting, SystemClock, Wiring};
use names::{AccountId, Clock};
use secret::Keys;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Anchor, OpenError, SqliteEngine, SqliteOptions, Store};
use vault::{HeadSeal, InProcess, Keyring, NotInitialised, NotUnsealed, Standing, Vault, VaultError};

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
        "the data directory `{directory}` does not open with this root: {why}. It belongs to installation {installation}; its root key is \
         the file `{installation}.key`, in your configuration folder or wherever you keep it. Name it with --root-key-file, or the \
         passphrase with --root-passphrase-file"
    )]
    Sealed { directory: PathBuf, installation: String, why: NotUnsealed },
    #[error(
        "the data directory `{0}` has data and no `{1}`: it was copied in part, or files were removed. Restore the whole directory from \
         your backup"
    )]
    Incomplete(PathBuf, &'static str),
    #[error("`{0}` holds no installation id: it should have 32 hexadecimal digits")]
    Installation(PathBuf),
    #[error("the vault does not start: {0}")]
    Vault(#[from] VaultError),
    #[error(
        "the audit trail is shorter than, or differs from, the head that was kept apart from it (`{0}`): records were cut, or an older \
         copy of the database was put back. Look with `kagiban trail verify`, restore the newest copy of the whole directory, and only if \
         the loss is known and accepted remove that file"
    )]
    TrailCut(PathBuf),
    #[error("the audit trail cannot be read")]
    Trail,
    #[error("a record of the store cannot be read")]
    Unreadable,
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
    data_dir::make_private_folder(&config.data_dir)?;
    let installation = installation(&config.data_dir, entropy.as_ref())?;
    let (keyring, root_file) = keyring(config, installation, &entropy, keys)?;
    let barrier = Arc::new(keyring.barrier());
    let engine = SqliteEngine::open(&config.data_dir, SqliteOptions::default(), |fault| {
        // After a failed write or sync nothing is acknowledged any more, and nothing is tried again.
        tracing::error!(cause = %fault, "the store has stopped, and so does the program");
        std::process::exit(70);
    })
    .map_err(|error| NoBoot::Store(config.data_dir.clone(), error))?;
    let store = Arc::new(Store::new(Arc::new(engine), barrier, Arc::clone(&entropy), store::WARM_BYTES_MAX_DEFAULT));
    let account = iam::founded(&store).await.map_err(|_| NoBoot::Unreadable)?;
    if let (Some(account), Some(named)) = (account, config.account)
        && account != named
    {
        return Err(NoBoot::AnotherAccount { account, named });
    }
    let standing = standing(&config.data_dir, &store, &keyring).await?;
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
    let file = directory.join(INSTALLATION_FILE);
    if let Some(text) = data_dir::read(&file)? {
        return unhex(&text).ok_or(NoBoot::Installation(file));
    }
    if data_dir::read(&directory.join(KEYRING_FILE))?.is_some() || has_database(directory) {
        return Err(NoBoot::Incomplete(directory.to_owned(), INSTALLATION_FILE));
    }
    let mut id = [0; 16];
    entropy.fill(&mut id)?;
    data_dir::write(&file, format!("{}\n", hex(&id)).as_bytes())?;
    Ok(id)
}

fn has_database(directory: &Path) -> bool {
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
        data_dir::write(&file, &sealed)?;
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

/// Opens a sealed keyring with the root that `source` names.
pub fn unseal(
    directory: &Path,
    sealed: &[u8],
    source: &RootSource,
    installation: [u8; 16],
    keys: &'static Keys,
) -> Result<Keyring, NoBoot> {
    let seal = root::read(source, installation)?;
    Keyring::unseal(sealed, &seal, installation, Arc::new(SystemEntropy), &keys.opener).map_err(|why| NoBoot::Sealed {
        directory: directory.to_owned(),
        installation: hex(&installation),
        why,
    })
}

/// How far the vault's chain of uses had come, from the head that is kept apart from the trail; and whether the trail still has all of it.
async fn standing(directory: &Path, store: &Store, keyring: &Keyring) -> Result<Standing, NoBoot> {
    let file = directory.join(HEAD_FILE);
    let Some(bytes) = data_dir::read(&file)? else { return Ok(Standing::BEGINNING) };
    let cut = || NoBoot::TrailCut(file.clone());
    let (anchor, standing) = anchor(&bytes, keyring).ok_or_else(cut)?;
    if anchor.sequence > 0 {
        let rows = store.links(anchor.sequence, 1).await.map_err(|_| NoBoot::Trail)?;
        let kept = rows.first().is_some_and(|(sequence, link)| *sequence == anchor.sequence && *link == anchor.link);
        if !kept {
            return Err(cut());
        }
    }
    Ok(standing)
}

/// Reads the file that [`crate::timers`] writes: the head of the trail (sequence and link), and the vault's mark on it.
pub fn anchor(bytes: &[u8], keyring: &Keyring) -> Option<(Anchor, Standing)> {
    let (head, mark) = bytes.split_at_checked(40)?;
    let seal = HeadSeal::read(mark).ok()?;
    let standing = keyring.check_head(head, &seal).ok()?;
    let (sequence, link) = head.split_at_checked(8)?;
    Some((Anchor { sequence: u64::from_be_bytes(sequence.try_into().ok()?), link: link.try_into().ok()? }, standing))
}

impl Booted {
    /// Tells what a person needs who starts the house for the first time.
    pub fn introduce(&self, config: &Config) {
        if let Some(file) = &self.root_file {
            cli::say(format_args!("root key:     {}", file.display()));
        }
        cli::say(format_args!("data:         {}", config.data_dir.display()));
    }
}
