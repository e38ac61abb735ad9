//! Ordered, transactional tables of typed, sealed records, and the rows of the trail.
//!
//! Values are sealed by the [`cipher::Barrier`] before an engine sees them, and events by the engine itself, as many
//! together as it commits together ([`Bundle`]); **the keys of rows and the names of spaces are not**: an engine has to
//! order them. What must not be read by whoever holds the disk does not belong into a key.
//!
//! A value opens only at its own place, revision and format: a row that is copied to another key, or an older value
//! under the newer revision, does not. A whole row of yesterday, revision included, does: that it is out of date, only
//! the trail knows, whose events name the revisions that were written ([`Wrote`]).
//!
//! From below: an [`Engine`] keeps `(space, key) → row` and the trail, and takes [`Batch`]es that it commits as a whole
//! or not at all ([`SqliteEngine`], [`MemoryEngine`]; one suite runs on both). A [`Store`] makes typed [`Table`]s of it
//! and keeps decoded rows warm. A [`Draft`] gathers the writes of a family of calls over what the store holds, and
//! becomes a batch.
//!
//! There is no path to a commit without an event: [`Batch::new`] demands at least one.

mod bounded;
mod bundle;
mod cut;
mod draft;
mod engine;
mod index;
mod key;
mod memory;
mod record;
mod restored;
mod revision;
mod sqlite;
mod store;
mod table;
mod trail;
mod view;
mod warm;

pub use bundle::Bundle;
pub use draft::{Draft, Event, Wrote};
pub use engine::{
    Answer, BATCH_BYTES_MAX, BATCH_ROWS_MAX, Batch, Check, CommitError, Commits, Committed, Direction, Engine,
    EngineFault, IndexQuery, Oversized, Range, Row, Rows, ScrubError, TrailPage, TrailSource, Write,
};
pub use index::{POSTING_PLACES_MAX, Place, Posting, Terms, Token, Under};
pub use key::{Cursor, Only, PrefixOf, Span, TableKey};
pub use memory::MemoryEngine;
pub use record::{NoPrevious, Record};
pub use restored::Restored;
pub use revision::Revision;
pub use sqlite::{
    BALLAST_BYTES_DEFAULT, BALLAST_FILE, DATABASE_FILE, LOCK_FILE, NotRebuilt, OpenError, ROOM_BYTES_MIN, Rebuilt,
    RevisionsAt, Snapshot, Sqlite, SqliteEngine, SqliteOptions, TrailReader, free_bytes, sqlite,
};
pub use store::{Broken, SCAN_ROWS_MAX, Store};
pub use table::{Derives, Index, Table};
pub use trail::{Anchor, Flaw, Head, Recorded, Root, TRAIL_SPACE, Verdict, verify};
pub use view::{Found, Held, Scanned};
pub use warm::WARM_BYTES_MAX_DEFAULT;
