//! The same question to both sides.

use crate::asking::{Case, Upon, case};
use crate::dice::Dice;
use crate::judge::{Answer, Delegation, EXPLICIT, Papers, judge};
use crate::request::{Caller, Values};
use crate::town::{Paper, Town};
use names::AccountId;
use policy::{Decision, Fact, Facts, Principal, Request, ResourceSide, Source, Sources, evaluate};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How often each row decided.
pub type Counts = BTreeMap<&'static str, u64>;

/// The requests that are asked with the documents of one seed.
pub const REQUESTS_OF_A_SEED: u64 = 200;
/// The row under which allowed requests are counted.
pub const ALLOWED: &str = "allowed";

/// Asks the requests of a seed. What both sides do not answer alike is told.
pub fn run(seed: u64, counts: &mut Counts) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let town = Town::found(&mut dice);
    let mut told = Vec::new();
    for number in 0..REQUESTS_OF_A_SEED {
        let case = case(&mut dice, &town);
        let answer = naive(&case);
        let mut count = |row| *counts.entry(row).or_default() += 1;
        count(answer.row);
        answer.key_row.map(&mut count);
        if answer.allowed {
            count(ALLOWED);
        }
        if let Some(difference) = difference(&case, answer) {
            told.push(format!("seed {seed}, request {number}: {difference}"));
        }
    }
    told
}

/// In what both sides differ: whether the request is allowed, and if not, whether a Deny says so.
pub fn difference(case: &Case, answer: Answer) -> Option<String> {
    let decision = production(case);
    let (allowed, explicit) = match &decision {
        Decision::Allow(_) => (true, false),
        Decision::Deny(denial) => (false, denial.is_explicit()),
    };
    // Between accounts either side may be told of: a Deny of theirs, or the silence of ours.
    let foreign = case.asked.caller.account().is_some() && case.asked.owner.as_deref() != case.asked.caller.account();
    let denied = answer.row == EXPLICIT;
    let agrees = answer.allowed == allowed && (denied == explicit || (denied && foreign));
    (!agrees).then(|| format!("{answer:?}\n  but {decision:?}\n{}", shown(case)))
}

pub fn naive(case: &Case) -> Answer {
    let papers = Papers {
        identity: case.identity.iter().map(|paper| &paper.naive).collect(),
        boundary: case.boundary.map(|paper| &paper.naive),
        session: case.session.as_ref().map(|papers| papers.iter().map(|paper| &paper.naive).collect()),
        guardrails: case.guardrails.iter().map(|level| level.iter().map(|paper| &paper.naive).collect()).collect(),
        resource: case.resource.map(|paper| &paper.naive),
        delegation: match case.upon {
            Upon::Key | Upon::Role => Delegation::Written,
            Upon::Bucket | Upon::Bare => Delegation::Implicit,
        },
        grant: case.grant,
    };
    judge(&case.asked, &papers)
}

/// The facts of a case, as production asks for them.
struct Known<'a>(&'a BTreeMap<String, Values>);

impl Facts for Known<'_> {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        Some(match self.0.get(key)? {
            Values::One(value) => Fact::One(Cow::Borrowed(value)),
            Values::Many(values) => Fact::Many(values.iter().map(|value| Cow::Borrowed(value.as_str())).collect()),
        })
    }
}

fn production(case: &Case) -> Decision {
    let caller = &case.asked.caller;
    let (arn, behind) = (caller.arn().unwrap_or_default(), caller.arn_behind().unwrap_or_default());
    let facts = Known(&case.asked.facts);
    let request = Request {
        principal: principal(caller, &arn, &behind),
        action: &case.asked.action,
        resource: &case.asked.resource,
        resource_account: case.asked.owner.as_deref().map(account),
        facts: &facts,
    };
    let identity = sources("identity", &case.identity);
    let session = case.session.as_ref().map(|papers| sources("session", papers));
    let guardrails: Vec<_> = case.guardrails.iter().map(|level| sources("guardrail", level)).collect();
    let guardrails: Vec<&[Source<'_>]> = guardrails.iter().map(Vec::as_slice).collect();
    let resource = case.resource.map(|paper| source("resource", paper));
    let resource = match (case.upon, resource) {
        (Upon::Key | Upon::Role, Some(resource)) => ResourceSide::Explicit(resource),
        (Upon::Bucket, resource) => ResourceSide::Implicit(resource),
        _ => ResourceSide::None,
    };
    let sources = Sources {
        identity: &identity,
        boundary: case.boundary.map(|paper| source("boundary", paper)),
        session: session.as_deref(),
        guardrails: &guardrails,
        resource,
        grant: case.grant.then_some("a grant"),
    };
    evaluate(&request, &sources)
}

fn account(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn principal<'a>(caller: &'a Caller, arn: &'a str, behind: &'a str) -> Principal<'a> {
    match caller {
        Caller::Root { account: id } => Principal::Root { account: account(id) },
        Caller::User { account: of, name, id } => {
            let name = name.rsplit('/').next().unwrap_or(name);
            Principal::User { account: account(of), arn, id, name }
        }
        Caller::Session { account: of, id, .. } => {
            Principal::AssumedRole { account: account(of), role_arn: behind, role_id: id, session_arn: arn }
        }
        Caller::Federated { account: of, user_id, .. } => {
            Principal::FederatedUser { account: account(of), arn, user_arn: behind, user_id }
        }
        Caller::Vouched { provider } => Principal::Federated { provider },
        Caller::Service { name } => Principal::Service { name },
        Caller::Anonymous => Principal::Anonymous,
    }
}

fn source<'a>(name: &'a str, paper: &'a Paper) -> Source<'a> {
    Source { name, document: &paper.document }
}

fn sources<'a>(name: &'a str, papers: &[&'a Paper]) -> Vec<Source<'a>> {
    papers.iter().map(|paper| source(name, paper)).collect()
}

/// The case in words, for whoever has to say which side is right.
fn shown(case: &Case) -> String {
    let mut lines = vec![format!("  {:?}, grant: {}, {:#?}", case.upon, case.grant, case.asked)];
    let mut add = |what: &str, paper: &Paper| lines.push(format!("  {what}: {} {:?}", paper.written, paper.naive.ids));
    case.identity.iter().for_each(|paper| add("identity", paper));
    case.boundary.iter().for_each(|paper| add("boundary", paper));
    case.session.iter().flatten().for_each(|paper| add("session", paper));
    case.guardrails.iter().flatten().for_each(|paper| add("guardrail", paper));
    case.resource.iter().for_each(|paper| add("resource", paper));
    if case.session.as_ref().is_some_and(Vec::is_empty) {
        lines.push("  session: an empty list".to_owned());
    }
    lines.join("\n")
}
