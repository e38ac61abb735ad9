//! What is a policy and what is not. The texts for managed policies are those that IAM's CreatePolicy was seen to
//! answer.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{OURS, user_arn};
use policy::{Class, Document, KEY_POLICY_BYTES_MAX, Kind, Malformed, PrincipalName};
use proptest::prelude::*;
use serde_json::{Value, json};

const SYNTAX: &str = "Syntax errors in policy.";
const LEGACY: &str = "The policy failed legacy parsing";
const VERSION: &str = "Policy document must be version 2012-10-17 or greater.";
const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
const COLON: &str = "Actions/Condition can contain only one colon.";
const ACTIONS: &str = "Policy statement must contain actions.";
const RESOURCES: &str = "Policy statement must contain resources.";
const SID_ALPHABET: &str = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                            expression [0-9A-Za-z]*";
const SIDS: &str = "Statement IDs (SID) in a single policy must be unique.";

fn refusal(document: &Value, kind: Kind) -> Malformed {
    Document::parse(&document.to_string(), kind).map(|document| document.text().to_owned()).expect_err("a refusal")
}

/// A managed policy of this one statement, with a few members replaced; null takes one away.
fn managed(changes: &Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"});
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().remove(name);
        } else {
            statement.as_object_mut().unwrap().insert(name.clone(), value.clone());
        }
    }
    json!({"Version": "2012-10-17", "Statement": statement})
}

#[test]
fn statements_that_iam_refuses() {
    for (changes, text) in [
        (json!({"Other": "x"}), SYNTAX),
        (json!({"Effect": "Permit"}), SYNTAX),
        (json!({"Effect": null}), SYNTAX),
        (json!({"Effect": ["Allow"]}), SYNTAX),
        (json!({"Effect": "allow"}), LEGACY),
        (json!({"Effect": "denY", "Action": null}), LEGACY),
        (json!({"Sid": {}}), SYNTAX),
        (json!({"Sid": []}), SYNTAX),
        (json!({"Sid": "a b"}), SID_ALPHABET),
        (json!({"Principal": "*"}), "Policy document should not specify a principal."),
        (json!({"Action": "invalid"}), VENDOR),
        (json!({"Action": ""}), VENDOR),
        (json!({"Action": null, "NotAction": ""}), VENDOR),
        (json!({"Action": "a a:ListBucket"}), "Vendor a a is not valid"),
        (json!({"Action": "s3:List:Bucket"}), COLON),
        (json!({"Action": null}), ACTIONS),
        (json!({"Action": []}), ACTIONS),
        (json!({"Action": null, "Resource": null}), ACTIONS),
        (json!({"Action": {}}), SYNTAX),
        (json!({"Action": [[]]}), SYNTAX),
        (json!({"NotAction": []}), SYNTAX),
    ] {
        assert_eq!(refusal(&managed(&changes), Kind::Managed).text(), text, "{changes}");
    }
}

