//! STS. Who one is, told to whoever has signed.

mod get_caller_identity;

use kernel::{Codes, Row, Service, Validation};

/// The marker that opens STS's tables, of which there are none yet.
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
    rows: &[Row::of::<get_caller_identity::GetCallerIdentity>()],
    tasks: &[],
};
