//! Pages: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>, `MaxItems` and `Marker`, alike in
//! all lists.

use crate::fault::Fault;
use kernel::{Breakage, Markers, Outside, Stop};
use store::Cursor;

/// What a page has that names no number.
const ITEMS_DEFAULT: usize = 100;

/// How many items the caller wants: 1 to 1,000, which the model says.
pub fn items(max_items: Option<i64>) -> usize {
    max_items.and_then(|items| usize::try_from(items).ok()).unwrap_or(ITEMS_DEFAULT)
}

/// Where a page begins, and the seal for where it ends.
pub struct Paging {
    markers: Markers,
    after: Option<Cursor>,
}

/// A page of a list that one record holds.
pub struct Cut<'a, T> {
    pub items: Vec<&'a T>,
    pub marker: Option<String>,
}

impl Paging {
    /// `about` is what shapes the list beside account and operation.
    pub fn open(outside: &Outside<'_>, about: &[&str], marker: &Option<String>) -> Result<Self, Stop<Fault>> {
        let markers = outside.markers(about);
        let opened = marker.as_ref().map(|marker| markers.open(marker)).transpose();
        let after = opened.map_err(|_| Fault::Validation("Invalid Marker.".to_owned()))?;
        Ok(Self { markers, after })
    }

    pub fn after(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    pub fn seal(&self, cursor: &Cursor) -> Result<String, Breakage> {
        self.markers.seal(cursor)
    }

    /// The page of `list`, which is in the order of its keys. An item that is gone by now does no harm: the page goes
    /// on behind its place.
    pub fn cut<'a, T>(
        &self,
        list: &'a [T],
        key: impl Fn(&T) -> &str,
        max_items: Option<i64>,
    ) -> Result<Cut<'a, T>, Breakage> {
        let wanted = items(max_items);
        let beyond = |item: &&T| self.after.as_ref().is_none_or(|after| key(item).as_bytes() > after.0.as_slice());
        let mut rest = list.iter().filter(beyond);
        let items: Vec<_> = rest.by_ref().take(wanted).collect();
        let last = items.last().filter(|_| rest.next().is_some());
        let marker = last.map(|item| self.seal(&Cursor(key(item).as_bytes().to_vec()))).transpose()?;
        Ok(Cut { items, marker })
    }
}
