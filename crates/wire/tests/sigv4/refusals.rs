//! Each refusal: its kind, and its text as AWS writes it.

use wire::sigv4::{
    AUTHORIZATION_BYTES_MAX, Door, HEADER_VALUE_BYTES_MAX, HEADERS_MAX, Kind, Limit, PATH_BYTES_MAX, QUERY_BYTES_MAX,
    QUERY_PARAMETERS_MAX, Refused,
};

use super::signer::{STAMP, Signing, kms_call};
use super::sketch::Sketch;

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";
const HOST: &str = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
const UNSIGNED: &str = "There were headers present in the request which were not signed";

fn refusal(service: &'static str, presigned: bool, change: impl FnOnce(&mut Sketch)) -> Refused {
    let signing = Signing::for_service(service);
    let (mut sketch, _) =
        if presigned { signing.presigned(kms_call(), "300", 0) } else { signing.signed(kms_call(), 0) };
    change(&mut sketch);
    signing.claim(&sketch).err().unwrap()
}

fn set(sketch: &mut Sketch, name: &str, value: &str) {
    let header = sketch.headers.iter_mut().find(|(header, _)| header == name).unwrap();
    header.1 = value.into();
}

fn edit(sketch: &mut Sketch, from: &str, to: &str) {
    let header = sketch.headers.iter_mut().find(|(header, _)| header == "authorization").unwrap();
    let text = String::from_utf8(header.1.clone()).unwrap();
    assert!(text.contains(from), "{text}");
    header.1 = text.replace(from, to).into();
}

fn edit_query(sketch: &mut Sketch, from: &str, to: &str) {
    assert!(sketch.query.contains(from), "{}", sketch.query);
    sketch.query = sketch.query.replace(from, to);
}

fn remove(sketch: &mut Sketch, name: &str) {
    sketch.headers.retain(|(header, _)| header != name);
}

fn push(sketch: &mut Sketch, name: &str, value: &str) {
    sketch.headers.push((name.into(), value.into()));
}

fn told(refused: &Refused, kind: Kind, text: &str) {
    assert_eq!((refused.kind(), refused.to_string().as_str()), (kind, text));
}

#[test]
fn no_claim_is_no_error_until_one_is_needed() {
    let signing = Signing::for_service("kms");
    assert!(matches!(signing.read(&kms_call()), Ok(Door::Anonymous)));
    let refused = signing.claim(&kms_call()).err().unwrap();
    told(&refused, Kind::MissingAuthenticationToken, "Missing Authentication Token");
}

#[test]
fn the_header_and_the_query_cannot_both_carry_a_claim() {
    for mark in ["X-Amz-Algorithm", "X-Amz-Credential=", "X-Amz-Signature=0", "X%2DAmz-Signature"] {
        let refused = refusal("kms", false, |sketch| sketch.query = mark.into());
        let text = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
        told(&refused, Kind::SignatureDoesNotMatch, text);
    }
}

#[test]
fn what_the_header_lacks_is_listed() {
    let hash = "(Hashed with SHA-256 and encoded with Base64) Authorization=";
    let refused = refusal("kms", false, |sketch| {
        set(sketch, "authorization", "AWS4-HMAC-SHA256");
        remove(sketch, "x-amz-date");
    });
    let text = format!(
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. {hash}YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="
    );
    told(&refused, Kind::IncompleteSignature, &text);
    let only = |change: &dyn Fn(&mut Sketch)| refusal("kms", false, change).to_string();
    let lacks = |what: &str| format!("Authorization header requires {what} {hash}");
    assert!(only(&|sketch| edit(sketch, "Credential=", "Credential=,")).starts_with("Invalid key=value pair"));
    assert!(only(&|sketch| edit(sketch, "SignedHeaders=", "Signature=")).starts_with("Authorization header must have"));
    assert!(only(&|sketch| edit(sketch, "Signature=", "Region=")).starts_with("Authorization header must have"));
    let date = lacks("existence of either a 'X-Amz-Date' or a 'Date' header.");
    assert!(only(&|sketch| remove(sketch, "x-amz-date")).starts_with(&date));
    let id = "AWS4-HMAC-SHA256 SignedHeaders=host Signature=1";
    assert!(only(&|sketch| set(sketch, "authorization", id)).starts_with(&lacks("'Credential' parameter.")));
}

