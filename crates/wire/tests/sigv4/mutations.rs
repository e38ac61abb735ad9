//! Whatever is changed in a signed request, either the signature no longer matches or the meaning is the same.

use std::collections::BTreeMap;

use wire::sigv4::Payload;

use super::naive::{decoded, folded, pairs, without_dots};
use super::signer::{Signing, kms_call, matches};
use super::sketch::Sketch;

/// What a request says, however it is spelt.
#[derive(PartialEq, Eq, Debug)]
struct Meaning {
    method: String,
    path: Vec<u8>,
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
    headers: BTreeMap<String, Vec<u8>>,
    body: Vec<u8>,
}

struct Signed {
    signing: Signing,
    sketch: Sketch,
    /// The body of a presigned request to S3 is not signed.
    body_signed: bool,
}

#[test]
fn each_byte_counts() {
    let (mut refused, mut unmatched, mut same) = (0, 0, 0);
    for signed in all() {
        let said = meaning(&signed.sketch, &signed);
        for mutant in mutants(&signed) {
            match verify(&signed, &mutant) {
                None => refused += 1,
                Some(false) => unmatched += 1,
                Some(true) => {
                    same += 1;
                    assert_eq!(meaning(&mutant, &signed), said, "{mutant:?}");
                }
            }
        }
    }
    // Another case of an escape, a tab for a blank, a comma for a blank: few, or the test would say nothing.
    assert!(refused > 10_000 && unmatched > 100_000 && same < 2_000, "{refused} {unmatched} {same}");
}

#[test]
fn nothing_can_be_added_or_taken_away() {
    for signed in all() {
        let sketch = &signed.sketch;
        assert_eq!(verify(&signed, sketch), Some(true));
        let mut changed: Vec<Sketch> = Vec::new();
        for (position, (name, _)) in sketch.headers.iter().enumerate() {
            let mut without = sketch.clone();
            without.headers.remove(position);
            let mut twice = sketch.clone();
            twice.headers.push(twice.headers[position].clone());
            let mut emptied = sketch.clone();
            emptied.headers[position].1.clear();
            // Without its claim a request is anonymous, which is no match either.
            assert!(name != "authorization" || signed.signing.claim(&without).is_err());
            changed.extend([without, twice, emptied]);
        }
        for name in ["x-amz-copy-source", "x-amz-meta-more", "x-amz-date", "x-amz-security-token", "x-amz-"] {
            let mut more = sketch.clone();
            more.headers.push((name.into(), b"1".to_vec()));
            changed.push(more);
        }
        let parameters: Vec<&str> = sketch.query.split('&').filter(|pair| !pair.is_empty()).collect();
        for position in 0..parameters.len() {
            let mut fewer = parameters.clone();
            fewer.remove(position);
            let more = [&parameters[..], &parameters[position..=position]].concat();
            changed.extend([fewer, more].map(|query| Sketch { query: query.join("&"), ..sketch.clone() }));
        }
        for more in ["a", "=", "X-Amz-Expires=604800", "x-amz-expires=604800", "X-Amz-Signature=1"] {
            changed.push(Sketch { query: format!("{}&{more}", sketch.query), ..sketch.clone() });
        }
        for method in ["", "PATCH", "POST\nX", "Post"] {
            changed.push(Sketch { method: method.into(), ..sketch.clone() });
        }
        if signed.body_signed {
            changed.push(Sketch { body: Vec::new(), ..sketch.clone() });
            changed.push(Sketch { body: [&sketch.body[..], b" "].concat(), ..sketch.clone() });
        }
        for changed in changed {
            assert_ne!(verify(&signed, &changed), Some(true), "{changed:?}");
        }
    }
}

/// Another service, another Region of the same house, another key.
#[test]
fn a_claim_is_of_one_service_and_region() {
    let mut signing = Signing::for_service("kms");
    let (sketch, _) = signing.signed(kms_call(), 0);
    signing.service = "sts";
    assert!(signing.claim(&sketch).is_err());
    signing.service = "kms";
    signing.regions.remove(0);
    assert!(signing.claim(&sketch).is_err());
    let mut signing = Signing::for_service("kms");
    signing.secret.push('x');
    assert!(!matches(&signing, &signing.claim(&sketch).ok().unwrap()));
}

