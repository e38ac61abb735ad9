//! Every condition operator, in every form, on a key that is missing, empty, single and multiple.

mod common;

use common::{Case, KEY, document, user};
use serde_json::{Value, json};

const TIME: &str = "2024-06-30T12:00:00Z";

/// The operator, a value that matches the fact, one that does not, and the fact itself.
const POSITIVE: [(&str, &str, &str, &str); 19] = [
    ("StringEquals", "a", "A", "a"),
    ("StringEqualsIgnoreCase", "A", "b", "a"),
    ("StringLike", "?b*", "b*", "abc"),
    ("NumericEquals", "5.0", "6", "5"),
    ("NumericLessThan", "6", "5", "5"),
    ("NumericLessThanEquals", "5", "4", "5"),
    ("NumericGreaterThan", "4", "5", "5"),
    ("NumericGreaterThanEquals", "5", "6", "5"),
    ("DateEquals", "2024-06-30T21:00:00+09:00", "2024-06-30", TIME),
    ("DateLessThan", "2024-07", "2024-06-30T12:00:00Z", TIME),
    ("DateLessThanEquals", "2024-06-30T12:00:00Z", "2024-06-30T11:59:59.9Z", TIME),
    ("DateGreaterThan", "0", "2024-06-30T12:00:00Z", TIME),
    ("DateGreaterThanEquals", "2024-06-30T12:00:00Z", "2025-01-01", TIME),
    ("Bool", "True", "false", "true"),
    ("BinaryEquals", "QmluYXJ5", "qmluYXJ5", "QmluYXJ5"),
    ("IpAddress", "203.0.113.0/24", "203.0.114.0/24", "203.0.113.9"),
    ("ArnEquals", "arn:aws:sns:*:1:t*", "arn:aws:sns:*", "arn:aws:sns:r:1:topic"),
    ("ArnLike", "arn:aws:sns:*:?:t*", "arn:aws:sns:*:t*:x", "arn:aws:sns:r:1:topic"),
    ("StringLike", "", "x", ""),
];

/// Those that have a negated twin.
const NEGATED: [(&str, &str); 8] = [
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("DateEquals", "DateNotEquals"),
    ("IpAddress", "NotIpAddress"),
    ("ArnEquals", "ArnNotEquals"),
    ("ArnLike", "ArnNotLike"),
];

enum Fact<'a> {
    Missing,
    Empty,
    One(&'a str),
    Many(&'a [&'a str]),
}

fn holds(operator: &str, values: Value, fact: &Fact<'_>) -> bool {
    let statement =
        json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"X:Key": values}}});
    let case = Case::new(user("alice"), "kms:Decrypt", KEY).identity(document(statement));
    match fact {
        Fact::Missing => case.allows(),
        Fact::Empty => case.facts("x:key", &[]).allows(),
        Fact::One(value) => case.fact("x:key", value).allows(),
        Fact::Many(values) => case.facts("x:key", values).allows(),
    }
}

#[test]
fn single_values() {
    for (operator, yes, no, fact) in POSITIVE {
        let negated = NEGATED.iter().find(|(positive, _)| *positive == operator).map(|(_, negated)| *negated);
        for (values, expected) in [
            (json!(yes), true),
            (json!(no), false),
            (json!([no, yes]), true),
            (json!([no, no]), false),
            (json!([]), false),
        ] {
            for suffix in ["", "IfExists"] {
                let name = format!("{operator}{suffix}");
                assert_eq!(holds(&name, values.clone(), &Fact::One(fact)), expected, "{name} {values}");
                if let Some(negated) = negated {
                    let name = format!("{negated}{suffix}");
                    assert_eq!(holds(&name, values.clone(), &Fact::One(fact)), !expected, "{name} {values}");
                }
            }
        }
    }
}

#[test]
fn missing_and_empty_keys() {
    for (operator, yes, _, _) in POSITIVE {
        let negated = NEGATED.iter().find(|(positive, _)| *positive == operator).map(|(_, negated)| *negated);
        for fact in [Fact::Missing, Fact::Empty] {
            let expect = |name: String, expected: bool| assert_eq!(holds(&name, json!(yes), &fact), expected, "{name}");
            expect(operator.to_owned(), false);
            expect(format!("ForAllValues:{operator}"), true);
            expect(format!("ForAnyValue:{operator}"), false);
            for set in ["", "ForAllValues:", "ForAnyValue:"] {
                expect(format!("{set}{operator}IfExists"), true);
            }
            if let Some(negated) = negated {
                expect(negated.to_owned(), true);
                expect(format!("ForAllValues:{negated}"), true);
                expect(format!("ForAnyValue:{negated}"), false);
                expect(format!("{negated}IfExists"), true);
            }
        }
    }
}

