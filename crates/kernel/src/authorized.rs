//! The proof to act.

use crate::steps::Parts;
use crate::{Caller, Found, InputOf, Operation, Scene, Target};

/// The caller may do `O` upon the target that was judged. It borrows input, caller and target; the gate alone makes it, behind the policy's
/// decision.
pub struct Authorized<'a, O: Operation> {
    input: &'a InputOf<O>,
    target: &'a Found<O::Target>,
    parts: Parts<'a>,
}

impl<'a, O: Operation> Authorized<'a, O> {
    /// INVARIANT: `parts` come out of the gate with grounds that the policy gave for this very input and target.
    pub(crate) fn assertion(input: &'a InputOf<O>, target: &'a Found<O::Target>, parts: Parts<'a>) -> Self {
        Self { input, target, parts }
    }

    pub fn input(&self) -> &'a InputOf<O> {
        self.input
    }

    /// What was judged, as the proof that the faces which do something demand.
    pub fn target(&self) -> <O::Target as Target>::Allowed<'a> {
        O::Target::allowed(self.target.seen(), self.parts.mint)
    }

    pub fn caller(&self) -> &'a Caller {
        self.parts.caller
    }

    /// Where and when.
    pub fn scene(&self) -> &'a Scene {
        self.parts.scene
    }
}
