//! Until when a certificate is valid: RFC 5280, 4.1, as far as that field, in DER (X.690).

use names::Time;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of the first certificate of a PEM file.
pub fn ends_in_pem(pem: &[u8]) -> Option<Time> {
    ends(&CertificateDer::from_pem_slice(pem).ok()?)
}

/// The end of its validity; `None` if these bytes are no certificate, or are one with a time that RFC 5280 does not know.
pub fn ends(certificate: &[u8]) -> Option<Time> {
    let (body, _) = value(certificate, SEQUENCE)?;
    let (to_be_signed, _) = value(body, SEQUENCE)?;
    let rest = value(to_be_signed, VERSION).map_or(to_be_signed, |(_, rest)| rest);
    let (_serial, rest) = value(rest, INTEGER)?;
    let (_algorithm, rest) = value(rest, SEQUENCE)?;
    let (_issuer, rest) = value(rest, SEQUENCE)?;
    let (validity, _) = value(rest, SEQUENCE)?;
    let (_, not_after) = time(validity)?;
    time(not_after).map(|(time, _)| time)
}

/// A time, and what is behind it. RFC 5280, 4.1.2.5: in UTC, with seconds; of years with two digits, those from 50 on are of 19xx.
fn time(bytes: &[u8]) -> Option<(Time, &[u8])> {
    let (digits, rest) = if let Some((short, rest)) = value(bytes, UTC_TIME) {
        let short = std::str::from_utf8(short).ok()?;
        let century = if short.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" };
        (format!("{century}{short}"), rest)
    } else {
        let (long, rest) = value(bytes, GENERALIZED_TIME)?;
        (std::str::from_utf8(long).ok()?.to_owned(), rest)
    };
    Some((Time::parse(&format!("{}T{}", digits.get(..8)?, digits.get(8..)?))?, rest))
}

/// The content of the element that `bytes` begin with, if it has this tag, and what is behind it.
fn value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*length) {
        short @ ..=0x7F => (short, rest),
        // Certificates are shorter than 2^24 bytes, and DER writes no leading zeros.
        long @ 0x81..=0x83 => {
            let (digits, rest) = rest.split_at_checked(long - 0x80)?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    if *found != tag { None } else { rest.split_at_checked(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_time_are_read() {
        let read =
            |tag, text: &str| time(&[&[tag, text.len() as u8], text.as_bytes()].concat()).map(|(time, _)| time.iso());
        assert_eq!(read(UTC_TIME, "261124212000Z").as_deref(), Some("2026-11-24T21:20:00Z"));
        assert_eq!(read(UTC_TIME, "500101000000Z").as_deref(), Some("1950-01-01T00:00:00Z"));
        assert_eq!(read(GENERALIZED_TIME, "20501231235959Z").as_deref(), Some("2050-12-31T23:59:59Z"));
        for wrong in ["", "2", "261124", "xxxxxxxxxxxxZ"] {
            assert_eq!(read(UTC_TIME, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 0x80],
            &[0x30, 0x03, 0x30, 0x01, 0x02],
            &[0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
            b"-----BEGIN",
        ] {
            assert_eq!(ends(bytes), None, "{bytes:?}");
        }
    }
}
