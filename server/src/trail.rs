//! `kagiban trail verify`.

use crate::boot::{self, NoBoot};
use crate::cli::{self, fail, say};
use crate::config::RootSource;
use crate::data_dir::{self, HEAD_FILE, INSTALLATION_FILE, KEYRING_FILE};
use crate::root::unhex;
use std::process::ExitCode;
use store::{TrailReader, Verdict};

/// The trail is not what was written.
const BROKEN: u8 = 1;

pub async fn verify(args: cli::Verify) -> ExitCode {
    match look(&args).await {
        Ok(Looked { verdict: Verdict::Whole { count, .. }, uses, open_uses }) => {
            say(format_args!(
                "intact: {count} records, {uses} uses of keys, {open_uses} of them by calls that were not committed"
            ));
            ExitCode::SUCCESS
        }
        Ok(Looked { verdict: Verdict::Broken { sequence, flaw }, .. }) => {
            say(format_args!("broken at record {sequence}: {flaw}"));
            ExitCode::from(BROKEN)
        }
        Err(error) => fail(error),
    }
}

/// What was found on the trail.
struct Looked {
    verdict: Verdict,
    uses: u64,
    open_uses: u64,
}

async fn look(args: &cli::Verify) -> Result<Looked, NoVerdict> {
    let directory = &args.data_dir;
    let incomplete = |name| NoBoot::Incomplete(directory.clone(), name);
    let id_file = directory.join(INSTALLATION_FILE);
    let id = data_dir::read(&id_file)?.ok_or_else(|| NoVerdict::NoData(directory.clone()))?;
    let installation = unhex(&id).ok_or(NoBoot::Installation(id_file))?;
    let sealed = data_dir::read(&directory.join(KEYRING_FILE))?.ok_or_else(|| incomplete(KEYRING_FILE))?;
    let root = match (&args.root_key_file, &args.root_passphrase_file) {
        (Some(file), _) => RootSource::KeyFile(file.clone()),
        (None, Some(file)) => RootSource::PassphraseFile(file.clone()),
        (None, None) => RootSource::Default,
    };
    let keys = boot::cut()?;
    let keyring = boot::unseal(directory, &sealed, &root, installation, keys)?;
    // The anchor first: the trail only grows, so whatever is read after it has at least what it names.
    let anchor = match data_dir::read(&directory.join(HEAD_FILE))? {
        Some(bytes) => Some(boot::anchor(&bytes, &keyring).ok_or_else(|| NoBoot::TrailCut(directory.join(HEAD_FILE)))?),
        None => None,
    };
    let reader = TrailReader::open(directory).map_err(|error| NoBoot::Store(directory.clone(), error))?;
    let barrier = keyring.barrier();
    let mut uses = 0_u64;
    let mut last_use = 0_u64;
    let verdict = store::verify(&reader, &barrier, anchor.map(|(anchor, _)| anchor), |recorded| {
        let Some(event) = kernel::Event::decode(&recorded.bytes) else { return };
        uses += event.uses.len() as u64;
        last_use = event.uses.iter().map(|one| one.number).fold(last_use, u64::max);
    });
    let verdict = verdict.await.map_err(|_| NoBoot::Trail)?;
    Ok(Looked { verdict, uses, open_uses: last_use.saturating_sub(uses) })
}

/// Why the trail could not be checked.
#[derive(Debug, thiserror::Error)]
enum NoVerdict {
    #[error("`{0}` is no data directory")]
    NoData(std::path::PathBuf),
    #[error(transparent)]
    File(#[from] data_dir::FileError),
    #[error(transparent)]
    Boot(#[from] NoBoot),
}
