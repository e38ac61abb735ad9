//! Who has signed, and what policies say of him.

use crate::rig::{ALLOW, DENY, Rig, is_open, public_rows, rig, rows};
use house::{Actor, Tree};
use kernel::{Row, Service};

/// Nobody acts without a policy that allows it. One of the inputs gets as far as the judgement: else the row would be refused for its
/// input alone, and nothing would be known.
#[tokio::test]
async fn who_has_no_policy_is_denied() {
    let rig = rig().await;
    let nobody = rig.house.user("nobody", &[]).await;
    for (service, row) in public_rows().filter(|(service, row)| !is_open(service, row)) {
        denied(&rig, &nobody, service, row, "no identity-based policy allows").await;
    }
}

/// A Deny outweighs whatever allows, the key policy's owner included.
#[tokio::test]
async fn who_is_denied_explicitly_is_denied() {
    let rig = rig().await;
    let denied_one = rig.house.user("denied", &[ALLOW, DENY]).await;
    for (service, row) in public_rows().filter(|(service, row)| !is_open(service, row)) {
        denied(&rig, &denied_one, service, row, "explicit deny").await;
    }
}

/// The counter-test: with a policy that allows, the same inputs meet no denial. Each in a house of its own, since what is allowed happens.
#[tokio::test]
async fn who_is_allowed_is_not_denied() {
    for (service, row) in public_rows() {
        let rig = rig().await;
        let admin = rig.house.user("admin", &[ALLOW]).await;
        for input in inputs(&rig, row) {
            let ended = rig.call(&admin, service, row, input).await;
            assert_ne!(ended.code(), service.codes.access_denied.0, "{}: {:?}", ended.what, ended.failure);
            assert_ne!(ended.code(), "InternalFailure", "{}", ended.what);
        }
    }
}

/// What the caller asks to be told about and not done ends with the verdict, and nothing is written.
#[tokio::test]
async fn a_dry_run_ends_with_its_verdict() {
    let rig = rig().await;
    let admin = rig.house.user("admin", &[ALLOW]).await;
    let dry = |member: &shape::Member| member.name == "DryRun";
    let rows = public_rows().filter(|(_, row)| row.model().input.members().iter().any(dry));
    let mut verdicts = 0;
    for (service, row) in rows {
        let Tree::Map(mut members) = rig.samples.required(row.model().input) else {
            panic!("{} takes a structure", row.name)
        };
        members.push(("DryRun".to_owned(), Tree::Truth(true)));
        let ended = rig.call(&admin, service, row, Tree::Map(members)).await;
        assert!(ended.failure.is_some(), "{}: it was done", ended.what);
        verdicts += usize::from(ended.code() == "DryRunOperationException");
    }
    assert!(verdicts > 0, "no dry run came to its verdict");
}

/// Whoever asks CreateKey for all that can be asked for asks for what does not go together.
#[tokio::test]
async fn what_an_operation_checks_is_checked() {
    let rig = rig().await;
    let admin = rig.house.user("admin", &[ALLOW]).await;
    let (service, row) = public_rows().find(|(_, row)| row.name == "CreateKey").unwrap();
    let ended = rig.call(&admin, service, row, rig.samples.full(row.model().input)).await;
    // It names both KeySpec and CustomerMasterKeySpec, which the schema lets pass.
    ended.refused(("ValidationException", 400));
    assert!(ended.failure.is_some_and(|failure| failure.text.contains("in the same request")), "not by the schema");
}

/// What is open is open in spite of a Deny; the list of what is open is reviewed.
#[tokio::test]
async fn open_rows_are_open_to_all() {
    let rig = rig().await;
    let denied = rig.house.user("denied", &[DENY]).await;
    let mut count = 0;
    for (service, row) in public_rows().filter(|(service, row)| is_open(service, row)) {
        let ended = rig.call(&denied, service, row, rig.samples.required(row.model().input)).await;
        assert!(ended.failure.is_none(), "{}: {:?}", ended.what, ended.failure);
        count += 1;
    }
    assert!(count > 0, "GetCallerIdentity is open");
}

/// What only the house may do no wire leads to, and no user may, whatever his policies say, nor the account's root.
#[tokio::test]
async fn internal_rows_are_closed_to_users() {
    let rig = rig().await;
    let callers = [rig.house.user("admin", &[ALLOW]).await, rig.house.root().await];
    for (service, row) in rows().filter(|(_, row)| row.internal) {
        assert!(service.row(row.name).is_none(), "{}:{} can be named by callers", service.name, row.name);
        for caller in &callers {
            for input in inputs(&rig, row) {
                let ended = rig.call(caller, service, row, input).await;
                // Some have an input that no wire format can spell.
                let refused = [service.codes.access_denied.0, service.codes.malformed.0].contains(&ended.code());
                assert!(refused, "{}: {:?}", ended.what, ended.failure);
            }
        }
    }
}

fn inputs(rig: &Rig, row: &'static Row) -> [Tree; 2] {
    let schema = row.model().input;
    [rig.samples.required(schema), rig.samples.full(schema)]
}

/// None of the inputs succeeds, and at least one of them is denied for the reason that is due.
async fn denied(rig: &Rig, who: &Actor, service: &'static Service, row: &'static Row, reason: &str) {
    let mut judged = false;
    let mut seen = Vec::new();
    for input in inputs(rig, row) {
        let ended = rig.call(who, service, row, input).await;
        let Some(failure) = &ended.failure else { panic!("{}: it succeeded", ended.what) };
        judged |=
            (failure.code.as_ref(), failure.status) == service.codes.access_denied && failure.text.contains(reason);
        seen.push(format!("{}: {}", failure.code, failure.text));
    }
    assert!(judged, "{}:{} is not denied with `{reason}`, but {seen:#?}", service.name, row.name);
}
