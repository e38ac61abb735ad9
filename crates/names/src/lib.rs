//! The names of things, parsed once at the edge and never strings again; and time, which is always handed in.

mod account;
mod arn;
mod clock;
mod key_ref;
mod region;

pub use account::{AccountId, MalformedAccountId};
pub use arn::{Arn, MalformedArn};
pub use clock::{Clock, Moment, Time};
pub use key_ref::{AliasName, KeyId, KeyName, KeyRef};
pub use region::{COMMERCIAL_REGIONS, MalformedRegion, Region};
