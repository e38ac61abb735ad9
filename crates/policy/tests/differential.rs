//! The evaluator against a second one, on generated requests and documents that are biased to near misses.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test asks its environment how long to run")]

mod common;
mod naive;

use common::{Caller, Case, Given, KEY, OURS, Side, THEIRS, account, role_arn, user_arn};
use naive::Flaw;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

/// In one run of the ordinary tests. `PROPTEST_CASES` asks for more.
const CASES: u32 = 8_000;

#[test]
fn both_evaluators_agree() {
    let mut config = Config::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let mut runner = TestRunner::new(config);
    let agreed = runner.run(&case(), |case| {
        prop_assert_eq!(case.allows(), naive::allows(&case, Flaw::None));
        Ok(())
    });
    agreed.unwrap();
}

/// A comparison that finds nothing proves nothing, unless it would have found something.
#[test]
fn planted_mistakes_are_found() {
    let flaws = [
        Flaw::DenyIsIgnored,
        Flaw::KeyPolicyIsPlainOr,
        Flaw::RoleIsLikeSession,
        Flaw::OneSideIsEnough,
        Flaw::BoundaryIsIgnored,
        Flaw::VariablesMayBeWild,
        Flaw::NegatedNeedsTheKey,
        Flaw::ForAllValuesNeedsTheKey,
        Flaw::ValuesIgnoreCase,
        Flaw::ActionsMindCase,
        Flaw::NotPrincipalNeedsOnlyTheUser,
        Flaw::GuardrailLevelsAreUnited,
    ];
    let mut runner = TestRunner::deterministic();
    let mut missing = flaws.to_vec();
    let mut allowed = 0;
    for _ in 0..CASES {
        let case = case().new_tree(&mut runner).unwrap().current();
        let answer = case.allows();
        allowed += u32::from(answer);
        missing.retain(|flaw| naive::allows(&case, *flaw) == answer);
    }
    assert!(missing.is_empty(), "not found: {missing:?}");
    assert!((CASES / 10..CASES * 9 / 10).contains(&allowed), "the generator is lopsided: {allowed} of {CASES} allowed");
}

fn case() -> impl Strategy<Value = Case> {
    let call = (caller(), select(ACTIONS.to_vec()), select(RESOURCES.to_vec()), facts());
    let owner = prop_oneof![6 => Just(Some(OURS)), 2 => Just(Some(THEIRS)), 1 => Just(None)];
    let identity = prop::collection::vec(document(None), 0..4);
    let boundary = prop::option::weighted(0.2, document(None));
    let session = prop::option::weighted(0.3, prop::collection::vec(document(None), 0..2));
    let guardrails = prop_oneof![
        4 => Just(Vec::new()),
        1 => prop::collection::vec(prop::collection::vec(document(None), 1..3), 1..3),
    ];
    (call, owner, identity, boundary, session, guardrails, side(), prop::bool::weighted(0.05)).prop_map(
        |((caller, action, resource, facts), owner, identity, boundary, session, guardrails, side, grant)| Case {
            caller,
            action: action.to_owned(),
            resource: resource.to_owned(),
            owner,
            facts: facts.into_iter().collect(),
            identity,
            boundary,
            session,
            guardrails,
            side,
            grant,
        },
    )
}

fn caller() -> impl Strategy<Value = Caller> {
    let number = || prop_oneof![3 => Just(OURS), 1 => Just(THEIRS)];
    let name = || select(vec!["alice", "bob", "*"]).prop_map(str::to_owned);
    prop_oneof![
        1 => number().prop_map(Caller::Root),
        6 => (number(), name()).prop_map(|(number, name)| Caller::User(number, name)),
        6 => number().prop_map(|number| Caller::Session(number, "app".to_owned(), "run".to_owned())),
        2 => number().prop_map(|number| Caller::Federated(number, "bob".to_owned(), "fed".to_owned())),
        1 => Just(Caller::Service("s3.amazonaws.com".to_owned())),
        1 => Just(Caller::Provider("accounts.google.com".to_owned())),
        1 => Just(Caller::Nobody),
    ]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![
        1 => Just(Side::None),
        1 => Just(Side::Implicit(None)),
        4 => document(Some("NotPrincipal")).prop_map(|document| Side::Implicit(Some(document))),
        8 => document(Some("NotPrincipal")).prop_map(Side::KeyPolicy),
        1 => trust().prop_map(Side::Trust),
    ]
}

const ACTIONS: [&str; 5] = ["kms:Decrypt", "kms:Decrypt", "kms:Encrypt", "s3:GetObject", "sts:AssumeRole"];
const RESOURCES: [&str; 6] =
    [KEY, KEY, "*", "arn:aws:s3:::home/bob/x", "arn:aws:s3:::home/*/x", "arn:aws:iam::111122223333:role/app"];

