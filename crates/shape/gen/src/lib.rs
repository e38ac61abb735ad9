//! Makes Rust of a service's model: plain structures and one static schema each, for `shapes/*` to include at build time.
//!
//! Three texts meet here: `models/<service>.json` (what AWS's model says), `models/<service>.house.toml` (what it cannot say: house types,
//! secrecy, what the trail leaves out, each exception with its reason) and the runtime in the crate `shape`. What the runtime cannot
//! express is refused here, at build time, and never ignored.

mod case;
mod emit;
mod fault;
mod house;
mod model;
mod pattern;
mod plan;
mod structure;

pub use fault::Fault;
pub use house::House;
pub use pattern::{Refused, translate};

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Generates the shapes of `service` into `OUT_DIR/shapes.rs`. The whole of a build script in `shapes/<service>`.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "cargo listens to the standard output of build scripts")]
pub fn build(service: &str) -> ExitCode {
    let models = Path::new("../../models");
    let model = models.join(format!("{service}.json"));
    let house = models.join(format!("{service}.house.toml"));
    println!("cargo::rerun-if-changed={}", model.display());
    println!("cargo::rerun-if-changed={}", house.display());
    match generate(&model, &house).and_then(|text| write(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{}: {fault}", model.display());
            ExitCode::FAILURE
        }
    }
}

/// The Rust text for a model and its house file.
pub fn generate(model: &Path, house: &Path) -> Result<String, Fault> {
    generate_text(service_name(model), &read(model)?, &read(house)?)
}

/// As [`generate`], from texts. `service` is the short name under which botocore keeps the service.
pub fn generate_text(service: &str, model: &str, house: &str) -> Result<String, Fault> {
    let mut model: model::Model = serde_json::from_str(model)?;
    let house = House::parse(house)?;
    if let Some(entry) = house.judged.keys().find(|shape| !model.unbind(shape)) {
        return Err(Fault::Stale { table: "judged", entry: entry.clone() });
    }
    let plan = plan::Plan::draw(&model, &house)?;
    emit::service(service, &plan)
}

fn service_name(model: &Path) -> &str {
    model.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "a build script reads the model")]
fn read(path: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|source| Fault::File { path: path.to_owned(), source })
}

#[expect(clippy::disallowed_methods, reason = "a build script writes to its `OUT_DIR`")]
fn write(text: &str) -> Result<(), Fault> {
    let path = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("shapes.rs");
    std::fs::write(&path, text).map_err(|source| Fault::File { path, source })
}
