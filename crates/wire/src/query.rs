//! The query protocol on its way in: parameters with dotted names, in a form body or in the query of the URI.

mod form;
mod read;

pub use form::Form;
pub use read::FormSource;
