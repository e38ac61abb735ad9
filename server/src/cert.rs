//! `kagiban cert`: a private authority, and a certificate of the server that it signs.
//!
//! The certificate of an authority is not read back to sign by it: its name follows from its key, and whatever is made is verified, as a
//! client would, before it is written.

mod validity;

pub use validity::ends_in_pem;

use crate::cli::{self, fail, say};
use crate::config::{self, BadConfig};
use crate::data_dir::{self, FileError};
use crate::introduce::quoted;
use crate::root::hex;
use kernel::SystemClock;
use names::{Clock, Time};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, DnsName, ServerName, UnixTime};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// What each certificate is for, whatever else is asked.
const NAMES: [&str; 4] = ["localhost", "*.localhost", "127.0.0.1", "::1"];
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Clients' clocks may be behind by so much.
const BEFORE: Duration = DAY;
const CA_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca.key";
const SERVER_FILE: &str = "server.pem";
const SERVER_KEY_FILE: &str = "server.key";

#[derive(Debug, thiserror::Error)]
enum NoCertificate {
    #[error(transparent)]
    Config(#[from] BadConfig),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{0}` is neither an IP address nor a name that DNS could know")]
    Name(String),
    #[error("there is a certificate of the server already (`{0}`): say --renew, and it is kept beside the new one")]
    Taken(PathBuf),
    #[error("`{there}` is there, and `{missing}` is not: put it back, or name another folder by --dir")]
    HalfAuthority { there: PathBuf, missing: PathBuf },
    #[error("`{0}` cannot be read as what it should be: {1}")]
    Unreadable(PathBuf, String),
    #[error(
        "the authority `{authority}` ends at {ends}, before the certificate would: say fewer --days, or name a new folder by --dir"
    )]
    AuthorityEnds { authority: PathBuf, ends: String },
    #[error("the certificate cannot be made: {0}")]
    Unmade(#[from] rcgen::Error),
    #[error("the authority `{0}` and its key do not belong together: {1}")]
    Unverified(PathBuf, rustls::Error),
}

