//! `kagiban restore`: a data directory out of a backup, whole and verified, or nothing.

use crate::backup::{self, Manifest};
use crate::boot::{self, NoBoot};
use crate::cli::{self, fail, say};
use crate::config::{self, BadConfig, RootSource};
use crate::data_dir::{self, FileError, HEAD_FILE, INSTALLATION_FILE, KEYRING_FILE, Staging};
use crate::root::hex;
use crate::trail::{self, Found, NoVerdict};
use cipher::Underivable;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{DATABASE_FILE, NotRebuilt, Rebuilt, Restored};
use vault::{BackupHead, BackupReader, Keyring, NotReadBack};

/// The trail in the backup is not what was written.
const BROKEN: u8 = 1;

pub async fn restore(args: cli::Restore) -> ExitCode {
    let file = args.file;
    let done = match config::place(args.place) {
        Ok((directory, root)) => make(&file, &directory, &root).await.map(|done| (directory, done)),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok((directory, Done { manifest, found: Ok(intact) })) => {
            say(format_args!("restored:   {}\nfrom:       {}", directory.display(), file.display()));
            say(manifest.text());
            say(intact);
            say(WARNING);
            ExitCode::SUCCESS
        }
        Ok((_, Done { manifest, found: Err(breaks) })) => {
            say(manifest.text());
            breaks.iter().for_each(|one| say(format_args!("broken: {one}")));
            say("Nothing was restored: the trail in this backup is not what was written. Take an older backup.");
            ExitCode::from(BROKEN)
        }
        Err(error) => fail(error),
    }
}

/// What an older state of a house means, and nobody may find out later.
const WARNING: &str = "
What was done after that moment is not here:
- Keys, users and access keys that were deleted since are back. What was revoked or forbidden since is allowed again.
  Look at them before anybody else can call, and delete them again.
- Keys that were made since are gone, and what was encrypted under them cannot be decrypted.
- Copies of `trail.head` that are newer than the backup name records that are not here: against them this house does
  not verify. Keep them with what is left of the old house, and copy the new `trail.head` from now on.
The first start puts the restore on the trail. Never let this house and the one that it was copied from run both.";

struct Done {
    manifest: Manifest,
    /// What it holds, or what is wrong with it.
    found: Result<String, Vec<String>>,
}

async fn make(file: &Path, directory: &Path, root: &RootSource) -> Result<Done, NoRestore> {
    let refused = |why| NoRestore::Refused(file.to_owned(), why);
    let (mut source, _) = backup::open(file)?;
    let head = BackupHead::read_from(&mut source).map_err(refused)?;
    // From here on what is made is taken away again, unless it is moved to its place.
    let staging = Staging::begin(directory)?;
    let keyring = boot::unseal(file, head.keyring(), root, head.installation(), boot::cut()?)?;
    let mut reader = BackupReader::begin(&keyring, &head, source)?;
    let manifest = backup::manifest(&mut reader).map_err(refused)?;
    rebuild(file, staging.path(), &keyring, &manifest, &mut reader)?;
    data_dir::write(&staging.path().join(KEYRING_FILE), head.keyring())?;
    if !manifest.head.is_empty() {
        data_dir::write(&staging.path().join(HEAD_FILE), &manifest.head)?;
    }
    data_dir::write(&staging.path().join(INSTALLATION_FILE), format!("{}\n", hex(&head.installation())).as_bytes())?;
    let found = match trail::examine(staging.path(), &keyring).await? {
        Found::Intact(intact) if intact.last() != (manifest.sequence, manifest.link) => {
            return Err(refused(NotReadBack::Strange));
        }
        Found::Intact(intact) => Ok(intact.text()),
        Found::Broken(breaks) => Err(breaks.iter().map(ToString::to_string).collect()),
    };
    if found.is_ok() {
        // The installation's id comes last: without it the program takes the directory for what it then is, a part of a house.
        staging.keep(&[DATABASE_FILE, KEYRING_FILE, HEAD_FILE], INSTALLATION_FILE)?;
    }
    Ok(Done { manifest, found })
}

fn rebuild(
    file: &Path,
    staging: &Path,
    keyring: &Keyring,
    manifest: &Manifest,
    reader: &mut BackupReader<impl std::io::Read>,
) -> Result<(), NoRestore> {
    let unmade = |why| NoRestore::Unmade(file.to_owned(), why);
    let mut rebuilt = Rebuilt::begin(staging, manifest.format).map_err(unmade)?;
    while let Some(item) = reader.next_item().map_err(|why| NoRestore::Refused(file.to_owned(), why))? {
        rebuilt.take(&item).map_err(unmade)?;
    }
    let restored = Restored { taken: manifest.taken, sequence: manifest.sequence, link: manifest.link };
    rebuilt.end(&restored, &keyring.barrier()).map_err(unmade)?;
    Ok(())
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
enum NoRestore {
    #[error("the backup `{0}` is refused: {1}. Nothing was restored")]
    Refused(PathBuf, NotReadBack),
    #[error("the backup `{0}` cannot be restored: {1}. Nothing was restored")]
    Unmade(PathBuf, NotRebuilt),
    #[error(transparent)]
    Unverified(#[from] NoVerdict),
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Boot(#[from] NoBoot),
    #[error(transparent)]
    Underivable(#[from] Underivable),
}
