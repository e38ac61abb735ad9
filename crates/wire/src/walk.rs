//! The callbacks that `shape::Source` hands its values to, by name.

use shape::{Malformed, Source};

/// Takes one member of a structure, by its place in the schema.
pub(crate) type EachMember<'a> = dyn FnMut(usize, &mut dyn Source) -> Result<(), Malformed> + 'a;
/// Takes one item of a list.
pub(crate) type EachItem<'a> = dyn FnMut(&mut dyn Source) -> Result<(), Malformed> + 'a;
/// Takes one entry of a map.
pub(crate) type EachEntry<'a> = dyn FnMut(&str, &mut dyn Source) -> Result<(), Malformed> + 'a;