#[test]
fn several_values() {
    for (operator, yes, no, fact) in POSITIVE.into_iter().filter(|(_, _, _, fact)| !fact.is_empty()) {
        let negated = NEGATED.iter().find(|(positive, _)| *positive == operator).map(|(_, negated)| *negated);
        // The second value matches nothing: it is of no type.
        let mixed = Fact::Many(&[fact, "zz"]);
        let good = Fact::Many(&[fact, fact]);
        let one = Fact::Many(&[fact]);
        for suffix in ["", "IfExists"] {
            let expect = |name: String, value: &str, fact: &Fact<'_>, expected: bool| {
                assert_eq!(holds(&format!("{name}{suffix}"), json!(value), fact), expected, "{name}{suffix}");
            };
            expect(format!("ForAllValues:{operator}"), yes, &good, true);
            expect(format!("ForAllValues:{operator}"), yes, &one, true);
            expect(format!("ForAllValues:{operator}"), yes, &mixed, false);
            expect(format!("ForAnyValue:{operator}"), yes, &mixed, true);
            expect(format!("ForAnyValue:{operator}"), no, &good, false);
            expect(operator.to_owned(), yes, &mixed, true);
            let Some(negated) = negated else { continue };
            expect(format!("ForAllValues:{negated}"), yes, &good, false);
            expect(format!("ForAllValues:{negated}"), no, &good, true);
            expect(format!("ForAllValues:{negated}"), yes, &mixed, false);
            expect(format!("ForAnyValue:{negated}"), yes, &mixed, true);
            expect(format!("ForAnyValue:{negated}"), yes, &good, false);
            expect(negated.to_owned(), yes, &mixed, false);
        }
    }
}

#[test]
fn null_tests_presence() {
    for (values, missing, present) in [
        (json!("true"), true, false),
        (json!("false"), false, true),
        (json!(true), true, false),
        (json!(["true", "false"]), true, true),
        (json!("x"), false, false),
    ] {
        for fact in [Fact::Missing, Fact::Empty] {
            assert_eq!(holds("Null", values.clone(), &fact), missing, "{values}");
        }
        for fact in [Fact::One("a"), Fact::One(""), Fact::Many(&["a", "b"])] {
            assert_eq!(holds("Null", values.clone(), &fact), present, "{values}");
        }
    }
}

#[test]
fn a_set_of_empty_texts_is_no_set() {
    for fact in [Fact::One(""), Fact::Many(&["", ""])] {
        assert!(holds("ForAllValues:StringEquals", json!("a"), &fact));
        assert!(!holds("ForAnyValue:StringNotEquals", json!("a"), &fact));
    }
    assert!(holds("StringEquals", json!(""), &Fact::One("")));
}

#[test]
fn values_of_the_wrong_type_match_nothing() {
    for (operator, negated) in
        [("NumericEquals", "NumericNotEquals"), ("IpAddress", "NotIpAddress"), ("ArnLike", "ArnNotLike")]
    {
        assert!(!holds(operator, json!("zz"), &Fact::One("zz")), "{operator}");
        assert!(holds(negated, json!("zz"), &Fact::One("zz")), "{negated}");
    }
    assert!(!holds("Bool", json!("yes"), &Fact::One("yes")));
    assert!(!holds("DateEquals", json!("2024"), &Fact::One("zz")));
}

#[test]
fn only_texts_and_arns_know_variables() {
    let name = Fact::One("alice");
    assert!(holds("StringEquals", json!("${aws:username}"), &name));
    assert!(holds("StringLike", json!("a*${aws:username}").clone(), &Fact::One("a-alice")));
    assert!(holds("ArnLike", json!("arn:aws:iam::*:user/${aws:username}"), &Fact::One("arn:aws:iam::1:user/alice")));
    assert!(!holds("StringEquals", json!("${aws:none}"), &name), "no value, no match");
    assert!(holds("StringNotEquals", json!("${aws:none}"), &name), "and so the negation matches");
    assert!(!holds("BinaryEquals", json!("${aws:username}"), &name));
    assert!(holds("BinaryEquals", json!("${aws:username}"), &Fact::One("${aws:username}")));
}

#[test]
fn names_ignore_case_and_values_do_not() {
    assert!(holds("stringequals", json!("a"), &Fact::One("a")));
    assert!(holds("foranyvalue:STRINGLIKE", json!("a*"), &Fact::Many(&["ab"])));
    assert!(!holds("StringEquals", json!("a"), &Fact::One("A")));
    let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": {"StringEquals": {"KMS:EncryptionContext:Purpose": "x", "aws:RESOURCETAG/Team": "red"}}});
    let case = Case::new(user("alice"), "kms:Decrypt", KEY).identity(document(statement));
    assert!(case.clone().fact("kms:EncryptionContext:purpose", "x").fact("aws:ResourceTag/team", "red").allows());
    assert!(!case.fact("kms:EncryptionContext:purpose", "x").allows(), "all keys must hold");
}

/// The pair that matters: with access keys the MFA key is absent, not false.
#[test]
fn the_mfa_pair() {
    let allows = |operator: &str| {
        let statements = json!([
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {operator: {"aws:MultiFactorAuthPresent": "false"}}},
        ]);
        Case::new(user("alice"), "kms:ScheduleKeyDeletion", KEY).identity(document(statements)).allows()
    };
    assert!(allows("Bool"), "the Deny does not see the absent key");
    assert!(!allows("BoolIfExists"));
}
