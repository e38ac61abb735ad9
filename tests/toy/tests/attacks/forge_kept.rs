//! An answer of another service that it has not given.

use kernel::Kept;
use std::any::Any;
use std::sync::Arc;

fn forge(output: Arc<dyn Any + Send + Sync>) -> Option<Kept<shapes_toy::ReadNoteOutput>> {
    Kept::of(output)
}

fn main() {}
