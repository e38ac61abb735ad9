//! One suite, run on every engine; and what only an engine with a data directory can be asked.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tests look at files, clocks and processes")]

mod rig;

mod barrier;
mod commits;
mod copy;
mod crash;
mod cut;
mod directory;
mod indexes;
mod measure;
mod rows;
mod scrub;
mod tables;
mod tampering;
mod trail;
mod warm;
