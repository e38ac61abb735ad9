//! A toy service, written as a real one would be: boxes, each with a policy and a key of its own, and a secret note inside. It exists so
//! that every promise of the door is tried by a service before there is one.

mod attach_deny;
mod copy_note;
mod create_box;
mod delete_box;
mod delete_boxes;
mod describe_box;
mod fault;
mod list_boxes;
mod put_note;
mod read_note;
mod relay_note;
mod sweep;
mod tables;
mod tasks;
mod who_am_i;

pub use attach_deny::AttachDeny;
pub use copy_note::CopyNote;
pub use create_box::CreateBox;
pub use delete_box::DeleteBox;
pub use delete_boxes::DeleteBoxes;
pub use describe_box::DescribeBox;
pub use fault::Fault;
pub use list_boxes::ListBoxes;
pub use put_note::PutNote;
pub use read_note::ReadNote;
pub use relay_note::RelayNote;
pub use sweep::Sweep;
pub use tables::{BOXES, BoxName, BoxRow, Chest};
pub use who_am_i::WhoAmI;

use kernel::{Codes, Row, Service, Task, Validation};
use std::time::Duration;

/// The marker of the toy's tables.
pub struct Toy;

const HOUR: Duration = Duration::from_secs(3_600);

pub static SERVICE: Service = Service {
    name: "toy",
    endpoints: &["toy"],
    model: &shapes_toy::MODEL,
    validation: Validation::JSON,
    codes: Codes::JSON,
    clock_window_seconds: 300,
    global: false,
    fact: |_, _| None,
    rows: &[
        Row::of::<AttachDeny>(),
        Row::of::<CopyNote>(),
        Row::of::<CreateBox>(),
        Row::of::<DeleteBox>(),
        Row::of::<DeleteBoxes>(),
        Row::of::<DescribeBox>(),
        Row::of::<ListBoxes>(),
        Row::of::<PutNote>(),
        Row::of::<ReadNote>(),
        Row::of::<RelayNote>(),
        Row::internal::<Sweep>(),
        Row::of::<WhoAmI>(),
    ],
    tasks: &[Task::of::<tasks::SweepBoxes>(HOUR)],
};
