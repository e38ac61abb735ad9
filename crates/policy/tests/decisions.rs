//! The order of decision: own account, other accounts, sessions, boundaries, guardrails, KMS; and the words of a
//! refusal.

#![expect(clippy::panic, reason = "tests")]

mod common;

use common::{
    Caller, Case, KEY, OURS, Side, THEIRS, document, policy, resource_policy, role_arn, root, session, stranger, user,
    user_arn,
};
use policy::{Decision, How, Place};
use serde_json::{Value, json};

fn decrypt(caller: Caller) -> Case {
    Case::new(caller, "kms:Decrypt", KEY)
}

fn all(effect: &str) -> Value {
    policy(effect, "*", "*")
}

fn nothing() -> Value {
    policy("Allow", "ec2:*", "*")
}

fn named(principal: Value) -> Value {
    resource_policy("Allow", principal, "kms:*")
}

/// One row of the table: does the key policy name the caller, does it delegate to his account, does IAM allow, is there
/// a grant.
fn key(caller: &Caller, names: bool, delegates: bool, iam: bool, grant: bool) -> Case {
    let number = caller.account().unwrap_or(OURS);
    let mut statements = vec![
        json!({"Effect": "Allow", "Principal": {"AWS": user_arn(OURS, "admin")}, "Action": "kms:*", "Resource": "*"}),
    ];
    if names {
        statements.push(
            json!({"Effect": "Allow", "Principal": {"AWS": caller.arn()}, "Action": "kms:Decrypt", "Resource": "*"}),
        );
    }
    if delegates {
        statements.push(json!({"Effect": "Allow", "Principal": root(number), "Action": "kms:*", "Resource": "*"}));
    }
    let case = decrypt(caller.clone()).side(Side::KeyPolicy(document(json!(statements))));
    let case = if iam { case.identity(policy("Allow", "kms:Decrypt", KEY)) } else { case };
    if grant { case.grant() } else { case }
}

#[test]
fn the_kms_table_row_by_row() {
    for (names, delegates, iam, grant, same, other) in [
        (true, false, false, false, true, false),
        (true, false, true, false, true, true),
        (false, true, true, false, true, true),
        (false, true, false, false, false, false),
        // The case that a plain OR gets wrong.
        (false, false, true, false, false, false),
        (false, false, false, true, true, true),
        (true, true, false, false, true, false),
        (false, false, false, false, false, false),
    ] {
        let row = (names, delegates, iam, grant);
        assert_eq!(key(&user("alice"), names, delegates, iam, grant).allows(), same, "same account {row:?}");
        assert_eq!(key(&stranger("alice"), names, delegates, iam, grant).allows(), other, "other account {row:?}");
        for caller in [user("alice"), stranger("alice")] {
            let denied = key(&caller, names, delegates, iam, grant).identity(policy("Deny", "kms:Decrypt", "*"));
            assert_eq!(denied.denial(), Some((Place::Identity, true)), "IAM's Deny always counts {row:?}");
        }
    }
}

#[test]
fn delegation_counts_under_its_own_conditions() {
    let delegation = document(json!({
        "Effect": "Allow", "Principal": root(OURS), "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}}
    }));
    let case = |action: &str| {
        Case::new(user("alice"), action, KEY).identity(all("Allow")).side(Side::KeyPolicy(delegation.clone()))
    };
    assert!(!case("kms:Decrypt").allows());
    assert!(case("kms:Decrypt").fact("kms:ViaService", "s3.ap-northeast-1.amazonaws.com").allows());
    assert!(!case("kms:Encrypt").fact("kms:ViaService", "s3.ap-northeast-1.amazonaws.com").allows(), "not delegated");
}

#[test]
fn another_accounts_delegation_is_not_ours() {
    let theirs = resource_policy("Allow", root(THEIRS), "kms:*");
    assert_eq!(
        decrypt(user("alice")).identity(all("Allow")).side(Side::KeyPolicy(theirs)).denial(),
        Some((Place::KeyPolicy, false))
    );
}

#[test]
fn the_key_policy_rules_the_root_user_too() {
    let key = |document: Value| decrypt(Caller::Root(OURS)).side(Side::KeyPolicy(document));
    assert!(key(named(root(OURS))).allows());
    assert!(!key(named(json!({"AWS": user_arn(OURS, "alice")}))).allows());
    let denied = document(json!([
        {"Effect": "Allow", "Principal": root(OURS), "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"},
    ]));
    assert_eq!(key(denied).denial(), Some((Place::KeyPolicy, true)));
}

