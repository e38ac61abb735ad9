//! The command line. What is said here wins over the environment, and the environment over the configuration file: see `config.rs`.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Kagiban (鍵番), keeper of the keys: a self-hosted key management service that speaks AWS's own APIs.
///
/// Start it, paste the lines it prints, and use the AWS CLI, an SDK or Terraform against the endpoint. See README.md for the first key in
/// five lines, and for what is lost when the root key is lost.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Line {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Start the service. On an empty data directory it first makes an account, an administrator and a root key.
    Serve(Serve),
    /// Make the data directory, the root key and the administrator's credentials, and end.
    Init(Open),
    /// Look at a house and its host, and say what is wrong, why it matters and how it is mended. It changes nothing, and works on a
    /// stopped or a running data directory. Give it the flags, variables and file of the server.
    ///
    /// Exit status: 0 nothing is worse than a note; 1 there are warnings; 2 there are problems, or the configuration is not right.
    Doctor(Doctor),
    /// Make a private certificate authority, if there is none yet, and a certificate of the server that it signs (ECDSA P-256).
    ///
    /// Nothing is overwritten. A certificate for localhost, *.localhost, 127.0.0.1 and ::1 is always one for what --name says too.
    Cert(Cert),
    /// Look after the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Look after the audit trail.
    Trail {
        #[command(subcommand)]
        command: TrailCommand,
    },
    /// Write a sealed copy of the whole house, as it is at one moment, to FILE, which must not be there yet. Works on a stopped or a
    /// running data directory.
    ///
    /// Only the root opens it; without the root it is lost. The root is not in it.
    Backup(Backup),
    /// Make a data directory, which must be missing or empty, out of a backup. Every part of it is checked, and the trail verified, before
    /// the files are put into the directory; what is refused leaves nothing behind.
    ///
    /// Exit status: 0 restored; 1 the trail in the backup is broken (what is wrong is printed on standard output); 2 refused.
    Restore(Restore),
    /// What the operator does at the host, with the root, while nobody is served.
    Admin {
        #[command(subcommand)]
        command: AdminCommand,
    },
}

#[derive(Subcommand)]
pub enum AdminCommand {
    /// Make a new access key for the administrator or another user, when the credentials were lost. The server must be stopped; the trail
    /// says that the key was made so.
    ///
    /// Exit status: 0 the key is in the credentials file; 2 it is not: the reason is on standard error.
    NewKey(NewKey),
}

#[derive(Args, Clone)]
pub struct NewKey {
    /// The user's name. Default: administrator.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The id of an access key of this user that is deleted when the new one is made. A user has two at most.
    #[arg(long, value_name = "KEYID")]
    pub replace: Option<String>,
    /// Where the key pair is written, as an AWS shared-credentials file; an existing file is never overwritten. Default:
    /// `kagiban/credentials` in your configuration folder. [env: KAGIBAN_CREDENTIALS_FILE]
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Args, Clone)]
pub struct Backup {
    /// Where the backup is written. An existing file is never overwritten.
    pub file: PathBuf,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Args, Clone)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Settle flags, environment and file as `serve` would, and print each value and where it came from, as a file that settles to the
    /// same. It opens no data, and reads no secret.
    ///
    /// Exit status: 0 `serve` would take it; 2 it would not: an unknown key, a value that is none; the reason is on standard error.
    Check(Serve),
}

#[derive(Subcommand)]
pub enum TrailCommand {
    /// Check every record, every link of the hash chain, the head, the uses of keys, and the rows against what the records say. Works on a
    /// stopped or a running data directory.
    ///
    /// Exit status: 0 the trail is intact; 1 it is broken (what is wrong is printed on standard output); 2 it could not be checked.
    Verify(Place),
}

/// Where the data is, and with what it is opened.
#[derive(Args, Clone, Default)]
pub struct Place {
    /// The configuration file (TOML). Its keys are the long names of the flags with `_` for `-`. [env: KAGIBAN_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where everything is kept. It may be missing or empty. Default: `kagiban-data` in the current folder. [env: KAGIBAN_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The file with the root key, made at the first start. Default: `kagiban/roots/<installation id>.key` in your configuration folder.
    /// Whoever has this file and the data has the keys; without it the data is lost. [env: KAGIBAN_ROOT_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub root_key_file: Option<PathBuf>,
    /// A file with a passphrase (15 bytes or more) that takes the place of the root key file. [env: KAGIBAN_ROOT_PASSPHRASE_FILE]
    #[arg(long, value_name = "FILE")]
    pub root_passphrase_file: Option<PathBuf>,
}

