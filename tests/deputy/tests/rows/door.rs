//! At the door, before anybody is known: each row is knocked at in each protocol of its service, in the order in which the program asks.

use crate::rig::{Rig, SERVICES, public_rows, rig};
use house::Actor;
use kernel::{Claim, Row, Service, Unadmitted};
use names::Time;
use shape::Protocol;
use std::time::Duration;
use wire::route::Served;
use wire::sigv4::{self, Door, Head, Rules};

/// A request as it comes from a socket.
#[derive(Clone)]
struct Request {
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Who signs, and with what.
struct Signing<'a> {
    actor: &'a Actor,
    access_key_id: &'a str,
    region: &'a str,
    time: Time,
}

#[derive(Debug)]
enum Knock {
    /// Refused by what the head says alone.
    AtSight(sigv4::Refused),
    Unadmitted(Unadmitted),
    LetIn,
}

#[tokio::test]
async fn who_is_not_known_leaves_no_trace_and_gets_nowhere() {
    let rig = rig().await;
    let actor = rig.house.user("caller", &[crate::rig::ALLOW]).await;
    let mut knocks = 0;
    for (service, row) in public_rows() {
        for request in requests(service, row) {
            let what = format!("{}:{} {:?}", service.name, row.name, request.headers);
            let then = rig.now().await;
            strangers(&rig, &actor, service, row, &request).await;
            rig.untouched(&then, &what).await;
            knocks += 1;
        }
    }
    assert!(knocks >= public_rows().count());
}

/// Everybody who must not be let in, and beside each one who must.
async fn strangers(rig: &Rig, actor: &Actor, service: &'static Service, row: &'static Row, request: &Request) {
    let now = rig.house.clock().now();
    let own = Signing { actor, access_key_id: actor.access_key_id(), region: "ap-northeast-1", time: now };
    let knock = async |request: &Request| knock(rig, actor, service, row, request).await;

    let right = own.sign(rig, service, request);
    assert!(matches!(knock(&right).await, Knock::LetIn), "the signature is right");
    let found = knock(&Signing { region: "us-east-1", ..own }.sign(rig, service, request)).await;
    assert!(matches!(found, Knock::LetIn), "a Region of the list: {found:?}");

    let found = knock(request).await;
    assert!(matches!(found, Knock::AtSight(sigv4::Refused::MissingAuthenticationToken)), "anonymous: {found:?}");
    let found = knock(&forged(&right)).await;
    assert!(matches!(found, Knock::Unadmitted(Unadmitted::Signature)), "bad signature: {found:?}");
    let found = knock(&Request { body: [request.body.as_slice(), b"&Extra=1"].concat(), ..right.clone() }).await;
    assert!(matches!(found, Knock::Unadmitted(Unadmitted::Signature)), "another body: {found:?}");
    let found = knock(&Signing { access_key_id: "AKIAUNKNOWNUNKNOWN00", ..own }.sign(rig, service, request)).await;
    assert!(matches!(found, Knock::Unadmitted(Unadmitted::UnknownKey)), "unknown key id: {found:?}");
    let found = knock(&Signing { region: "xx-nowhere-9", ..own }.sign(rig, service, request)).await;
    assert!(matches!(found, Knock::AtSight(_)), "a Region outside the list: {found:?}");
    // There are no sessions yet, so nobody has a token.
    let mut with_token = request.clone();
    with_token.headers.push(("x-amz-security-token", "token".to_owned()));
    let found = knock(&own.sign(rig, service, &with_token)).await;
    assert!(matches!(found, Knock::Unadmitted(Unadmitted::UnknownToken)), "a token: {found:?}");
    let window = Duration::from_secs(service.clock_window_seconds);
    for (time, known) in [(now + window, true), (now + (window + Duration::from_secs(1)), false)] {
        let found = knock(&Signing { time, ..own }.sign(rig, service, request)).await;
        assert_eq!(matches!(found, Knock::LetIn), known, "signed ahead of time: {found:?}");
    }
    stale(rig, actor, service, row, &right, window).await;
}

/// The same request, again, when its time is over.
async fn stale(
    rig: &Rig,
    actor: &Actor,
    service: &'static Service,
    row: &'static Row,
    right: &Request,
    window: Duration,
) {
    let now = rig.house.clock().now();
    rig.house.clock().set_wall(now + (window - Duration::from_secs(1)));
    let found = knock(rig, actor, service, row, right).await;
    assert!(matches!(found, Knock::LetIn), "within the window: {found:?}");
    rig.house.clock().set_wall(now + (window + Duration::from_secs(1)));
    let found = knock(rig, actor, service, row, right).await;
    assert!(matches!(found, Knock::AtSight(_)), "stale: {found:?}");
    rig.house.clock().set_wall(now);
}