/// `negation`: what stands in for Principal, sometimes. `None`: an identity policy.
fn document(negation: Option<&'static str>) -> impl Strategy<Value = Value> {
    let version = prop_oneof![5 => Just(json!("2012-10-17")), 1 => Just(json!("2008-10-17"))];
    (version, prop::collection::vec(statement(negation), 1..4))
        .prop_map(|(version, statements)| json!({"Version": version, "Statement": statements}))
}

fn trust() -> impl Strategy<Value = Value> {
    let one = (effect(), principal(), conditions()).prop_map(|(effect, principal, conditions)| {
        json!({"Effect": effect, "Principal": principal, "Action": "sts:*", "Condition": conditions})
    });
    prop::collection::vec(one, 1..3).prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}

fn statement(negation: Option<&'static str>) -> impl Strategy<Value = Value> {
    let actions =
        select(vec!["*", "kms:*", "KMS:decrypt", "kms:De*", "kms:?ncrypt", "kms:Decrypt", "s3:*", "sts:AssumeRole"]);
    let resources = select(vec![
        "*",
        "*",
        "*",
        KEY,
        "arn:aws:kms:*",
        "arn:aws:kms:ap-*-1:111122223333:key/*",
        "arn:aws:kms:ap?northeast*:key/*",
        "arn:aws:kms:ap-*5:111122223333:key/*",
        "arn:aws:s3:::home/${aws:username}/*",
        "arn:aws:s3:::home/${aws:PrincipalTag/team, 'bob'}/x",
        "arn:aws:s3:::home/${*}/?",
    ]);
    // A Deny with NotPrincipal needs two names at once to spare somebody, so it is made more often than an Allow.
    let not_principal = prop_oneof![9 => Just(None), 1 => Just(Some("Allow")), 2 => Just(Some("Deny"))];
    let actions = prop::collection::vec(actions, 1..3);
    let resources = prop::collection::vec(resources, 1..3);
    let nots = (prop::bool::weighted(0.1), prop::bool::weighted(0.1), not_principal);
    (effect(), actions, resources, principal(), conditions(), nots).prop_map(
        move |(effect, actions, resources, principal, conditions, (not_action, not_resource, not_principal))| {
            let mut statement = Map::new();
            let not_principal = negation.and(not_principal);
            statement.insert("Effect".to_owned(), json!(not_principal.unwrap_or(effect)));
            statement.insert(if not_action { "NotAction" } else { "Action" }.to_owned(), json!(actions));
            statement.insert(if not_resource { "NotResource" } else { "Resource" }.to_owned(), json!(resources));
            if let Some(negation) = negation {
                statement.insert(if not_principal.is_some() { negation } else { "Principal" }.to_owned(), principal);
            }
            if conditions.as_object().is_some_and(|conditions| !conditions.is_empty()) {
                statement.insert("Condition".to_owned(), conditions);
            }
            Value::Object(statement)
        },
    )
}

fn effect() -> impl Strategy<Value = &'static str> {
    prop_oneof![7 => Just("Allow"), 1 => Just("Deny")]
}

