//! CloudTrail. The trail itself is the kernel's and the store's; this crate shows it.

mod fault;
mod lookup_events;
mod record;

pub use record::json;

use kernel::{Codes, Row, Service, Validation};

/// The marker of CloudTrail's tables. It has none yet.
pub struct CloudTrail;

/// The table.
pub static SERVICE: Service = Service {
    name: "cloudtrail",
    endpoints: &["cloudtrail"],
    model: &shapes_cloudtrail::MODEL,
    validation: Validation::JSON,
    codes: Codes::JSON,
    clock_window_seconds: 5 * 60,
    global: false,
    // CloudTrail's own condition keys are about tags of trails and event data stores, which are not kept here:
    // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>.
    fact: |_, _| None,
    rows: &[Row::of::<lookup_events::LookupEvents>()],
    tasks: &[],
};
