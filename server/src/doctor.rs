//! `kagiban doctor`: looks at a house and its host without touching either, and says what is wrong, why it matters, and how it is mended.
//!
//! What it reads of the system is gathered first and judged afterwards, by functions that take data and return findings.

mod disk;
#[expect(clippy::disallowed_methods, reason = "the doctor looks at files, and changes none")]
mod files;
mod finding;
mod host;
#[expect(clippy::disallowed_methods, reason = "the doctor reads what the system tells of itself, in files")]
mod proc;
mod trail;

use crate::cli::{self, fail, say};
use crate::config::{self, Config, RootSource};
use crate::data_dir::{INSTALLATION_FILE, KEYRING_FILE};
use crate::process::Granted;
use crate::root::{self, unhex};
use crate::{boot, data_dir};
use finding::{Finding, Report};
use kernel::SystemClock;
use names::Clock;
use proc::Running;
use std::path::Path;
use std::process::ExitCode;

/// Looks, and tells. The status is that of the worst finding: 0 for nothing worse than a note, 1 for a warning, 2 for a problem; 2 too if
/// the configuration cannot be settled.
pub async fn examine(args: cli::Doctor, granted: Granted) -> ExitCode {
    let cli::Doctor { serve, json } = args;
    let file = Config::file_named(&serve);
    let config = match Config::settle(serve) {
        Ok(config) => config,
        Err(error) => return fail(error),
    };
    let report = Report::of(findings(&config, file.as_deref(), granted).await);
    say(if json { report.json() } else { report.text(&config.data_dir) });
    report.status()
}

async fn findings(config: &Config, file: Option<&Path>, granted: Granted) -> Vec<Finding> {
    let directory = &config.data_dir;
    let running = Running::on(directory);
    let mut findings = vec![match &running {
        Some(running) => Finding::ok("server", format!("process {} has the data directory open", running.pid)),
        None => Finding::ok("server", "no process is seen that has the data directory open".to_owned()),
    }];
    findings.extend(files::data_dir(directory));
    findings.extend(file.map(files::config_file));
    findings.extend(variables(&config::unheard()));
    findings.push(files::credentials(&config.credentials_file));
    let now = SystemClock::new().wall();
    findings.extend(config.tls.iter().flat_map(|(certificate, key)| files::tls(certificate, key, now)));
    findings.extend(seal(config));
    findings.extend(trail::findings(directory, now).await);
    findings.push(trail::sqlite(store::sqlite()));
    findings.extend(disk::findings(directory));
    findings.push(listener(config));
    findings.extend(host::Host::read().findings(running.as_ref(), granted));
    findings
}

fn variables(unheard: &[String]) -> Option<Finding> {
    if unheard.is_empty() {
        return None;
    }
    Some(Finding::note(
        "variables",
        unheard.join("; "),
        "what was meant by it does not hold",
        "write it as docs/operations.md does, or unset it if it is none of this program's",
    ))
}

/// The root: whether it is there, for its owner alone, apart from the data, and whether it opens them.
fn seal(config: &Config) -> Vec<Finding> {
    let directory = &config.data_dir;
    let Ok(Some(id)) = data_dir::read(&directory.join(INSTALLATION_FILE)) else { return Vec::new() };
    let Some(installation) = unhex(&id) else {
        return vec![Finding::problem(
            "installation",
            format!("`{INSTALLATION_FILE}` holds no installation id"),
            "the root is looked for, and the keyring opened, by that id",
            "restore the whole data directory from your backup",
        )];
    };
    let (kind, file) = match &config.root {
        RootSource::PassphraseFile(file) => ("a passphrase", file.clone()),
        RootSource::KeyFile(file) => ("a key file", file.clone()),
        RootSource::Default => match root::default_file(installation) {
            Ok(file) => ("a key file", file),
            Err(error) => return vec![no_root(error.to_string())],
        },
    };
    let mut findings = vec![Finding::ok("seal", format!("the data is sealed with {kind}: `{}`", file.display()))];
    let fit = files::root(&file, directory);
    let is_fit = !fit.iter().any(Finding::is_problem);
    findings.extend(fit);
    if is_fit {
        findings.push(opens(config, installation, &file));
    }
    findings
}

/// Whether the root that is configured opens the data.
fn opens(config: &Config, installation: [u8; 16], file: &Path) -> Finding {
    let keyring = match data_dir::read(&config.data_dir.join(KEYRING_FILE)) {
        Ok(Some(keyring)) => keyring,
        Ok(None) => {
            return Finding::problem(
                "keyring",
                format!("`{KEYRING_FILE}` is not there"),
                "without it nothing in the data directory opens",
                "restore the whole data directory from your backup",
            );
        }
        Err(error) => return no_root(error.to_string()),
    };
    let opened =
        boot::cut().and_then(|keys| boot::unseal(&config.data_dir, &keyring, &config.root, installation, keys));
    match opened {
        Ok(_) => Finding::ok("root", format!("`{}` opens the keyring", file.display())),
        Err(error) => no_root(error.to_string()),
    }
}

fn no_root(what: String) -> Finding {
    Finding::problem(
        "root",
        what,
        "the server does not start, and the data cannot be opened without its root",
        "name the right root by --root-key-file or --root-passphrase-file, or put the copy from your backup in its place",
    )
}

fn listener(config: &Config) -> Finding {
    match (&config.tls, config.listen.ip().is_loopback()) {
        (Some(_), _) => Finding::ok("tls", format!("{} speaks TLS", config.listen)),
        (None, true) => Finding::note(
            "tls",
            format!("{} speaks plain HTTP, on loopback", config.listen),
            "whoever may listen on this machine's loopback (its root) sees plaintexts and data keys pass",
            "make a certificate with `kagiban cert`, and name it by --tls-certificate-file and --tls-key-file",
        ),
        (None, false) => Finding::warning(
            "tls",
            format!("{} speaks plain HTTP, beyond loopback", config.listen),
            "plaintexts and data keys cross the network in clear",
            "make a certificate with `kagiban cert`, and name it by --tls-certificate-file and --tls-key-file",
        ),
    }
}
