//! What the simulation sees that must not be.

/// The first thing that was not as it has to be, with the step at which it was seen.
#[derive(Debug)]
pub struct Mismatch {
    pub sight: Sight,
    pub what: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// A call was answered otherwise than the model has it, or what is there is not what the model has.
    Answer,
    /// The chain of the trail is broken.
    Chain,
    /// An answered call has no event, or another one; or an event has no call.
    Event,
    /// The rows are not those of which the trail tells.
    Rows,
    /// Two sealings share N and IV.
    Nonce,
    /// A row was taken that the house had not sealed, or not there, or not last.
    Row,
    /// A key was deleted before its date.
    Early,
    /// The house did not do what it has to.
    House,
}

/// The seed's run ends here, unless it holds.
pub fn must(holds: bool, sight: Sight, what: impl FnOnce() -> String) -> Result<(), Mismatch> {
    if holds { Ok(()) } else { Err(Mismatch { sight, what: what() }) }
}
