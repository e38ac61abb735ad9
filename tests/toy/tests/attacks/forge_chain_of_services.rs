//! A caller who seems to come through KMS.

use kernel::Caller;

fn forge(caller: &Caller) -> Caller {
    caller.through("kms")
}

fn main() {}
