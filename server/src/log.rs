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

#[cfg(test)]
pub use heard::Heard;

#[cfg(test)]
mod heard {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Write;
    use std::sync::{Arc, Mutex};
    use tracing::subscriber::DefaultGuard;

    /// What is logged on this thread, as long as it is kept.
    pub struct Heard(Lines, #[expect(dead_code, reason = "it listens until it is dropped")] DefaultGuard);

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Heard {
        pub fn here() -> Self {
            let lines = Lines::default();
            let writer = lines.clone();
            let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
            Self(lines, tracing::subscriber::set_default(log))
        }

        pub fn lines(&self) -> String {
            String::from_utf8(self.0.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
