//! One request, from its bytes to its reply: route → door → admit → enter → write. Here receipt and exit meet.

use crate::doorlog::DoorLog;
use crate::health::Health;
use crate::metrics::{Connected, Measured, Metrics};
use crate::{elsewhere, health, own};
use bytes::Bytes;
use cipher::Entropy;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Method, Response};
use kernel::{Breakage, Claim, Failure, House, Opened, Origin, Recorded, RequestId, Rounds, Service, Tls, Unadmitted};
use names::{Region, Time};
use secret::Exit;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wire::Dialect;
use wire::reply::{ErrorReply, Frame};
use wire::route::{Route, Served};
use wire::sigv4::{self, Head, Kind, Rules};

/// The edge of the house.
pub struct Edge {
    house: Arc<House>,
    exit: &'static Exit,
    entropy: Arc<dyn Entropy>,
    served: Vec<Served>,
    /// By which `/health` asks whether the clock is sound.
    rounds: Rounds,
    doorlog: DoorLog,
    metrics: Arc<Metrics>,
    /// Where the data is, once it is said: a house without a disk measures nothing.
    directory: Option<PathBuf>,
    /// Whether this edge shows the metrics, or leaves that to a listener of their own.
    shows_metrics: bool,
}

/// Who is at the other end of a connection.
#[derive(Clone)]
pub struct Peer {
    pub address: IpAddr,
    pub tls: Option<Tls>,
}

/// Nothing can be recorded any more, so nothing may be answered: the connection is closed.
pub struct Unanswerable;

/// That somebody may read the metrics.
struct MayLook(());

/// A reply that needs no receipt, and is not on the trail: nobody is known; or nothing is committed of the call and nothing told, since the
/// house cannot record it.
type Refusal = Response<Bytes>;

impl Edge {
    pub fn new(house: Arc<House>, exit: &'static Exit, entropy: Arc<dyn Entropy>) -> Self {
        let served =
            house.services().iter().map(|service| Served { model: service.model, endpoints: service.endpoints });
        let served = served.collect();
        let rounds = house.rounds(&own::SERVICE);
        let metrics = Arc::new(Metrics::of(house.services()));
        let doorlog = DoorLog::new();
        Self { house, exit, entropy, served, rounds, doorlog, metrics, directory: None, shows_metrics: false }
    }

