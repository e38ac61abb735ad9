//! What a claim holds.

use std::time::Duration;

use wire::sigv4::{Payload, normalise_path};

use super::signer::{STAMP, Signing, hex, kms_call, matches};
use super::sketch::Sketch;

#[test]
fn a_claim_says_who_when_where_and_what() {
    let signing = Signing::for_service("kms");
    let (sketch, _) = signing.signed(kms_call(), 0);
    let claim = signing.claim(&sketch).ok().unwrap();
    assert!(matches(&signing, &claim));
    assert_eq!(claim.access_key_id, "AKIAIOSFODNN7EXAMPLE");
    assert_eq!((claim.scope.date.as_str(), claim.scope.service.as_str()), ("20261124", "kms"));
    assert_eq!(claim.scope.region.as_str(), "ap-northeast-1");
    assert_eq!((claim.time, claim.time.iso_basic().as_str()), (signing.now, STAMP));
    assert_eq!(claim.valid_until, signing.now + Duration::from_secs(300));
    assert_eq!((claim.presigned, claim.token, claim.second_string), (None, None, None));
    assert_eq!(claim.payload, Payload::Hash(cipher::sha256(b"{}")));
    assert!(claim.signed_headers.contains("host") && !claim.signed_headers.contains("hos"));
    assert_eq!(claim.signed_headers.iter().count(), 8);
    let request = String::from_utf8(claim.canonical_request).unwrap();
    assert!(request.starts_with("POST\n/\n\namz-sdk-invocation-id:"), "{request}");
    assert!(request.contains("\nx-amz-user-agent:aws-sdk-go-v2/1.36.3 ua/2.1 os/linux\n"), "{request}");
}

#[test]
fn the_token_comes_from_the_header_or_from_the_query() {
    let signing = Signing::for_service("kms");
    let mut call = kms_call();
    call.headers.push(("x-amz-security-token".into(), b" token== ".to_vec()));
    for (sketch, _) in [signing.signed(call.clone(), 0), signing.presigned(call, "60", 0)] {
        let claim = signing.claim(&sketch).ok().unwrap();
        assert!(matches(&signing, &claim));
        assert_eq!(claim.token.as_deref(), Some("token=="));
    }
    let call = Sketch { query: "X-Amz-Security-Token=a%2Bb%3D".into(), ..kms_call() };
    let (mut sketch, _) = signing.presigned(call, "60", 0);
    let claim = signing.claim(&sketch).ok().unwrap();
    assert!(matches(&signing, &claim));
    assert_eq!(claim.token.as_deref(), Some("a+b="));
    // A token in both places would leave open which of them counts.
    sketch.headers.push(("x-amz-security-token".into(), b"a+b=".to_vec()));
    assert!(signing.claim(&sketch).is_err());
}

#[test]
fn s3_says_what_is_signed_of_the_body() {
    let hash = cipher::sha256(b"elsewhere");
    let declared = [
        (hex(&hash), Payload::Hash(hash)),
        ("UNSIGNED-PAYLOAD".into(), Payload::Unsigned),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into(), Payload::StreamingSigned),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".into(), Payload::StreamingSignedTrailer),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER".into(), Payload::StreamingUnsignedTrailer),
    ];
    let signing = Signing::for_service("s3");
    for (text, payload) in declared {
        let (mut sketch, _) = signing.signed(kms_call(), 0);
        sketch.headers.iter_mut().find(|(name, _)| name == "x-amz-content-sha256").unwrap().1 = text.clone().into();
        let claim = signing.claim(&sketch).ok().unwrap();
        assert_eq!(claim.payload, payload);
        assert!(claim.canonical_request.ends_with(text.as_bytes()));
        let sketch = Sketch { query: format!("X-Amz-Content-Sha256={text}"), ..kms_call() };
        let (sketch, _) = signing.presigned(sketch, "60", 0);
        assert_eq!(signing.claim(&sketch).ok().unwrap().payload, payload);
    }
}

/// The paths that clients are known to send, and what each signs.
#[test]
fn the_paths_of_clients_are_met() {
    let signing = Signing::for_service("s3");
    for path in ["/b/2021-02-28%2015%3A05%3A16.txt", "/b/x=1", "/b/a(b)+c", "/b//../c", "/b/%e3%81%82", "/b/\u{3042}"] {
        for form in 0..2 {
            let (sketch, _) = signing.signed(Sketch { path: path.into(), ..kms_call() }, form);
            assert!(matches(&signing, &signing.claim(&sketch).ok().unwrap()), "{path}, {form}");
        }
    }
    let signing = Signing::for_service("lambda");
    for path in ["/2015-03-31/functions/arn%3Aaws/invocations", "/a/../b", "/a//b", "/a/./b/", "/\u{3042}"] {
        for form in 0..2 {
            let (sketch, _) = signing.signed(Sketch { path: path.into(), ..kms_call() }, form);
            assert!(matches(&signing, &signing.claim(&sketch).ok().unwrap()), "{path}, {form}");
        }
    }
    assert_eq!(normalise_path("/a/../b"), "/b");
}

/// On HTTP/2 the host has another name, and clients sign it under either.
#[test]
fn the_host_of_http2_is_its_authority() {
    let signing = Signing::for_service("kms");
    let (sketch, _) = signing.signed(Sketch { http2: true, ..kms_call() }, 0);
    assert!(sketch.headers.iter().any(|(name, _)| name == ":authority"));
    let claim = signing.claim(&sketch).ok().unwrap();
    assert!(matches(&signing, &claim));
    assert!(String::from_utf8(claim.canonical_request).unwrap().contains("\nhost:localhost:8000\n"));
}
