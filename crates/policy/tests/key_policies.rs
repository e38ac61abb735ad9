//! Key policies with a known verdict, in `tests/data`: those that AWS refuses are refused, and a witness (a call by
//! which a stranger gets in) is allowed, with an administrator's rights on the stranger's own side. For a private one,
//! a plain stranger is denied.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests; a JSON value without the member is null")]
#![expect(clippy::disallowed_methods, reason = "the samples are files")]

mod common;

use ::policy::{Decision, Document, Kind};
use common::{Caller, Case, Side, policy};
use serde_json::{Value, json};
use std::path::Path;

fn samples() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

#[test]
fn what_aws_takes_is_taken() {
    for sample in samples() {
        let parsed = Document::parse(&sample["policy"].to_string(), Kind::KeyPolicy);
        assert_eq!(parsed.is_ok(), sample["valid_in_aws"] == true, "{}: {parsed:?}", sample["name"]);
    }
}

#[test]
fn witnesses_get_in_and_strangers_do_not() {
    let mut witnesses = 0;
    for sample in samples().into_iter().filter(|sample| sample["valid_in_aws"] == true) {
        let witness = &sample["witness"];
        let stranger = json!({
            "principal": "arn:aws:iam::666677778888:role/x", "principal_account": "666677778888",
            "action": "kms:Decrypt", "resource": sample["key_arn"],
            "context": {"aws:sourceip": "198.51.100.77", "kms:calleraccount": "666677778888"},
        });
        let call = if witness.is_null() { &stranger } else { witness };
        let decision = case(&sample, call).decide();
        assert_eq!(matches!(decision, Decision::Allow(_)), !witness.is_null(), "{}: {decision:?}", sample["name"]);
        witnesses += usize::from(!witness.is_null());
    }
    assert!(witnesses > 0);
}

fn case(sample: &Value, call: &Value) -> Case {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let context = call["context"].as_object().unwrap();
    let user_id = text(context.get("aws:userid").unwrap_or(&Value::Null));
    let session = user_id.split_once(':').map_or("session", |(_, session)| session).to_owned();
    let role = text(&call["principal"]).rsplit_once('/').unwrap().1.to_owned();
    let account = text(&call["principal_account"]).parse().unwrap();
    let mut case = Case::new(Caller::Session(account, role, session), &text(&call["action"]), &text(&call["resource"]))
        .identity(policy("Allow", "*", "*"))
        .side(Side::KeyPolicy(sample["policy"].clone()));
    for (key, value) in context {
        case = match value {
            Value::Array(values) => {
                let values: Vec<String> = values.iter().map(text).collect();
                case.facts(key, &values.iter().map(String::as_str).collect::<Vec<_>>())
            }
            one => case.fact(key, &text(one)),
        };
    }
    case
}