pub fn cert(args: cli::Cert) -> ExitCode {
    match make(args, SystemClock::new().wall()) {
        Ok(text) => {
            say(text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(error),
    }
}

/// The authority that signs: a new one, or the one that was there.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
    ends: Time,
    is_new: bool,
}

fn make(args: cli::Cert, now: Time) -> Result<String, NoCertificate> {
    let folder = match args.dir {
        Some(folder) => std::path::absolute(&folder).unwrap_or(folder),
        None => config::home()?.join("tls"),
    };
    let [ca, ca_key, server, server_key] =
        [CA_FILE, CA_KEY_FILE, SERVER_FILE, SERVER_KEY_FILE].map(|name| folder.join(name));
    let names = names(&args.names)?;
    let taken = [&server, &server_key].into_iter().find(|file| file.symlink_metadata().is_ok());
    if let Some(taken) = taken.filter(|_| !args.renew) {
        return Err(NoCertificate::Taken(taken.clone()));
    }
    let authority = authority((&ca, &ca_key), now, days(args.ca_days))?;
    let ends = now + days(args.days);
    if authority.ends < ends {
        return Err(NoCertificate::AuthorityEnds { authority: ca, ends: authority.ends.iso() });
    }
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = server_params(&names, now, ends).signed_by(&key, &authority.issuer)?;
    verify(certificate.der(), &authority.der, &names, now)
        .map_err(|error| NoCertificate::Unverified(ca.clone(), error))?;
    data_dir::make_private_folder(&folder)?;
    if authority.is_new {
        // The key first: an authority without its key is none.
        data_dir::write_new(&ca_key, authority.issuer.key().serialize_pem().as_bytes())?;
        data_dir::write_new(&ca, authority.pem.as_bytes())?;
    }
    if taken.is_some() {
        data_dir::set_aside(&[&server, &server_key])?;
    }
    data_dir::write_new(&server_key, key.serialize_pem().as_bytes())?;
    // The authority behind it, for clients that are told to trust this file.
    data_dir::write_new(&server, format!("{}{}", certificate.pem(), authority.pem).as_bytes())?;
    let made = if authority.is_new { "made now" } else { "was there" };
    Ok(format!(
        "authority:    {} ({made}), until {}\nits key:      {}; whoever has it can pass for any server to your clients: keep it apart\n\
         certificate:  {}, until {}, for {}\nits key:      {}\n\nStart the server with:\n  \
         kagiban serve --tls-certificate-file {} --tls-key-file {}\n\
         For the AWS CLI, SDKs and Terraform, paste:\n  export AWS_CA_BUNDLE={}",
        ca.display(),
        authority.ends.iso(),
        ca_key.display(),
        server.display(),
        ends.iso(),
        names.join(", "),
        server_key.display(),
        quoted(&server),
        quoted(&server_key),
        quoted(&ca),
    ))
}

fn days(days: u16) -> Duration {
    DAY.saturating_mul(days.into())
}

/// The names of the certificate: those of this machine to itself, and those that were asked for.
fn names(asked: &[String]) -> Result<Vec<String>, NoCertificate> {
    let mut names: Vec<String> = NAMES.map(str::to_owned).to_vec();
    for name in asked {
        let host = name.strip_prefix("*.").unwrap_or(name);
        if name.parse::<IpAddr>().is_err() && (DnsName::try_from(host).is_err() || host.parse::<IpAddr>().is_ok()) {
            return Err(NoCertificate::Name(name.clone()));
        }
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    Ok(names)
}

fn authority((certificate, key): (&Path, &Path), now: Time, lasting: Duration) -> Result<Authority, NoCertificate> {
    let half = |there: &Path, missing: &Path| {
        Err(NoCertificate::HalfAuthority { there: there.to_owned(), missing: missing.to_owned() })
    };
    let unreadable =
        |file: &Path, why: &dyn std::fmt::Display| NoCertificate::Unreadable(file.to_owned(), why.to_string());
    let (pem, key) = match (data_dir::read(certificate)?, data_dir::read_secret(key)?) {
        (None, None) => return new_authority(now, lasting),
        (Some(_), None) => return half(certificate, key),
        (None, Some(_)) => return half(key, certificate),
        (Some(pem), Some(text)) => {
            let text = std::str::from_utf8(&text).map_err(|error| unreadable(key, &error))?;
            (pem, KeyPair::from_pem(text).map_err(|error| unreadable(key, &error))?)
        }
    };
    let der = CertificateDer::from_pem_slice(&pem).map_err(|error| unreadable(certificate, &error))?;
    let ends = validity::ends(&der).ok_or_else(|| unreadable(certificate, &"it says no end"))?;
    let pem = String::from_utf8(pem).map_err(|error| unreadable(certificate, &error))?;
    Ok(Authority { issuer: Issuer::new(authority_params(&key, now, ends), key), pem, der, ends, is_new: false })
}

fn new_authority(now: Time, lasting: Duration) -> Result<Authority, NoCertificate> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let ends = now + lasting;
    let params = authority_params(&key, now, ends);
    let certificate = params.self_signed(&key)?;
    let (pem, der) = (certificate.pem(), certificate.der().clone());
    Ok(Authority { issuer: Issuer::new(params, key), pem, der, ends, is_new: true })
}

/// RFC 5280, 4.2.1: what an authority is, it says in critical extensions.
fn authority_params(key: &KeyPair, now: Time, ends: Time) -> CertificateParams {
    let mut params = params(&format!("Kagiban authority {}", key_name(key)), now, ends);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// So that two authorities in one list of a client are told apart, and the name of one that was there is known.
fn key_name(key: &KeyPair) -> String {
    let digest = cipher::sha256(key.public_key_raw());
    hex(digest.first_chunk::<8>().map_or(&[][..], |first| first))
}

fn server_params(names: &[String], now: Time, ends: Time) -> CertificateParams {
    let mut params = params("Kagiban", now, ends);
    params.subject_alt_names = names.iter().filter_map(|name| san(name)).collect();
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

fn san(name: &str) -> Option<SanType> {
    match name.parse::<IpAddr>() {
        Ok(address) => Some(SanType::IpAddress(address)),
        Err(_) => Some(SanType::DnsName(name.try_into().ok()?)),
    }
}

fn params(name: &str, now: Time, ends: Time) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let moment =
        |time: Time| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(time.seconds().max(0).unsigned_abs());
    (params.not_before, params.not_after) = (moment(now - BEFORE), moment(ends));
    params
}

/// As a client does that knows the authority and nothing else.
fn verify(
    certificate: &CertificateDer<'_>,
    authority: &CertificateDer<'static>,
    names: &[String],
    now: Time,
) -> Result<(), rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.clone())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let verifier = verifier.map_err(|error| rustls::Error::General(error.to_string()))?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.seconds().max(0).unsigned_abs()));
    // Many clients, this one too, take no wildcard right below a name of one label.
    for name in names.iter().filter(|name| name.strip_prefix("*.").is_none_or(|below| below.contains('.'))) {
        let host = name.replace("*.", "any.");
        let host = ServerName::try_from(host).map_err(|error| rustls::Error::General(error.to_string()))?;
        verifier.verify_server_cert(certificate, &[], &host, &[], now)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_made_lasts_as_long_as_it_says_and_is_known_to_who_knows_the_authority() {
        let now = Time::from_seconds(1_795_000_000);
        let authority = new_authority(now, days(10)).unwrap();
        assert_eq!(validity::ends(&authority.der), Some(authority.ends));
        let names =
            names(&["kms.example".into(), "192.0.2.1".into(), "localhost".into(), "*.kms.example".into()]).unwrap();
        assert_eq!(names.len(), NAMES.len() + 3, "{names:?}");
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let made = server_params(&names, now, now + days(5)).signed_by(&key, &authority.issuer).unwrap();
        assert_eq!(validity::ends(made.der()), Some(now + days(5)));
        let check = |names: &[String], at| verify(made.der(), &authority.der, names, at);
        check(&names, now).unwrap();
        assert!(check(&names, now + days(6)).is_err(), "it has ended");
        assert!(check(&names, now - days(2)).is_err(), "it has not begun");
        assert!(check(&["elsewhere.example".to_owned()], now).is_err());
        // An authority with another key, and so with another name.
        let other = new_authority(now, days(10)).unwrap();
        assert!(verify(made.der(), &other.der, &names, now).is_err());
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["", "a b", "http://x", "user@x", "x:443", "*.*.x", "*.127.0.0.1", "-"] {
            assert!(names(&[name.to_owned()]).is_err(), "{name}");
        }
    }
}
