//! The records of real calls, field by field, against those that AWS's documentation shows for them.
//!
//! A golden record stands in `tests/golden`, with words in capitals for what differs from run to run.
#![expect(clippy::unwrap_used, reason = "tests")]

mod golden;
mod iam;
mod kms;
mod sts;
