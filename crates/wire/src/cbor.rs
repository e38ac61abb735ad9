//! CBOR (RFC 8949) as Smithy's RPC v2 uses it: blobs as byte strings, times as numbers under tag 1.
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

mod read;
mod write;

pub use read::CborSource;
pub use write::CborSink;