/// The calls that the program makes, in its order, up to the point where a caller is known.
async fn knock(rig: &Rig, actor: &Actor, service: &'static Service, row: &'static Row, request: &Request) -> Knock {
    let now = rig.house.clock().now();
    request.with_head(|head| {
        let route = wire::route::route(head, &request.body, &served());
        let route = route.unwrap_or_else(|refused| panic!("{} is not routed: {}", row.name, refused.refusal));
        assert!(std::ptr::eq(route.operation, row.model()), "{} is routed to {}", row.name, route.operation.name);
        assert!(std::ptr::eq(rig.house.door().service(route.service.name).unwrap(), service));
    });
    let regions = rig.house.door().setting().regions.clone();
    let rules = Rules::of(service.model.signing_name, &regions);
    let read = request.with_head(|head| sigv4::read(&head, &rules, now, || cipher::sha256(&request.body)));
    let claim = match read.and_then(Door::signed) {
        Ok(claim) => claim,
        Err(refused) => return Knock::AtSight(refused),
    };
    let claim = Claim {
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
    };
    let origin = actor.origin();
    match rig.house.door().admit(claim, origin).await {
        Ok(_) => Knock::LetIn,
        Err(unadmitted) => Knock::Unadmitted(unadmitted),
    }
}

fn served() -> Vec<Served> {
    SERVICES.iter().map(|service| Served { model: service.model, endpoints: service.endpoints }).collect()
}

/// The row's request in each protocol of its service, not signed yet. What its body says does not matter here.
fn requests(service: &Service, row: &Row) -> Vec<Request> {
    let model = service.model;
    let request = |path: &str, headers: Vec<(&'static str, String)>, body: &str| {
        let mut headers = headers;
        headers.push(("host", format!("{}.ap-northeast-1.amazonaws.com", model.endpoint_prefix)));
        Request { path: path.to_owned(), headers, body: body.as_bytes().to_vec() }
    };
    let target = || ("x-amz-target", format!("{}.{}", model.target_prefix, row.name));
    let kind = |kind: &str| ("content-type", kind.to_owned());
    let of = |protocol: &Protocol| match protocol {
        Protocol::Json10 => Some(request("/", vec![kind("application/x-amz-json-1.0"), target()], "{}")),
        Protocol::Json11 => Some(request("/", vec![kind("application/x-amz-json-1.1"), target()], "{}")),
        Protocol::RpcV2Cbor => {
            let path = format!("/service/{}/operation/{}", model.target_prefix, row.name);
            Some(request(&path, vec![kind("application/cbor"), ("smithy-protocol", "rpc-v2-cbor".to_owned())], "\u{0}"))
        }
        Protocol::Query => {
            let body = format!("Action={}&Version={}", row.name, model.api_version);
            Some(request("/", vec![kind("application/x-www-form-urlencoded")], &body))
        }
        Protocol::RestJson | Protocol::RestXml | Protocol::Ec2 => None,
    };
    let requests: Vec<Request> = model.protocols.iter().filter_map(of).collect();
    assert!(!requests.is_empty(), "{} speaks no protocol that is served", service.name);
    requests
}

impl Request {
    fn with_head<T>(&self, read: impl FnOnce(Head<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> = self.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        read(Head { method: "POST", raw_path: &self.path, raw_query: "", headers: &headers, http2: false })
    }
}

impl Signing<'_> {
    /// All headers signed. The string to sign is the verifier's own: it is held against AWS's vectors elsewhere.
    fn sign(&self, rig: &Rig, service: &Service, request: &Request) -> Request {
        let mut signed = request.clone();
        let (name, date) = (service.model.signing_name, self.time.format("%Y%m%d"));
        signed.headers.push(("x-amz-date", self.time.iso_basic()));
        let mut names: Vec<&str> = signed.headers.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let authorization = |signature: &str| {
            let credential = format!("{}/{date}/{}/{name}/aws4_request", self.access_key_id, self.region);
            let names = names.join(";");
            format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}")
        };
        let mut sketch = signed.clone();
        sketch.headers.push(("authorization", authorization(&"0".repeat(64))));
        let mut regions = rig.house.door().setting().regions.clone();
        regions.extend(names::Region::parse(self.region));
        let rules = Rules::of(name, &regions);
        let read = sketch.with_head(|head| sigv4::read(&head, &rules, self.time, || cipher::sha256(&sketch.body)));
        let claim = read.and_then(Door::signed).unwrap_or_else(|refused| panic!("cannot be signed: {refused}"));
        let signature = self.actor.sign(&date, self.region, name, &claim.string_to_sign);
        let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        signed.headers.push(("authorization", authorization(&signature)));
        signed
    }
}

/// One digit of the signature is another one.
fn forged(request: &Request) -> Request {
    let mut forged = request.clone();
    let (_, authorization) = forged.headers.last_mut().unwrap();
    let last = authorization.pop().unwrap();
    authorization.push(if last == '0' { '1' } else { '0' });
    forged
}