#[test]
fn star_means_this_key_and_another_arn_is_dead() {
    let other = json!({"AWS": user_arn(OURS, "alice")});
    let dead = document(json!({
        "Effect": "Allow", "Principal": other, "Action": "kms:*",
        "Resource": "arn:aws:kms:ap-northeast-1:111122223333:key/other"
    }));
    assert!(!decrypt(user("alice")).side(Side::KeyPolicy(dead)).allows());
    let silent = document(json!([
        {"Effect": "Allow", "Principal": other, "Action": "kms:*"},
        {"Effect": "Deny", "Principal": "*", "Resource": "*"},
        {"Effect": "Allow", "Principal": other, "Action": [], "Resource": "*"},
    ]));
    assert_eq!(decrypt(user("alice")).side(Side::KeyPolicy(silent)).denial(), Some((Place::KeyPolicy, false)));
}

#[test]
fn a_deny_anywhere_denies() {
    let open = || {
        decrypt(session("app", "run"))
            .identity(all("Allow"))
            .boundary(all("Allow"))
            .session(&[all("Allow")])
            .guardrail(&[all("Allow")])
            .guardrail(&[all("Allow")])
            .side(Side::KeyPolicy(named(json!("*"))))
            .grant()
    };
    assert!(open().allows());
    let deny_at_key = document(json!([
        {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": {"AWS": role_arn(OURS, "app")}, "Action": "kms:De*", "Resource": "*"},
    ]));
    let mut in_boundary = open();
    in_boundary.boundary = Some(document(json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "kms:*", "Resource": KEY}
    ])));
    for (case, place) in [
        (open().identity(all("Deny")), Place::Identity),
        (in_boundary, Place::Boundary),
        (open().session(&[all("Allow"), all("Deny")]), Place::Session),
        (open().guardrail(&[all("Allow"), all("Deny")]), Place::Guardrail),
        (open().side(Side::KeyPolicy(deny_at_key.clone())), Place::KeyPolicy),
        (open().side(Side::Implicit(Some(deny_at_key))), Place::Resource),
    ] {
        assert_eq!(case.denial(), Some((place, true)));
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>,
/// its table of principals: whose Allow in a resource policy is limited by what.
#[test]
fn what_limits_a_resource_policys_allow() {
    let federated = Caller::Federated(OURS, "bob".into(), "fed".into());
    let app = session("app", "run");
    for (principal, caller, boundary_limits, session_limits) in [
        (json!({"AWS": app.arn()}), app.clone(), false, false),
        (json!({"AWS": federated.arn()}), federated.clone(), false, false),
        (json!({"AWS": user_arn(OURS, "alice")}), user("alice"), false, false),
        (json!("*"), app.clone(), false, false),
        (json!("*"), user("alice"), false, false),
        (json!({"AWS": role_arn(OURS, "app")}), app, true, true),
        (json!({"AWS": user_arn(OURS, "bob")}), federated, true, true),
    ] {
        let case = || decrypt(caller.clone()).side(Side::Implicit(Some(named(principal.clone()))));
        let with_session =
            |case: Case| if matches!(caller, Caller::Federated(..)) { case.session(&[all("Allow")]) } else { case };
        assert!(with_session(case()).allows(), "{principal}");
        assert!(with_session(case().boundary(all("Allow"))).allows(), "{principal}");
        assert_eq!(with_session(case().boundary(nothing())).allows(), !boundary_limits, "{principal} boundary");
        assert_eq!(case().session(&[nothing()]).allows(), !session_limits, "{principal} session");
    }
}

#[test]
fn a_limited_role_hears_what_limits_it() {
    let key = || Side::KeyPolicy(named(json!({"AWS": role_arn(OURS, "app")})));
    let case = || decrypt(session("app", "run")).side(key());
    assert_eq!(case().session(&[nothing()]).denial(), Some((Place::Session, false)));
    assert_eq!(case().boundary(nothing()).identity(all("Allow")).denial(), Some((Place::Boundary, false)));
    assert!(case().session(&[all("Allow")]).boundary(all("Allow")).allows());
}

/// Simulators differ here. AWS's text: the session itself is named, so a session policy's silence does not matter.
#[test]
fn a_named_session_is_not_limited_by_its_session_policy() {
    let case = decrypt(session("app", "run")).session(&[nothing()]);
    assert!(case.side(Side::KeyPolicy(named(json!({"AWS": session("app", "run").arn()})))).allows());
}

#[test]
fn identity_needs_boundary_and_session() {
    let case = |caller| decrypt(caller).side(Side::Implicit(None)).identity(all("Allow"));
    assert!(case(user("alice")).allows());
    assert_eq!(case(user("alice")).boundary(nothing()).denial(), Some((Place::Boundary, false)));
    assert!(case(user("alice")).boundary(all("Allow")).allows());
    assert_eq!(case(session("app", "run")).session(&[nothing()]).denial(), Some((Place::Session, false)));
    assert_eq!(case(session("app", "run")).session(&[]).denial(), Some((Place::Session, false)));
    assert!(case(session("app", "run")).session(&[nothing(), all("Allow")]).allows(), "session policies are a union");
    let only_boundary = decrypt(user("alice")).side(Side::Implicit(None)).boundary(all("Allow"));
    assert_eq!(only_boundary.denial(), Some((Place::Identity, false)), "a boundary grants nothing");
}

#[test]
fn a_federated_user_without_a_session_policy_may_do_nothing() {
    let federated = || {
        decrypt(Caller::Federated(OURS, "bob".into(), "fed".into())).side(Side::Implicit(None)).identity(all("Allow"))
    };
    assert_eq!(federated().denial(), Some((Place::Session, false)));
    assert!(federated().session(&[all("Allow")]).allows());
}

#[test]
fn every_level_of_guardrails_must_allow() {
    let case = || decrypt(user("alice")).side(Side::Implicit(None)).identity(all("Allow"));
    assert!(case().guardrail(&[all("Allow")]).guardrail(&[nothing(), all("Allow")]).allows());
    assert_eq!(case().guardrail(&[all("Allow")]).guardrail(&[nothing()]).denial(), Some((Place::Guardrail, false)));
    assert_eq!(case().guardrail(&[]).denial(), Some((Place::Guardrail, false)));
    let root = decrypt(Caller::Root(OURS)).side(Side::Implicit(None));
    assert!(root.clone().allows());
    assert_eq!(root.guardrail(&[nothing()]).denial(), Some((Place::Guardrail, false)), "the root user is bound too");
    assert_eq!(
        decrypt(user("alice")).side(Side::KeyPolicy(named(json!("*")))).grant().guardrail(&[nothing()]).denial(),
        Some((Place::Guardrail, false)),
        "nothing at the resource makes up for a guardrail"
    );
}

#[test]
fn without_a_resource_policy_others_are_out() {
    assert!(decrypt(user("alice")).identity(all("Allow")).allows());
    assert_eq!(decrypt(stranger("alice")).identity(all("Allow")).denial(), Some((Place::Resource, false)));
    let own = |caller| {
        let mut case = Case::new(caller, "kms:ListKeys", "*").identity(all("Allow"));
        case.owner = None;
        case
    };
    assert!(own(user("alice")).allows() && own(stranger("alice")).allows());
    assert!(!decrypt(Caller::Service("s3.amazonaws.com".into())).allows() && !decrypt(Caller::Nobody).allows());
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let bob = stranger("bob");
    for principal in [json!("*"), json!({"AWS": bob.arn()}), root(THEIRS)] {
        let case = || decrypt(bob.clone()).side(Side::Implicit(Some(named(principal.clone()))));
        assert_eq!(case().denial(), Some((Place::Identity, false)), "{principal}");
        assert!(case().identity(all("Allow")).allows(), "{principal}");
        assert_eq!(case().identity(all("Allow")).boundary(nothing()).denial(), Some((Place::Boundary, false)));
        assert_eq!(case().identity(all("Allow")).guardrail(&[nothing()]).denial(), Some((Place::Guardrail, false)));
    }
    let app = Caller::Session(THEIRS, "app".into(), "run".into());
    for principal in [json!({"AWS": app.arn()}), json!({"AWS": role_arn(THEIRS, "app")})] {
        let case = || decrypt(app.clone()).side(Side::KeyPolicy(named(principal.clone()))).identity(all("Allow"));
        assert!(case().allows());
        assert_eq!(case().session(&[nothing()]).denial(), Some((Place::Session, false)));
    }
    let ours_only = decrypt(bob.clone()).side(Side::KeyPolicy(named(root(OURS)))).identity(all("Allow"));
    assert_eq!(ours_only.denial(), Some((Place::KeyPolicy, false)));
    let their_root = Caller::Root(THEIRS);
    assert!(decrypt(their_root).side(Side::KeyPolicy(named(root(THEIRS)))).allows());
}

/// What the other account holds shows only to a caller whose own side allows.
#[test]
fn another_accounts_deny_is_no_oracle() {
    let denying = resource_policy("Deny", json!("*"), "kms:*");
    let case = |side: Side, iam: bool| {
        let case = decrypt(stranger("bob")).side(side);
        if iam { case.identity(all("Allow")) } else { case }
    };
    for iam in [true, false] {
        let answers: Vec<String> =
            [Side::KeyPolicy(denying.clone()), Side::KeyPolicy(named(root(OURS))), Side::None, Side::Implicit(None)]
                .map(|side| case(side, iam).text())
                .into();
        assert!(answers.windows(2).all(|pair| pair.first() == pair.last()), "{answers:?}");
    }
}

#[test]
fn services_and_nobody_have_only_the_resources_policy() {
    let trail = Caller::Service("cloudtrail.amazonaws.com".into());
    let key = document(json!([
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
         "Action": "kms:GenerateDataKey*", "Resource": "*",
         "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"}}},
    ]));
    let case = || Case::new(trail.clone(), "kms:GenerateDataKey", KEY).side(Side::KeyPolicy(key.clone()));
    assert!(!case().allows());
    assert!(case().fact("aws:SourceArn", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t").allows());
    assert!(!case().identity(all("Allow")).allows(), "an identity policy is not theirs");
    assert!(decrypt(trail).side(Side::KeyPolicy(key.clone())).grant().allows(), "a grant may name a service");
    assert_eq!(decrypt(Caller::Nobody).side(Side::KeyPolicy(key)).denial(), Some((Place::KeyPolicy, false)));
}

#[test]
fn role_trust_is_like_a_key_policy() {
    let trust = |principal: Value| {
        Side::Trust(document(json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})))
    };
    for (action, resource, spoken) in [
        ("iam:GetUser", "arn:aws:iam::111122223333:user/team/bob", "user bob"),
        ("iam:CreateUser", "arn:aws:iam::111122223333:user/team/bob", "arn:aws:iam::111122223333:user/team/bob"),
        ("iam:ListUsers", "arn:aws:iam::111122223333:user/", "arn:aws:iam::111122223333:user/"),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/x/Y", "policy arn:aws:iam::aws:policy/x/Y"),
        ("kms:Decrypt", "arn:aws:iam::111122223333:user/bob", "arn:aws:iam::111122223333:user/bob"),
        ("iam:GetAccountSummary", "*", "*"),
    ] {
        let case = Case { action: action.to_owned(), resource: resource.to_owned(), ..decrypt(user("alice")) };
        let start = format!("User: {} is not authorized to perform: {action} on resource: ", user_arn(OURS, "alice"));
        assert_eq!(case.text(), format!("{start}{spoken} because no identity-based policy allows the {action} action"));
    }

    let role = role_arn(OURS, "app");
    let assume = |caller| Case::new(caller, "sts:AssumeRole", &role);
    assert!(assume(user("alice")).side(trust(json!({"AWS": user_arn(OURS, "alice")}))).allows());
    assert!(!assume(user("alice")).side(trust(root(OURS))).allows());
    assert!(assume(user("alice")).side(trust(root(OURS))).identity(policy("Allow", "sts:AssumeRole", &role)).allows());
    let untrusted = assume(user("bob")).side(trust(json!({"AWS": user_arn(OURS, "alice")}))).identity(all("Allow"));
    assert_eq!(untrusted.denial(), Some((Place::Trust, false)));
    assert!(assume(stranger("bob")).side(trust(root(THEIRS))).identity(all("Allow")).allows());
    assert!(!assume(stranger("bob")).side(trust(root(THEIRS))).allows());
    assert!(
        assume(Caller::Service("lambda.amazonaws.com".into()))
            .side(trust(json!({"Service": "lambda.amazonaws.com"})))
            .allows()
    );
}

