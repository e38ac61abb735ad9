//! The documents of one seed, each written, and read by both sides.

use crate::alphabet::{
    BUCKET_PATTERNS, BUCKET_RESOURCES, CONDITION_KEYS, KEY_PATTERNS, KEY_RESOURCES, NAMES, PROVIDERS, ROLE_PATTERNS,
    SERVICES, Sort, operators,
};
use crate::dice::Dice;
use crate::reading::Policy;
use policy::{Document, Kind};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A document as both sides have it.
pub struct Paper {
    pub written: String,
    pub naive: Policy,
    pub document: Document,
}

pub struct Town {
    /// For identities, sessions and boundaries.
    pub identity: Vec<Paper>,
    /// Those that allow nearly everything, as boundaries and guardrails do.
    pub wide: Vec<Paper>,
    pub keys: Vec<Paper>,
    pub buckets: Vec<Paper>,
    pub roles: Vec<Paper>,
}

const IDENTITY_COUNT: usize = 8;
const OTHERS_COUNT: usize = 5;

impl Town {
    pub fn found(dice: &mut Dice) -> Self {
        let mut papers = |kind, wide, count| (0..count).map(|_| paper(dice, kind, wide)).collect();
        Self {
            identity: papers(Kind::Identity, false, IDENTITY_COUNT),
            wide: papers(Kind::Identity, true, OTHERS_COUNT),
            keys: papers(Kind::KeyPolicy, false, OTHERS_COUNT),
            buckets: papers(Kind::Resource, false, OTHERS_COUNT),
            roles: papers(Kind::Trust, false, OTHERS_COUNT),
        }
    }
}

fn paper(dice: &mut Dice, kind: Kind, wide: bool) -> Paper {
    let statements: Vec<Value> = (0..=dice.below(3)).map(|_| statement(dice, kind, wide)).collect();
    let version = if dice.percent(85) { "2012-10-17" } else { "2008-10-17" };
    let value = match statements.as_slice() {
        [one] => json!({"Version": version, "Statement": one}),
        several => json!({"Version": version, "Statement": several}),
    };
    let names_principals = kind != Kind::Identity;
    let ids = (names_principals && dice.percent(50)).then(|| ids(dice));
    Paper::of(&value, kind, ids.as_ref())
}

impl Paper {
    /// Written, read by both sides, and stored by both when the ids of users and roles are given.
    pub fn of(value: &Value, kind: Kind, ids: Option<&BTreeMap<String, Option<String>>>) -> Self {
        let written = value.to_string();
        let mut document = Document::parse(&written, kind).unwrap_or_else(|error| panic!("{error:?}: {written}"));
        let mut naive = Policy::read(&serde_json::from_str(&written).unwrap());
        if kind == Kind::Trust {
            naive = naive.of_a_role();
        }
        if let Some(ids) = ids {
            document = document.bind(&|arn| ids.get(arn.as_str()).cloned().flatten());
            naive = naive.stored(ids);
        }
        Self { written, naive, document }
    }
}

/// The unique ids of users and roles when a policy was stored: theirs, another's (they were made anew since), none (there was nobody).
fn ids(dice: &mut Dice) -> BTreeMap<String, Option<String>> {
    let of_iam = NAMES.iter().filter(|name| name.contains(":user/") || name.contains(":role/"));
    of_iam
        .map(|name| {
            let id = match dice.below(10) {
                0 => None,
                1 => Some("AIDAAAAAAAAAAAAAGONE1".to_owned()),
                _ => Some(crate::asking::id_of(name)),
            };
            ((*name).to_owned(), id)
        })
        .collect()
}

