//! The binary `kagiban`.

use std::process::ExitCode;

/// A seventh of a call is memory that is taken and given back, so it matters who keeps it (docs/performance.md).
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kagiban::main()
}
