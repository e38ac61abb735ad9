//! The pending writes of a family of calls, read over what the store holds.

use crate::Revision;
use crate::engine::{Batch, Check, Direction, Range, Row, Write};
use crate::index::Terms;
use crate::key::{Span, TableKey};
use crate::record::{self, Record};
use crate::store::{Broken, Store, typed, warm_bytes};
use crate::table::{Derives, Index, Pointer, Table};
use crate::view::{self, Found, Held, Page, Scanned, View};
use crate::warm::{Change, Kept};
use std::any::Any;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// The longest key, encoded. S3's keys have 1,024 bytes, each of which takes two at worst.
const KEY_BYTES_MAX: usize = 4096;

/// Writes that see themselves. All that is read through a draft, from the store, becomes a check of its batch.
pub struct Draft {
    store: Arc<Store>,
    points: BTreeMap<(&'static str, Vec<u8>), Option<Revision>>,
    ranges: Vec<Check>,
    writes: BTreeMap<&'static str, BTreeMap<Vec<u8>, Pending>>,
    /// What is read between [`Draft::listen`] and [`Draft::heard`], be it for the first time or not.
    heard: Option<Vec<Check>>,
}

/// An event before it is sealed. The id is random.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub id: [u8; 16],
    pub bytes: Vec<u8>,
    /// By what it is found.
    pub terms: Terms,
}

/// A row that a draft writes, for the event that records it. Rows of indexes are not listed: they follow from these.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrote {
    pub space: &'static str,
    pub key: Vec<u8>,
    /// `None`: the row is deleted.
    pub revision: Option<Revision>,
}

struct Pending {
    of_index: bool,
    /// `None`: the row is deleted.
    content: Option<(Row, Kept)>,
}

impl Draft {
    pub fn new(store: Arc<Store>) -> Self {
        Self { store, points: BTreeMap::new(), ranges: Vec::new(), writes: BTreeMap::new(), heard: None }
    }

