//! Values on their way out.

use crate::{Member, Schema};
use names::Time;
use secret::Secret;

/// What a format implements to write values. A structure, list or map is `begin … end`; before each of its values comes [`Sink::member`],
/// [`Sink::item`] or [`Sink::key`].
pub trait Sink {
    /// Begins a structure (`entries` = members that follow), list or map.
    fn begin(&mut self, schema: &'static Schema, entries: usize);

    /// The next value belongs to this member of the structure.
    fn member(&mut self, member: &'static Member);

    /// The next value is an item of the list.
    fn item(&mut self);

    /// The next value stands under this key of the map.
    fn key(&mut self, key: &str);

    fn end(&mut self);

    fn text(&mut self, text: &str);

    fn blob(&mut self, bytes: &[u8]);

    fn integer(&mut self, number: i64);

    fn float(&mut self, number: f64);

    fn boolean(&mut self, truth: bool);

    fn time(&mut self, time: Time);

    /// A secret text or blob, as `schema` says. Only the edge's sinks can open it; the trail's has nothing to open it with.
    fn secret(&mut self, schema: &'static Schema, secret: &Secret);
}