    /// Measures the disk of the data directory too, and shows the metrics to neighbours on loopback unless they have their own listener.
    pub(crate) fn measuring(self, directory: &Path, shows_metrics: bool) -> Self {
        Self { directory: Some(directory.to_owned()), shows_metrics, ..self }
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Counts a connection, for as long as the answer is kept.
    pub(crate) fn connected(&self) -> Connected {
        self.metrics.connected()
    }

    /// What the listener for metrics answers.
    pub(crate) fn look(&self, method: &Method, path: &str) -> Response<Bytes> {
        let page = || self.page(MayLook(()));
        health::answer(method, path, || self.health(), page).unwrap_or_else(health::nothing)
    }

    /// The page, for somebody who was asked first: it costs a walk over all counts, and a look at the disk.
    fn page(&self, _: MayLook) -> Option<Result<String, std::fmt::Error>> {
        let measured = Measured {
            directory: self.directory.clone()?,
            commits: self.house.commits(),
            has_room: self.house.has_room(),
            clock_is_sound: self.rounds.clock_is_sound(),
        };
        Some(self.metrics.page(measured))
    }

    /// Whether somebody may read the metrics here: a neighbour on this machine, who asks this machine and for nobody else.
    fn may_look(&self, peer: &Peer, parts: &Parts) -> Option<MayLook> {
        let is_neighbour = peer.address.to_canonical().is_loopback() && !passed_on(&parts.headers) && asks_here(parts);
        (self.shows_metrics && is_neighbour).then_some(MayLook(()))
    }

    /// A connection that was closed before it was read: its address has too many.
    pub fn note_crowd(&self, address: IpAddr) {
        self.metrics.refused("TooManyConnections");
        self.doorlog.note(self.house.clock().monotonic().0, address, "", "TooManyConnections");
    }

    /// A connection whose TLS handshake failed. Whoever only looks whether the port is open comes here too.
    pub(crate) fn note_handshake(&self, address: IpAddr, cause: &dyn std::fmt::Display) {
        self.metrics.handshake_failed();
        tracing::debug!(peer = %address, %cause, "a TLS handshake failed");
    }

    /// A refusal before the request was read: in JSON for a client that names a target, else as the query protocol has it.
    pub fn refuse(
        &self,
        peer: &Peer,
        headers: &HeaderMap,
        code: &str,
        status: u16,
        message: &str,
    ) -> Result<Response<Bytes>, Unanswerable> {
        let request_id = self.request_id()?;
        self.note(peer, &request_id, code);
        let dialect = if headers.contains_key("x-amz-target") { Dialect::Json11 } else { Dialect::Query };
        let frame = Frame { dialect, service: None, request_id: request_id.as_str(), query_mode: false };
        Ok(wire::reply::error(frame, &ErrorReply { code, status, message }))
    }

    pub async fn answer(&self, peer: Peer, parts: Parts, body: Bytes) -> Result<Response<Bytes>, Unanswerable> {
        let page = || self.page(self.may_look(&peer, &parts)?);
        if let Some(own) = health::answer(&parts.method, parts.uri.path(), || self.health(), page) {
            return Ok(own);
        }
        let request_id = self.request_id()?;
        let headers = headers(&parts);
        let head = Head {
            method: parts.method.as_str(),
            raw_path: parts.uri.path(),
            raw_query: parts.uri.query().unwrap_or_default(),
            headers: &headers,
            http2: parts.version == http::Version::HTTP_2,
        };
        let route = match wire::route::route(head, &body, &self.served) {
            Ok(route) => route,
            Err(refused) => {
                self.note(&peer, &request_id, refused.code().0);
                return Ok(elsewhere::refusal(&refused, &parts.headers, head.raw_query, request_id.as_str()));
            }
        };
        match self.call(&peer, head, &parts.headers, &route, &request_id, body).await? {
            Ok(recorded) => Ok(self.write(&route, &recorded)),
            Err(refusal) => Ok(refusal),
        }
    }

    fn health(&self) -> Health {
        match (self.house.has_room(), self.rounds.clock_is_sound()) {
            (false, _) => Health::Full,
            (true, false) => Health::Held,
            (true, true) => Health::Well,
        }
    }

    /// `Err` within is a refusal at the door, or for want of space on the disk.
    async fn call(
        &self,
        peer: &Peer,
        head: Head<'_>,
        headers: &HeaderMap,
        route: &Route,
        request_id: &RequestId,
        body: Bytes,
    ) -> Result<Result<Recorded, Refusal>, Unanswerable> {
        let refuse = |code: &str, status, message: &str| {
            self.note(peer, request_id, code);
            Ok(Err(wire::reply::error(Frame::of(route, request_id.as_str()), &ErrorReply { code, status, message })))
        };
        let Some(service) = self.house.service(route.service.name) else {
            return refuse("UnknownOperationException", 400, "The service is not served here.");
        };
        let Some(row) = service.row(route.operation.name) else {
            return refuse("UnknownOperationException", 400, "The operation is not served here.");
        };
        let (now, begun) = (self.house.clock().wall(), self.house.clock().monotonic());
        let rules = rules(service, &self.house.setting().regions);
        let claim = sigv4::read(&head, &rules, now, || cipher::sha256(&body)).and_then(sigv4::Door::signed);
        let claim = match claim {
            Ok(claim) => claim,
            Err(refused) => {
                let (code, status) = code(refused.kind(), service);
                return refuse(code, status, &refused.to_string());
            }
        };
        let origin = origin(peer, headers, head, claim.scope.region.clone(), request_id.clone(), now);
        let caller = match self.house.admit(as_claim(claim), origin).await {
            Ok(caller) => caller,
            Err(Unadmitted::Broken(breakage)) => return self.broken(breakage, peer, route, request_id),
            Err(unadmitted) => {
                let ((code, status), text) = unknown(&unadmitted, service);
                return refuse(code, status, text);
            }
        };
        let recorded = self.house.enter(caller, service, row, |into| route.read(&body, |source| into(source)));
        let recorded = recorded.await;
        let count = |code: Option<&str>| {
            let lasted = self.house.clock().monotonic().0.saturating_sub(begun.0);
            self.metrics.called(service, row, code, lasted);
        };
        match recorded {
            Ok(recorded) => {
                match recorded.open(self.exit) {
                    Opened::Answer(_) => count(None),
                    Opened::Failure(failure) => count(Some(&failure.code)),
                }
                Ok(Ok(recorded))
            }
            // Of a full disk the log and the trail are told once, and not by every caller.
            Err(Breakage::Full) => {
                let unavailable = service.unavailable();
                count(Some(&unavailable.code));
                Ok(Err(failure(&unavailable, route, request_id)))
            }
            Err(breakage) => {
                tracing::error!(cause = %breakage, request_id = request_id.as_str(), "a call could not be recorded");
                Err(Unanswerable)
            }
        }
    }

    /// A breakage before the caller was known. Nothing was done, so an answer without a record tells nothing.
    fn broken(
        &self,
        breakage: Breakage,
        peer: &Peer,
        route: &Route,
        request_id: &RequestId,
    ) -> Result<Result<Recorded, Refusal>, Unanswerable> {
        tracing::error!(cause = %breakage, request_id = request_id.as_str(), "the door broke");
        let told = Failure::internal();
        self.note(peer, request_id, &told.code);
        Ok(Err(failure(&told, route, request_id)))
    }

    fn write(&self, route: &Route, recorded: &Recorded) -> Response<Bytes> {
        let frame = Frame::of(route, recorded.request_id().as_str());
        match recorded.open(self.exit) {
            Opened::Answer(answer) => {
                wire::reply::answer(frame, answer.model(), self.exit, answer.receipt(), |sink| answer.write(sink))
            }
            Opened::Failure(told) => failure(told, route, recorded.request_id()),
        }
    }

    fn note(&self, peer: &Peer, request_id: &RequestId, code: &str) {
        self.metrics.refused(code);
        self.doorlog.note(self.house.clock().monotonic().0, peer.address, request_id.as_str(), code);
    }

    fn request_id(&self) -> Result<RequestId, Unanswerable> {
        let mut random = [0; 16];
        self.entropy.fill(&mut random).map_err(|_| Unanswerable)?;
        Ok(RequestId::of(random))
    }
}

/// Whether a proxy says that it asks for somebody else.
fn passed_on(headers: &HeaderMap) -> bool {
    let tells = |name: &str| matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded-");
    headers.keys().any(|name| tells(name.as_str()))
}

/// Whether the request was meant for this machine, by all that it says. A page of the world that has its own name lead to 127.0.0.1 (DNS
/// rebinding) comes from loopback with the world's name, and so does what a proxy hands on with the name that it was asked by.
fn asks_here(parts: &Parts) -> bool {
    let hosts = parts.headers.get_all(http::header::HOST).iter().map(http::HeaderValue::as_bytes);
    let mut hosts = hosts.chain(parts.uri.authority().map(|authority| authority.as_str().as_bytes())).peekable();
    hosts.peek().is_some() && hosts.all(is_loopback)
}

/// Whether it is `localhost` or an address of loopback, with a port or without.
fn is_loopback(host: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(host) else { return false };
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

fn failure(failure: &Failure, route: &Route, request_id: &RequestId) -> Response<Bytes> {
    let error = ErrorReply { code: &failure.code, status: failure.status, message: &failure.text };
    wire::reply::error(Frame::of(route, request_id.as_str()), &error)
}

/// How requests to a service are signed. How far its clock may be off is a column of its table.
fn rules<'a>(service: &'static Service, regions: &'a [Region]) -> Rules<'a> {
    let window = Duration::from_secs(service.clock_window_seconds);
    Rules { window, ..Rules::of(service.model.signing_name, regions) }
}

/// The headers as SigV4 wants them. On HTTP/2 the host stands in `:authority`.
fn headers(parts: &Parts) -> Vec<(&str, &[u8])> {
    let mut headers: Vec<(&str, &[u8])> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    if let Some(authority) = parts.uri.authority() {
        headers.push((":authority", authority.as_str().as_bytes()));
    }
    headers
}

fn origin(
    peer: &Peer,
    headers: &HeaderMap,
    head: Head<'_>,
    region: Region,
    request_id: RequestId,
    arrived: Time,
) -> Origin {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // What was signed is the header `Host`. HTTP/2 may have `:authority` in its place; on HTTP/1.1 the host of an absolute URI is signed by
    // nobody.
    let authority = head.headers.iter().find(|(name, _)| head.http2 && *name == ":authority").map(|(_, value)| *value);
    let signed = headers.get(http::header::HOST).map(http::HeaderValue::as_bytes).or(authority).unwrap_or_default();
    let host = shortened(&String::from_utf8_lossy(signed), HOST_CHARS_MAX);
    Origin {
        region,
        source: Some(peer.address),
        user_agent: shortened(header("user-agent"), USER_AGENT_CHARS_MAX),
        host,
        tls: peer.tls.clone(),
        request_id,
        arrived,
    }
}

/// The longest name that DNS knows has 253 characters; a port follows.
const HOST_CHARS_MAX: usize = 260;
/// How much of a user agent the trail keeps.
const USER_AGENT_CHARS_MAX: usize = 1_024;

fn shortened(text: &str, chars_max: usize) -> String {
    // No text has more characters than bytes.
    let cut = if text.len() > chars_max { text.char_indices().nth(chars_max) } else { None };
    text.get(..cut.map_or(text.len(), |(end, _)| end)).unwrap_or_default().to_owned()
}

fn as_claim(claim: sigv4::Claim) -> Claim {
    Claim {
        request: cipher::sha256(claim.string_to_sign.as_bytes()),
        access_key_id: claim.access_key_id,
        token: claim.token,
        string_to_sign: claim.string_to_sign,
        second_string: claim.second_string,
        date: claim.scope.date,
        region: claim.scope.region.to_string(),
        service: claim.scope.service,
        signature: claim.signature,
        expires: claim.valid_until,
    }
}

/// Code and status of a claim that cannot be read.
fn code(kind: Kind, service: &Service) -> (&'static str, u16) {
    match kind {
        Kind::MissingAuthenticationToken => service.codes.unsigned,
        Kind::IncompleteSignature => service.codes.incomplete,
        Kind::MalformedQueryString | Kind::InvalidUri => service.codes.malformed_query,
        Kind::RequestTooLarge => ("RequestEntityTooLarge", 413),
        _ => service.codes.mismatched,
    }
}

/// What somebody hears who is not let in. The texts are AWS's.
fn unknown(unadmitted: &Unadmitted, service: &Service) -> ((&'static str, u16), &'static str) {
    const TOKEN: &str = "The security token included in the request is invalid.";
    const SIGNATURE: &str = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
                             Key and signing method. Consult the service documentation for details.";
    match unadmitted {
        Unadmitted::UnknownKey | Unadmitted::UnknownToken => (service.codes.unknown, TOKEN),
        Unadmitted::ExpiredToken => (service.codes.expired, "The security token included in the request is expired"),
        _ => (service.codes.mismatched, SIGNATURE),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_metrics_are_shown_to_who_asks_this_machine_and_for_nobody_else() {
        let of = |uri: &str, headers: &[(&str, &str)]| {
            let request =
                headers.iter().fold(http::Request::get(uri), |request, (name, value)| request.header(*name, *value));
            request.body(()).unwrap().into_parts().0
        };
        for host in
            ["127.0.0.1", "127.8.0.1:4566", "localhost", "LocalHost:80", "[::1]:4566", "[::1]", "[::ffff:127.0.0.1]:1"]
        {
            assert!(asks_here(&of("/", &[("host", host)])), "{host}");
            assert!(asks_here(&of(&format!("http://{host}/"), &[])), "{host}");
        }
        for host in
            ["", "kms.example", "localhost.example", "127.0.0.1.example:80", "192.0.2.1", "[2001:db8::1]:80", "0.0.0.0"]
        {
            assert!(!asks_here(&of("/", &[("host", host)])), "{host}");
            assert!(!asks_here(&of("/", &[("host", "localhost"), ("host", host)])), "{host} beside another");
            assert!(!asks_here(&of("http://localhost/", &[("host", host)])), "{host} beside the authority");
        }
        assert!(!asks_here(&of("http://kms.example/", &[("host", "localhost")])));
        assert!(!asks_here(&of("/", &[])), "who names no host may mean any");
        for name in ["Forwarded", "Via", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"] {
            assert!(passed_on(&of("/", &[(name, "192.0.2.1")]).headers), "{name}");
        }
        assert!(!passed_on(&of("/", &[("host", "localhost"), ("accept", "*/*")]).headers));
    }

    /// Whatever the door may say has its place in the metrics, and by the table of codes, not by the texts of other errors.
    #[test]
    fn the_codes_of_the_door_are_columns_and_are_counted() {
        let renamed: &'static Service =
            Box::leak(Box::new(Service { validation: kernel::Validation::JSON, ..iam::SERVICE }));
        for service in [&cloudtrail::SERVICE, &iam::SERVICE, &kms::SERVICE, &sts::SERVICE, renamed] {
            let query = matches!(service.name, "iam" | "sts");
            assert_eq!(code(Kind::MissingAuthenticationToken, service).0.ends_with("Exception"), !query);
            assert_eq!(unknown(&Unadmitted::UnknownKey, service).0.1, if query { 403 } else { 400 });
            let codes = service.codes;
            for (code, _) in [codes.unsigned, codes.incomplete, codes.malformed_query, codes.mismatched, codes.unknown]
            {
                assert!(Metrics::counts_at_the_door(code), "{code}");
            }
        }
        for code in ["RequestEntityTooLarge", "MissingAction", &Failure::internal().code] {
            assert!(Metrics::counts_at_the_door(code), "{code}");
        }
    }

    /// The window that a table says is the one that holds, and for AWS's services it is AWS's.
    #[test]
    fn the_window_is_a_column() {
        for service in [&cloudtrail::SERVICE, &iam::SERVICE, &kms::SERVICE, &sts::SERVICE] {
            assert_eq!(rules(service, &[]).window.as_secs(), service.clock_window_seconds);
            assert_eq!(
                rules(service, &[]).window,
                Rules::of(service.model.signing_name, &[]).window,
                "{}",
                service.name
            );
        }
        // The house's own table says another than the rules would.
        assert_eq!(rules(&own::SERVICE, &[]).window, Duration::ZERO);
        assert_ne!(Rules::of(own::SERVICE.model.signing_name, &[]).window, Duration::ZERO);
    }
}
