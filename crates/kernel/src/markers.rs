//! Markers: where a list goes on, as callers carry it from page to page.
//!
//! Inside, a page ends at a [`Cursor`], which is the key of a row. Outside it is sealed: it tells nothing, it opens for the same list only
//! (account, Region, operation, and what else the operation names), and it stays good when rows come and go, the one it was made of
//! included.

use crate::{Breakage, Outside};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cipher::Frames;
use std::sync::Arc;
use store::{Cursor, Store};

/// The markers of one list. `prepare` makes it by [`Outside::markers`] and opens the caller's marker; `apply` seals the next one.
pub struct Markers {
    store: Arc<Store>,
    place: Vec<u8>,
}

/// A marker that was not made for this list, or not by this house.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the marker is none of this list")]
pub struct ForeignMarker;

impl Markers {
    pub(crate) fn of(outside: &Outside<'_>, about: &[&str]) -> Self {
        let scene = outside.scene;
        // A global service means the same in every Region, so its lists go on in any.
        let region = if outside.service.global { "" } else { scene.region.as_str() };
        let fixed = [scene.account.as_str(), region, outside.service.name, outside.operation];
        let place = fixed.iter().chain(about).fold(Frames::new(), |frames, part| frames.part(part.as_bytes()));
        Self { store: Arc::clone(&outside.house.store), place: place.into_bytes() }
    }

    /// Where the page before ended.
    pub fn open(&self, marker: &str) -> Result<Cursor, ForeignMarker> {
        let sealed = URL_SAFE_NO_PAD.decode(marker).map_err(|_| ForeignMarker)?;
        self.store.open_cursor(&self.place, &sealed).ok_or(ForeignMarker)
    }

    /// The marker for the page after `cursor`: letters, digits, `-` and `_`, four for each three bytes of 45 more than the cursor has.
    /// Sealed again, the same cursor is another text.
    pub fn seal(&self, cursor: &Cursor) -> Result<String, Breakage> {
        Ok(URL_SAFE_NO_PAD.encode(self.store.seal_cursor(&self.place, cursor)?))
    }
}