/// The header is not repeated to the caller, only its hash: people send other services' secrets by mistake.
#[test]
fn another_scheme_is_not_read() {
    for (scheme, hash) in [
        ("Bearer abc", "w1Xc6WwWEogNEZQP/dkBTThsJT4MNlKmzQanIm970rY="),
        ("AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg", "U6ktpN/R5bRl/r2dEs36hxOsbB2XfmJljwGAnyS7nWs="),
        ("AWS4-HMAC-SHA256 Credential", "KfSoC26UaBDGXxo5AUFS45c1cmAbyLKDOxOTKcZYWt4="),
    ] {
        let refused = refusal("kms", false, |sketch| set(sketch, "authorization", scheme));
        let text = format!(
            "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with \
             Base64): '{hash}'."
        );
        told(&refused, Kind::IncompleteSignature, &text);
    }
    let refused = refusal("kms", false, |sketch| sketch.headers.last_mut().unwrap().1 = b"AWS4 \xff".to_vec());
    assert!(matches!(refused, Refused::AuthorizationPair { .. }));
}

#[test]
fn what_the_query_lacks_is_listed() {
    let refused = refusal("kms", true, |sketch| sketch.query = "X-Amz-Algorithm".into());
    let text = "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include \
                'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string \
                parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. \
                Re-examine the query-string parameters.";
    told(&refused, Kind::IncompleteSignature, text);
    let without = |sketch: &mut Sketch| edit_query(sketch, "&X-Amz-Expires=300", "");
    let text = "AWS query-string parameters must include 'X-Amz-Expires'. Re-examine the query-string parameters.";
    told(&refusal("s3", true, without), Kind::IncompleteSignature, text);
}

#[test]
fn a_part_stands_once_and_is_spelt_as_aws_spells_it() {
    let names = ["Algorithm", "Credential", "Signature", "SignedHeaders", "Date", "Expires", "Security-Token"];
    let names = names.map(|name| format!("X-Amz-{name}"));
    for name in &names {
        for other in [name.clone(), name.to_ascii_lowercase()] {
            let refused = refusal("kms", true, |sketch| sketch.query += &format!("&{name}=1&{other}=1"));
            let text = format!("AWS query-string parameters must include '{name}' once.");
            told(&refused, Kind::IncompleteSignature, &text);
        }
        let refused = refusal("kms", true, |sketch| sketch.query += &format!("&{}=1", name.to_ascii_uppercase()));
        assert!(matches!(refused, Refused::QueryRepeats(_)));
    }
    for name in ["authorization", "host", "x-amz-date"] {
        let refused = refusal("kms", false, |sketch| push(sketch, name, "1"));
        assert!(matches!(refused, Refused::HeaderRepeats(_)), "{name}");
        assert_eq!(refused.kind(), Kind::IncompleteSignature);
    }
    let refused = refusal("kms", true, |sketch| sketch.query += "&X-Amz-Security-Token=%ff");
    told(&refused, Kind::IncompleteSignature, "'X-Amz-Security-Token' is not a valid query-string value.");
}

#[test]
fn expires_is_a_number_of_at_most_a_week() {
    let of = |service: &'static str, value: &str| {
        refusal(service, true, |sketch| edit_query(sketch, "Expires=300", &format!("Expires={value}")))
    };
    for service in ["kms", "s3", "sts"] {
        for value in ["-1", "1.5", "60s", "%2B60", "0x10"] {
            told(&of(service, value), Kind::IncompleteSignature, "X-Amz-Expires should be a number");
        }
        for value in ["604801", "99999999999999999999"] {
            let text = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less \
                        than 604800 seconds";
            told(&of(service, value), Kind::IncompleteSignature, text);
        }
    }
}

#[test]
fn a_date_has_one_form() {
    let refused = refusal("kms", false, |sketch| set(sketch, "x-amz-date", "201"));
    let text = "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601";
    told(&refused, Kind::IncompleteSignature, text);
    let refused = refusal("kms", false, |sketch| {
        sketch.headers.iter_mut().find(|(name, _)| name == "x-amz-date").unwrap().1 = b"\xff".to_vec();
    });
    told(&refused, Kind::IncompleteSignature, "'X-Amz-Date' is not a valid header value.");
}

