//! One statement at a time: action, resource, principal, variables. Also the 25 cases with which a ready-made engine
//! was tried (and failed seven times).

mod common;

use common::{
    Caller, Case, KEY, OURS, Side, THEIRS, account, document, resource_policy, role_arn, session, stranger, user,
    user_arn,
};
use serde_json::{Value, json};

/// Whether an identity policy of this one statement allows.
fn says(statement: Value, case: Case) -> bool {
    case.identity(document(statement)).allows()
}

fn decrypt() -> Case {
    Case::new(user("alice"), "kms:Decrypt", KEY)
}

/// Whether a bucket-like policy of this one principal allows, with nothing else allowing.
fn reaches(principal: Value, caller: Caller) -> bool {
    let document = resource_policy("Allow", principal, "kms:*");
    Case::new(caller, "kms:Decrypt", KEY).side(Side::Implicit(Some(document))).allows()
}

#[test]
fn actions() {
    for (pattern, action, expected) in [
        ("kms:Decrypt", "kms:Decrypt", true),
        ("KMS:decrypt", "kms:Decrypt", true),
        ("kms:Decrypt", "KMS:DECRYPT", true),
        ("kms:*", "kms:Decrypt", true),
        ("*", "kms:Decrypt", true),
        ("*:Decrypt", "kms:Decrypt", true),
        ("kms:De*", "kms:Decrypt", true),
        ("kms:?ecrypt", "kms:Decrypt", true),
        ("kms:Decryp?", "kms:Decrypt", true),
        ("kms:Decrypt?", "kms:Decrypt", false),
        ("kms:Encrypt", "kms:Decrypt", false),
        ("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", false),
        ("kms:GenerateDataKey*", "kms:GenerateDataKeyWithoutPlaintext", true),
        ("s3:*", "kms:Decrypt", false),
    ] {
        let case = || Case::new(user("alice"), action, KEY);
        assert_eq!(says(json!({"Effect": "Allow", "Action": pattern, "Resource": "*"}), case()), expected, "{pattern}");
        assert_eq!(
            says(json!({"Effect": "Allow", "NotAction": pattern, "Resource": "*"}), case()),
            !expected,
            "not {pattern}"
        );
    }
    let long = format!("kms:{}", "x".repeat(200));
    assert!(says(
        json!({"Effect": "Allow", "Action": "KMS:xx*", "Resource": "*"}),
        Case::new(user("alice"), &long, KEY)
    ));
}

#[test]
fn resources() {
    let log = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/f:log-stream:2024";
    for (pattern, resource, expected) in [
        ("*", KEY, true),
        ("*", "*", true),
        (KEY, KEY, true),
        (KEY, "*", false),
        ("arn:aws:kms:*:111122223333:key/*", KEY, true),
        ("arn:aws:kms:*:444455556666:key/*", KEY, false),
        ("arn:aws:kms:*", KEY, true),
        ("arn:aws:kms:ap-northeast-1:111122223333:alias/*", KEY, false),
        ("arn:aws:kms:AP-NORTHEAST-1:111122223333:key/*", KEY, false),
        ("arn:aws:kms:ap-northeast-?:111122223333:key/*", KEY, true),
        ("arn:aws:kms:ap-*-1:111122223333:key/1234abcd-*", KEY, true),
        ("arn:aws:logs:*:*:log-group:/aws/lambda/*", log, true),
        ("arn:aws:logs:*:*:log-group:/aws/lambda/*:log-stream:*", log, true),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b/c", true),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", false),
        ("arn:aws:s3:::bucket", "arn:aws:s3:::Bucket", false),
        ("arn:aws:s3:::b?cket/${*}", "arn:aws:s3:::bucket/*", true),
        ("arn:aws:s3:::b?cket/${*}", "arn:aws:s3:::bucket/x", false),
    ] {
        let case = || Case::new(user("alice"), "x:Y", resource);
        assert_eq!(says(json!({"Effect": "Allow", "Action": "*", "Resource": pattern}), case()), expected, "{pattern}");
        assert_eq!(
            says(json!({"Effect": "Allow", "Action": "*", "NotResource": pattern}), case()),
            !expected,
            "not {pattern}"
        );
    }
}

