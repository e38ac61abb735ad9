//! Typed reading, written once for both that can be read: the store, and a draft over it.

use crate::Revision;
use crate::engine::{Check, Direction, Range};
use crate::key::{Cursor, Span, TableKey};
use crate::record::Record;
use crate::store::{Broken, SCAN_ROWS_MAX};
use crate::table::{Derives, Index, Pointer, Table};
use std::future::Future;
use std::sync::Arc;

/// A row as it was read.
pub struct Held<V> {
    pub revision: Revision,
    pub value: Arc<V>,
}

impl<V> Clone for Held<V> {
    fn clone(&self) -> Self {
        Self { revision: self.revision, value: Arc::clone(&self.value) }
    }
}

/// A page of rows, in the order asked for.
pub struct Scanned<K, V> {
    pub rows: Vec<(K, Held<V>)>,
    /// Where the next page begins; `None` when this was the last.
    pub next: Option<Cursor>,
    /// What a commit has to check so that this answer still holds.
    pub checks: Vec<Check>,
}

/// What a unique index led to.
pub struct Found<K, V> {
    pub row: Option<(K, Held<V>)>,
    /// What a commit has to check so that this answer still holds.
    pub checks: Vec<Check>,
}

/// A page before its keys are typed.
pub(crate) struct Page<V> {
    pub rows: Vec<(Vec<u8>, Held<V>)>,
    /// There may be more.
    pub more: bool,
    pub check: Check,
}

pub(crate) trait View: Send {
    fn held<V: Record>(
        &mut self,
        space: &'static str,
        key: &[u8],
    ) -> impl Future<Output = Result<Option<Held<V>>, Broken>> + Send;

    fn page<V: Record>(
        &mut self,
        space: &'static str,
        range: &Range,
        direction: Direction,
        limit: usize,
    ) -> impl Future<Output = Result<Page<V>, Broken>> + Send;
}

pub(crate) async fn scan<W: View, S, K: TableKey, V: Record>(
    view: &mut W,
    table: &Table<S, K, V>,
    span: &Span<K>,
    limit: usize,
) -> Result<Scanned<K, V>, Broken> {
    let page = view.page::<V>(table.space(), span.range(), span.direction(), limit.min(SCAN_ROWS_MAX)).await?;
    let next = next(&page);
    let typed = |(key, held): (Vec<u8>, _)| Ok((typed_key(table.space(), &key)?, held));
    let rows = page.rows.into_iter().map(typed).collect::<Result<_, Broken>>()?;
    Ok(Scanned { rows, next, checks: vec![page.check] })
}

/// A row that left the index between the two reads is passed over; the check on the index tells a commit.
pub(crate) async fn by_index<W: View, S, I: TableKey, K: TableKey, V: Record>(
    view: &mut W,
    table: &Table<S, K, V>,
    index: &Index<S, I, K, V>,
    span: &Span<I>,
    limit: usize,
) -> Result<Scanned<K, V>, Broken> {
    let page = view.page::<Pointer>(index.space(), span.range(), span.direction(), limit.min(SCAN_ROWS_MAX)).await?;
    let next = next(&page);
    let (mut rows, mut checks) = (Vec::with_capacity(page.rows.len()), vec![page.check]);
    for (index_key, pointer) in page.rows {
        let key = typed_key(table.space(), &pointer.value.0)?;
        let held = view.held::<V>(table.space(), &pointer.value.0).await?;
        checks.push(table.check(&key, held.as_ref()));
        if let Some(held) = held.filter(|held| index.leads_to(&index_key, &key, &held.value)) {
            rows.push((key, held));
        }
    }
    Ok(Scanned { rows, next, checks })
}

pub(crate) async fn by_unique<W: View, S, I: TableKey, K: TableKey, V: Record>(
    view: &mut W,
    table: &Table<S, K, V>,
    index: &Index<S, I, K, V>,
    index_key: &I,
) -> Result<Found<K, V>, Broken> {
    assert!(index.is_unique(), "by_unique asks a unique index");
    let index_key = index_key.to_bytes();
    let space = index.space();
    let Some(pointer) = view.held::<Pointer>(space, &index_key).await? else {
        return Ok(Found { row: None, checks: vec![Check::Absent { space, key: index_key }] });
    };
    let key = typed_key(table.space(), &pointer.value.0)?;
    let held = view.held::<V>(table.space(), &pointer.value.0).await?;
    let of_row = table.check_at(pointer.value.0.clone(), held.as_ref());
    let held = held.filter(|held| index.leads_to(&index_key, &key, &held.value));
    let of_index = Check::At { space, key: index_key, revision: pointer.revision };
    Ok(Found { row: held.map(|held| (key, held)), checks: vec![of_index, of_row] })
}

fn next<V>(page: &Page<V>) -> Option<Cursor> {
    page.rows.last().filter(|_| page.more).map(|(key, _)| Cursor(key.clone()))
}

fn typed_key<K: TableKey>(space: &'static str, key: &[u8]) -> Result<K, Broken> {
    K::from_bytes(key).ok_or_else(|| Broken::StrangeKey { space, key: key.to_vec() })
}
