//! The wire: signatures and the protocols of AWS, from bytes to shapes and back. No I/O.

pub mod sigv4;
