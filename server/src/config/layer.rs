//! One layer of settings: what the flags say, what the environment says, or what the file says.

use super::told::{self, UnknownKey};
use super::{BadConfig, Environment};
use crate::cli::{Open, Place, Serve};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use std::fmt;
use std::path::{Path, PathBuf};

/// All that can be said. The names are those of the TOML file.
#[derive(Deserialize, Default, Debug)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    pub data_dir: Option<PathBuf>,
    pub credentials_file: Option<PathBuf>,
    pub root_key_file: Option<PathBuf>,
    pub root_passphrase_file: Option<PathBuf>,
    pub region: Option<String>,
    pub regions: Option<Vec<String>>,
    pub account_id: Option<String>,
    pub log_format: Option<String>,
    pub listen: Option<String>,
    pub metrics_listen: Option<String>,
    pub tls_certificate_file: Option<PathBuf>,
    pub tls_key_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "number")]
    pub trail_keep_days: Option<String>,
    pub danger_plain_listen: Option<bool>,
    pub danger_clock_file: Option<PathBuf>,
    /// From flags alone: what is accepted once is not accepted at each start.
    #[serde(skip)]
    pub danger_accept_clock: bool,
}

impl Layer {
    #[expect(clippy::disallowed_methods, reason = "the program reads its own configuration")]
    pub fn of_file(path: &Path) -> Result<Self, BadConfig> {
        let text = std::fs::read_to_string(path).map_err(|error| BadConfig::Unreadable(path.to_owned(), error))?;
        if let Some(UnknownKey { key, line, column, meant }) = told::unknown_key(&text) {
            return Err(BadConfig::UnknownKey { file: path.to_owned(), line, column, key, meant });
        }
        toml::from_str(&text).map_err(|error| BadConfig::Malformed(path.to_owned(), error))
    }

    /// Dangers have no variables: they are asked for where the program is started, or in its file. An empty variable says nothing.
    pub fn of_environment(environment: Environment<'_>) -> Self {
        let value = |name: &str| environment(&format!("KAGIBAN_{name}")).filter(|value| !value.is_empty());
        let path = |name| value(name).map(PathBuf::from);
        // A value that is not text cannot be one of the words that are looked for, and is refused as a wrong word is.
        let text = |name| value(name).map(|value| value.to_string_lossy().into_owned());
        Self {
            data_dir: path("DATA_DIR"),
            credentials_file: path("CREDENTIALS_FILE"),
            root_key_file: path("ROOT_KEY_FILE"),
            root_passphrase_file: path("ROOT_PASSPHRASE_FILE"),
            region: text("REGION"),
            regions: text("REGIONS").map(|names| names.split(',').map(str::to_owned).collect()),
            account_id: text("ACCOUNT_ID"),
            log_format: text("LOG_FORMAT"),
            listen: text("LISTEN"),
            metrics_listen: text("METRICS_LISTEN"),
            tls_certificate_file: path("TLS_CERTIFICATE_FILE"),
            tls_key_file: path("TLS_KEY_FILE"),
            trail_keep_days: text("TRAIL_KEEP_DAYS"),
            danger_plain_listen: None,
            danger_clock_file: None,
            danger_accept_clock: false,
        }
    }
}

impl From<Serve> for Layer {
    fn from(args: Serve) -> Self {
        let Serve { open, listen, metrics_listen, regions, tls_certificate_file, tls_key_file, .. } = args;
        let Serve { trail_keep_days, danger_plain_listen, .. } = args;
        let Open { place, credentials_file, region, account_id, log_format, danger_clock_file, danger_accept_clock } =
            open;
        let Place { config: _, data_dir, root_key_file, root_passphrase_file } = place;
        Self {
            data_dir,
            credentials_file,
            root_key_file,
            root_passphrase_file,
            region,
            regions,
            account_id,
            log_format,
            listen,
            metrics_listen,
            tls_certificate_file,
            tls_key_file,
            trail_keep_days,
            danger_plain_listen: danger_plain_listen.then_some(true),
            danger_clock_file,
            danger_accept_clock,
        }
    }
}

/// A number of the file as it stands there: flags and variables are text, and all three are looked at in one place.
fn number<'a, D: Deserializer<'a>>(from: D) -> Result<Option<String>, D::Error> {
    struct Number;

    impl Visitor<'_> for Number {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number")
        }

        fn visit_i64<E: Error>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }
    }

    from.deserialize_any(Number).map(Some)
}
