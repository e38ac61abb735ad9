//! What each kind of policy says, by who calls, from the same account or another, with and without a delegation that must be written: every
//! combination there is.

use crate::alphabet::{OURS, THEIRS};
use crate::asking::{Case, Upon};
use crate::compare::{ALLOWED, Counts, difference, naive};
use crate::request::{Asked, Caller};
use crate::town::Paper;
use policy::Kind;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACTION: &str = "kms:Decrypt";
const OTHER_ACTION: &str = "kms:Encrypt";
/// How many cases the table has.
pub const CASES: &str = "cases";

/// Papers of identities that deny, allow, and say nothing.
struct Saying([Paper; 3]);

/// Asks every case. What both sides do not answer alike is told.
pub fn whole_table() -> (Counts, Vec<String>) {
    let saying =
        Saying(["Deny", "Allow", "Nothing"].map(|effect| Paper::of(&document(effect, None), Kind::Identity, None)));
    let (mut counts, mut told) = (Counts::new(), Vec::new());
    for caller in callers() {
        for (upon, kind) in [(Upon::Key, Kind::KeyPolicy), (Upon::Bucket, Kind::Resource)] {
            let resources = resources(&caller, kind);
            for owner in [OURS, THEIRS] {
                for resource in &resources {
                    for grant in [false, true] {
                        if !grant || (upon == Upon::Key && caller != Caller::Anonymous) {
                            let of_resource = (upon, owner, resource.as_ref(), grant);
                            with_own_papers(&caller, &saying, of_resource, &mut |case| {
                                ask(&case, &mut counts, &mut told)
                            });
                        }
                    }
                }
            }
        }
    }
    (counts, told)
}

fn ask(case: &Case, counts: &mut Counts, told: &mut Vec<String>) {
    let answer = naive(case);
    let mut count = |row| *counts.entry(row).or_default() += 1;
    count(CASES);
    count(answer.row);
    if answer.allowed {
        count(ALLOWED);
    }
    told.extend(difference(case, answer));
}

/// Who has no account has no papers of his own; the root user has guardrails only; who has no session has no session policy.
fn with_own_papers<'a>(
    caller: &Caller,
    saying: &'a Saying,
    (upon, owner, resource, grant): (Upon, &str, Option<&'a Paper>, bool),
    ask: &mut dyn FnMut(Case<'a>),
) {
    let all: Vec<Option<&Paper>> = saying.0.iter().map(Some).chain([None]).collect();
    let when = |yes: bool| if yes { all.clone() } else { vec![None] };
    let is_own = caller.account().is_some();
    let is_identity = is_own && !matches!(caller, Caller::Root { .. });
    let is_session = matches!(caller, Caller::Session { .. } | Caller::Federated { .. });
    for identity in when(is_identity) {
        for boundary in when(is_identity) {
            for session in when(is_session) {
                for guardrail in when(is_own) {
                    let asked = Asked {
                        caller: caller.clone(),
                        action: ACTION.to_owned(),
                        resource: format!("arn:aws:kms:us-east-1:{owner}:key/aaaa"),
                        owner: Some(owner.to_owned()),
                        facts: BTreeMap::new(),
                    };
                    ask(Case {
                        asked,
                        upon,
                        identity: identity.into_iter().collect(),
                        boundary,
                        session: session.map(|paper| vec![paper]),
                        guardrails: guardrail.into_iter().map(|paper| vec![paper]).collect(),
                        resource,
                        grant,
                    });
                }
            }
        }
    }
}

fn callers() -> Vec<Caller> {
    let text = str::to_owned;
    vec![
        Caller::Root { account: text(OURS) },
        Caller::User { account: text(OURS), name: text("alice"), id: text("AIDAAAAAAAAAAAAALICE1") },
        Caller::Session {
            account: text(OURS),
            role: text("team/App"),
            id: text("AROAAAAAAAAAAAAAAPP11"),
            session: text("build"),
        },
        Caller::Federated {
            account: text(OURS),
            name: text("guest"),
            user: text("alice"),
            user_id: text("AIDAAAAAAAAAAAAALICE1"),
        },
        Caller::Service { name: text("s3.amazonaws.com") },
        Caller::Vouched { provider: text("accounts.google.com") },
        Caller::Anonymous,
    ]
}

/// Policies of a resource that name the caller in every way there is, that deny, and that say nothing; and for a bucket, none.
fn resources(caller: &Caller, kind: Kind) -> Vec<Option<Paper>> {
    let named = match caller {
        Caller::Service { name } => vec![json!({"Service": name})],
        Caller::Vouched { provider } => vec![json!({"Federated": provider})],
        Caller::Anonymous => Vec::new(),
        own => [own.arn(), own.arn_behind(), own.id().map(str::to_owned), own.account().map(str::to_owned)]
            .into_iter()
            .flatten()
            .map(|name| json!({"AWS": name}))
            .collect(),
    };
    let others = [json!("*"), json!({"AWS": THEIRS}), json!({"AWS": "arn:aws:iam::111122223333:user/bob"})];
    let principals: Vec<Value> = named.into_iter().chain(others).collect();
    let effects = ["Allow", "Deny", "Nothing"];
    let each = principals.iter().flat_map(|principal| effects.map(|effect| document(effect, Some(principal))));
    let mut told: Vec<Option<Paper>> = each.map(|document| Some(Paper::of(&document, kind, None))).collect();
    // A delegation beside each way to be named.
    if let Some(account) = caller.account() {
        told.extend(principals.iter().map(|principal| {
            let mut both = document("Allow", Some(principal));
            let delegation = document("Allow", Some(&json!({"AWS": account})))["Statement"][0].clone();
            both["Statement"].as_array_mut().unwrap().push(delegation);
            Some(Paper::of(&both, kind, None))
        }));
    }
    if kind == Kind::Resource {
        told.push(None);
    }
    told
}

fn document(effect: &str, principal: Option<&Value>) -> Value {
    let (effect, action) = if effect == "Nothing" { ("Allow", OTHER_ACTION) } else { (effect, ACTION) };
    let mut statement = json!({"Effect": effect, "Action": action, "Resource": "*"});
    if let Some(principal) = principal {
        statement["Principal"] = principal.clone();
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}
