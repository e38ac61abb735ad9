//! Pages of lists: the limit, the marker that opens a page, and whether there is more behind it.

use crate::Kms;
use crate::fault::Fault;
use kernel::{Breakage, Desk, Markers, Outside};
use std::sync::Arc;
use store::{Cursor, Record, Span, Table, TableKey};

/// One page to be turned to.
pub struct Turn {
    markers: Markers,
    after: Option<Cursor>,
    rows_max: usize,
}

/// Items of a page, and the marker of the next one.
pub type Turned<T> = (Vec<T>, Option<String>);

/// How many items the caller wants on a page. The model's own bound of 1,000 is wider than that of some lists.
pub fn rows_max(asked: Option<i64>, default: usize, max: usize) -> Result<usize, Fault> {
    let Some(asked) = asked else { return Ok(default) };
    match usize::try_from(asked) {
        Ok(rows) if (1..=max).contains(&rows) => Ok(rows),
        Ok(1..) => Err(Fault::bound(Some(asked), "limit", &format!("have value less than or equal to {max}"))),
        _ => Err(Fault::bound(Some(asked), "limit", "have value greater than or equal to 1")),
    }
}

impl Turn {
    /// `about` is what else of the input shapes the list: the key it is of.
    pub fn begin(outside: &Outside<'_>, marker: Option<&str>, rows_max: usize, about: &[&str]) -> Result<Self, Fault> {
        let markers = outside.markers(about);
        let after = marker.map(|marker| markers.open(marker)).transpose().map_err(|_| Fault::InvalidMarker)?;
        Ok(Self { markers, after, rows_max })
    }

    /// A page of a table's rows.
    pub async fn rows<K: TableKey, V: Record>(
        &self,
        desk: &mut Desk<'_, Kms>,
        table: &Table<Kms, K, V>,
        span: Span<K>,
    ) -> Result<Turned<(K, Arc<V>)>, Breakage> {
        let span = match &self.after {
            Some(cursor) => span.after(cursor),
            None => span,
        };
        let page = desk.page(table, &span, self.rows_max).await?;
        let Some(cursor) = page.next else { return Ok((page.rows, None)) };
        // A page that is full need not have another behind it.
        let more = !desk.page(table, &span.after(&cursor), 1).await?.rows.is_empty();
        let marker = more.then(|| self.markers.seal(&cursor)).transpose()?;
        Ok((page.rows, marker))
    }

    /// A page of names, which are in order. The marker is the last name of a page, so it stays good when that name goes.
    pub fn names<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<Turned<&'a str>, Breakage> {
        let after = |name: &str| self.after.as_ref().is_none_or(|cursor| name.as_bytes() > cursor.0.as_slice());
        let mut left = names.filter(|name| after(name)).peekable();
        let page: Vec<_> = left.by_ref().take(self.rows_max).collect();
        let more = left.peek().and(page.last()).map(|last| Cursor(last.as_bytes().to_vec()));
        let marker = more.map(|cursor| self.markers.seal(&cursor)).transpose()?;
        Ok((page, marker))
    }
}