#[test]
fn outside_the_window() {
    let old = |sketch: &mut Sketch| set(sketch, "x-amz-date", "20261124T211459Z");
    let text = "Signature expired: 20261124T211459Z is now earlier than 20261124T211500Z (20261124T212000Z - 5 min.)";
    told(&refusal("kms", false, old), Kind::OutsideWindow, text);
    let early = |sketch: &mut Sketch| set(sketch, "x-amz-date", "20261124T213501Z");
    let text =
        "Signature not yet current: 20261124T213501Z is still later than 20261124T213500Z (20261124T212000Z + 15 min.)";
    told(&refusal("sts", false, early), Kind::OutsideWindow, text);
    let spent = |sketch: &mut Sketch| {
        edit_query(sketch, "Expires=300", "Expires=90");
        edit_query(sketch, "T212000Z", "T211829Z");
    };
    let text = "Signature expired: 20261124T211829Z is now earlier than 20261124T211830Z (20261124T212000Z - 90 sec.)";
    told(&refusal("kms", true, spent), Kind::OutsideWindow, text);
}

#[test]
fn the_host_is_signed() {
    let refused = refusal("kms", false, |sketch| edit(sketch, ";host;", ";"));
    told(&refused, Kind::SignatureDoesNotMatch, HOST);
    let refused = refusal("kms", false, |sketch| remove(sketch, "host"));
    told(&refused, Kind::SignatureDoesNotMatch, HOST);
    // The pseudo-header is one only on HTTP/2.
    let refused = refusal("kms", false, |sketch| {
        sketch.headers.iter_mut().for_each(|(name, _)| {
            if name == "host" {
                *name = ":authority".into();
            }
        })
    });
    told(&refused, Kind::SignatureDoesNotMatch, HOST);
    let refused = refusal("kms", false, |sketch| {
        sketch.http2 = true;
        push(sketch, ":authority", "elsewhere");
    });
    told(&refused, Kind::SignatureDoesNotMatch, "':authority' and 'Host' must be the same.");
}

#[test]
fn a_date_that_is_used_is_signed() {
    let signing = Signing::for_service("kms");
    let unsigned = |sketch: &mut Sketch| {
        remove(sketch, "x-amz-date");
        edit(sketch, ";x-amz-date", "");
        push(sketch, "date", "Tue, 24 Nov 2026 21:20:00 GMT");
    };
    let text = "'Date' must be a 'SignedHeader' in the AWS Authorization.";
    told(&refusal("kms", false, unsigned), Kind::SignatureDoesNotMatch, text);
    let (mut sketch, _) = signing.signed(kms_call(), 0);
    unsigned(&mut sketch);
    edit(&mut sketch, ";host;", ";date;host;");
    let claim = signing.claim(&sketch).ok().unwrap();
    assert!(claim.string_to_sign.starts_with(&format!("AWS4-HMAC-SHA256\n{STAMP}\n")));
}

#[test]
fn every_amz_header_is_signed() {
    for presigned in [false, true] {
        for (service, name) in [("kms", "x-amz-target-2"), ("s3", "x-amz-copy-source"), ("s3", "x-amz-acl")] {
            let refused = refusal(service, presigned, |sketch| push(sketch, name, "1"));
            told(&refused, Kind::UnsignedHeaders, UNSIGNED);
            assert_eq!(refused, Refused::UnsignedHeaders(vec![name.to_owned()]));
        }
        let refused = refusal("kms", presigned, |sketch| push(sketch, "x-amz-security-token", "1"));
        assert_eq!(refused, Refused::UnsignedHeaders(vec!["x-amz-security-token".into()]));
        let refused = refusal("s3", presigned, |sketch| {
            ["x-amz-b", "x-amz-a", "x-amz-b"].into_iter().for_each(|name| push(sketch, name, "1"));
        });
        assert_eq!(refused, Refused::UnsignedHeaders(vec!["x-amz-a".into(), "x-amz-b".into()]));
    }
    let refused = refusal("kms", false, |sketch| edit(sketch, ";x-amz-date", ""));
    assert_eq!(refused, Refused::UnsignedHeaders(vec!["x-amz-date".into()]));
}

