//! The settings by name: what each layer says of them, which names there are, and which one was meant.

use super::layer::Layer;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Value;

/// A key of the file that names no setting.
#[derive(Debug, PartialEq, Eq)]
pub struct UnknownKey {
    pub key: String,
    /// From 1, as editors count.
    pub line: usize,
    pub column: usize,
    /// Like ` (did you mean `region`?)`, or nothing.
    pub meant: String,
}

impl Layer {
    /// Each setting by its name in the file, with the value if this layer has one.
    pub fn told(&self) -> Vec<(&'static str, Option<Value>)> {
        let path = |path: &Option<PathBuf>| path.as_deref().map(path_text);
        let text = |text: &Option<String>| text.clone().map(Value::String);
        // A setting that is added does not compile before it is named here.
        let Self {
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
            danger_plain_listen,
            danger_clock_file,
            danger_accept_clock,
        } = self;
        vec![
            ("data_dir", path(data_dir)),
            ("listen", text(listen)),
            ("metrics_listen", text(metrics_listen)),
            ("credentials_file", path(credentials_file)),
            ("root_key_file", path(root_key_file)),
            ("root_passphrase_file", path(root_passphrase_file)),
            ("region", text(region)),
            ("regions", regions.as_ref().map(|names| Value::from(names.clone()))),
            ("account_id", text(account_id)),
            ("tls_certificate_file", path(tls_certificate_file)),
            ("tls_key_file", path(tls_key_file)),
            ("log_format", text(log_format)),
            ("trail_keep_days", text(trail_keep_days)),
            ("danger_plain_listen", danger_plain_listen.map(Value::Boolean)),
            ("danger_clock_file", path(danger_clock_file)),
            (ONLY_A_FLAG, danger_accept_clock.then_some(Value::Boolean(true))),
        ]
    }
}

/// From flags alone: what is accepted once is not accepted at each start.
pub const ONLY_A_FLAG: &str = "danger_accept_clock";

pub fn path_text(path: &Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}

/// The names that a file may have.
pub fn names() -> impl Iterator<Item = &'static str> {
    Layer::default().told().into_iter().map(|(name, _)| name).filter(|name| *name != ONLY_A_FLAG)
}

/// The first key of the file that names no setting.
pub fn unknown_key(text: &str) -> Option<UnknownKey> {
    let table = toml::de::DeTable::parse(text).ok()?;
    let keys = table.get_ref().keys().filter(|key| !names().any(|name| key.get_ref() == name));
    let first = keys.min_by_key(|key| key.span().start)?;
    let (line, column) = position(text, first.span());
    let key = first.get_ref().to_string();
    let meant = meant(&key, names());
    Some(UnknownKey { key, line, column, meant })
}

fn position(text: &str, span: Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// Names that are less alike are not what was meant.
const ALIKE_MIN: f64 = 0.8;

/// ` (did you mean `…`?)`, if one of the names is like this one.
pub fn meant(name: &str, names: impl Iterator<Item = impl AsRef<str>>) -> String {
    // Who writes the flag has found the setting.
    let name = name.to_lowercase().replace('-', "_");
    let likeness = |known: &str| strsim::jaro_winkler(&name, &known.to_lowercase());
    let best = names.map(|known| (likeness(known.as_ref()), known)).max_by(|one, other| one.0.total_cmp(&other.0));
    match best {
        Some((likeness, known)) if likeness >= ALIKE_MIN => format!(" (did you mean `{}`?)", known.as_ref()),
        _ => String::new(),
    }
}
