//! What the program is told: flags, then environment, then one TOML file, then defaults.

use crate::cli::{Open, Serve};
use names::{AccountId, COMMERCIAL_REGIONS, Region};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Everything, settled.
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
    pub listen: SocketAddr,
    pub tls: Option<(PathBuf, PathBuf)>,
    pub danger_plain_listen: bool,
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
    #[error("root_key_file and root_passphrase_file exclude each other")]
    TwoRoots,
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

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    credentials_file: Option<PathBuf>,
    root_key_file: Option<PathBuf>,
    root_passphrase_file: Option<PathBuf>,
    region: Option<String>,
    regions: Option<Vec<String>>,
    account_id: Option<String>,
    log_format: Option<String>,
    listen: Option<SocketAddr>,
    tls_certificate_file: Option<PathBuf>,
    tls_key_file: Option<PathBuf>,
    danger_plain_listen: Option<bool>,
    danger_clock_file: Option<PathBuf>,
}

const DATA_DIR: &str = "kagiban-data";
const REGION: &str = "ap-northeast-1";
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4566);

impl Config {
    pub fn settle(args: Serve) -> Result<Self, BadConfig> {
        let file = args.open.config.as_deref().map_or_else(|| Ok(File::default()), read)?;
        let open = args.open;
        let regions = regions(args.regions.or(file.regions))?;
        let region = region(open.region.or(file.region).as_deref().unwrap_or(REGION))?;
        if !regions.contains(&region) {
            return Err(BadConfig::RegionNotServed(region.to_string()));
        }
        let tls =
            match (args.tls_certificate_file.or(file.tls_certificate_file), args.tls_key_file.or(file.tls_key_file)) {
                (Some(certificate), Some(key)) => Some((certificate, key)),
                (None, None) => None,
                _ => return Err(BadConfig::HalfTls),
            };
        let listen = args.listen.or(file.listen).unwrap_or(LISTEN);
        let danger_plain_listen = args.danger_plain_listen || file.danger_plain_listen == Some(true);
        if tls.is_none() && !listen.ip().is_loopback() && !danger_plain_listen {
            return Err(BadConfig::PlainListen(listen));
        }
        let credentials_file = match open.credentials_file.or(file.credentials_file) {
            Some(file) => file,
            None => home()?.join("credentials"),
        };
        Ok(Self {
            data_dir: open.data_dir.or(file.data_dir).unwrap_or_else(|| DATA_DIR.into()),
            credentials_file,
            root: root(open.root_key_file, open.root_passphrase_file, file.root_key_file, file.root_passphrase_file)?,
            region,
            regions,
            account: open.account_id.or(file.account_id).map(account).transpose()?,
            json_logs: json_logs(open.log_format.or(file.log_format).as_deref())?,
            clock_file: open.danger_clock_file.or(file.danger_clock_file),
            listen,
            tls,
            danger_plain_listen,
        })
    }

    pub fn settle_open(open: Open) -> Result<Self, BadConfig> {
        Self::settle(Serve { open, ..Serve::default() })
    }
}

/// `kagiban` in the user's configuration folder (XDG Base Directory).
pub fn home() -> Result<PathBuf, BadConfig> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    folder.map(|folder| folder.join("kagiban")).ok_or(BadConfig::NoHome)
}

/// A root named on the command line beats one that the file names, whichever kind it is.
fn root(
    key: Option<PathBuf>,
    passphrase: Option<PathBuf>,
    file_key: Option<PathBuf>,
    file_passphrase: Option<PathBuf>,
) -> Result<RootSource, BadConfig> {
    let (key, passphrase) = match (key, passphrase) {
        (None, None) => (file_key, file_passphrase),
        named => named,
    };
    match (key, passphrase) {
        (Some(_), Some(_)) => Err(BadConfig::TwoRoots),
        (Some(file), None) => Ok(RootSource::KeyFile(file)),
        (None, Some(file)) => Ok(RootSource::PassphraseFile(file)),
        (None, None) => Ok(RootSource::Default),
    }
}

#[expect(clippy::disallowed_methods, reason = "the program reads its own configuration")]
fn read(path: &Path) -> Result<File, BadConfig> {
    let text = std::fs::read_to_string(path).map_err(|error| BadConfig::Unreadable(path.to_owned(), error))?;
    toml::from_str(&text).map_err(|error| BadConfig::Malformed(path.to_owned(), error))
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

fn json_logs(format: Option<&str>) -> Result<bool, BadConfig> {
    match format {
        None | Some("human") => Ok(false),
        Some("json") => Ok(true),
        Some(other) => Err(BadConfig::LogFormat(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn with(change: impl FnOnce(&mut Serve)) -> Result<Config, BadConfig> {
        let mut args = Serve::default();
        args.open.credentials_file = Some("c".into());
        change(&mut args);
        Config::settle(args)
    }

    #[test]
    fn defaults() {
        let config = with(|_| {}).unwrap();
        assert_eq!((config.region.as_str(), config.listen.port()), ("ap-northeast-1", 4566));
        assert_eq!(config.regions.len(), COMMERCIAL_REGIONS.len());
        assert_eq!(config.root, RootSource::Default);
    }

    #[test]
    fn a_plain_listener_stays_at_home() {
        let outside = "192.0.2.1:4566".parse().unwrap();
        assert!(matches!(with(|args| args.listen = Some(outside)), Err(BadConfig::PlainListen(_))));
        assert!(
            with(|args| {
                args.listen = Some(outside);
                args.danger_plain_listen = true;
            })
            .is_ok()
        );
        assert!(with(|args| args.listen = Some("[::1]:1".parse().unwrap())).is_ok());
    }

    #[test]
    fn what_is_not_right_is_named() {
        assert!(matches!(with(|args| args.open.region = Some("Tokyo".into())), Err(BadConfig::Region(_))));
        assert!(matches!(with(|args| args.open.region = Some("xx-1".into())), Err(BadConfig::RegionNotServed(_))));
        assert!(matches!(with(|args| args.open.account_id = Some("12".into())), Err(BadConfig::Account(_))));
        assert!(matches!(with(|args| args.open.log_format = Some("xml".into())), Err(BadConfig::LogFormat(_))));
    }
}