#[test]
fn resources_and_conditions_that_iam_refuses() {
    for (changes, text) in [
        (json!({"Resource": null}), RESOURCES),
        (json!({"Resource": []}), RESOURCES),
        (json!({"Resource": null, "Action": "invalid"}), RESOURCES),
        (json!({"Resource": {"a": "b"}}), SYNTAX),
        (json!({"Resource": ["x", {}]}), SYNTAX),
        (json!({"NotResource": "*"}), SYNTAX),
        (json!({"Resource": "none of it"}), "Resource none of it must be in ARN format or \"*\"."),
        (json!({"Resource": ""}), "Resource  must be in ARN format or \"*\"."),
        (json!({"Resource": "x", "Action": "s:3:L"}), "Resource x must be in ARN format or \"*\"."),
        (json!({"Resource": "a:bcd"}), "Partition \"bcd\" is not valid for resource \"arn:bcd:*:*:*:*\"."),
        (json!({"Resource": "a:b:cd"}), "Partition \"b\" is not valid for resource \"arn:b:cd:*:*:*\"."),
        (json!({"Resource": "a:b:c:d:e:f:g:h"}), "Partition \"b\" is not valid for resource \"arn:b:c:d:e:f:g:h\"."),
        (json!({"Resource": "aws:s3:::b"}), "Partition \"s3\" is not valid for resource \"arn:s3:::b:*\"."),
        (json!({"Resource": "arn:aws"}), "Resource vendor must be fully qualified and cannot contain regexes."),
        (json!({"Resource": "arn:aws:s3::b"}), LEGACY),
        (json!({"Resource": "arn:aws::::b"}), LEGACY),
        (json!({"Resource": "arn:aws::b"}), LEGACY),
        (json!({"Resource": "arn:aws:s3::b", "Action": null}), LEGACY),
        (json!({"Resource": null, "NotResource": "arn:aws:s3::b"}), LEGACY),
        (
            json!({"Resource": "arn:aws:s3:us-east-1::b"}),
            "Resource arn:aws:s3:us-east-1::b can not contain region information.",
        ),
        (
            json!({"Resource": "arn:aws:iam:us-east-1::b"}),
            "IAM resource arn:aws:iam:us-east-1::b cannot contain region information.",
        ),
        (
            json!({"Resource": "arn:aws:iam:::b"}),
            "IAM resource path must either be \"*\" or start with user/, federated-user/, role/, group/, \
             instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, \
             access-report/.",
        ),
        (json!({"Condition": []}), SYNTAX),
        (json!({"Condition": "a"}), SYNTAX),
        (json!({"Condition": {"a": "b"}}), SYNTAX),
        (json!({"Condition": {"x": {"a": "1"}}}), SYNTAX),
        (json!({"Condition": {"DateGreaterThan": []}}), SYNTAX),
        (json!({"Condition": {"StringEquals": {"a": {}}}}), SYNTAX),
        (json!({"Condition": {"StringEquals": {"a": null}}}), SYNTAX),
        (json!({"Condition": {"ForAnyValue::StringEqualsIfExists": {"a": "b"}}}), SYNTAX),
        (json!({"Condition": {"NullIfExists": {"a": "true"}}}), SYNTAX),
        (json!({"Condition": {"DateGreaterThan": {"a": "soon"}}}), LEGACY),
        (json!({"Condition": {"DateLessThan": {"a": ["2024", "234-13"]}}}), LEGACY),
        (json!({"Condition": {"DateLessThan": {"a": "9223372036854775808"}}}), LEGACY),
        (json!({"Condition": {"DateGreaterThan": {"a": "soon"}}, "Resource": "arn:error:s3:::b"}), LEGACY),
    ] {
        assert_eq!(refusal(&managed(&changes), Kind::Managed).text(), text, "{changes}");
    }
}