/// What a house is opened with.
#[derive(Args, Clone, Default)]
pub struct Open {
    #[command(flatten)]
    pub place: Place,
    /// Where the administrator's key pair is written at the first start, as an AWS shared-credentials file. Default: `kagiban/credentials`
    /// in your configuration folder. [env: KAGIBAN_CREDENTIALS_FILE]
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    /// The Region that the printed lines name. Default: ap-northeast-1. [env: KAGIBAN_REGION]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The account that is made at the first start: 12 digits. Default: drawn at random. [env: KAGIBAN_ACCOUNT_ID]
    #[arg(long, value_name = "12DIGITS")]
    pub account_id: Option<String>,
    /// `human` or `json`. Default: human. [env: KAGIBAN_LOG_FORMAT]
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// DANGER: a file with an offset in seconds that moves the house's clock, read again each second. For tests that wait for a date.
    #[arg(long, value_name = "FILE")]
    pub danger_clock_file: Option<PathBuf>,
    /// DANGER: take the clock as it is, though the house last ran long before. Keys whose date has come by it are deleted.
    #[arg(long)]
    pub danger_accept_clock: bool,
}

#[derive(Args, Clone, Default)]
pub struct Serve {
    #[command(flatten)]
    pub open: Open,
    /// The address to listen on: an IP address and a port. Default: 127.0.0.1:4566. [env: KAGIBAN_LISTEN]
    #[arg(long, value_name = "IP:PORT")]
    pub listen: Option<String>,
    /// A second address, for metrics and health without TLS: an IP address and a port. Default: none, and the metrics are at
    /// /_kagiban/metrics of the main one, for callers on loopback. [env: KAGIBAN_METRICS_LISTEN]
    #[arg(long, value_name = "IP:PORT")]
    pub metrics_listen: Option<String>,
    /// The Regions that are served, separated by commas. Default: all commercial ones. [env: KAGIBAN_REGIONS]
    #[arg(long, value_name = "REGIONS", value_delimiter = ',')]
    pub regions: Option<Vec<String>>,
    /// A PEM file with the certificate chain: with it, and with --tls-key-file, the listener speaks TLS. [env:
    /// KAGIBAN_TLS_CERTIFICATE_FILE]
    #[arg(long, value_name = "FILE")]
    pub tls_certificate_file: Option<PathBuf>,
    /// The PEM file with the certificate's private key, mode 0600 or stricter. [env: KAGIBAN_TLS_KEY_FILE]
    #[arg(long, value_name = "FILE")]
    pub tls_key_file: Option<PathBuf>,
    /// How many days the trail is kept: what is older is cut off it, and 0 is for ever. Default: 90. [env: KAGIBAN_TRAIL_KEEP_DAYS]
    #[arg(long, value_name = "DAYS")]
    pub trail_keep_days: Option<String>,
    /// DANGER: listen without TLS on an address that is not loopback. Secrets then cross the network in clear.
    #[arg(long)]
    pub danger_plain_listen: bool,
}

#[derive(Args, Clone)]
pub struct Cert {
    /// The folder of the four files: `ca.pem`, `ca.key`, `server.pem`, `server.key`. Default: `kagiban/tls` in your configuration folder.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// A name or an IP address by which clients call the server. More than once for more of them.
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// How many days the certificate is valid. Some clients take none that is valid for more than 825.
    #[arg(long, value_name = "DAYS", default_value_t = 397, value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub days: u16,
    /// How many days a new authority is valid.
    #[arg(long, value_name = "DAYS", default_value_t = 3650, value_parser = clap::value_parser!(u16).range(1..=7300))]
    pub ca_days: u16,
    /// Make a new certificate and key where there are some: by the same authority, so clients stay as they are. The old ones are kept, with
    /// a number behind their names.
    #[arg(long)]
    pub renew: bool,
}

#[derive(Args, Clone)]
pub struct Doctor {
    #[command(flatten)]
    pub serve: Serve,
    /// Tell it in JSON, for programs.
    #[arg(long)]
    pub json: bool,
}

/// Says on standard error why the program ends, and ends it with status 2.
#[expect(clippy::print_stderr, reason = "the program speaks to the person who started it")]
pub fn fail(why: impl std::fmt::Display) -> ExitCode {
    eprintln!("kagiban: {why}");
    ExitCode::from(2)
}

/// Says something on standard error that is no reason to end.
#[expect(clippy::print_stderr, reason = "the program speaks to the person who started it")]
pub fn warn(what: impl std::fmt::Display) {
    eprintln!("kagiban: {what}");
}

/// Speaks to the person who started the program.
#[expect(clippy::print_stdout, reason = "the program speaks to the person who started it")]
pub fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
