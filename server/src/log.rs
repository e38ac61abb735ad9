//! Logs, for people or for machines. Secrets cannot come here: they have no form that can be printed.

use tracing_subscriber::EnvFilter;

/// Starts logging on standard error. `KAGIBAN_LOG` chooses what is shown; default `info`.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_env("KAGIBAN_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let started = if json { lines.json().try_init() } else { lines.try_init() };
    if started.is_err() {
        tracing::debug!("logging was started already");
    }
}
