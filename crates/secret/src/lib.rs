//! Secrets and the proofs that open them: what may be read, by whom, and after which record.
//!
//! Three keys are cut once in the life of a process ([`cut_keys`]): the [`Mint`] for the gate, the [`Opener`] for those who compute
//! (`cipher` and `vault`), the [`Exit`] for the edge of the house (`server` and `drivers`). A [`Secret`] opens in two ways only: to an
//! opener, for computing; or to an exit together with a [`Receipt`], which exists only after the record of the call is durable. So what is
//! not on the trail cannot be read out, and a service, which holds none of the three keys, can read no secret at all.

mod allowed;
mod keys;
mod private;
mod receipt;
mod secret;

pub use allowed::{Allowed, Identity};
pub use keys::{Exit, Keys, Mint, Opener, cut_keys};
pub use private::Private;
pub use receipt::Receipt;
pub use secret::Secret;
