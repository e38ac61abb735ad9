//! Digests, MACs, random bytes, and sealing under keys that are derived for one message.
//!
//! Nothing here is a primitive of our own: all of them come from AWS-LC. What stands here is how the house uses them. A key never seals
//! two messages: each message draws 16 random bytes from which its own key is derived ([`MessageKey`]), so that no count of messages
//! wears a long-lived key out. What is authenticated is put together by [`Frames`], which two different lists of parts never fill alike.

mod barrier;
mod chunks;
mod derive;
mod digest;
mod entropy;
mod frames;
mod message;

pub use barrier::{BARRIER_KEY_BYTES, Barrier, RECORD_BYTES_MAX, RECORD_HEADER_BYTES};
pub use chunks::{CHUNK_BYTES_MAX, CHUNK_HEAD_BYTES, ChunkHead, ChunkOpener, ChunkSealer};
pub use derive::{Underivable, derive};
pub use digest::{MacKey, Sha256, hmac_sha256, same, sha256};
pub use entropy::{DangerSeededEntropy, Entropy, NoEntropy, SystemEntropy};
pub use frames::Frames;
pub use message::{COMMITMENT_BYTES, MESSAGE_NONCE_BYTES, MessageKey, MessageNonce, TAG_BYTES, Unopened, Unsealed};