fn statement(dice: &mut Dice, kind: Kind, wide: bool) -> Value {
    let mut told = Map::new();
    let denies = dice.percent(if wide { 6 } else { 12 });
    told.insert("Effect".to_owned(), json!(if denies { "Deny" } else { "Allow" }));
    if kind != Kind::Identity {
        let (element, value) = principal(dice, kind, denies);
        told.insert(element.to_owned(), value);
    }
    let of_keys = match kind {
        Kind::KeyPolicy => true,
        Kind::Identity => dice.percent(60),
        _ => false,
    };
    let patterns = match kind {
        Kind::Trust => ROLE_PATTERNS,
        _ if of_keys => KEY_PATTERNS,
        // An identity policy speaks of roles too.
        Kind::Identity if dice.percent(30) => ROLE_PATTERNS,
        _ => BUCKET_PATTERNS,
    };
    let is_whole = |dice: &mut Dice| dice.percent(if wide { 85 } else { 30 });
    let actions = if is_whole(dice) && kind != Kind::Trust { vec!["*"] } else { dice.some(patterns, 2) };
    let element = if dice.percent(if kind == Kind::Trust { 0 } else { 8 }) { "NotAction" } else { "Action" };
    if kind != Kind::KeyPolicy || dice.percent(97) {
        told.insert(element.to_owned(), one_or_many(dice, actions));
    }
    if kind != Kind::Trust && (kind != Kind::KeyPolicy || dice.percent(97)) {
        let resources = if of_keys { KEY_RESOURCES } else { BUCKET_RESOURCES };
        let mostly_all = is_whole(dice) || (kind == Kind::KeyPolicy && dice.percent(80));
        let resources = if mostly_all { vec!["*"] } else { dice.some(resources, 2) };
        let element = if dice.percent(8) { "NotResource" } else { "Resource" };
        told.insert(element.to_owned(), one_or_many(dice, resources));
    }
    if dice.percent(if wide { 15 } else { 45 }) {
        told.insert("Condition".to_owned(), conditions(dice));
    }
    Value::Object(told)
}

fn principal(dice: &mut Dice, kind: Kind, denies: bool) -> (&'static str, Value) {
    let element =
        if kind != Kind::Trust && dice.percent(if denies { 35 } else { 4 }) { "NotPrincipal" } else { "Principal" };
    let account = |dice: &mut Dice| one_or_many(dice, vec!["arn:aws:iam::111122223333:root", "444455556666"]);
    let value = match dice.below(20) {
        0 | 1 => json!("*"),
        2 => json!({"AWS": "*"}),
        3 | 4 if kind == Kind::Trust => json!({"Federated": one_of(dice, PROVIDERS)}),
        3 => json!({"Service": one_of(dice, SERVICES)}),
        4 => json!({"AWS": one_of(dice, NAMES), "Service": one_of(dice, SERVICES)}),
        5..=8 => json!({"AWS": account(dice)}),
        // Who is exempt needs the layers above him.
        9..=12 if element == "NotPrincipal" => json!({"AWS": layers(dice)}),
        _ => {
            let names = dice.some(NAMES, 3);
            json!({"AWS": one_or_many(dice, names)})
        }
    };
    (element, value)
}

fn layers(dice: &mut Dice) -> Vec<&'static str> {
    let all = ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/App"];
    let session = "arn:aws:sts::111122223333:assumed-role/App/build";
    let own = ["arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:federated-user/guest", session];
    let mut names = vec![*dice.pick(&own)];
    names.extend(all.iter().filter(|_| dice.percent(75)));
    names
}

fn conditions(dice: &mut Dice) -> Value {
    let mut blocks: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for _ in 0..=dice.below(2) {
        let (key, sort, _, values) = *dice.pick(CONDITION_KEYS);
        if dice.percent(8) {
            let present = dice.pick(&[json!("true"), json!("false"), json!(true), json!(["false", "true"])]).clone();
            blocks.entry("Null".to_owned()).or_default().entry(key).or_insert(present);
            continue;
        }
        let operator = *dice.pick(operators(sort));
        let set = match sort {
            Sort::Texts if dice.percent(50) => "ForAllValues:",
            Sort::Texts => "ForAnyValue:",
            // KMS refuses ForAllValues on these.
            _ if key.starts_with("kms:EncryptionContext:") => "",
            _ => *dice.pick(&["", "", "", "", "", "", "", "", "ForAllValues:", "ForAnyValue:"]),
        };
        let if_exists = if dice.percent(20) { "IfExists" } else { "" };
        let values = dice.some(values, 2);
        let values = one_or_many(dice, values);
        let block = blocks.entry(format!("{set}{operator}{if_exists}")).or_default();
        // Names of keys have no case, and none may stand twice.
        if !block.keys().any(|other| other.eq_ignore_ascii_case(key)) {
            block.insert(key.to_owned(), values);
        }
    }
    json!(blocks)
}

fn one_of(dice: &mut Dice, from: &[&str]) -> Value {
    let some = dice.some(from, 2);
    one_or_many(dice, some)
}

fn one_or_many(dice: &mut Dice, texts: Vec<&str>) -> Value {
    match texts.as_slice() {
        [one] if dice.percent(50) => json!(one),
        _ => json!(texts),
    }
}
