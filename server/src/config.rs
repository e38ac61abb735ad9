//! What the program is told: flags, then environment, then one TOML file, then defaults.
//!
//! The three are layers of the same settings, and the first that says something wins. The two kinds of root are one setting: a layer that
//! names either beats both of the layers below. Certificate and key of TLS are two, each with its own layer.

mod check;
mod layer;
mod told;

pub use check::{check, unheard};

use crate::cli::{Open, Place, Serve};
use layer::Layer;
use names::{AccountId, COMMERCIAL_REGIONS, Region};
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything, settled. Paths are absolute.
#[derive(Debug)]
pub struct Config {
    pub data_dir: PathBuf,
    pub credentials_file: PathBuf,
    pub root: RootSource,
    pub region: Region,
    pub regions: Vec<Region>,
    pub account: Option<AccountId>,
    pub json_logs: bool,
    pub clock_file: Option<PathBuf>,
    /// The operator has looked at the clock, and says that it is right.
    pub accept_clock: bool,
    pub listen: SocketAddr,
    /// A listener of their own for metrics and health.
    pub metrics_listen: Option<SocketAddr>,
    pub tls: Option<(PathBuf, PathBuf)>,
    pub danger_plain_listen: bool,
    /// How old events have to be before they are cut off the trail; 0: they are kept for ever.
    pub trail_keep_days: u32,
}

/// Where the root comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootSource {
    /// `roots/<installation id>.key` in the user's configuration folder.
    Default,
    KeyFile(PathBuf),
    PassphraseFile(PathBuf),
}

#[derive(Debug, thiserror::Error)]
pub enum BadConfig {
    #[error("the configuration file `{0}` cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("the configuration file `{file}` is not right: line {line}, column {column}: `{key}` is no setting{meant}")]
    UnknownKey { file: PathBuf, line: usize, column: usize, key: String, meant: String },
    #[error("`{0}` is no filter of logs (KAGIBAN_LOG), as in `warn` or `info,hyper=debug`")]
    LogFilter(String),
    #[error("the configuration file `{0}` is not right: {1}")]
    Malformed(PathBuf, toml::de::Error),
    #[error("`{0}` is no Region's name: lower-case letters, digits and hyphens")]
    Region(String),
    #[error("the Region `{0}` is not among those that are served")]
    RegionNotServed(String),
    #[error("`{0}` is no account id: it has twelve digits")]
    Account(String),
    #[error("`{0}` is no log format: `human` or `json`")]
    LogFormat(String),
    #[error(
        "`{0}` is no address to listen on: an IP address and a port are wanted, as in 127.0.0.1:4566 or [::1]:4566"
    )]
    Listen(String),
    #[error("root_key_file and root_passphrase_file exclude each other, and {0} names both")]
    TwoRoots(Source),
    #[error("`{0}` is no number of days for which the trail is kept: {DAYS_MAX} at most, and 0 is for ever")]
    KeepDays(String),
    #[error("TLS needs both, tls_certificate_file and tls_key_file")]
    HalfTls,
    #[error(
        "`{0}` is not a loopback address, and without TLS every secret would cross the network in clear: configure a certificate, or say \
         --danger-plain-listen"
    )]
    PlainListen(SocketAddr),
    #[error("neither XDG_CONFIG_HOME nor HOME is set, so there is no configuration folder: name the file yourself")]
    NoHome,
}

/// The value of an environment variable.
type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

const DATA_DIR: &str = "kagiban-data";
const REGION: &str = "ap-northeast-1";
const KEEP_DAYS: u32 = 90;
const DAYS_MAX: u32 = 36_500;
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4566);

impl Config {
    pub fn settle(args: Serve) -> Result<Self, BadConfig> {
        Self::settle_within(args, &variable)
    }

    /// For a command that opens a house and serves nobody: what the listener would refuse does not matter.
    pub fn settle_open(open: Open) -> Result<Self, BadConfig> {
        Self::settle_parts(Serve { open, ..Serve::default() }, &variable)
    }

    /// The file that the flags or the environment name.
    pub fn file_named(args: &Serve) -> Option<PathBuf> {
        file_named(args, &variable)
    }

    fn settle_within(args: Serve, environment: Environment<'_>) -> Result<Self, BadConfig> {
        let config = Self::settle_parts(args, environment)?;
        if config.tls.is_none() && !config.listen.ip().is_loopback() && !config.danger_plain_listen {
            return Err(BadConfig::PlainListen(config.listen));
        }
        Ok(config)
    }

    fn settle_parts(args: Serve, environment: Environment<'_>) -> Result<Self, BadConfig> {
        let layers = Layers::of(args, environment)?;
        log_filter(environment)?;
        let regions = regions(layers.first(|layer| layer.regions.clone()))?;
        let region = region(layers.first(|layer| layer.region.clone()).as_deref().unwrap_or(REGION))?;
        if !regions.contains(&region) {
            return Err(BadConfig::RegionNotServed(region.to_string()));
        }
        let credentials_file = match layers.path(|layer| layer.credentials_file.clone()) {
            Some(file) => file,
            None => home_within(environment)?.join("credentials"),
        };
        let certificate = layers.path(|layer| layer.tls_certificate_file.clone());
        let tls = match (certificate, layers.path(|layer| layer.tls_key_file.clone())) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(BadConfig::HalfTls),
        };
        Ok(Self {
            data_dir: layers.data_dir(),
            credentials_file,
            root: layers.root()?,
            region,
            regions,
            account: layers.first(|layer| layer.account_id.clone()).map(account).transpose()?,
            json_logs: json_logs(layers.first(|layer| layer.log_format.clone()).as_deref())?,
            clock_file: layers.path(|layer| layer.danger_clock_file.clone()),
            accept_clock: layers.first(|layer| layer.danger_accept_clock.then_some(())).is_some(),
            listen: layers.first(|layer| layer.listen.clone()).map_or(Ok(LISTEN), listen)?,
            metrics_listen: layers.first(|layer| layer.metrics_listen.clone()).map(listen).transpose()?,
            tls,
            danger_plain_listen: layers.first(|layer| layer.danger_plain_listen) == Some(true),
            trail_keep_days: layers.first(|layer| layer.trail_keep_days.clone()).map_or(Ok(KEEP_DAYS), keep_days)?,
        })
    }
}

