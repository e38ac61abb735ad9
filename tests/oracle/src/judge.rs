//! The decision, in the order in which AWS tells it:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html> and, for keys,
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>.

use crate::condition::{all_hold, filled, is_action};
use crate::principal::{Meant, meant};
use crate::reading::{But, Policy, Statement};
use crate::request::{Asked, Caller};
use crate::wildcard::{matches, resource_marks};

/// The row of a Deny.
pub const EXPLICIT: &str = "1 explicit deny";

/// The policies that bear on a request.
#[derive(Debug, Clone, Default)]
pub struct Papers<'a> {
    pub identity: Vec<&'a Policy>,
    pub boundary: Option<&'a Policy>,
    pub session: Option<Vec<&'a Policy>>,
    pub guardrails: Vec<Vec<&'a Policy>>,
    pub resource: Option<&'a Policy>,
    pub delegation: Delegation,
    pub grant: bool,
}

/// How the resource's account lets its own identities have a say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Delegation {
    /// Without being written: S3's buckets, and what has no policy.
    #[default]
    Implicit,
    /// Only by the resource's policy: keys and roles' trust.
    Written,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub allowed: bool,
    pub row: &'static str,
    /// For a resource whose delegation must be written, the row of the table of KMS too.
    pub key_row: Option<&'static str>,
}

/// What one kind of policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Deny,
    Allow,
    Nothing,
}

struct Said {
    identity: Says,
    /// A boundary and session policies that are not there limit nothing.
    limits: bool,
    guardrails: bool,
    meant: Option<Meant>,
    /// Whether the resource's policy allows the caller's account as such.
    delegates: bool,
    foreign: bool,
}

pub fn judge(asked: &Asked, papers: &Papers) -> Answer {
    let (denies, said) = (any_denies(asked, papers), heard(asked, papers));
    let (allowed, row) = if denies {
        (false, EXPLICIT)
    } else if asked.caller.account().is_none() {
        outsider(&said, papers)
    } else if !said.guardrails {
        (false, "2 a level of guardrails is silent")
    } else if said.foreign {
        across(asked, &said, papers)
    } else {
        within(asked, &said, papers)
    };
    let is_key = papers.delegation == Delegation::Written && asked.caller.account().is_some();
    Answer { allowed, row, key_row: is_key.then(|| key_row(denies, &said, papers)) }
}

/// "If the code finds even one explicit deny that applies, the code returns a final decision of Deny."
fn any_denies(asked: &Asked, papers: &Papers) -> bool {
    let own = papers.identity.iter().chain(&papers.boundary).chain(papers.session.iter().flatten());
    let mut own = own.chain(papers.guardrails.iter().flatten());
    let theirs = papers.resource.iter().flat_map(|policy| policy.statements.iter().map(move |one| (policy, one)));
    let has_boundary = papers.boundary.is_some();
    own.any(|policy| says(policy, asked) == Says::Deny)
        || theirs.filter(|(_, one)| one.denies).any(|(policy, one)| {
            applies(policy, one, asked) && meant(policy, one, &asked.caller, has_boundary).is_some()
        })
}

fn heard(asked: &Asked, papers: &Papers) -> Said {
    let allows = |policy: &&Policy| says(policy, asked) == Says::Allow;
    let allowing: Vec<Meant> = papers
        .resource
        .iter()
        .flat_map(|policy| policy.statements.iter().map(move |one| (policy, one)))
        .filter(|(policy, one)| !one.denies && applies(policy, one, asked))
        .filter_map(|(policy, one)| meant(policy, one, &asked.caller, papers.boundary.is_some()))
        .collect();
    let is_federated = matches!(asked.caller, Caller::Federated { .. });
    let session = match &papers.session {
        Some(policies) => policies.iter().any(allows),
        // "If there is no session policy, the code checks whether the principal is a role session. If it is, the request is allowed.
        // Otherwise, the request is implicitly denied": at the step of session policies.
        None => !is_federated,
    };
    Said {
        identity: if papers.identity.iter().any(allows) { Says::Allow } else { Says::Nothing },
        limits: papers.boundary.as_ref().is_none_or(allows) && session,
        // "Every level from the root through each OU must allow":
        // <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>.
        guardrails: papers.guardrails.iter().all(|level| level.iter().any(allows)),
        meant: allowing.iter().copied().max(),
        delegates: allowing.contains(&Meant::Account),
        foreign: asked.owner.as_deref().is_some_and(|owner| asked.caller.account() != Some(owner)),
    }
}

/// Services, whom providers vouch for, and nobody: only the resource's policy speaks of them.
fn outsider(said: &Said, papers: &Papers) -> (bool, &'static str) {
    match said.meant {
        Some(Meant::Everyone) => (true, "4 everyone, an outsider"),
        Some(_) => (true, "4 a service or provider"),
        None if papers.grant => (true, "6 grant, an outsider"),
        None => (false, "7 implicit deny, an outsider"),
    }
}

