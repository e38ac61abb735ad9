//! What a call reads and writes: tables of its own service, over the pending writes of its family, with everything read remembered for the
//! commit.

use crate::Breakage;
use std::marker::PhantomData;
use std::sync::Arc;
use store::{Cursor, Draft, Index, Record, Span, Table, TableKey};

/// The pending writes of a family, and all that it has read: the draft turns both into the checks and writes of one commit.
pub struct ReadSet {
    draft: Draft,
}

/// Reading, in the tables of service `S`.
pub struct Reads<'a, S> {
    set: &'a mut ReadSet,
    service: PhantomData<fn() -> S>,
}

/// Reading and writing, in the tables of service `S`. It has no way to commit: the gate does that, together with the events.
pub struct Desk<'a, S> {
    set: &'a mut ReadSet,
    service: PhantomData<fn() -> S>,
}

/// A page of rows in the order of their keys.
pub struct Page<K, V> {
    pub rows: Vec<(K, Arc<V>)>,
    /// Where the next page begins; `None` when this was the last.
    pub next: Option<Cursor>,
}

impl ReadSet {
    pub(crate) fn new(draft: Draft) -> Self {
        Self { draft }
    }

    pub(crate) fn reads(&mut self) -> Reads<'_, ()> {
        self.of()
    }

    pub(crate) fn desk(&mut self) -> Desk<'_, ()> {
        Desk { set: self, service: PhantomData }
    }

    /// The tables of service `S`, for the traits that the house is wired with.
    pub fn of<S>(&mut self) -> Reads<'_, S> {
        Reads { set: self, service: PhantomData }
    }

    /// See [`Draft::listen`].
    pub(crate) fn listen(&mut self) {
        self.draft.listen();
    }

    /// See [`Draft::heard`].
    pub(crate) fn heard(&mut self) -> Vec<store::Check> {
        self.draft.heard()
    }

    pub(crate) fn draft(&self) -> &Draft {
        &self.draft
    }

    pub(crate) fn into_draft(self) -> Draft {
        self.draft
    }
}

impl Reads<'_, ()> {
    pub(crate) fn of<S>(&mut self) -> Reads<'_, S> {
        Reads { set: self.set, service: PhantomData }
    }
}

impl<S> Reads<'_, S> {
    pub async fn row<K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        key: &K,
    ) -> Result<Option<Arc<V>>, Breakage> {
        Ok(self.set.draft.get(table, key).await?.map(|held| held.value))
    }

    /// Up to `rows_max` rows of `span`.
    pub async fn page<K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        span: &Span<K>,
        rows_max: usize,
    ) -> Result<Page<K, V>, Breakage> {
        let scanned = self.set.draft.scan(table, span, rows_max).await?;
        let rows = scanned.rows.into_iter().map(|(key, held)| (key, held.value)).collect();
        Ok(Page { rows, next: scanned.next })
    }

    /// Up to `rows_max` rows in the order of an index.
    pub async fn by_index<I: TableKey, K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        index: &Index<S, I, K, V>,
        span: &Span<I>,
        rows_max: usize,
    ) -> Result<Page<K, V>, Breakage> {
        let scanned = self.set.draft.by_index(table, index, span, rows_max).await?;
        let rows = scanned.rows.into_iter().map(|(key, held)| (key, held.value)).collect();
        Ok(Page { rows, next: scanned.next })
    }

    /// The row that a unique index leads to.
    pub async fn by_unique<I: TableKey, K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        index: &Index<S, I, K, V>,
        key: &I,
    ) -> Result<Option<(K, Arc<V>)>, Breakage> {
        let found = self.set.draft.by_unique(table, index, key).await?;
        Ok(found.row.map(|(key, held)| (key, held.value)))
    }
}

impl<'a> Desk<'a, ()> {
    pub(crate) fn of<S>(self) -> Desk<'a, S> {
        Desk { set: self.set, service: PhantomData }
    }
}

impl<S> Desk<'_, S> {
    /// The reading half.
    pub fn reads(&mut self) -> Reads<'_, S> {
        Reads { set: self.set, service: PhantomData }
    }

    pub async fn row<K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        key: &K,
    ) -> Result<Option<Arc<V>>, Breakage> {
        self.reads().row(table, key).await
    }

    /// Up to `rows_max` rows of `span`.
    pub async fn page<K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        span: &Span<K>,
        rows_max: usize,
    ) -> Result<Page<K, V>, Breakage> {
        self.reads().page(table, span, rows_max).await
    }

    /// Writes the row, whether it was there or not.
    pub async fn put<K: TableKey, V: Record>(
        &mut self,
        table: &Table<S, K, V>,
        key: &K,
        value: V,
    ) -> Result<(), Breakage> {
        self.set.draft.put(table, key, Arc::new(value)).await?;
        Ok(())
    }

    /// Deletes the row; `false` if there was none.
    pub async fn delete<K: TableKey, V: Record>(&mut self, table: &Table<S, K, V>, key: &K) -> Result<bool, Breakage> {
        Ok(self.set.draft.delete(table, key).await?)
    }
}