/// What the query carries is signed; a header that only repeats it says nothing new.
#[test]
fn a_presigned_parameter_may_be_repeated_as_a_header() {
    let signing = Signing::for_service("s3");
    let sketch = Sketch { query: "X-Amz-Acl=private".into(), ..kms_call() };
    let (mut sketch, _) = signing.presigned(sketch, "300", 0);
    push(&mut sketch, "x-amz-acl", "private");
    assert!(signing.claim(&sketch).is_ok());
    set(&mut sketch, "x-amz-acl", "public-read");
    assert!(matches!(signing.claim(&sketch), Err(Refused::UnsignedHeaders(_))));
}

#[test]
fn the_list_of_signed_headers_is_canonical() {
    let text = "'SignedHeaders' must be names in lower case, sorted, each once and separated by ';'.";
    for (from, to) in [(";host;", ";Host;"), (";host;", ";host;host;"), (";x-amz-date", ";"), (";host;", ";;host;")] {
        told(&refusal("kms", false, |sketch| edit(sketch, from, to)), Kind::IncompleteSignature, text);
    }
    let refused = refusal("kms", false, |sketch| edit(sketch, ";x-amz-user-agent", ";x-amz-user-agent;x-missing"));
    told(&refused, Kind::SignatureDoesNotMatch, MISMATCH);
}

#[test]
fn one_algorithm_is_served() {
    let text = |name: &str| format!("Unsupported AWS 'algorithm': '{name}' (only AWS4-HMAC-SHA256 for now). ");
    for name in ["AWS4-HMAC-SHA25", "AWS4-ECDSA-P256-SHA256", "aws4-hmac-sha256"] {
        let refused = refusal("kms", false, |sketch| edit(sketch, "AWS4-HMAC-SHA256", name));
        told(&refused, Kind::IncompleteSignature, &text(name));
        let refused = refusal("kms", true, |sketch| edit_query(sketch, "AWS4-HMAC-SHA256", name));
        told(&refused, Kind::IncompleteSignature, &text(name));
    }
}

#[test]
fn a_credential_has_five_elements() {
    for credential in ["a/b/c/d", "a", "a/b/c/d/e/f", "/20261124/us-east-1/kms/aws4_request", "a\u{e9}/b/c/d/e"] {
        let whole = "AKIAIOSFODNN7EXAMPLE/20261124/ap-northeast-1/kms/aws4_request";
        let refused = refusal("kms", false, |sketch| edit(sketch, whole, credential));
        let text = format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
             '{credential}'"
        );
        told(&refused, Kind::IncompleteSignature, &text);
    }
}

#[test]
fn all_that_is_wrong_with_a_scope_is_told() {
    let of = |from: &str, to: &str| refusal("kms", false, |sketch| edit(sketch, from, to));
    let region = "Credential should be scoped to a valid region. ";
    let service = "Credential should be scoped to correct service: 'kms'. ";
    let terminator = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ";
    let date = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261123' \
                != '20261124', from '20261124T212000Z'.";
    told(&of("/ap-northeast-1/", "/eu-west-1/"), Kind::SignatureDoesNotMatch, region);
    told(&of("/kms/", "/s3/"), Kind::SignatureDoesNotMatch, service);
    told(&of("aws4_request", "aws5_request"), Kind::SignatureDoesNotMatch, terminator);
    told(&of("/20261124/", "/20261123/"), Kind::SignatureDoesNotMatch, date);
    let all = of("20261124/ap-northeast-1/kms/aws4_request", "20261123/AP/KMS/aws5_request");
    told(&all, Kind::SignatureDoesNotMatch, &[region, service, terminator, date].concat());
}

#[test]
fn a_signature_is_64_lower_case_digits() {
    for signature in ["1", &"A".repeat(64), &"g".repeat(64), &"a".repeat(63), &"a".repeat(65)] {
        let refused = refusal("kms", false, |sketch| {
            let text = String::from_utf8(sketch.headers.last().unwrap().1.clone()).unwrap();
            let (start, _) = text.rsplit_once('=').unwrap();
            set(sketch, "authorization", &format!("{start}={signature}"));
        });
        told(&refused, Kind::SignatureDoesNotMatch, MISMATCH);
    }
}

