//! The walk over generated shapes, in and out, on the plainest format there is.

mod reading;
mod tree;
mod writing;