/// Whether the signature matches; nothing if the claim is refused before.
fn verify(signed: &Signed, sketch: &Sketch) -> Option<bool> {
    let claim = signed.signing.claim(sketch).ok()?;
    if let Payload::Hash(hash) = claim.payload
        && hash != cipher::sha256(&sketch.body)
    {
        return Some(false);
    }
    Some(matches(&signed.signing, &claim))
}

fn all() -> Vec<Signed> {
    let rest = |path: &str, query: &str| Sketch { path: path.into(), query: query.into(), ..kms_call() };
    let calls = [
        ("kms", kms_call()),
        ("sts", Sketch { http2: true, ..kms_call() }),
        ("lambda", rest("/2015-03-31/functions/arn%3Aaws/./x//y/..", "b=%2f+&a=1&c&d=%20&a=0")),
        ("s3", rest("/bucket/a%20b=c/%2f../", "list-type=2&prefix=a%2Fb+c&marker")),
    ];
    let mut all = Vec::new();
    for (service, sketch) in calls {
        for form in 0..2 {
            let signing = Signing::for_service(service);
            let (header, _) = signing.signed(sketch.clone(), form);
            all.push(Signed { signing, sketch: header, body_signed: true });
            let signing = Signing::for_service(service);
            let (query, _) = signing.presigned(sketch.clone(), "300", form);
            all.push(Signed { signing, sketch: query, body_signed: service != "s3" });
        }
    }
    all
}

/// Each byte replaced by each of a list of others, as far as the result is text where text is needed.
fn mutants(signed: &Signed) -> impl Iterator<Item = Sketch> {
    let sketch = &signed.sketch;
    let text = |text: &str| {
        each_byte(text.as_bytes())
            .filter_map(|bytes| String::from_utf8(bytes).ok())
            .collect::<Vec<String>>()
            .into_iter()
    };
    let methods = text(&sketch.method).map(|method| Sketch { method, ..sketch.clone() });
    let paths = text(&sketch.path).map(|path| Sketch { path, ..sketch.clone() });
    let queries = text(&sketch.query).map(|query| Sketch { query, ..sketch.clone() });
    let headers = sketch.headers.iter().enumerate().flat_map(move |(position, (name, value))| {
        let values = each_byte(value).map(move |value| (None, value));
        let names = each_byte(name.as_bytes()).filter_map(|name| String::from_utf8(name).ok());
        let names = names.map(|name| name.to_ascii_lowercase()).filter(move |new| new != name);
        let names = names.map(|new| (Some(new), value.clone()));
        values.chain(names).map(move |(new_name, new_value)| {
            let mut mutant = sketch.clone();
            mutant.headers[position] = (new_name.unwrap_or_else(|| name.clone()), new_value);
            mutant
        })
    });
    let body: &[u8] = if signed.body_signed { &sketch.body } else { &[] };
    let bodies = each_byte(body).map(|body| Sketch { body, ..sketch.clone() });
    methods.chain(paths).chain(queries).chain(headers).chain(bodies)
}

fn each_byte(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    const OTHERS: &[u8] = b"\0\t\n\r !\"%&'()*+,-./09:;=?@AFZ[]_afgz{|}~\x7f\x80\xff";
    let near = |byte: u8| [byte ^ 1, byte ^ 0x20, byte ^ 0x80];
    let others = move |byte: u8| OTHERS.iter().copied().chain(near(byte)).filter(move |other| *other != byte);
    bytes.iter().enumerate().flat_map(move |(position, byte)| {
        others(*byte).map(move |other| {
            let mut mutant = bytes.to_vec();
            mutant[position] = other;
            mutant
        })
    })
}

fn meaning(sketch: &Sketch, signed: &Signed) -> Meaning {
    let path = if sketch.path.is_empty() { "/" } else { &sketch.path };
    let s3 = signed.signing.service == "s3";
    let mut pairs = pairs(&sketch.query).unwrap();
    pairs.sort();
    let mut headers: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (name, value) in sketch.headers.iter().filter(|(name, _)| name != "authorization") {
        let joined = headers.entry(name.clone()).or_default();
        if !joined.is_empty() {
            joined.push(b',');
        }
        joined.extend(folded(value));
    }
    Meaning {
        method: sketch.method.clone(),
        path: if s3 { decoded(path).unwrap() } else { without_dots(path).into_bytes() },
        pairs,
        headers,
        body: if signed.body_signed { sketch.body.clone() } else { Vec::new() },
    }
}