#[test]
fn the_declared_hash_is_held_against_the_body() {
    let mut sketch = kms_call();
    push(&mut sketch, "x-amz-content-sha256", &"0".repeat(64));
    let signing = Signing::for_service("kms");
    let (mut sketch, _) = signing.signed(sketch, 0);
    let refused = signing.claim(&sketch).err().unwrap();
    let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
    told(&refused, Kind::ContentSha256, text);
    set(&mut sketch, "x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    told(&signing.claim(&sketch).err().unwrap(), Kind::ContentSha256, text);
    set(&mut sketch, "x-amz-content-sha256", "nonsense");
    let invalid =
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.";
    told(&signing.claim(&sketch).err().unwrap(), Kind::ContentSha256, invalid);
    let refused = refusal("s3", false, |sketch| {
        remove(sketch, "x-amz-content-sha256");
        edit(sketch, "x-amz-content-sha256;", "");
    });
    told(&refused, Kind::ContentSha256, "Missing required header for this request: x-amz-content-sha256");
    let refused = refusal("s3", true, |sketch| sketch.query += "&X-Amz-Content-Sha256=nonsense");
    told(&refused, Kind::ContentSha256, invalid);
}

#[test]
fn what_cannot_be_read_is_refused() {
    for query in ["%", "a=%zz", "%1=2", "a=b&c=%F"] {
        let refused = refusal("kms", false, |sketch| sketch.query = query.into());
        told(&refused, Kind::MalformedQueryString, "Illegal hex character in escape % pattern: %");
    }
    for path in ["*", "a/b", "http://localhost/"] {
        let refused = refusal("kms", false, |sketch| sketch.path = path.into());
        told(&refused, Kind::InvalidUri, "Couldn't parse the specified URI.");
    }
    assert_eq!(refusal("s3", false, |sketch| sketch.path = "/a%".into()), Refused::Uri);
    for method in ["", "get", "GET\n", "GÉT", "ABCDEFGHIJKLMNOPQ"] {
        assert_eq!(refusal("kms", false, |sketch| sketch.method = method.into()).kind(), Kind::MethodNotAllowed);
    }
}

#[test]
fn each_limit_is_held() {
    let of = |change: &dyn Fn(&mut Sketch)| {
        let refused = refusal("kms", false, change);
        assert_eq!(refused.kind(), Kind::RequestTooLarge);
        assert!(refused.to_string().starts_with("The request is too large: "));
        refused
    };
    let limited = Refused::Limit;
    assert_eq!(of(&|sketch| sketch.path = format!("/{}", "a".repeat(PATH_BYTES_MAX))), limited(Limit::Path));
    assert_eq!(of(&|sketch| sketch.query = "a".repeat(QUERY_BYTES_MAX + 1)), limited(Limit::Query));
    assert_eq!(of(&|sketch| sketch.query = "a&".repeat(QUERY_PARAMETERS_MAX + 1)), limited(Limit::QueryParameters));
    assert_eq!(of(&|sketch| (0..HEADERS_MAX).for_each(|_| push(sketch, "a", ""))), limited(Limit::Headers));
    assert_eq!(of(&|sketch| push(sketch, "a", &"a".repeat(HEADER_VALUE_BYTES_MAX + 1))), limited(Limit::HeaderValue));
    let long = format!("AWS4-HMAC-SHA256 Credential={}", "a".repeat(AUTHORIZATION_BYTES_MAX));
    assert_eq!(of(&|sketch| set(sketch, "authorization", &long)), limited(Limit::Authorization));
    let names: Vec<String> = (0..200).map(|number| format!("a{number:03}")).collect();
    let many = format!("SignedHeaders={};", names.join(";"));
    assert_eq!(of(&|sketch| edit(sketch, "SignedHeaders=", &many)), limited(Limit::SignedHeaders));
}

#[test]
fn a_long_text_is_not_repeated_whole() {
    let refused = refusal("kms", false, |sketch| set(sketch, "x-amz-date", &"9".repeat(10_000)));
    assert!(refused.to_string().len() < 400);
}
