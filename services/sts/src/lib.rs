//! STS. Who one is, told to whoever has signed; and sessions of roles.
//!
//! It stands on IAM: roles, and the sessions that are had of them, are rows of IAM's tables, and whoever signs with a temporary key is
//! looked up there like everybody else.

mod assume_role;
mod get_caller_identity;

use kernel::{Codes, Row, Service, Validation};

/// The marker of operations that need no table.
pub struct Sts;

/// The table.
pub static SERVICE: Service = Service {
    name: "sts",
    endpoints: &["sts"],
    model: &shapes_sts::MODEL,
    validation: Validation::QUERY,
    codes: Codes::QUERY,
    clock_window_seconds: 15 * 60,
    global: true,
    fact: |_, _| None,
    rows: &[Row::of::<assume_role::AssumeRole>(), Row::of::<get_caller_identity::GetCallerIdentity>()],
    tasks: &[],
};