#[test]
fn variables_in_resources() {
    let get = |caller: Caller, object: &str| Case::new(caller, "s3:GetObject", &format!("arn:aws:s3:::{object}"));
    let home = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::home/${aws:UserName}/*"});
    assert!(says(home.clone(), get(user("alice"), "home/alice/x")));
    assert!(!says(home.clone(), get(user("alice"), "home/bob/x")));
    assert!(!says(home.clone(), get(user("*"), "home/bob/x")), "a user named `*` is no wildcard");
    assert!(!says(home.clone(), get(session("app", "alice"), "home/alice/x")), "a session has no user name");

    let old = json!({"Version": "2008-10-17", "Statement": home});
    assert!(!get(user("alice"), "home/alice/x").identity(old.clone()).allows());
    assert!(get(user("alice"), "home/${aws:UserName}/x").identity(old).allows(), "before 2012 it is only text");

    let tag =
        json!({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team, 'common'}/*"});
    assert!(says(tag.clone(), get(user("alice"), "red/x").fact("aws:PrincipalTag/team", "red")));
    assert!(!says(tag.clone(), get(user("alice"), "common/x").fact("aws:PrincipalTag/team", "red")));
    assert!(says(tag, get(user("alice"), "common/x")));

    let early =
        json!({"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:*:${aws:PrincipalAccount}:key/*"});
    assert!(!says(early, decrypt()), "no variable before the fifth colon");
}

#[test]
fn principals() {
    let alice = user_arn(OURS, "alice");
    let app = role_arn(OURS, "app");
    let run = format!("arn:aws:sts::{}:assumed-role/app/run", account(OURS));
    for (principal, caller, expected) in [
        (json!("*"), user("alice"), true),
        (json!({"AWS": "*"}), user("alice"), true),
        (json!("*"), Caller::Nobody, true),
        (json!("*"), Caller::Service("s3.amazonaws.com".into()), true),
        (json!({"AWS": alice}), user("alice"), true),
        (json!({"AWS": alice}), user("Alice"), false),
        (json!({"AWS": [user_arn(OURS, "bob"), alice]}), user("alice"), true),
        (json!({"AWS": user_arn(THEIRS, "alice")}), user("alice"), false),
        (json!({"AWS": app}), session("app", "run"), true),
        (json!({"AWS": app}), session("application", "run"), false),
        (json!({"AWS": run}), session("app", "run"), true),
        (json!({"AWS": run}), session("app", "other"), false),
        (json!({"AWS": common::user_id("alice")}), user("alice"), true),
        (json!({"AWS": common::role_id("app")}), session("app", "run"), true),
        (json!({"AWS": common::role_id("app")}), user("app"), false),
        (json!({"Service": "s3.amazonaws.com"}), Caller::Service("s3.amazonaws.com".into()), true),
        (json!({"Service": ["sns.amazonaws.com"]}), Caller::Service("s3.amazonaws.com".into()), false),
        (json!({"AWS": alice, "Service": "s3.amazonaws.com"}), Caller::Service("s3.amazonaws.com".into()), true),
        (json!({"Federated": "accounts.google.com"}), Caller::Provider("accounts.google.com".into()), true),
        (json!({"Federated": "accounts.google.com"}), Caller::Nobody, false),
        // The account is delegation: without an identity policy it is not enough.
        (json!({"AWS": account(OURS)}), user("alice"), false),
        (common::root(OURS), user("alice"), false),
        (common::root(OURS), Caller::Root(OURS), true),
    ] {
        assert_eq!(reaches(principal.clone(), caller.clone()), expected, "{principal} {caller:?}");
    }
}

#[test]
fn the_account_covers_its_users_sessions_and_root() {
    for name in [json!({"AWS": account(OURS)}), common::root(OURS)] {
        let key = resource_policy("Allow", name, "kms:*");
        let federated = Caller::Federated(OURS, "bob".into(), "fed".into());
        for caller in [user("alice"), session("app", "run"), federated] {
            let case = Case::new(caller, "kms:Decrypt", KEY).side(Side::KeyPolicy(key.clone()));
            let all = common::policy("Allow", "kms:*", "*");
            assert!(case.identity(all.clone()).session(&[all]).allows());
        }
        assert!(Case::new(Caller::Root(OURS), "kms:Decrypt", KEY).side(Side::KeyPolicy(key.clone())).allows());
        assert!(!Case::new(stranger("alice"), "kms:Decrypt", KEY).side(Side::KeyPolicy(key)).allows());
    }
}

fn spared(not_principal: &[String], caller: Caller, boundary: bool) -> bool {
    let statement = json!([
        {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": not_principal}, "Action": "*", "Resource": "*"},
    ]);
    let case = Case::new(caller, "kms:Decrypt", KEY).side(Side::Implicit(Some(document(statement))));
    if boundary { case.boundary(common::policy("Allow", "*", "*")).allows() } else { case.allows() }
}

#[test]
fn not_principal_with_deny_needs_every_identity() {
    let (root, alice) = (account(OURS), user_arn(OURS, "alice"));
    let (app, run) = (role_arn(OURS, "app"), session("app", "run").arn());
    assert!(spared(&[root.clone(), alice.clone()], user("alice"), false));
    assert!(!spared(std::slice::from_ref(&alice), user("alice"), false), "the account is not listed");
    assert!(!spared(std::slice::from_ref(&root), user("alice"), false), "the user is not listed");
    assert!(!spared(&[root.clone(), alice.clone()], user("bob"), false));
    assert!(!spared(&[root.clone(), alice], user("alice"), true), "with a boundary it always denies");
    assert!(spared(&[root.clone(), app.clone(), run.clone()], session("app", "run"), false));
    assert!(!spared(&[root.clone(), app], session("app", "run"), false), "the session is not listed");
    assert!(!spared(&[root.clone(), run], session("app", "run"), false), "the role is not listed");
    assert!(spared(std::slice::from_ref(&root), Caller::Root(OURS), false));
    assert!(!spared(&[root], Caller::Nobody, false));
}

#[test]
fn not_principal_with_allow_is_everybody_else() {
    let others = document(json!({
        "Effect": "Allow", "NotPrincipal": {"AWS": user_arn(OURS, "alice")}, "Action": "*", "Resource": "*"
    }));
    let case = |caller| Case::new(caller, "kms:Decrypt", KEY).side(Side::Implicit(Some(others.clone())));
    assert!(!case(user("alice")).allows());
    assert!(case(user("bob")).allows() && case(Caller::Nobody).allows());
}

/// The deleted and recreated user does not inherit; `aws:PrincipalArn` conditions do.
#[test]
fn bound_names_are_ids() {
    let key = resource_policy("Allow", json!({"AWS": [user_arn(OURS, "alice"), user_arn(OURS, "gone")]}), "kms:*");
    let bound_to = |id: &str| {
        let id = id.to_owned();
        move |document: policy::Document| document.bind(&|arn| (arn.resource() == "user/alice").then(|| id.clone()))
    };
    let allows = |caller: Caller, id: &str| {
        let case = Case::new(caller, "kms:Decrypt", KEY).side(Side::KeyPolicy(key.clone()));
        matches!(case.decide_bound(&bound_to(id)), policy::Decision::Allow(_))
    };
    assert!(allows(user("alice"), &common::user_id("alice")));
    assert!(!allows(user("alice"), "AIDAOFANOTHERALICE00"), "the same name, another user");
    assert!(!allows(user("gone"), &common::user_id("alice")), "a name that nobody bore when it was bound");

    let by_condition = document(json!({
        "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": user_arn(OURS, "alice")}}
    }));
    assert!(Case::new(user("alice"), "kms:Decrypt", KEY).side(Side::KeyPolicy(by_condition)).allows());
}

/// The first test table, kept from the trial of a ready-made engine.
#[test]
fn twenty_five_cases() {
    let allow = |action: Value, resource: Value| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let when =
        |condition: Value| json!({"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Condition": condition});
    let deny = json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"},
    ]);
    let get = |caller| Case::new(caller, "s3:GetObject", "arn:aws:s3:::home/bob/x");
    let home = allow(json!("s3:*"), json!("arn:aws:s3:::home/${aws:username}/*"));
    let arn = |value: &str| when(json!({"ArnLike": {"aws:SourceArn": value}}));
    let source = || decrypt().fact("aws:SourceArn", "arn:aws:s3:::a:b");
    for (number, (statement, case, expected)) in [
        (allow(json!("kms:Decrypt"), json!(KEY)), decrypt(), true),
        (allow(json!("kms:Encrypt"), json!(KEY)), decrypt(), false),
        (allow(json!(["kms:Encrypt", "kms:Decrypt"]), json!(["*"])), decrypt(), true),
        (allow(json!("KMS:DECRYPT"), json!("*")), decrypt(), true),
        (deny, decrypt(), false),
        (json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), decrypt(), true),
        (json!({"Effect": "Allow", "Action": "*", "NotResource": KEY}), decrypt(), false),
        (allow(json!("kms:*"), json!("arn:aws:kms:*:111122223333:key/*")), decrypt(), true),
        // A star at the end of a segment goes beyond the colons.
        (allow(json!("kms:*"), json!("arn:aws:kms:*")), decrypt(), true),
        (home.clone(), get(user("bob")), true),
        (home.clone(), get(user("alice")), false),
        // A user named `*`.
        (home, get(user("*")), false),
        (when(json!({"StringEquals": {"kms:ViaService": "s3"}})), decrypt().fact("kms:ViaService", "s3"), true),
        (when(json!({"StringEquals": {"kms:ViaService": "s3"}})), decrypt(), false),
        (when(json!({"StringNotEquals": {"kms:ViaService": "s3"}})), decrypt(), true),
        (when(json!({"StringEqualsIfExists": {"kms:ViaService": "s3"}})), decrypt(), true),
        (when(json!({"Null": {"kms:ViaService": "true"}})), decrypt(), true),
        // Truth values are texts.
        (when(json!({"Bool": {"aws:SecureTransport": "true"}})), decrypt().fact("aws:SecureTransport", "true"), true),
        (when(json!({"Bool": {"aws:SecureTransport": true}})), decrypt().fact("aws:SecureTransport", "true"), true),
        (when(json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})), decrypt().fact("aws:SourceIp", "10.1.2.3"), true),
        (
            when(json!({"DateLessThan": {"aws:CurrentTime": "2030"}})),
            decrypt().fact("aws:CurrentTime", "2024-01-01T00:00:00Z"),
            false,
        ),
        // ARNs are compared part by part: this star does not reach the last colon's other side.
        (arn("arn:aws:s3:*:a:b"), source(), false),
        (arn("arn:aws:s3:*:*:a*"), source(), true),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(says(statement, case), expected, "case {}", number + 1);
    }
    // Cases 24 and 25: the account's root ARN and the bare account id stand for its users, once IAM agrees.
    for name in [json!({"AWS": account(OURS)}), common::root(OURS)] {
        let case = decrypt().identity(common::policy("Allow", "kms:*", "*"));
        assert!(case.side(Side::KeyPolicy(resource_policy("Allow", name, "kms:*"))).allows());
    }
}