fn principal() -> impl Strategy<Value = Value> {
    let all = vec![
        account(OURS),
        account(THEIRS),
        format!("arn:aws:iam::{}:root", account(OURS)),
        format!("arn:aws:iam::{}:root", account(THEIRS)),
        user_arn(OURS, "alice"),
        user_arn(OURS, "bob"),
        user_arn(THEIRS, "alice"),
        user_arn(THEIRS, "bob"),
        role_arn(OURS, "app"),
        role_arn(THEIRS, "app"),
        format!("arn:aws:sts::{}:assumed-role/app/run", account(OURS)),
        format!("arn:aws:sts::{}:assumed-role/app/other", account(OURS)),
        format!("arn:aws:sts::{}:federated-user/fed", account(OURS)),
    ];
    prop_oneof![
        1 => Just(json!("*")),
        1 => Just(json!({"AWS": "*"})),
        4 => Just(common::root(OURS)),
        12 => subsequence(all, 1..5).prop_map(|names| json!({"AWS": names})),
        1 => Just(json!({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"], "Federated": "accounts.google.com"})),
    ]
}

const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// Condition keys, as policies write them, with values that the call may have.
const KEYS: [(&str, &[&str]); 8] = [
    ("kms:ViaService", &["s3.eu-west-1.amazonaws.com", "S3.eu-west-1.amazonaws.com", ""]),
    ("kms:EncryptionContext:purpose", &["home/bob", "Home/Bob", "home/*", "home/alice", "backup"]),
    ("aws:TagKeys", &["team", "stage", "home/bob", ""]),
    ("s3:max-keys", &["5", "10", "-1", "five"]),
    ("aws:SecureTransport", &["true", "false", "True"]),
    ("aws:SourceIp", &["203.0.113.7", "203.0.114.7", "10.0.0.1"]),
    ("aws:SourceArn", &["arn:aws:s3:::home", "arn:aws:s3:r:1:home:x", "home"]),
    ("aws:PrincipalTag/team", &["bob", "Bob", "*", "alice"]),
];
const TIMES: [&str; 3] = ["2024-01-01T00:00:00Z", "2024-06-30T12:00:00Z", "2025-01-01T00:00:00Z"];

fn facts() -> impl Strategy<Value = Vec<(String, Given)>> {
    let plain = KEYS.into_iter().map(|(key, values)| {
        let many = key == "aws:TagKeys";
        let chosen = subsequence(values.to_vec(), 0..=values.len()).prop_shuffle();
        prop::option::weighted(0.6, chosen).prop_map(move |chosen| {
            let values: Vec<String> = chosen?.into_iter().map(str::to_owned).collect();
            let given = if many { Given::Many(values) } else { Given::One(values.into_iter().next()?) };
            Some((key.to_lowercase(), given))
        })
    });
    let time = prop::option::weighted(0.6, select(TIMES.to_vec()))
        .prop_map(|time| time.map(|time| ("aws:currenttime".to_owned(), Given::One(time.to_owned()))));
    (plain.collect::<Vec<_>>(), time).prop_map(|(plain, time)| plain.into_iter().chain([time]).flatten().collect())
}

fn conditions() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(Vec::new()).boxed(),
        2 => prop::collection::vec(clause(), 1..3).boxed(),
    ]
    .prop_map(|clauses| {
        let mut blocks = Map::new();
        for (operator, key, values) in clauses {
            let block = blocks.entry(operator).or_insert_with(|| json!({}));
            block.as_object_mut().unwrap().insert(key, values);
        }
        Value::Object(blocks)
    })
}

fn clause() -> impl Strategy<Value = (String, String, Value)> {
    let set = prop_oneof![4 => Just(""), 1 => Just("ForAllValues:"), 1 => Just("ForAnyValue:")];
    // Texts are what most policies compare.
    let operator = prop_oneof![
        2 => select(OPERATORS.to_vec()),
        1 => select(vec!["StringEquals", "StringNotEquals", "StringLike"]),
    ];
    let form = (set, operator, prop::bool::weighted(0.2));
    form.prop_flat_map(|(set, operator, if_exists)| {
        let suffix = if if_exists && operator != "Null" { "IfExists" } else { "" };
        let name = format!("{set}{operator}{suffix}");
        let keys: Vec<&str> = if operator.starts_with("Date") {
            vec!["aws:CurrentTime"]
        } else {
            let own = ["aws:PrincipalAccount", "AWS:PrincipalArn", "aws:UserName"];
            // In a key policy a condition of ForAllValues over one value is refused.
            KEYS.iter()
                .map(|(key, _)| *key)
                .filter(|key| set != "ForAllValues:" || !key.starts_with("kms:Enc"))
                .chain(own)
                .collect()
        };
        (Just(name), select(keys)).prop_flat_map(move |(name, key)| {
            let values = prop::collection::vec(value(operator, key), 0..3);
            (Just(name), Just(key.to_owned()), values.prop_map(|values| json!(values)))
        })
    })
}

/// A value for the policy: often one that the key may have.
fn value(operator: &str, key: &str) -> BoxedStrategy<String> {
    let near = KEYS.iter().find(|(known, _)| *known == key).map_or(&["bob"][..], |(_, values)| values);
    let near = select(near.to_vec()).prop_map(str::to_owned);
    if operator.starts_with("String") || operator == "BinaryEquals" {
        prop_oneof![near, far(operator)].boxed()
    } else {
        far(operator)
    }
}

fn far(operator: &str) -> BoxedStrategy<String> {
    let own = vec![account(OURS), account(THEIRS), user_arn(OURS, "bob"), role_arn(OURS, "app"), "bob".to_owned()];
    let known = KEYS.iter().flat_map(|(_, values)| values.iter().map(|value| (*value).to_owned())).chain(own);
    match operator {
        "Null" | "Bool" => select(vec!["true".to_owned(), "false".to_owned()]).boxed(),
        _ if operator.starts_with("Date") => select(TIMES.to_vec()).prop_map(str::to_owned).boxed(),
        _ if operator.contains("Ip") => {
            select(vec!["203.0.113.0/24", "203.0.0.0/8", "0.0.0.0/0", "10.0.0.1", "10.0.0.0/31"])
                .prop_map(str::to_owned)
                .boxed()
        }
        _ if operator.starts_with("Numeric") => select(vec!["5", "6", "10", "-1", "x"]).prop_map(str::to_owned).boxed(),
        _ => {
            let open = [
                "home/${aws:username}",
                "home/${aws:PrincipalTag/team}",
                "${aws:PrincipalTag/none, 'backup'}",
                "home/${*}",
                "arn:aws:iam::*:user/${aws:username}",
                "arn:aws:iam::1111*:*",
                "arn:aws:s3:::h?me*",
                "arn:aws:s3:*",
                "home/*",
                "*",
                "te?m",
                "${aws:TagKeys}",
                "TEAM",
            ];
            select(known.chain(open.into_iter().map(str::to_owned)).collect::<Vec<_>>()).boxed()
        }
    }
}
