//! IAM policies: documents and a request in, a decision out. Pure: no I/O, no clock, no randomness.
//!
//! A [`Document`] is read once and judged often. [`evaluate`] takes the documents that bear on a request, sorted by
//! what they are ([`Sources`]), and answers with a [`Decision`] that names the statements that decided it, or has AWS's
//! words for the refusal. [`Grounds`] and [`Denial`] are made nowhere else.
//!
//! # How to add a condition key
//!
//! Nothing changes here. Condition keys are not listed in this crate: a statement asks for the keys that it names, and
//! the answer comes from the [`Facts`] of the request. So:
//!
//! 1. In the service that knows the value, add an arm to its `Facts::fact`, with the key in lower case: `"kms:keyspec"
//!    => …`. For a family of keys (`kms:EncryptionContext:…`, `aws:ResourceTag/…`) strip the prefix, and compare the
//!    rest without regard to case.
//! 2. Answer [`Fact::One`] or [`Fact::Many`] by the type that AWS documents for the key, not by how many values there
//!    happen to be.
//! 3. Answer `None` when the call does not have the key. An empty text is a value; absence is not.
//! 4. Values are texts: `true` and `false`, decimal numbers, ISO 8601 times, addresses, ARNs.
//!
//! The keys that describe the caller (`aws:PrincipalArn`, `aws:userid`, …) follow from the [`Principal`] and are
//! answered by [`Principal::fact`]; no `Facts` is asked for them.
//!
//! # What is not here
//!
//! No list of actions, resource types or services; no look-up of principals ([`Document::bind`] and
//! [`Document::principals`] let the caller do it); no search for grants (a live one that fits is handed in); no
//! exemption of open operations from evaluation: an operation that needs no permission does not ask.

mod condition;
mod decision;
mod document;
mod evaluate;
mod glob;
mod grammar;
mod json;
mod legality;
mod malformed;
mod operand;
mod principal;
mod request;
mod template;

pub use decision::{Decision, Denial, Grounds, How, Place, StatementRef};
pub use document::{
    DOCUMENT_BYTES_MAX, Document, GROUP_INLINE_CHARS_MAX, KEY_POLICY_BYTES_MAX, Kind, MANAGED_POLICY_CHARS_MAX,
    ROLE_INLINE_CHARS_MAX, SESSION_POLICY_CHARS_MAX, TRUST_POLICY_CHARS_MAX, USER_INLINE_CHARS_MAX,
};
pub use evaluate::evaluate;
pub use malformed::{Class, Malformed};
pub use principal::PrincipalName;
pub use request::{Fact, Facts, NoFacts, Principal, Request, ResourceSide, Source, Sources};
