//! Values that the house reads and never shows.

/// Readable inside, absent from logs and from the trail: it has no `Debug`, and the trail's sink passes it over.
pub struct Private<T>(T);

impl<T> Private<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    pub fn read(&self) -> &T {
        &self.0
    }
}
