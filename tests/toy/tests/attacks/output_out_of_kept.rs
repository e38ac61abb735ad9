//! The output, taken out of what another service answered.

use kernel::Kept;
use std::any::Any;
use std::sync::Arc;

fn take(kept: Kept<shapes_toy::ReadNoteOutput>) -> Arc<dyn Any + Send + Sync> {
    kept.output
}

fn main() {}