fn within(asked: &Asked, said: &Said, papers: &Papers) -> (bool, &'static str) {
    // "By default, all requests are implicitly denied with the exception of the account root user, which has full access."
    if let Caller::Root { .. } = asked.caller {
        return match (papers.delegation, said.meant) {
            (Delegation::Implicit, _) => (true, "0 root"),
            (Delegation::Written, Some(_)) => (true, "0 root, by a written delegation"),
            (Delegation::Written, None) if papers.grant => (true, "6 grant"),
            (Delegation::Written, None) => (false, "0 root without delegation"),
        };
    }
    match (said.meant, &asked.caller) {
        // "An implicit deny in an identity-based policy, a permissions boundary, or a session policy does not impact the final decision."
        (Some(Meant::Itself), Caller::User { .. }) => return (true, "4 user"),
        (Some(Meant::Itself), Caller::Federated { .. }) => return (true, "4 federated user"),
        (Some(Meant::Itself), _) => return (true, "4 session"),
        (Some(Meant::Everyone), _) => return (true, "4 everyone"),
        // "Limited by an implicit deny in a permissions boundary or session policy."
        (Some(Meant::Behind), _) if said.limits => return (true, "4 role or user behind"),
        _ => {}
    }
    // A role that is named is no delegation to its account, but where it is not limited it is allowed above.
    let may_speak = papers.delegation == Delegation::Implicit || said.delegates;
    if may_speak && said.identity == Says::Allow && said.limits {
        return (true, "5 identity");
    }
    if papers.grant {
        return (true, "6 grant");
    }
    let row = match (may_speak, said.identity == Says::Allow, said.limits) {
        (false, true, true) => "5 identity without delegation",
        (true, true, false) if matches!(asked.caller, Caller::Federated { .. }) && papers.session.is_none() => {
            "5 federated user without a session policy"
        }
        (true, true, false) => "5 identity, and a boundary or session policy is silent",
        _ => "7 implicit deny",
    };
    (false, row)
}

/// "Access is allowed only if both evaluations return a decision of Allow."
fn across(asked: &Asked, said: &Said, papers: &Papers) -> (bool, &'static str) {
    let ours = matches!(asked.caller, Caller::Root { .. }) || (said.identity == Says::Allow && said.limits);
    match (ours, said.meant.is_some()) {
        (true, true) => (true, "across: both sides"),
        // A grant is "an alternative to the key policy", and the caller is its very grantee.
        _ if papers.grant => (true, "across: grant"),
        (true, false) => (false, "across: the resource is silent"),
        (false, true) => (false, "across: the caller's account is silent"),
        (false, false) => (false, "across: both are silent"),
    }
}

/// The table of keys: named directly, delegated, allowed by identity, granted; and whether of another account.
fn key_row(denies: bool, said: &Said, papers: &Papers) -> &'static str {
    let direct = said.meant.is_some_and(|meant| meant > Meant::Account);
    let identity = said.identity == Says::Allow;
    if denies {
        return if said.foreign { "any deny, across" } else { "any deny, within" };
    }
    match (direct, said.delegates, identity, papers.grant, said.foreign) {
        (true, _, false, false, false) => "direct, within",
        (true, _, false, false, true) => "direct, across",
        (true, _, true, _, false) => "direct and identity, within",
        (true, _, true, _, true) => "direct and identity, across",
        (false, true, true, _, false) => "delegated and identity, within",
        (false, true, true, _, true) => "delegated and identity, across",
        (false, true, false, false, false) => "delegated alone, within",
        (false, true, false, false, true) => "delegated alone, across",
        (false, false, true, false, false) => "identity alone, within",
        (false, false, true, false, true) => "identity alone, across",
        (_, _, _, true, false) => "grant, within",
        (_, _, _, true, true) => "grant, across",
        (false, false, false, false, _) => "nothing",
    }
}

/// What a policy without principals says: "an explicit deny in any policy overrides any allows".
fn says(policy: &Policy, asked: &Asked) -> Says {
    let applying: Vec<&Statement> = policy.statements.iter().filter(|one| applies(policy, one, asked)).collect();
    if applying.iter().any(|one| one.denies) {
        Says::Deny
    } else if applying.is_empty() {
        Says::Nothing
    } else {
        Says::Allow
    }
}

/// Whether action, resource and conditions of a statement are the request's.
fn applies(policy: &Policy, statement: &Statement, asked: &Asked) -> bool {
    let action = |pattern: &String| is_action(pattern, &asked.action);
    let resource = |pattern: &String| {
        // "Variables that have no value match nothing."
        let filled = filled(policy, pattern, asked);
        filled.is_some_and(|marks| matches(&resource_marks(&marks), &asked.resource))
    };
    // A key policy's statement without Action or Resource "has no effect":
    // <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html>.
    covers(statement.action.as_ref(), action)
        && covers(statement.resource.as_ref(), resource)
        && all_hold(policy, &statement.conditions, asked)
}

fn covers(element: Option<&But<String>>, fits: impl Fn(&String) -> bool) -> bool {
    match element {
        Some(But::These(patterns)) => patterns.iter().any(fits),
        Some(But::NotThese(patterns)) => !patterns.iter().any(fits),
        None => false,
    }
}
