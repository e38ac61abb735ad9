//! Logs, for people or for machines. Secrets cannot come here: they have no form that can be printed.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging on standard error. `KAGIBAN_LOG` chooses what is shown; default `info`. Colours are for terminals, unless `NO_COLOR`
/// is set (<https://no-color.org>).
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_env("KAGIBAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let colours = std::io::stderr().is_terminal() && !colours_unwanted();
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let lines = lines.with_ansi(colours);
    let started = if json { lines.json().try_init() } else { lines.try_init() };
    if started.is_err() {
        tracing::debug!("logging was started already");
    }
}

/// Whether a text can be the value of `KAGIBAN_LOG`.
pub fn is_filter(text: &str) -> bool {
    EnvFilter::try_new(text).is_ok()
}

#[expect(clippy::disallowed_methods, reason = "a convention of terminals, and no setting of the house")]
fn colours_unwanted() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
