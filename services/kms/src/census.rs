//! How many keys are in which state: for the operator, who is told numbers and no names.

use crate::tables::{KEYS, KeyRecord};
use store::{Broken, Store};

/// Rows of a page: some milliseconds of work.
const PAGE_ROWS: usize = 500;

/// Keys by state.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct States {
    pub enabled: u64,
    pub disabled: u64,
    pub pending_deletion: u64,
}

impl States {
    /// With the names that DescribeKey gives them.
    pub fn named(self) -> [(&'static str, u64); 3] {
        [("Enabled", self.enabled), ("Disabled", self.disabled), ("PendingDeletion", self.pending_deletion)]
    }

    fn count(&mut self, record: &KeyRecord) {
        let state = match (record.deletion, record.enabled) {
            (Some(_), _) => &mut self.pending_deletion,
            (None, true) => &mut self.enabled,
            (None, false) => &mut self.disabled,
        };
        *state += 1;
    }

    /// Adds the keys of one page, from behind the row `after` on; `None` behind the last page, else where the next one goes on. What
    /// changes between two pages may be counted as it was or as it is.
    pub async fn count_page(&mut self, store: &Store, after: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Broken> {
        store.survey(&KEYS, after, PAGE_ROWS, |record| self.count(&record)).await
    }
}
