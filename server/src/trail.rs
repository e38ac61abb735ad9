//! `kagiban trail verify`.

use crate::boot::{self, NoBoot};
use crate::cli::{self, fail, say};
use crate::config::{self, BadConfig, RootSource};
use crate::data_dir::{FileError, HEAD_FILE};
use crate::head::{self, Kept, NoHead, uses_alone};
use kernel::{Discrepancy, Event, Testimony, Untold, UseFlaw, UseTally};
use std::path::Path;
use std::process::ExitCode;
use store::{EngineFault, Flaw, TrailReader, TrailSource, Verdict};
use vault::Keyring;

/// The trail, or what it tells of, is not what was written.
const BROKEN: u8 = 1;
/// Rows that are not as the trail has them, and are named.
const DISCREPANCIES_SHOWN_MAX: usize = 20;
/// How often the trail is read, if it is cut meanwhile.
const READINGS_MAX: usize = 5;

pub async fn verify(args: cli::Place) -> ExitCode {
    let looked = match config::place(args) {
        Ok((directory, root)) => look(&directory, &root).await,
        Err(error) => Err(error.into()),
    };
    match looked {
        Ok(Found::Intact(intact)) => {
            say(intact.text());
            ExitCode::SUCCESS
        }
        Ok(Found::Broken(breaks)) => {
            breaks.iter().for_each(|one| say(format_args!("broken: {one}")));
            ExitCode::from(BROKEN)
        }
        Err(error) => fail(error),
    }
}

/// What a verification comes to.
pub enum Found {
    Intact(Intact),
    /// One at least.
    Broken(Vec<Break>),
}

pub struct Intact {
    records: u64,
    /// Number and link of the last of them.
    last: (u64, [u8; 32]),
    /// The last record that was cut off; 0 if none was.
    cut: u64,
    rows: usize,
    uses: UseTally,
    /// The record that the head kept apart names; `None` where there is none.
    head: Option<u64>,
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Break {
    #[error("at record {0}: {1}")]
    Record(u64, Flaw),
    #[error("at record {0}: it opens, and is no event")]
    NoEvent(u64),
    #[error("{0}")]
    Head(NoHead),
    #[error("{0}")]
    Uses(UseFlaw),
    #[error("{0}")]
    Untold(Untold),
    #[error("{0}")]
    Row(Discrepancy),
    #[error("and {0} more rows")]
    MoreRows(usize),
    #[error("the database is damaged")]
    Damaged,
}

impl Intact {
    /// Number and link of the last record; 0 and zeros if there is none.
    pub fn last(&self) -> (u64, [u8; 32]) {
        self.last
    }

    pub fn text(&self) -> String {
        let Self { records, rows, uses, head, cut, .. } = self;
        let mut text = format!(
            "intact: {records} records, {rows} rows, {} uses of keys and {} more by calls that were not committed",
            uses.recorded, uses.open
        );
        if *cut > 0 {
            text += &format!("\nthe records up to {cut} were cut off, and what they said last is on the trail");
        }
        if let Some(old) = head.filter(|named| *named > 0 && named < cut) {
            text += &format!(
                "\nthe head that is kept apart names record {old}, which was cut off: an end that was cut off since cannot be told \
                 from an end"
            );
        }
        if head.is_none() {
            text += &format!(
                "\nno head is kept apart: `{HEAD_FILE}` is not there, so an end that was cut off cannot be told from an end"
            );
        }
        text
    }
}

/// Looks at one moment: the rows, and what the events up to then say of them. A program that goes on writing adds records behind it, which
/// are verified as records.
async fn look(directory: &Path, root: &RootSource) -> Result<Found, NoVerdict> {
    let (keyring, _) = boot::keyring_of(directory, root, boot::installation_of(directory)?)?;
    examine(directory, &keyring).await
}

/// As [`verify`] does, where the keyring is open already.
pub async fn examine(directory: &Path, keyring: &Keyring) -> Result<Found, NoVerdict> {
    // The head first: the trail grows at its end alone, so what is read after it has what it names, or a root behind it.
    let kept = match head::read(directory, keyring) {
        Ok(kept) => kept,
        Err(NoHead::File(error)) => return Err(error.into()),
        Err(damaged @ NoHead::Damaged(_)) => return Ok(Found::Broken(vec![Break::Head(damaged)])),
    };
    let reader = TrailReader::open(directory).map_err(|error| NoBoot::Store(directory.to_owned(), error))?;
    for _ in 0..READINGS_MAX {
        match compare(&reader, keyring, kept).await {
            Err(EngineFault::Damaged) => return Ok(Found::Broken(vec![Break::Damaged])),
            Err(fault) => return Err(NoVerdict::Unread(fault)),
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
        }
    }
    Err(NoVerdict::Overtaken)
}

/// `None` if the trail was cut while it was read.
async fn compare(reader: &TrailReader, keyring: &Keyring, kept: Option<Kept>) -> Result<Option<Found>, EngineFault> {
    let at = reader.revisions()?;
    let began = reader.trail(u64::MAX, 1).await?.root;
    let mut testimony = Testimony::new(kept.map(|kept| kept.standing)).behind(began);
    let mut no_event = None;
    let (anchor, barrier) = (kept.map(|kept| kept.anchor), keyring.barrier());
    let verdict = store::verify(reader, &barrier, anchor, |recorded| match Event::decode(&recorded.bytes) {
        Some(event) if recorded.sequence <= at.sequence => testimony.hear(&event),
        Some(event) => testimony.hear(&uses_alone(event)),
        None => no_event = no_event.or(Some(recorded.sequence)),
    });
    let broken = |one| Ok(Some(Found::Broken(vec![one])));
    let (records, cut, last) = match verdict.await? {
        Verdict::Overtaken => return Ok(None),
        Verdict::Whole { root, .. } if root != began => return Ok(None),
        Verdict::Whole { count, root, head } => {
            (count, root.map_or(0, |root| root.sequence), head.map_or((0, [0; 32]), |head| (head.sequence, head.link)))
        }
        Verdict::Broken { sequence, flaw } => return broken(Break::Record(sequence, flaw)),
    };
    if let Some(sequence) = no_event {
        return broken(Break::NoEvent(sequence));
    }
    if let Err(untold) = testimony.settle() {
        return broken(Break::Untold(untold));
    }
    let uses = testimony.uses();
    let rows = at.rows.len();
    let discrepancies = testimony.compare(at.rows);
    let more = discrepancies.len().saturating_sub(DISCREPANCIES_SHOWN_MAX);
    let mut breaks: Vec<_> = uses.flaw.map(Break::Uses).into_iter().collect();
    breaks.extend(discrepancies.into_iter().take(DISCREPANCIES_SHOWN_MAX).map(Break::Row));
    breaks.extend((more > 0).then_some(Break::MoreRows(more)));
    if breaks.is_empty() {
        let head = kept.map(|kept| kept.anchor.sequence);
        return Ok(Some(Found::Intact(Intact { records, last, cut, rows, uses, head })));
    }
    Ok(Some(Found::Broken(breaks)))
}

/// Why the trail could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum NoVerdict {
    #[error("the trail cannot be read: {0}")]
    Unread(EngineFault),
    #[error("the trail was cut each time that it was read: try again")]
    Overtaken,
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Boot(#[from] NoBoot),
}
