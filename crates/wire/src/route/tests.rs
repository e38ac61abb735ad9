//! Which request goes where.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use shape::{Kind, Protocol, Schema, Secrecy};

static NOTHING: Schema = Schema { name: "Nothing", kind: Kind::Structure { members: &[] }, secrecy: Secrecy::Public };

const fn operation(name: &'static str) -> OperationModel {
    OperationModel { name, input: &NOTHING, output: Some(&NOTHING), result_wrapper: "Result", errors: &[] }
}

static KMS: Model = Model {
    name: "kms",
    signing_name: "kms",
    endpoint_prefix: "kms",
    api_version: "2014-11-01",
    target_prefix: "TrentService",
    xml_namespace: "",
    protocols: &[Protocol::Json11],
    operations: &[operation("Decrypt"), operation("Encrypt")],
    errors: &[],
    known: &["Decrypt", "Encrypt", "Sign"],
};

static CLOUDTRAIL: Model = Model {
    name: "cloudtrail",
    signing_name: "cloudtrail",
    endpoint_prefix: "cloudtrail",
    api_version: "2013-11-01",
    target_prefix: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    xml_namespace: "",
    protocols: &[Protocol::Json11],
    operations: &[operation("LookupEvents")],
    errors: &[],
    known: &["LookupEvents"],
};

static STS: Model = Model {
    name: "sts",
    signing_name: "sts",
    endpoint_prefix: "sts",
    api_version: "2011-06-15",
    target_prefix: "",
    xml_namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    protocols: &[Protocol::Query],
    operations: &[operation("GetCallerIdentity"), operation("AssumeRoleWithWebIdentity")],
    errors: &[],
    known: &["GetCallerIdentity", "AssumeRoleWithWebIdentity", "AssumeRole"],
};

static CLOUDWATCH: Model = Model {
    name: "cloudwatch",
    signing_name: "monitoring",
    endpoint_prefix: "monitoring",
    api_version: "2010-08-01",
    target_prefix: "GraniteServiceVersion20100801",
    xml_namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
    protocols: &[Protocol::RpcV2Cbor, Protocol::Json10, Protocol::Query],
    operations: &[operation("PutMetricData")],
    errors: &[],
    known: &["PutMetricData"],
};

const SERVED: &[Served] = &[
    Served { model: &KMS, endpoints: &["trent"] },
    Served { model: &CLOUDTRAIL, endpoints: &[] },
    Served { model: &STS, endpoints: &[] },
    Served { model: &CLOUDWATCH, endpoints: &[] },
];

/// Routes a request written as `METHOD target`, headers as `name: value`, and a body. The answer is `dialect service operation`, or
/// `dialect code text`.
fn routed(line: &str, headers: &[&str], body: &str) -> String {
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, &[u8])> = headers
        .iter()
        .map(|header| header.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes()))
        .collect();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let head = Head { method, raw_path: path, raw_query: query, headers: &headers, http2: false };
    match route(head, body.as_bytes(), SERVED) {
        Ok(route) => format!("{:?} {} {}", route.dialect, route.service.name, route.operation.name),
        Err(refused) => format!("{:?} {} {}", refused.dialect, refused.code().0, refused.refusal),
    }
}

fn signed(service: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261124/ap-northeast-1/{service}/aws4_request, SignedHeaders=host, Signature=00"
    )
}

const JSON11: &str = "Content-Type: application/x-amz-json-1.1";
const JSON10: &str = "Content-Type: application/x-amz-json-1.0";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded; charset=utf-8";
const DECRYPT: &str = "X-Amz-Target: TrentService.Decrypt";

#[test]
fn json_goes_by_its_target() {
    assert_eq!(routed("POST /", &[JSON11, DECRYPT, &signed("kms")], "{}"), "Json11 kms Decrypt");
    assert_eq!(routed("POST /", &[DECRYPT], "{}"), "Json11 kms Decrypt");
    assert_eq!(routed("POST /", &[JSON10, DECRYPT], "{}"), "Json10 kms Decrypt");
    let put = "X-Amz-Target: GraniteServiceVersion20100801.PutMetricData";
    assert_eq!(routed("POST /", &[put, &signed("monitoring")], ""), "Json10 cloudwatch PutMetricData");
    for prefix in ["CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"] {
        let target = format!("X-Amz-Target: {prefix}.LookupEvents");
        assert_eq!(routed("POST /", &[JSON11, &target], "{}"), "Json11 cloudtrail LookupEvents");
    }
}

#[test]
fn unknown_targets_are_refused_as_client_errors() {
    for (line, headers) in [
        ("POST /", &[JSON11, "X-Amz-Target: TrentService.Sign"][..]),
        ("POST /", &[JSON11, "X-Amz-Target: TrentService.Nonsense"]),
        ("POST /", &[JSON11, "X-Amz-Target: Nonsense.Decrypt"]),
        ("POST /", &[JSON11, "X-Amz-Target: .Decrypt"]),
        ("POST /", &[JSON11, "X-Amz-Target: Decrypt"]),
        ("POST /", &[JSON11, "X-Amz-Target: "]),
        ("POST /", &[JSON11, DECRYPT, DECRYPT]),
        ("POST /", &["Content-Type: application/json", DECRYPT]),
        ("POST /", &[FORM, DECRYPT]),
        ("POST /", &[JSON11, JSON10, DECRYPT]),
        ("GET /", &[JSON11, DECRYPT]),
        ("POST /other", &[JSON11, DECRYPT]),
    ] {
        let answer = routed(line, headers, "{}");
        assert!(answer.starts_with("Json11 UnknownOperationException "), "{headers:?}: {answer}");
    }
    let long = format!("X-Amz-Target: TrentService.{}", "x".repeat(1_000));
    assert!(routed("POST /", &[JSON11, &long], "").len() < 300);
}