    pub async fn get<S, K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        key: &K,
    ) -> Result<Option<Held<V>>, Broken> {
        self.held(table.space(), &key.to_bytes()).await
    }

    pub async fn scan<S, K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        span: &Span<K>,
        limit: usize,
    ) -> Result<Scanned<K, V>, Broken> {
        view::scan(self, table, span, limit).await
    }

    pub async fn by_index<S, I: TableKey, K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        index: &Index<S, I, K, V>,
        span: &Span<I>,
        limit: usize,
    ) -> Result<Scanned<K, V>, Broken> {
        view::by_index(self, table, index, span, limit).await
    }

    pub async fn by_unique<S, I: TableKey, K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        index: &Index<S, I, K, V>,
        key: &I,
    ) -> Result<Found<K, V>, Broken> {
        view::by_unique(self, table, index, key).await
    }

    /// Writes the row, whether it was there or not, and what its indexes have of it.
    pub async fn put<S, K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        key: &K,
        value: Arc<V>,
    ) -> Result<Revision, Broken> {
        let bytes = key.to_bytes();
        let old = self.held::<V>(table.space(), &bytes).await?;
        for index in table.indexes() {
            self.reindex(*index, key, &bytes, old.as_ref().map(|old| old.value.as_ref()), Some(&value)).await?;
        }
        self.write(table.space(), bytes, value, false)
    }

    /// Deletes the row; `false` if there was none.
    pub async fn delete<S, K: TableKey, V: Record>(&mut self, table: &Table<S, K, V>, key: &K) -> Result<bool, Broken> {
        let bytes = key.to_bytes();
        let Some(old) = self.held::<V>(table.space(), &bytes).await? else { return Ok(false) };
        for index in table.indexes() {
            self.reindex(*index, key, &bytes, Some(old.value.as_ref()), None).await?;
        }
        self.erase(table.space(), bytes, false);
        Ok(true)
    }

    /// Drops the writes, and the reads with them: for the next attempt, or for a commit of events alone.
    pub fn reset(&mut self) {
        self.points.clear();
        self.ranges.clear();
        self.writes.clear();
    }

    pub fn has_writes(&self) -> bool {
        !self.writes.is_empty()
    }

    /// From now on what is read is noted a second time, until [`Draft::heard`].
    pub fn listen(&mut self) {
        self.heard = Some(Vec::new());
    }

    /// What was read since [`Draft::listen`], as checks that outlive this draft. Rows that the draft itself has written are none of them.
    pub fn heard(&mut self) -> Vec<Check> {
        self.heard.take().unwrap_or_default()
    }

    /// What was read through the draft so far, as checks for the commit of another one.
    pub fn checks(&self) -> Vec<Check> {
        let points = self.points.iter().map(|((space, key), revision)| point(space, key.clone(), *revision));
        self.ranges.iter().cloned().chain(points).collect()
    }

    /// The same, where nothing more is read through it.
    pub fn into_checks(self) -> Vec<Check> {
        let points = self.points.into_iter().map(|((space, key), revision)| match revision {
            Some(revision) => Check::At { space, key, revision },
            None => Check::Absent { space, key },
        });
        self.ranges.into_iter().chain(points).collect()
    }

    /// What the draft writes, for the events that record it.
    pub fn wrote(&self) -> Vec<Wrote> {
        let mut wrote = Vec::new();
        for (space, rows) in &self.writes {
            for (key, pending) in rows.iter().filter(|(_, pending)| !pending.of_index) {
                let revision = pending.content.as_ref().map(|(row, _)| row.revision);
                wrote.push(Wrote { space, key: key.clone(), revision });
            }
        }
        wrote
    }

    /// The batch: `checks` beside those that the draft has of its own, and the events.
    ///
    /// # Panics
    /// When there is no event: see [`Batch::new`].
    pub fn into_batch(self, mut checks: Vec<Check>, events: Vec<Event>) -> Result<Batch, Broken> {
        checks.extend(self.ranges);
        checks.extend(self.points.into_iter().map(|((space, key), revision)| point(space, key, revision)));
        let (mut writes, mut changes) = (Vec::new(), Vec::new());
        for (space, rows) in self.writes {
            for (key, pending) in rows {
                let bytes = pending.content.as_ref().map_or(0, |(row, _)| warm_bytes(row));
                let (row, kept) = pending.content.unzip();
                changes.push(Change { space, key: key.clone(), row: kept, bytes });
                writes.push(match row {
                    Some(row) => Write::Put { space, key, row },
                    None => Write::Delete { space, key },
                });
            }
        }
        let mut batch = Batch::new(&self.store, checks, writes, events)?;
        batch.changes = changes;
        Ok(batch)
    }

    /// Makes the rows of one index follow a row that changes from `old` to `new`.
    async fn reindex<K, V>(
        &mut self,
        index: &'static dyn Derives<K, V>,
        key: &K,
        key_bytes: &[u8],
        old: Option<&V>,
        new: Option<&V>,
    ) -> Result<(), Broken> {
        let space = index.space();
        let before = old.map(|old| index.rows(key, old)).unwrap_or_default();
        let after = new.map(|new| index.rows(key, new)).unwrap_or_default();
        for gone in before.difference(&after) {
            self.erase(space, gone.clone(), true);
        }
        for come in after.difference(&before) {
            // A name that this draft saw to be free, and that another commit has taken since, is not reported here: the commit finds the
            // conflict, by the check on that first reading.
            let seen_free = self.points.get(&(space, come.clone())) == Some(&None);
            let own = self.writes.get(space).is_some_and(|rows| rows.contains_key(come));
            if index.is_unique() && (own || !seen_free) && self.held::<Pointer>(space, come).await?.is_some() {
                return Err(Broken::Taken { space });
            }
            self.write(space, come.clone(), Arc::new(Pointer(key_bytes.to_vec())), true)?;
        }
        Ok(())
    }

    fn write<V: Record>(
        &mut self,
        space: &'static str,
        key: Vec<u8>,
        value: Arc<V>,
        of_index: bool,
    ) -> Result<Revision, Broken> {
        if key.len() > KEY_BYTES_MAX {
            return Err(Broken::LongKey { space });
        }
        let revision = Revision::draw(self.store.entropy())?;
        let row = record::seal(self.store.barrier(), space, &key, revision, value.as_ref())?;
        let content = Some((row, Kept { revision, value: value as Arc<dyn Any + Send + Sync> }));
        self.writes.entry(space).or_default().insert(key, Pending { of_index, content });
        Ok(revision)
    }

    fn erase(&mut self, space: &'static str, key: Vec<u8>, of_index: bool) {
        self.writes.entry(space).or_default().insert(key, Pending { of_index, content: None });
    }

    /// The first reading counts: if a later one differs, the row has changed, and the check on the first fails.
    fn note(&mut self, space: &'static str, key: &[u8], revision: Option<Revision>) {
        if let Some(heard) = &mut self.heard {
            heard.push(point(space, key.to_vec(), revision));
        }
        if let Entry::Vacant(vacant) = self.points.entry((space, key.to_vec())) {
            vacant.insert(revision);
        }
    }
}

