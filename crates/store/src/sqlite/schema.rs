//! The database's tables, their format, and the settings of the connection that writes.

use super::{OpenError, SqliteOptions, reader};
use crate::bundle::Bundle;
use crate::trail::Head;
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use std::path::Path;

/// One step to a format of the data directory from the one before it.
pub(super) type Migration = (u32, fn(&Transaction<'_>) -> rusqlite::Result<()>);

/// Steps are added at the end, and never changed once they were released. What was before the first was never released, and nothing leads
/// on from it.
pub(super) const MIGRATIONS: &[Migration] = &[(2, first_format)];

/// The newest format that this version knows.
pub(super) fn known() -> u32 {
    newest(MIGRATIONS)
}

fn newest(migrations: &[Migration]) -> u32 {
    migrations.last().map_or(0, |(format, _)| *format)
}

/// `kagi` in ASCII, so that `file` and SQLite's own tools know whose database it is.
const APPLICATION_ID: i32 = 0x6B61_6769;

pub(super) const HEAD_NAME: &str = "trail/head";
pub(super) const ROOT_NAME: &str = "trail/cut";
pub(super) const INDEXED_NAME: &str = "trail/indexed";

const PAGE_BYTES: u32 = 8 << 10;

/// Notes are kept apart from the store's own rows of the same table.
pub(super) fn note_name(name: &str) -> String {
    format!("note/{name}")
}

fn first_format(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE rows (
             space TEXT NOT NULL, key BLOB NOT NULL, revision INTEGER NOT NULL, format INTEGER NOT NULL,
             bytes BLOB NOT NULL, PRIMARY KEY (space, key)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE trail (
             sequence INTEGER PRIMARY KEY, marks BLOB NOT NULL, bytes BLOB NOT NULL
         ) STRICT;
         CREATE TABLE trail_index (
             token BLOB NOT NULL, period INTEGER NOT NULL, last INTEGER NOT NULL, places BLOB NOT NULL,
             PRIMARY KEY (token, period, last)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE meta (name TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;",
    )
}

/// For a database that is made now; what one has it keeps. SQLite writes its log page by page, two calls each: with pages of 4 KiB that was
/// half of what the writer cost. Larger ones than these won nothing more.
pub(super) fn set_page_size(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE_BYTES)
}

/// The settings on which the promises of the engine rest, each read back.
pub(super) fn prepare_writer(connection: &Connection, options: SqliteOptions) -> Result<(), OpenError> {
    let say = |pragma: &str, value: &str| {
        connection.query_row(&format!("PRAGMA {pragma} = {value}"), [], |row| row.get::<_, rusqlite::types::Value>(0))
    };
    set_page_size(connection)?;
    assert_eq!(say("journal_mode", "WAL")?, "wal".to_owned().into(), "the database keeps a write-ahead log");
    // FULL: the log is synced at every commit, before it is acknowledged.
    connection.pragma_update(None, "synchronous", "FULL")?;
    assert_eq!(connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))?, 2);
    assert_eq!(say("secure_delete", "ON")?, 1.into(), "what is deleted is overwritten");
    // SQLite's own checkpoints swallow their errors, and an unheard failure of a sync loses data: the writer calls them
    // itself.
    assert_eq!(say("wal_autocheckpoint", "0")?, 0.into());
    if let Some(pages_max) = options.pages_max {
        say("max_page_count", &pages_max.to_string())?;
    }
    Ok(())
}

/// Brings the database to the format of the last step, each step as a transaction of its own.
pub(super) fn migrate(connection: &mut Connection, migrations: &[Migration], path: &Path) -> Result<(), OpenError> {
    let (found, known) = (format_of(connection, path)?, newest(migrations));
    if found > known {
        return Err(OpenError::NewerFormat { found, known });
    }
    for (format, step) in migrations.iter().filter(|(format, _)| *format > found) {
        let transaction = connection.transaction()?;
        step(&transaction)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", format)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The format of the database at `path`: 0 if it is empty.
pub(super) fn format_of(connection: &Connection, path: &Path) -> Result<u32, OpenError> {
    let owner: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner != APPLICATION_ID && tables > 0 {
        return Err(OpenError::Foreign(path.to_path_buf()));
    }
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if let Some((first, _)) = MIGRATIONS.first().filter(|(first, _)| (1..*first).contains(&found)) {
        return Err(OpenError::UnreleasedFormat { found, first: *first });
    }
    Ok(found)
}

/// The head, if it names the last event. A trail whose end is missing must not be written on: the next event would hide
/// the gap.
pub(super) fn sound_head(connection: &Connection) -> Result<Option<Head>, OpenError> {
    let head = reader::head(connection)?;
    let last = "SELECT sequence, marks FROM trail ORDER BY sequence DESC LIMIT 1";
    let bundle = |row: &Row<'_>| Ok(Bundle { sequence: row.get(0)?, marks: row.get(1)?, sealed: Vec::new() });
    let last = connection.query_row(last, [], bundle).optional()?;
    let end = last.as_ref().map(|bundle| bundle.events().last().map(|event| (event.sequence, event.link)));
    if end == head.map(|head| Some((head.sequence, head.link))) { Ok(head) } else { Err(OpenError::TrailDamaged) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn second_format(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction.execute_batch("INSERT INTO meta VALUES ('second', x'02')")
    }

    fn broken_format(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        transaction.execute_batch("INSERT INTO meta VALUES ('third', x'03'); INSERT INTO nowhere VALUES (1)")
    }

    #[test]
    fn each_step_is_done_once_and_wholly() {
        let path = Path::new("in memory");
        let mut connection = Connection::open_in_memory().unwrap();
        let steps: [Migration; 3] = [(2, first_format), (3, second_format), (5, broken_format)];
        let mut migrate = |count| migrate(&mut connection, steps.get(..count).unwrap(), path);
        for format in [2, 3, 3] {
            migrate(format - 1).unwrap();
        }
        assert!(matches!(migrate(3), Err(OpenError::Sqlite(_))));
        let refused = migrate(1);
        assert!(matches!(refused, Err(OpenError::NewerFormat { found: 3, known: 2 })));
        assert_eq!(reader::meta(&connection, "second").unwrap(), Some(vec![2]));
        assert_eq!(reader::meta(&connection, "third").unwrap(), None, "a step that fails leaves nothing behind");
    }
}
