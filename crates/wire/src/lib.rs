//! The wire: signatures and the protocols of AWS, from bytes to shapes and back. No I/O.

mod blob;
pub mod cbor;
mod dialect;
pub mod json;
pub mod limits;
mod number;
pub mod query;
pub mod reply;
pub mod route;
pub mod sigv4;
mod times;
mod walk;
pub mod xml;

pub use dialect::Dialect;
