//! SigV4 from outside: AWS's vectors, a second canonicaliser, mutations, the clock, and each refusal.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "the vectors are files, and the tests measure time")]

mod claims;
mod corpus;
mod mutations;
mod naive;
#[path = "../../../../fuzz/src/sigv4.rs"]
mod probe;
mod refusals;
#[path = "../../../../fuzz/src/replay.rs"]
mod replay;
mod signer;
#[path = "../../../../fuzz/src/sketch.rs"]
mod sketch;
mod speed;
mod suite;
mod window;
