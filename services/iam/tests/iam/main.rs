//! IAM in the language of operations: whole houses on the memory store, with IAM's own directory.

#![expect(clippy::unwrap_used, reason = "tests")]

mod access_keys;
mod founding;
mod impostor;
mod policies;
mod recovery;
mod refusals;
mod town;
mod users;
