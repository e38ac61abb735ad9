//! The output, taken out of a reply.

use kernel::Recorded;

fn take(recorded: Recorded) -> bool {
    recorded.result.is_ok()
}

fn main() {}
