//! JSON (RFC 8259) in AWS's dialect: blobs in base64, times as seconds since 1970 with a fraction.

mod read;
mod strings;
mod write;

pub use read::JsonSource;
pub(crate) use strings::write_text;
pub use write::JsonSink;
pub(crate) use write::secret_text;