#[test]
fn grounds_name_what_decided() {
    let grounds = |case: Case| match case.decide() {
        Decision::Allow(grounds) => grounds,
        Decision::Deny(denial) => panic!("{denial:?}"),
    };
    let sources = |case: Case| -> Vec<(String, usize)> {
        grounds(case).statements().iter().map(|statement| (statement.source.to_string(), statement.index)).collect()
    };
    let both = || key(&user("alice"), false, true, true, false);
    assert_eq!(grounds(both()).how(), &How::Identity);
    assert_eq!(sources(both()), [("identity".to_owned(), 0), ("resource".to_owned(), 1)]);
    assert_eq!(
        sources(both().boundary(all("Allow")).session(&[nothing(), all("Allow")])),
        [("identity", 0), ("resource", 1), ("boundary", 0), ("session", 0)]
            .map(|(source, index)| (source.to_owned(), index))
    );
    assert_eq!(grounds(key(&user("alice"), true, false, false, false)).how(), &How::Resource);
    assert_eq!(grounds(key(&stranger("alice"), true, false, true, false)).how(), &How::Both);
    assert_eq!(grounds(key(&user("alice"), false, false, false, true)).how(), &How::Grant("grant-id".into()));
    assert_eq!(grounds(decrypt(Caller::Root(OURS)).side(Side::KeyPolicy(named(root(OURS))))).how(), &How::Root);
    let sid = document(json!([
        {"Sid": "First", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Sid": "Second", "Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    ]));
    let grounds = grounds(decrypt(user("alice")).identity(sid));
    assert_eq!(grounds.statements().first().and_then(|statement| statement.sid.as_deref()), Some("Second"));
}

#[test]
fn refusals_speak_as_aws_does() {
    let alice = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: kms:Decrypt on resource: ";
    let on_key = format!("{alice}{KEY} ");
    let delegating = || Side::KeyPolicy(named(root(OURS)));
    let denying = || Side::KeyPolicy(resource_policy("Deny", json!("*"), "kms:*"));
    let open = || decrypt(user("alice")).side(delegating()).identity(all("Allow"));
    for (case, rest) in [
        (decrypt(user("alice")).side(delegating()), "because no identity-based policy allows the kms:Decrypt action"),
        (
            decrypt(user("alice")).side(Side::KeyPolicy(named(root(THEIRS)))).identity(all("Allow")),
            "because no resource-based policy allows the kms:Decrypt action",
        ),
        (open().boundary(nothing()), "because no permissions boundary allows the kms:Decrypt action"),
        (open().session(&[nothing()]), "because no session policy allows the kms:Decrypt action"),
        (open().guardrail(&[nothing()]), "because no service control policy allows the kms:Decrypt action"),
        (open().side(denying()), "with an explicit deny in a resource-based policy"),
        (open().identity(all("Deny")), "with an explicit deny in an identity-based policy"),
        (open().boundary(all("Deny")), "with an explicit deny in a permissions boundary"),
        (open().session(&[all("Deny")]), "with an explicit deny in a session policy"),
        (open().guardrail(&[all("Deny")]), "with an explicit deny in a service control policy"),
    ] {
        assert_eq!(case.text(), format!("{on_key}{rest}"));
    }
    let bob = "User: arn:aws:iam::444455556666:user/bob is not authorized to perform: kms:Decrypt";
    let hidden = "on this resource because the resource does not exist in this Region, no resource-based policies \
                  allow access, or a resource-based policy explicitly denies access";
    for side in [denying(), Side::KeyPolicy(named(root(OURS))), Side::None] {
        assert_eq!(decrypt(stranger("bob")).identity(all("Allow")).side(side).text(), format!("{bob} {hidden}"));
    }
    let no_identity =
        format!("{bob} on resource: {KEY} because no identity-based policy allows the kms:Decrypt action");
    assert_eq!(decrypt(stranger("bob")).side(denying()).text(), no_identity);

    let role = role_arn(OURS, "app");
    let assume = "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/app";
    let trust =
        || Side::Trust(document(json!({"Effect": "Allow", "Principal": root(OURS), "Action": "sts:TagSession"})));
    let case = |caller: Caller| Case::new(caller, "sts:AssumeRole", &role).identity(all("Allow")).side(trust());
    assert_eq!(
        case(user("alice")).text(),
        format!("User: {} {assume} because no role trust policy allows the sts:AssumeRole action", user("alice").arn())
    );
    assert_eq!(case(stranger("bob")).text(), format!("User: {} {assume}", stranger("bob").arn()));
}