#[test]
fn a_credential_for_another_service_is_refused() {
    let text = "Credential should be scoped to correct service: 'kms'.";
    let answer = routed("POST /", &[JSON11, DECRYPT, &signed("sts")], "{}");
    assert_eq!(answer, format!("Json11 InvalidSignatureException {text}"));
    let presigned = "POST /?X-Amz-Credential=AKID%2F20261124%2Fx%2Fsts%2Faws4_request";
    assert_eq!(routed(presigned, &[JSON11, DECRYPT], "{}"), format!("Json11 InvalidSignatureException {text}"));
    let identity = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(
        routed("POST /", &[FORM, &signed("kms")], identity),
        "Query SignatureDoesNotMatch Credential should be scoped to correct service: 'sts'."
    );
}

#[test]
fn the_query_protocol_goes_by_scope_then_host_then_version() {
    let identity = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(routed("POST /", &[FORM, &signed("sts")], identity), "Query sts GetCallerIdentity");
    assert_eq!(routed("POST /", &[&signed("sts")], identity), "Query sts GetCallerIdentity");
    let presigned = format!("GET /?{identity}&X-Amz-Credential=AKID%2F20261124%2Fx%2Fsts%2Faws4_request");
    assert_eq!(routed(&presigned, &[], ""), "Query sts GetCallerIdentity");
    let federated = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&WebIdentityToken=x";
    assert_eq!(routed("POST /", &[FORM], federated), "Query sts AssumeRoleWithWebIdentity");
    assert_eq!(
        routed("POST /", &[FORM, "Host: sts.kagiban.internal:8443"], federated),
        "Query sts AssumeRoleWithWebIdentity"
    );
    assert_eq!(routed("POST /?Action=GetCallerIdentity", &[FORM], "Version=2011-06-15"), "Query sts GetCallerIdentity");
    let headers: &[(&str, &[u8])] = &[(":authority", b"sts.kagiban.internal")];
    let head = Head { method: "GET", raw_path: "/", raw_query: "", headers, http2: true };
    assert_eq!(route(head, b"", SERVED).err().map(|refused| refused.refusal), Some(Refusal::MissingAction));
}

#[test]
fn incomplete_queries_are_refused_as_aws_does() {
    let sts = signed("sts");
    assert_eq!(
        routed("POST /", &[FORM, &sts], "Action=Nonsense&Version=2011-06-15"),
        "Query InvalidAction Could not find operation Nonsense for version 2011-06-15"
    );
    assert_eq!(
        routed("POST /", &[FORM, &sts], "Action=GetCallerIdentity"),
        "Query InvalidAction Could not find operation GetCallerIdentity for version NO_VERSION_SPECIFIED"
    );
    assert!(
        routed("POST /", &[FORM, &sts], "Action=AssumeRole&Version=2011-06-15").starts_with("Query InvalidAction ")
    );
    assert_eq!(routed("POST /", &[FORM, &sts], "Version=2011-06-15"), "Query MissingAction Missing Action");
    assert_eq!(routed("GET /", &["Host: sts.amazonaws.com"], ""), "Query MissingAction Missing Action");
    assert!(routed("POST /", &[FORM, &sts], "Action=%").starts_with("Query MalformedQueryString "));
    assert!(routed("POST /", &[FORM], "Action=ListBuckets&Version=1").starts_with("Query InvalidAction "));
    assert!(routed("POST /", &[JSON11, &signed("kms")], "{}").starts_with("Json11 UnknownOperationException "));
    assert!(routed("PUT /bucket", &[], "").starts_with("Json11 UnknownOperationException "));
    let identity = "/?Action=GetCallerIdentity&Version=2011-06-15";
    assert!(routed(&format!("DELETE {identity}"), &[&sts], "").starts_with("Query InvalidAction "));
    assert!(routed(&format!("POST {identity}"), &[&sts, JSON11], "").starts_with("Query InvalidAction "));
}

#[test]
fn cbor_goes_by_its_path() {
    let line = "POST /service/GraniteServiceVersion20100801/operation/PutMetricData";
    let protocol = "smithy-protocol: rpc-v2-cbor";
    let cbor = "Content-Type: application/cbor";
    assert_eq!(routed(line, &[protocol, cbor, &signed("monitoring")], ""), "RpcV2Cbor cloudwatch PutMetricData");
    assert_eq!(routed(line, &[protocol], ""), "RpcV2Cbor cloudwatch PutMetricData");
    for (line, headers) in [
        (line, &["smithy-protocol: rpc-v3", cbor][..]),
        (line, &[protocol, "Content-Type: application/json"]),
        ("GET /service/GraniteServiceVersion20100801/operation/PutMetricData", &[protocol, cbor]),
        ("POST /service/TrentService/operation/Decrypt", &[protocol, cbor]),
        ("POST /service//operation/", &[protocol, cbor]),
        ("POST /service/GraniteServiceVersion20100801/operation/PutMetricData/x", &[protocol, cbor]),
    ] {
        let answer = routed(line, headers, "");
        assert!(answer.starts_with("RpcV2Cbor UnknownOperationException "), "{line} {headers:?}: {answer}");
    }
    assert!(routed(line, &[cbor], "").starts_with("Json11 UnknownOperationException "));
}

#[test]
fn query_mode_is_heard() {
    let headers: &[(&str, &[u8])] = &[(TARGET, b"GraniteServiceVersion20100801.PutMetricData"), (QUERY_MODE, b"true")];
    let head = Head { method: "POST", raw_path: "/", raw_query: "", headers, http2: true };
    let Ok(route) = route(head, b"{}", SERVED) else { panic!("the operation is served") };
    assert!(route.query_mode);
}