fn point(space: &'static str, key: Vec<u8>, revision: Option<Revision>) -> Check {
    match revision {
        Some(revision) => Check::At { space, key, revision },
        None => Check::Absent { space, key },
    }
}

impl View for Draft {
    async fn held<V: Record>(&mut self, space: &'static str, key: &[u8]) -> Result<Option<Held<V>>, Broken> {
        if let Some(pending) = self.writes.get(space).and_then(|rows| rows.get(key)) {
            return pending.held(space, key);
        }
        let held = self.store.held::<V>(space, key).await?;
        self.note(space, key, held.as_ref().map(|held| held.revision));
        Ok(held)
    }

    async fn page<V: Record>(
        &mut self,
        space: &'static str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> Result<Page<V>, Broken> {
        let mine = self.mine::<V>(space, range)?;
        // Each write of ours hides one row of the store at most, so this many are enough.
        let mut page = (&*self.store).page::<V>(space, range, direction, limit.saturating_add(mine.len())).await?;
        self.ranges.push(page.check.clone());
        if let Some(heard) = &mut self.heard {
            heard.push(page.check.clone());
        }
        if mine.is_empty() {
            return Ok(page);
        }
        // Beyond the last row that was fetched, the store may have rows that come before ours.
        let known = match page.rows.last() {
            Some((last, _)) if page.more => range.clone().upto(last, direction),
            _ => range.clone(),
        };
        let mut rows: BTreeMap<_, _> = page.rows.into_iter().collect();
        for (key, held) in mine.into_iter().filter(|(key, _)| known.contains(key)) {
            match held {
                Some(held) => rows.insert(key, held),
                None => rows.remove(&key),
            };
        }
        page.rows = rows.into_iter().collect();
        if direction == Direction::Backward {
            page.rows.reverse();
        }
        page.more |= page.rows.len() > limit;
        page.rows.truncate(limit);
        Ok(page)
    }
}

/// Rows of the draft itself; `None` where it deletes one.
type Mine<V> = Vec<(Vec<u8>, Option<Held<V>>)>;

impl Draft {
    fn mine<V: Record>(&self, space: &'static str, range: &Range) -> Result<Mine<V>, Broken> {
        let rows = self.writes.get(space).into_iter().flatten();
        rows.filter(|(key, _)| range.contains(key))
            .map(|(key, pending)| Ok((key.clone(), pending.held(space, key)?)))
            .collect()
    }
}

impl Pending {
    fn held<V: Record>(&self, space: &'static str, key: &[u8]) -> Result<Option<Held<V>>, Broken> {
        let Some((row, kept)) = &self.content else { return Ok(None) };
        let held = typed(kept).ok_or_else(|| Broken::Unreadable { space, key: key.to_vec(), format: row.format })?;
        Ok(Some(held))
    }
}