#[test]
fn documents_that_iam_refuses() {
    let statement = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"});
    let twice = json!([
        {"Sid": "a", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"},
        {"Sid": "a", "Effect": "Allow"},
    ]);
    for (document, text) in [
        (json!("text"), SYNTAX),
        (json!([]), SYNTAX),
        (json!({"Version": "2012-10-17"}), SYNTAX),
        (json!({"Version": "2012-10-17", "Statement": []}), SYNTAX),
        (json!({"Version": "2012-10-17", "Statement": ["x"]}), SYNTAX),
        (json!({"Version": "2012-10-17", "Statement": statement, "Other": 1}), SYNTAX),
        (json!({"Version": "2012-10-17", "Statement": statement, "Id": {}}), SYNTAX),
        (json!({"Version": "2013-10-17", "Statement": statement}), SYNTAX),
        (json!({"Version": "2008-10-17", "Statement": statement}), VERSION),
        (json!({"Statement": statement}), VERSION),
        (json!({"Statement": twice}), VERSION),
        (json!({"Version": "2012-10-17", "Statement": twice}), SIDS),
    ] {
        assert_eq!(refusal(&document, Kind::Managed).text(), text, "{document}");
    }
    for text in ["This is not JSON", "", "{", r#"{"Version":"2012-10-17","Version":"2012-10-17","Statement":{}}"#] {
        assert_eq!(Document::parse(text, Kind::Managed).unwrap_err().text(), SYNTAX);
    }
    assert!(
        Document::parse(&json!({"Statement": statement}).to_string(), Kind::Identity).is_ok(),
        "an inline policy has no version"
    );
}

#[test]
fn oddities_that_iam_takes() {
    for changes in [
        json!({"Action": "iam: anything at all "}),
        json!({"Action": "*"}),
        json!({"Action": "aaaa:ListBucket", "Resource": ["arn:aws:s3:::b", "*"]}),
        json!({"Action": "s3-s:x"}),
        json!({"Action": "s3.s:x"}),
        json!({"Action": null, "NotAction": "s3:x", "Resource": null, "NotResource": "*"}),
        json!({"Resource": "arn:aws:iam:::user/b"}),
        json!({"Resource": "arn:aws:iam::*:user/${aws:username}"}),
        json!({"Resource": "arn:aws:s33:::b"}),
        json!({"Resource": "arn:aws:nothing"}),
        json!({"Resource": "arn:aws:kms:*"}),
        json!({"Resource": "arn:*:kms:*:*:key/*"}),
        json!({"Resource": "arn:aws:ec2:us-east-1::b"}),
        json!({"Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/a"}),
        json!({"Condition": {}}),
        json!({"Condition": {"x": {}, "y": {}}}),
        json!({"Condition": {"DateGreaterThan": {}}}),
        json!({"Condition": {"DateGreaterThan": {"a": []}}}),
        json!({"Condition": {"DateGreaterThan": {"a": "01T"}}}),
        json!({"Condition": {"DateLessThan": {"a": "-292275054"}}}),
        json!({"Condition": {"DateLessThanEquals": {"a": "2016-12-13t2:00:00.593194+23"}}}),
        json!({"Condition": {"ForAnyValue:StringEqualsIfExists": {"a": "b"}}}),
        json!({"Condition": {"Bool": {"aws:SecureTransport": true}, "NumericLessThan": {"s3:max-keys": 10}}}),
        json!({"Sid": ""}),
    ] {
        let parsed = Document::parse(&managed(&changes).to_string(), Kind::Managed);
        assert!(parsed.is_ok(), "{changes}: {parsed:?}");
    }
}

fn with_principal(principal: Value) -> Value {
    let statement = json!({"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": statement})
}

#[test]
fn principals_that_can_name_nobody() {
    for bad in [
        json!({"AWS": "arn:aws:iam::*:root"}),
        json!({"AWS": "arn:aws:iam::111122223333:user/*"}),
        json!({"AWS": "arn:aws:iam::111122223333:group/g"}),
        json!({"AWS": "arn:aws:iam::111122223333:user/"}),
        json!({"AWS": "arn:aws:iam:::root"}),
        json!({"AWS": "arn:aws:s3:::b"}),
        json!({"AWS": "arn:aws:sts::111122223333:assumed-role/r"}),
        json!({"AWS": "11112222333"}),
        json!({"AWS": "alice"}),
        json!({"Service": "*"}),
        json!({"Service": "s3"}),
        json!({"Federated": "*"}),
        json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
        json!("arn:aws:iam::111122223333:root"),
    ] {
        let malformed = refusal(&with_principal(bad.clone()), Kind::KeyPolicy);
        assert_eq!(malformed.class(), Class::Principal, "{bad}");
        assert_eq!(malformed.text(), "Policy contains a statement with one or more invalid principals.");
    }
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:role/x"}, "Action": "sts:AssumeRole"}});
    assert_eq!(refusal(&trust, Kind::Trust).text(), "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/x\"");
    assert_eq!(refusal(&with_principal(json!({"Other": "x"})), Kind::KeyPolicy).text(), SYNTAX);
    assert_eq!(refusal(&with_principal(json!({})), Kind::KeyPolicy).class(), Class::PrincipalMissing);
    let without = json!({"Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}});
    assert_eq!(refusal(&without, Kind::KeyPolicy).text(), "Policy contains a statement with no principal.");
    assert_eq!(refusal(&without, Kind::Resource).text(), "Missing required field Principal");
}

#[test]
fn what_each_kind_may_say() {
    let trust = |changes: Value| {
        let mut statement =
            json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"});
        statement.as_object_mut().unwrap().append(&mut changes.as_object().unwrap().clone());
        json!({"Version": "2012-10-17", "Statement": statement})
    };
    assert!(Document::parse(&trust(json!({})).to_string(), Kind::Trust).is_ok());
    for (changes, text) in [
        (json!({"Resource": "*"}), "Has prohibited field Resource"),
        (json!({"NotResource": "*"}), "Has prohibited field NotResource"),
        (json!({"Action": "s3:GetObject"}), "AssumeRole policy may only specify STS AssumeRole actions."),
        (json!({"Action": "*"}), "AssumeRole policy may only specify STS AssumeRole actions."),
        (json!({"Action": []}), ACTIONS),
    ] {
        assert_eq!(refusal(&trust(changes), Kind::Trust).text(), text);
    }
    assert_eq!(Document::parse("{", Kind::Trust).unwrap_err().text(), "This policy contains invalid Json");
    let not = json!({"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sts:*"}});
    assert_eq!(refusal(&not, Kind::Trust).text(), "Has prohibited field NotPrincipal");

    let spaced = json!({"Statement": {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}});
    assert!(Document::parse(&spaced.to_string(), Kind::KeyPolicy).is_ok());
    let dead = json!({"Statement": [{"Effect": "Allow", "Principal": "*"}]});
    assert!(Document::parse(&dead.to_string(), Kind::KeyPolicy).is_ok());
    assert_eq!(refusal(&dead, Kind::Resource).text(), ACTIONS);
}

#[test]
fn for_all_values_over_one_value_is_refused_in_a_key_policy() {
    let over = |key: &str, effect: &str| {
        json!({"Statement": {"Effect": effect, "Principal": "*", "Action": "kms:*", "Resource": "*",
            "Condition": {"ForAllValues:StringEquals": {key: "x"}}}})
    };
    for key in ["kms:EncryptionContext:app", "aws:ResourceTag/team", "aws:RequestTag/team"] {
        assert_eq!(refusal(&over(key, "Allow"), Kind::KeyPolicy).class(), Class::OverlyPermissive, "{key}");
    }
    for key in ["kms:EncryptionContextKeys", "aws:TagKeys"] {
        assert!(Document::parse(&over(key, "Allow").to_string(), Kind::KeyPolicy).is_ok(), "{key}");
    }
}

#[test]
fn limits() {
    let class = |text: &str, kind: Kind| Document::parse(text, kind).unwrap_err().class();
    assert_eq!(class(&" ".repeat(KEY_POLICY_BYTES_MAX + 1), Kind::KeyPolicy), Class::TooLarge);
    assert_eq!(class(&"[".repeat(1_000), Kind::KeyPolicy), Class::TooComplex);
    assert_eq!(class("{\"Id\":\"\u{100}\"}", Kind::KeyPolicy), Class::Character);
    let statement = r#"{"Effect":"Deny"}"#;
    let many = format!(r#"{{"Statement":[{}{statement}]}}"#, format!("{statement},").repeat(1_000));
    assert_eq!(class(&many, Kind::Identity), Class::TooComplex);
    let policy = Document::parse(
        "{ \"Statement\":\n {\"Effect\": \"Deny\", \"Action\": \"a:b\", \"Resource\": \"*\"} }",
        Kind::Identity,
    );
    assert_eq!(
        policy.unwrap().counted_chars(),
        r#"{"Statement":{"Effect":"Deny","Action":"a:b","Resource":"*"}}"#.len()
    );
}

#[test]
fn a_refusal_knows_its_place() {
    let head = "{\n  \"Version\": \"2012-10-17\",\n";
    let text = format!("{head}  \"Statement\": {{\"Effect\": \"Allow\", \"Action\": \"é\", \"Resource\": 7}}\n}}");
    let malformed = Document::parse(&text, Kind::Identity).unwrap_err();
    assert_eq!((malformed.class(), malformed.line(), malformed.column()), (Class::Syntax, 3, 63));
    assert_eq!(text.get(malformed.offset()..=malformed.offset()), Some("7"));
}

#[test]
fn principals_are_listed_and_bound() {
    let document = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ["*", "111122223333", user_arn(OURS, "alice")]},
         "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"Service": "s3.amazonaws.com"}, "Action": "kms:*", "Resource": "*"},
    ]});
    let document = Document::parse(&document.to_string(), Kind::KeyPolicy).unwrap();
    let names: Vec<&PrincipalName> = document.principals().collect();
    assert!(matches!(
        names.as_slice(),
        [PrincipalName::Everyone, PrincipalName::Account(_), PrincipalName::User(_), PrincipalName::Service(_)]
    ));
    let bound = document.bind(&|arn| (arn.as_str() == user_arn(OURS, "alice")).then(|| "AIDAX".to_owned()));
    let bindings: Vec<(String, &str)> = bound.bindings().map(|(arn, id)| (arn.to_string(), id)).collect();
    assert_eq!(bindings, [(user_arn(OURS, "alice"), "AIDAX")]);
}