/// Where the data is and with what it is opened, for a command that only looks.
pub fn place(args: Place) -> Result<(PathBuf, RootSource), BadConfig> {
    let open = Open { place: args, ..Open::default() };
    let layers = Layers::of(Serve { open, ..Serve::default() }, &variable)?;
    Ok((layers.data_dir(), layers.root()?))
}

/// `kagiban` in the user's configuration folder (XDG Base Directory).
pub fn home() -> Result<PathBuf, BadConfig> {
    home_within(&variable)
}

fn home_within(environment: Environment<'_>) -> Result<PathBuf, BadConfig> {
    let named = |name| environment(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named("XDG_CONFIG_HOME").or_else(|| named("HOME").map(|home| home.join(".config")));
    folder.map(|folder| folder.join("kagiban")).ok_or(BadConfig::NoHome)
}

#[expect(clippy::disallowed_methods, reason = "the program reads its own configuration")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Flags,
    Environment,
    File(PathBuf),
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flags => f.write_str("the command line"),
            Self::Environment => f.write_str("the environment"),
            Self::File(file) => write!(f, "the file {}", file.display()),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// Flags, environment, file: the first is the strongest.
struct Layers([(Source, Layer); 3]);

impl Layers {
    fn of(args: Serve, environment: Environment<'_>) -> Result<Self, BadConfig> {
        let path = file_named(&args, environment).unwrap_or_default();
        let named = !path.as_os_str().is_empty();
        let file = if named { Layer::of_file(&path)? } else { Layer::default() };
        let environment = Layer::of_environment(environment);
        Ok(Self([(Source::Flags, args.into()), (Source::Environment, environment), (Source::File(path), file)]))
    }

    fn first<T>(&self, setting: impl Fn(&Layer) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(|(_, layer)| setting(layer))
    }

    fn path(&self, setting: impl Fn(&Layer) -> Option<PathBuf>) -> Option<PathBuf> {
        self.first(setting).map(absolute)
    }

    fn data_dir(&self) -> PathBuf {
        self.path(|layer| layer.data_dir.clone()).unwrap_or_else(|| absolute(DATA_DIR.into()))
    }

    fn root(&self) -> Result<RootSource, BadConfig> {
        for (source, layer) in &self.0 {
            match (layer.root_key_file.clone(), layer.root_passphrase_file.clone()) {
                (Some(_), Some(_)) => return Err(BadConfig::TwoRoots(source.clone())),
                (Some(file), None) => return Ok(RootSource::KeyFile(absolute(file))),
                (None, Some(file)) => return Ok(RootSource::PassphraseFile(absolute(file))),
                (None, None) => {}
            }
        }
        Ok(RootSource::Default)
    }
}

fn file_named(args: &Serve, environment: Environment<'_>) -> Option<PathBuf> {
    let variable = || environment("KAGIBAN_CONFIG").filter(|value| !value.is_empty()).map(PathBuf::from);
    args.open.place.config.clone().or_else(variable)
}

/// As seen from the current folder. What names no path at all stays as it is, and is refused where it is opened.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// What `log.rs` will read. An empty variable says nothing.
fn log_filter(environment: Environment<'_>) -> Result<(), BadConfig> {
    let filter = environment("KAGIBAN_LOG").map(|filter| filter.to_string_lossy().into_owned()).unwrap_or_default();
    if crate::log::is_filter(&filter) { Ok(()) } else { Err(BadConfig::LogFilter(filter)) }
}

fn listen(text: String) -> Result<SocketAddr, BadConfig> {
    text.parse().map_err(|_| BadConfig::Listen(text))
}

fn region(text: &str) -> Result<Region, BadConfig> {
    Region::parse(text).map_err(|_| BadConfig::Region(text.to_owned()))
}

fn regions(named: Option<Vec<String>>) -> Result<Vec<Region>, BadConfig> {
    match named {
        Some(names) => names.iter().map(|name| region(name)).collect(),
        None => COMMERCIAL_REGIONS.iter().map(|name| region(name)).collect(),
    }
}

fn account(text: String) -> Result<AccountId, BadConfig> {
    AccountId::parse(&text).map_err(|_| BadConfig::Account(text))
}

fn keep_days(text: String) -> Result<u32, BadConfig> {
    text.parse().ok().filter(|days| *days <= DAYS_MAX).ok_or(BadConfig::KeepDays(text))
}

fn json_logs(format: Option<&str>) -> Result<bool, BadConfig> {
    match format {
        None | Some("human") => Ok(false),
        Some("json") => Ok(true),
        Some(other) => Err(BadConfig::LogFormat(other.to_owned())),
    }
}

#[cfg(test)]
mod tests;
