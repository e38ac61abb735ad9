//! What a person is told at the first start: where everything is, and the lines to paste.

use crate::config::Config;
use names::AccountId;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Where a house can be called.
#[derive(Clone, Copy)]
pub struct Endpoint {
    pub address: SocketAddr,
    pub tls: bool,
}

/// The things of a new house.
pub struct Introduction<'a> {
    pub config: &'a Config,
    /// Unless a passphrase is the seal.
    pub root_file: Option<&'a Path>,
    pub account: AccountId,
    /// Where the key pair is, if it was made by this start.
    pub credentials_file: Option<&'a Path>,
    /// None: the house was made, and nobody listens.
    pub endpoint: Option<Endpoint>,
}

impl Introduction<'_> {
    /// The lines, for standard output.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            // Writing to memory does not fail.
            let _ = writeln!(text, "{:<13} {value}", format!("{name}:"));
        };
        if let Some(file) = self.root_file {
            line("root key", file.display().to_string());
        }
        line("data", self.config.data_dir.display().to_string());
        line("account", self.account.to_string());
        let Some(file) = self.credentials_file else { return text };
        line("credentials", file.display().to_string());
        let exports = exports(self.config, file, self.endpoint);
        match self.endpoint {
            Some(_) => text + "\nTo use the AWS CLI, an SDK or Terraform, paste:\n" + &exports,
            None => {
                text + "\nStart it with `kagiban serve` and the same flags. For the AWS CLI, an SDK or Terraform:\n"
                    + &exports
            }
        }
    }
}

fn exports(config: &Config, credentials_file: &Path, endpoint: Option<Endpoint>) -> String {
    let mut text = format!("  export AWS_SHARED_CREDENTIALS_FILE={}\n", quoted(credentials_file));
    text += &format!("  export AWS_DEFAULT_REGION={}\n", config.region);
    if let Some(endpoint) = endpoint {
        text += &format!("  export AWS_ENDPOINT_URL={}\n", endpoint.url());
    }
    if let (Some(Endpoint { tls: true, .. }), Some((certificate, _))) = (endpoint, &config.tls) {
        text += "The host must be a name that the certificate bears. If your clients do not know the authority that signed it, name its\n";
        text += "certificate too; one that signed itself is its own:\n";
        text += &format!("  export AWS_CA_BUNDLE={}\n", quoted(certificate));
    }
    text
}

impl Endpoint {
    /// The URL for a client on this machine: a server that listens on all addresses listens on loopback too.
    fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{address}")
    }
}

/// As a shell reads it back.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@:,".contains(letter);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::cli::Serve;

    fn told(tls: bool, endpoint: Option<&str>) -> String {
        let mut args = Serve { regions: None, ..Serve::default() };
        args.open.credentials_file = Some("/its folder/credentials".into());
        args.open.place.data_dir = Some("data".into());
        if tls {
            (args.tls_certificate_file, args.tls_key_file) = (Some("chain.pem".into()), Some("key.pem".into()));
        }
        let config = Config::settle(args).unwrap();
        let endpoint = endpoint.map(|address| Endpoint { address: address.parse().unwrap(), tls });
        let introduction = Introduction {
            root_file: None,
            account: AccountId::parse("111122223333").unwrap(),
            credentials_file: Some(&config.credentials_file),
            endpoint,
            config: &config,
        };
        introduction.text()
    }

    #[test]
    fn the_lines_name_what_is_served() {
        let text = told(false, Some("127.0.0.1:4567"));
        assert!(text.contains("  export AWS_ENDPOINT_URL=http://127.0.0.1:4567\n"), "{text}");
        assert!(text.contains("  export AWS_SHARED_CREDENTIALS_FILE='/its folder/credentials'\n"), "{text}");
        assert!(!text.contains("AWS_CA_BUNDLE"), "{text}");
        let data = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap().trim();
        assert!(Path::new(data).is_absolute(), "{text}");
    }

    #[test]
    fn under_tls_they_name_the_certificate() {
        let text = told(true, Some("[::]:443"));
        assert!(text.contains("  export AWS_ENDPOINT_URL=https://[::1]:443\n"), "{text}");
        let bundle = text.lines().find_map(|line| line.strip_prefix("  export AWS_CA_BUNDLE=")).unwrap();
        assert!(bundle.starts_with('/') && bundle.ends_with("/chain.pem"), "{text}");
    }

    #[test]
    fn without_a_listener_there_is_no_endpoint() {
        let text = told(true, None);
        assert!(!text.contains("ENDPOINT") && !text.contains("BUNDLE") && text.contains("kagiban serve"), "{text}");
    }
}