#[test]
fn principals_are_respelled_and_nothing_else() {
    let (alice, bob) = (user_arn(OURS, "alice"), user_arn(OURS, "bob"));
    let escaped = alice.replace('/', "\\/");
    let of = |one: &str, two: &str| {
        format!(
            r#" {{ "Statement":[ {{"Effect" : "Allow","Principal":{{"AWS":["{one}", "{bob}"],"Service":"a.amazonaws.com"}},
                "Action":"kms:*","Resource":"*","Condition":{{"ArnEquals":{{"aws:PrincipalArn":"{alice}"}}}}}},
               {{"Effect":"Deny","NotPrincipal":{{"AWS":"{two}"}},"Action":"kms:*","Resource":"{alice}"}}] }} "#
        )
    };
    let document = Document::parse(&of(&escaped, &alice), Kind::KeyPolicy).unwrap();
    let respelled = document.respelled(&|arn| (arn.as_str() == alice).then(|| "AIDAX".to_owned()));
    assert_eq!(respelled, of("AIDAX", "AIDAX"));
    assert_eq!(document.respelled(&|_| None), document.text());
}

proptest! {
    #[test]
    fn nothing_makes_the_reader_panic(text in r#"[{}\[\]:,"a-z*$A-Z0-9 é\\-]{0,80}"#) {
        for kind in [Kind::Identity, Kind::Managed, Kind::Resource, Kind::KeyPolicy, Kind::Trust] {
            _ = Document::parse(&text, kind);
        }
    }

    /// Cuts and changes of a good document: it is read or refused, within its own bounds.
    #[test]
    fn damaged_documents_are_read_or_refused(cut in 0_usize..400, put in "[\"{}:,*]{0,2}", skip in 0_usize..4) {
        let good = with_principal(json!({"AWS": [user_arn(OURS, "alice"), "111122223333"]})).to_string();
        let (head, rest) = good.split_at_checked(cut.min(good.len())).unwrap_or((&good, ""));
        let damaged = format!("{head}{put}{}", rest.get(skip..).unwrap_or_default());
        if let Err(malformed) = Document::parse(&damaged, Kind::KeyPolicy) {
            prop_assert!(malformed.offset() <= damaged.len());
        }
    }
}
