//! What the program counts. On the way of a request these are additions to numbers that have their places from the start: nothing is
//! looked up by name but the code of an error.

mod counts;
mod page;

use counts::Histogram;
use kernel::{Row, Service};
use kms::States;
use names::Time;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use page::{CONTENT_TYPE, Measured};

/// What is not in a table is counted under this.
const OTHER: &str = "other";

/// The codes with which the door refuses.
const DOOR_CODES: [&str; 22] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InternalFailure",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidRequest",
    "InvalidSignatureException",
    "MalformedQueryString",
    "MalformedQueryStringException",
    "MissingAction",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestEntityTooLarge",
    "RequestTimeout",
    "RequestURITooLong",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "TooManyConnections",
    "UnknownOperationException",
    "UnrecognizedClientException",
];

pub struct Metrics {
    services: Box<[OfService]>,
    door: Codes,
    handshakes_failed: AtomicU64,
    connections: AtomicI64,
    keys: Mutex<Option<Census>>,
}

struct OfService {
    service: &'static Service,
    /// In the order of the service's rows.
    rows: Box<[OfRow]>,
}

struct OfRow {
    succeeded: AtomicU64,
    failed: Codes,
    lasted: Histogram,
}

/// Codes of errors, each with how often it was told; at the end those that are in no table.
struct Codes {
    known: Box<[(&'static str, AtomicU64)]>,
    other: AtomicU64,
}

/// How many keys there were when they were last counted.
#[derive(Clone, Copy)]
struct Census {
    states: States,
    ended: Time,
}

/// A connection that is open, as long as this is.
pub struct Connected(Arc<Metrics>);

impl Metrics {
    pub fn of(services: &[&'static Service]) -> Self {
        let services = services.iter().map(|service| OfService {
            service,
            rows: service.rows.iter().map(|row| OfRow::new(service, row)).collect(),
        });
        Self {
            services: services.collect(),
            door: Codes::new(DOOR_CODES.to_vec()),
            handshakes_failed: AtomicU64::new(0),
            connections: AtomicI64::new(0),
            keys: Mutex::new(None),
        }
    }

    /// A call has ended: with an error of this code, or well.
    pub fn called(&self, service: &'static Service, row: &'static Row, code: Option<&str>, lasted: Duration) {
        let of_service = self.services.iter().find(|one| std::ptr::eq(one.service, service));
        let place = service.rows.element_offset(row);
        let Some(of_row) = of_service.zip(place).and_then(|(service, place)| service.rows.get(place)) else { return };
        match code {
            None => _ = of_row.succeeded.fetch_add(1, Ordering::Relaxed),
            Some(code) => of_row.failed.add(code),
        }
        of_row.lasted.add(lasted);
    }

    /// Somebody was refused at the door.
    pub fn refused(&self, code: &str) {
        self.door.add(code);
    }

    /// A TLS handshake failed.
    pub fn handshake_failed(&self) {
        self.handshakes_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether a code of the door has a name of its own in the metrics.
    #[cfg(test)]
    pub fn counts_at_the_door(code: &str) -> bool {
        DOOR_CODES.contains(&code)
    }

    pub fn connected(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }

    /// All keys have been counted.
    pub fn counted(&self, states: States, ended: Time) {
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(Census { states, ended });
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl OfRow {
    fn new(service: &Service, row: &Row) -> Self {
        Self { succeeded: AtomicU64::new(0), failed: Codes::new(codes(service, row)), lasted: Histogram::default() }
    }
}

/// All that the tables say an operation may be answered with.
fn codes(service: &Service, row: &Row) -> Vec<&'static str> {
    let gate = service.codes;
    let of_gate = [gate.access_denied.0, gate.throttling.0, gate.malformed.0, gate.unavailable.0];
    // The query protocol writes another code than the shape's name, where the model says one.
    let declared = service.model.errors.iter().filter(|error| row.model().errors.contains(&error.name));
    let mut codes: Vec<_> = declared.flat_map(|error| [error.name, error.code]).collect();
    codes.extend(of_gate);
    codes.extend([service.validation.code, "InternalFailure"]);
    codes
}

impl Codes {
    fn new(mut codes: Vec<&'static str>) -> Self {
        codes.sort_unstable();
        codes.dedup();
        Self { known: codes.into_iter().map(|code| (code, AtomicU64::new(0))).collect(), other: AtomicU64::new(0) }
    }

    fn add(&self, code: &str) {
        let known = self.known.binary_search_by(|(known, _)| (*known).cmp(code));
        let count = known.ok().and_then(|place| self.known.get(place)).map_or(&self.other, |(_, count)| count);
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Those that were told.
    fn told(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = self.known.iter().map(|(code, count)| (*code, count)).chain([(OTHER, &self.other)]);
        all.map(|(code, count)| (code, count.load(Ordering::Relaxed))).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn each_call_is_counted_in_the_place_of_its_row_and_its_code() {
        let metrics = Metrics::of(&[&sts::SERVICE, &kms::SERVICE]);
        let row = kms::SERVICE.row("Decrypt").unwrap();
        for code in [None, None, Some("NotFoundException"), Some("KMSInternalException"), Some("made up by a stranger")]
        {
            metrics.called(&kms::SERVICE, row, code, Duration::from_millis(2));
        }
        let of_kms = metrics.services.iter().find(|one| one.service.name == "kms").unwrap();
        for (row, counted) in kms::SERVICE.rows.iter().zip(&of_kms.rows) {
            let told: Vec<_> = counted.failed.told().collect();
            if row.name == "Decrypt" {
                assert_eq!(told, [("KMSInternalException", 1), ("NotFoundException", 1), (OTHER, 1)]);
                assert_eq!((counted.succeeded.load(Ordering::Relaxed), counted.lasted.count()), (2, 5));
            } else {
                assert_eq!((told.len(), counted.lasted.count()), (0, 0), "{}", row.name);
            }
        }
        // A row of another service's table has no place here.
        metrics.called(&iam::SERVICE, row, None, Duration::ZERO);
        metrics.called(&sts::SERVICE, row, None, Duration::ZERO);
        assert_eq!(of_kms.rows.iter().map(|row| row.lasted.count()).sum::<u64>(), 5);
    }

    #[test]
    fn a_connection_is_counted_while_it_is_open() {
        let metrics = Arc::new(Metrics::of(&[]));
        let (one, other) = (metrics.connected(), metrics.connected());
        drop(one);
        assert_eq!(metrics.connections.load(Ordering::Relaxed), 1);
        drop(other);
        assert_eq!(metrics.connections.load(Ordering::Relaxed), 0);
    }
}
