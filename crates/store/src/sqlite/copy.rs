//! A data directory's rows on their way into a backup and back: all tables of one moment as a list of items, and a database made of them.
//!
//! It is a copy of what the database holds, not of its pages: no free pages come along, nothing is written beside the database on the way,
//! and what is written back lies in order. An item is a table (its name and how many columns it has) or a row of the table named last.

use super::{OpenError, connect, reader, schema};
use crate::engine::EngineFault;
use crate::restored::Restored;
use crate::trail::Head;
use cipher::{Barrier, Unsealed};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use std::path::Path;

/// Columns of a table: far above what any has.
const COLUMNS_MAX: u64 = 64;

const TABLE: u8 = 0;
const ROW: u8 = 1;

/// One moment of a data directory. Another process may have it open and go on writing: what it writes is not seen. As long as this lasts
/// the database's log grows, and a scrub does not come to its end.
pub struct Snapshot {
    connection: Connection,
    format: u32,
}

/// A database that is being made of the items of a snapshot. Nothing of it is durable before [`Rebuilt::end`].
pub struct Rebuilt {
    connection: Connection,
    /// Statement and number of columns for the rows of the table named last.
    table: Option<(String, usize)>,
    /// So many rows were taken.
    rows: u64,
}

/// Why a database could not be made of items.
#[derive(Debug, thiserror::Error)]
pub enum NotRebuilt {
    #[error(
        "its rows have format {found}; this version knows formats up to {known}: use the version that made it, or a later one"
    )]
    NewerFormat { found: u32, known: u32 },
    #[error("what it holds is no copy of a store")]
    Strange,
    #[error("the database cannot be written: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database cannot be opened: {0}")]
    Open(#[from] OpenError),
    #[error("the disk cannot be written: {0}")]
    Disk(#[from] std::io::Error),
    #[error(transparent)]
    Unsealed(#[from] Unsealed),
}

impl Snapshot {
    /// The moment is this call's. `directory` may have this version's format or an older one.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(super::DATABASE_FILE);
        let connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // A transaction sees nothing before its first read, and from then on one moment.
        connection.execute_batch("BEGIN")?;
        let (found, known) = (schema::format_of(&connection, &path)?, schema::known());
        if found > known {
            return Err(OpenError::NewerFormat { found, known });
        }
        Ok(Self { connection, format: found })
    }

    /// The format of the rows, which [`Rebuilt::begin`] wants to know.
    pub fn format(&self) -> u32 {
        self.format
    }

    /// The end of the trail at that moment.
    pub fn head(&self) -> Result<Option<Head>, EngineFault> {
        reader::head(&self.connection).map_err(EngineFault::from)
    }

    /// Hands each item to `put`, in the order in which they are to be taken back.
    pub fn items<E: From<EngineFault>>(&self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let tables = tables(&self.connection).map_err(EngineFault::from)?;
        let mut item = Vec::new();
        for table in tables {
            let mut rows = self.connection.prepare(&format!("SELECT * FROM \"{table}\"")).map_err(EngineFault::from)?;
            let columns = rows.column_count();
            write(&mut item, |to| to.array(3)?.u8(TABLE)?.str(&table)?.u64(columns as u64)?.ok())?;
            put(&item)?;
            let mut rows = rows.query([]).map_err(EngineFault::from)?;
            while let Some(row) = rows.next().map_err(EngineFault::from)? {
                write(&mut item, |to| {
                    to.array(1 + columns as u64)?.u8(ROW)?;
                    (0..columns).try_for_each(|column| value(row.get_ref(column).unwrap_or(ValueRef::Null), to))
                })?;
                put(&item)?;
            }
        }
        Ok(())
    }
}

impl Rebuilt {
    /// Begins a database in `directory`, which has none. `format` is what [`Snapshot::format`] said.
    pub fn begin(directory: &Path, format: u32) -> Result<Self, NotRebuilt> {
        let known = schema::known();
        if format > known {
            return Err(NotRebuilt::NewerFormat { found: format, known });
        }
        let steps = schema::MIGRATIONS.iter().position(|(made, _)| *made == format);
        let steps = steps.and_then(|last| schema::MIGRATIONS.get(..=last));
        let path = directory.join(super::DATABASE_FILE);
        let mut connection = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // What fails is thrown away as a whole, so nothing has to be put back, and one sync at the end is enough.
        schema::set_page_size(&connection)?;
        connection.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
        schema::migrate(&mut connection, steps.ok_or(NotRebuilt::Strange)?, &path)?;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        Ok(Self { connection, table: None, rows: 0 })
    }

    /// Takes the next item.
    pub fn take(&mut self, item: &[u8]) -> Result<(), NotRebuilt> {
        let mut from = Decoder::new(item);
        let parts = from.array().map_err(strange)?.ok_or(NotRebuilt::Strange)?;
        match from.u8().map_err(strange)? {
            TABLE => self.turn_to(from.str().map_err(strange)?, from.u64().map_err(strange)?)?,
            ROW => self.insert(parts.saturating_sub(1), &mut from)?,
            _ => return Err(NotRebuilt::Strange),
        }
        if from.position() == item.len() { Ok(()) } else { Err(NotRebuilt::Strange) }
    }

    /// Notes for the next start what the house was made of, and makes all of it durable. So many rows it has.
    pub fn end(self, restored: &Restored, barrier: &Barrier) -> Result<u64, NotRebuilt> {
        let mut put = self.connection.prepare("INSERT OR REPLACE INTO meta (name, bytes) VALUES (?1, ?2)")?;
        put.execute((schema::note_name(crate::restored::NOTE), restored.seal(barrier)?))?;
        drop(put);
        self.connection.execute_batch("COMMIT")?;
        let path = self.connection.path().map(std::path::PathBuf::from).ok_or(NotRebuilt::Strange)?;
        self.connection.close().map_err(|(_, error)| error)?;
        sync(&path)?;
        Ok(self.rows)
    }

    fn turn_to(&mut self, name: &str, columns: u64) -> Result<(), NotRebuilt> {
        // The tables are those that this version makes; a copy names them, and makes none.
        let known = tables(&self.connection)?.iter().any(|table| table == name);
        let columns = usize::try_from(columns).ok().filter(|_| known && (1..=COLUMNS_MAX).contains(&columns));
        let columns = columns.ok_or(NotRebuilt::Strange)?;
        self.connection.execute(&format!("DELETE FROM \"{name}\""), [])?;
        let marks = vec!["?"; columns].join(", ");
        let statement = format!("INSERT INTO \"{name}\" VALUES ({marks})");
        if self.connection.prepare(&statement).is_err() {
            return Err(NotRebuilt::Strange);
        }
        self.table = Some((statement, columns));
        Ok(())
    }

    fn insert(&mut self, columns: u64, from: &mut Decoder<'_>) -> Result<(), NotRebuilt> {
        let (statement, expected) = self.table.as_ref().ok_or(NotRebuilt::Strange)?;
        if columns != *expected as u64 {
            return Err(NotRebuilt::Strange);
        }
        let values = (0..columns).map(|_| read(from)).collect::<Result<Vec<_>, _>>()?;
        self.connection.prepare_cached(statement)?.execute(params_from_iter(values))?;
        self.rows += 1;
        Ok(())
    }
}

/// All tables, in the order of their names, but for SQLite's own.
fn tables(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut names = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )?;
    names.query_map([], |columns| columns.get(0))?.collect()
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write(item: &mut Vec<u8>, content: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Written) -> Result<(), EngineFault> {
    item.clear();
    content(&mut Encoder::new(item)).map_err(|_| EngineFault::Damaged)
}

fn value(value: ValueRef<'_>, to: &mut Encoder<&mut Vec<u8>>) -> Written {
    match value {
        ValueRef::Null => to.null()?.ok(),
        ValueRef::Integer(number) => to.i64(number)?.ok(),
        ValueRef::Real(number) => to.f64(number)?.ok(),
        // Text of the house's own is UTF-8; what is not is damage, which the verification names.
        ValueRef::Text(text) => to.str(&String::from_utf8_lossy(text))?.ok(),
        ValueRef::Blob(bytes) => to.bytes(bytes)?.ok(),
    }
}

fn read(from: &mut Decoder<'_>) -> Result<Value, NotRebuilt> {
    Ok(match from.datatype().map_err(strange)? {
        Type::Null => {
            from.null().map_err(strange)?;
            Value::Null
        }
        Type::F64 => Value::Real(from.f64().map_err(strange)?),
        Type::String => Value::Text(from.str().map_err(strange)?.to_owned()),
        Type::Bytes => Value::Blob(from.bytes().map_err(strange)?.to_vec()),
        _ => Value::Integer(from.i64().map_err(strange)?),
    })
}

fn strange(_: minicbor::decode::Error) -> NotRebuilt {
    NotRebuilt::Strange
}

#[expect(clippy::disallowed_methods, reason = "an engine looks after the directory that it keeps its files in")]
fn sync(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}
