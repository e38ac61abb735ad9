//! The proof that a call was judged upon this very thing.

use crate::Mint;
use std::ops::Deref;

/// The birth of a thing: a random number drawn when it was made. Neither its name (a name may be given again) nor its revision (a thing
/// may change) is its identity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Identity(pub u128);

/// A borrowed `T` that the policy decision of the current call was about. The faces that do something demand it, so an operation that is
/// authorized for key A cannot use key B.
pub struct Allowed<'a, T> {
    thing: &'a T,
}

impl<'a, T> Allowed<'a, T> {
    /// `thing` is what was judged. Only the holder of the [`Mint`] can say so.
    pub fn assertion(_: &Mint, thing: &'a T) -> Self {
        Self { thing }
    }

    /// The judged thing, for as long as the call lives.
    pub fn thing(&self) -> &'a T {
        self.thing
    }
}

impl<T> Deref for Allowed<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.thing
    }
}

impl<T> Clone for Allowed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Allowed<'_, T> {}
