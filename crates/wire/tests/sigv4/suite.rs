//! AWS's own vectors: each case signed in the header and in the query, with string to sign and signature.

use std::fs;
use std::path::{Path, PathBuf};

use names::{Region, Time};
use wire::sigv4::{Claim, Refused, Rules, TokenRule, read};

use super::signer::{hex, signature};
use super::sketch::Sketch;

/// Cases in the old format, without a context: their signatures are not of the key that they name.
const OLD_CASES: [&str; 2] = ["double-encode-path", "double-url-encode"];

struct Case {
    folder: PathBuf,
    name: String,
    region: Region,
    service: String,
    secret: String,
    time: Time,
    normalised: bool,
    token_appended: bool,
}

#[test]
fn each_case_reads_as_aws_signed_it() {
    let cases: Vec<Case> = cases().collect();
    assert_eq!(cases.len(), 38);
    for case in &cases {
        for form in ["header", "query"] {
            let claim = case.claim(form).unwrap_or_else(|refused| unreadable(&case.name, form, &refused));
            // A case that normalises is met by the second string, where that differs.
            let string = match &claim.second_string {
                Some(second) if case.normalised => second,
                _ => &claim.string_to_sign,
            };
            let expected = case.text(form, "string-to-sign");
            assert_eq!(*string, expected, "{}, {form}", case.name);
            if claim.second_string.is_none() || !case.normalised {
                let request = String::from_utf8(claim.canonical_request.clone()).unwrap();
                assert_eq!(request, case.text(form, "canonical-request"), "{}, {form}", case.name);
            }
            let scope = &claim.scope;
            let signature = signature(&case.secret, &scope.date, scope.region.as_str(), &scope.service, string);
            assert_eq!(hex(&signature), case.text(form, "signature"), "{}, {form}", case.name);
            assert_eq!(claim.signature, signature, "{}, {form}", case.name);
            assert_eq!(claim.presigned.is_some(), form == "query");
        }
    }
}

/// A token that is added after signing is taken only where the service says so.
#[test]
fn an_appended_token_is_not_signed() {
    let mut case = cases().find(|case| case.token_appended).unwrap();
    assert_eq!(case.claim("header").ok().unwrap().token.unwrap().len(), 336);
    case.token_appended = false;
    let refused = case.claim("header").err();
    assert_eq!(refused, Some(Refused::UnsignedHeaders(vec!["x-amz-security-token".into()])));
    let claim = case.claim("query").ok().unwrap();
    assert_ne!(claim.string_to_sign, case.text("query", "string-to-sign"));
}

#[test]
fn a_path_that_is_escaped_is_escaped_again() {
    for name in OLD_CASES {
        let folder = folder().join(name);
        let sketch = Sketch::parse(&fs::read(folder.join("header-signed-request.txt")).unwrap());
        let service = if name == "double-url-encode" { ("lambda", "us-east-2") } else { ("service", "us-east-1") };
        let now =
            Time::parse(if name == "double-url-encode" { "20210511T154045Z" } else { "20150830T123600Z" }).unwrap();
        let regions = [Region::parse(service.1).unwrap()];
        let rules = Rules::of(service.0, &regions);
        let door = sketch.with_head(|head| read(head, &rules, now, || cipher::sha256(&sketch.body)));
        let claim = door.and_then(wire::sigv4::Door::signed).ok().unwrap();
        let expected = fs::read_to_string(folder.join("header-canonical-request.txt")).unwrap();
        let path = String::from_utf8(claim.canonical_request).unwrap().lines().nth(1).unwrap().to_owned();
        assert_eq!(path, expected.lines().nth(1).unwrap());
        if name == "double-url-encode" {
            let expected = fs::read_to_string(folder.join("header-string-to-sign.txt")).unwrap();
            assert_eq!(claim.string_to_sign, expected.trim_end());
        }
    }
}

impl Case {
    fn open(folder: PathBuf) -> Self {
        let context: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("context.json")).unwrap()).unwrap();
        let text = |name: &str| context[name].as_str().unwrap().to_owned();
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            region: Region::parse(&text("region")).unwrap(),
            service: text("service"),
            secret: context["credentials"]["secret_access_key"].as_str().unwrap().to_owned(),
            time: Time::parse(&text("timestamp")).unwrap(),
            normalised: context["normalize"].as_bool().unwrap(),
            token_appended: context["omit_session_token"].as_bool().unwrap_or_default(),
            folder,
        }
    }

    fn text(&self, form: &str, what: &str) -> String {
        fs::read_to_string(self.folder.join(format!("{form}-{what}.txt"))).unwrap()
    }

    fn claim(&self, form: &str) -> Result<Claim, Refused> {
        let sketch = Sketch::parse(self.text(form, "signed-request").as_bytes());
        let token = if self.token_appended { TokenRule::Appended } else { TokenRule::Signed };
        let regions = [self.region.clone()];
        let rules = Rules { token, ..Rules::of(&self.service, &regions) };
        sketch.with_head(|head| read(head, &rules, self.time, || cipher::sha256(&sketch.body)))?.signed()
    }
}

fn cases() -> impl Iterator<Item = Case> {
    let folders = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    folders.filter(|path| path.join("context.json").exists()).map(Case::open)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/aws-sig-v4")
}

#[expect(clippy::panic, reason = "tests")]
fn unreadable(name: &str, form: &str, refused: &Refused) -> Claim {
    panic!("{name}, {form}: {refused}")
}
