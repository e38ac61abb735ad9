//! KMS. Keys live in the vault; this crate holds their names, states, policies, tags and aliases.

mod asked;
mod context;
mod create_key;
mod decrypt;
mod describe_key;
mod encrypt;
mod fault;
mod key;
mod metadata;
mod policies;
mod tables;
mod tags;

use kernel::{Caller, Codes, Row, Service, Validation};
use policy::Fact;

/// The marker that opens KMS's tables and no others.
pub struct Kms;

/// The table.
pub static SERVICE: Service = Service {
    name: "kms",
    endpoints: &["kms", "trent"],
    model: &shapes_kms::MODEL,
    validation: Validation::JSON,
    codes: Codes::JSON,
    clock_window_seconds: 5 * 60,
    global: false,
    fact,
    rows: &[
        Row::of::<create_key::CreateKey>(),
        Row::of::<decrypt::Decrypt>(),
        Row::of::<describe_key::DescribeKey>(),
        Row::of::<encrypt::Encrypt>(),
    ],
    tasks: &[],
};

/// KMS's condition keys that depend on the caller alone:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>.
fn fact<'a>(caller: &'a Caller, key: &str) -> Option<Fact<'a>> {
    match key {
        "kms:calleraccount" => Some(Fact::One(caller.account().to_string().into())),
        "kms:viaservice" => {
            let via = caller.via()?;
            Some(Fact::One(format!("{via}.{}.amazonaws.com", caller.region()).into()))
        }
        _ => None,
    }
}
