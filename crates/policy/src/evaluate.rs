//! The decision, in the order that AWS documents:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>,
//! <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>.

use crate::decision::{Decision, Denial, Grounds, How, Place, StatementRef};
use crate::document::{Listed, Statement, Who};
use crate::principal::{self, Reach};
use crate::request::{Context, Principal, Request, ResourceSide, Source, Sources};
use std::borrow::Cow;

/// Whether the request is allowed, and by what, or denied, and by what.
///
/// No I/O, no clock, no randomness: the same arguments give the same answer for ever.
pub fn evaluate(request: &Request<'_>, sources: &Sources<'_>) -> Decision {
    let mut buffer = [0; ACTION_BYTES];
    let bench = Bench {
        action: lower(request.action, &mut buffer),
        resource: request.resource,
        context: Context::new(&request.principal, request.facts),
        caller: &request.principal,
        bounded: sources.boundary.is_some() && request.principal.account().is_some(),
    };
    let Some(account) = request.principal.account() else {
        return bench.without_identity(sources);
    };
    let judged = Judged::new(&bench, sources);
    if request.resource_account.is_none_or(|owner| owner == account) {
        within_account(&bench, sources, &judged)
    } else {
        across_accounts(&bench, sources, &judged)
    }
}

/// The longest action whose lower case needs no allocation.
const ACTION_BYTES: usize = 128;

fn lower<'a>(action: &'a str, buffer: &'a mut [u8; ACTION_BYTES]) -> Cow<'a, str> {
    let Some(space) = buffer.get_mut(..action.len()) else {
        return Cow::Owned(action.to_ascii_lowercase());
    };
    space.copy_from_slice(action.as_bytes());
    space.make_ascii_lowercase();
    std::str::from_utf8(space).map_or_else(|_| Cow::Owned(action.to_ascii_lowercase()), Cow::Borrowed)
}

/// The caller's account owns the resource, or there is no resource.
fn within_account(bench: &Bench<'_>, sources: &Sources<'_>, judged: &Judged<'_>) -> Decision {
    let resource = bench.resource(sources);
    if let Some(place) = judged.guardrail_deny() {
        return place.denial(false);
    }
    if let Some(deny) = resource.deny {
        return deny.denial(false);
    }
    if let Some(deny) = judged.own_deny() {
        return deny.denial(false);
    }
    if let Some(place) = judged.guardrail_gap {
        return silent(place, false);
    }
    if let Some(hit) = resource.direct {
        return judged.allow(How::Resource, [Some(hit)], Limits::None);
    }
    if let (Some(hit), None) = (resource.limited, judged.limit_gap) {
        return judged.allow(How::Resource, [Some(hit)], Limits::Kept);
    }
    let delegated = !matches!(sources.resource, ResourceSide::Explicit(_)) || resource.account.is_some();
    // INVARIANT: without the account's delegation, no identity policy counts. This is the case that a plain OR gets
    // wrong.
    if delegated && judged.identity_gap.is_none() && judged.limit_gap.is_none() {
        let delegation = if matches!(sources.resource, ResourceSide::Explicit(_)) { resource.account } else { None };
        return judged.allow(judged.own_way(), [judged.identity, delegation], Limits::Kept);
    }
    if let Some(grant) = sources.grant {
        return judged.allow(How::Grant(grant.into()), [], Limits::None);
    }
    // What is missing, as near to an Allow as the request came.
    let own_gap = if resource.limited.is_some() { judged.limit_gap } else { judged.identity_gap.or(judged.limit_gap) };
    let gap = own_gap.filter(|_| delegated || resource.limited.is_some());
    silent(gap.unwrap_or(resource.place), false)
}

/// Both accounts must allow. The caller's own side speaks first, so that what the other side holds (even whether the
/// resource exists) shows in one answer alone.
fn across_accounts(bench: &Bench<'_>, sources: &Sources<'_>, judged: &Judged<'_>) -> Decision {
    if let Some(deny) = judged.guardrail_deny().or(judged.own_deny()) {
        return deny.denial(true);
    }
    if let Some(place) = judged.guardrail_gap {
        return silent(place, true);
    }
    let resource = bench.resource(sources);
    let own_gap = judged.identity_gap.or(judged.limit_gap);
    let theirs = resource.direct.or(resource.limited).or(resource.account);
    if let (None, Some(grant)) = (resource.deny, sources.grant)
        && (own_gap.is_some() || theirs.is_none())
    {
        return judged.allow(How::Grant(grant.into()), [], Limits::None);
    }
    if let Some(place) = own_gap {
        return silent(place, true);
    }
    if let Some(deny) = resource.deny {
        return deny.denial(true);
    }
    match theirs {
        Some(hit) => judged.allow(How::Both, [judged.identity, Some(hit)], Limits::Kept),
        None => silent(resource.place, true),
    }
}

fn silent(place: Place, foreign: bool) -> Decision {
    Decision::Deny(Denial::new(place, None, foreign))
}

/// What the caller's own side says.
struct Judged<'a> {
    root: bool,
    guardrail_denies: Option<Hit<'a>>,
    identity_denies: Option<Hit<'a>>,
    boundary_denies: Option<Hit<'a>>,
    session_denies: Option<Hit<'a>>,
    identity: Option<Hit<'a>>,
    boundary: Option<Hit<'a>>,
    session: Option<Hit<'a>>,
    /// A level of service control policies that does not allow.
    guardrail_gap: Option<Place>,
    /// No identity policy allows.
    identity_gap: Option<Place>,
    /// The boundary or the session's policies do not allow.
    limit_gap: Option<Place>,
}

impl<'a> Judged<'a> {
    fn new(bench: &Bench<'_>, sources: &Sources<'a>) -> Self {
        let root = matches!(bench.caller, Principal::Root { .. });
        let identity = bench.holders(sources.identity, Place::Identity);
        let boundary = bench.holders(sources.boundary.as_slice(), Place::Boundary);
        let session = bench.holders(sources.session.unwrap_or_default(), Place::Session);
        let mut guardrail_denies = None;
        let mut guardrail_gap = None;
        for level in sources.guardrails {
            let said = bench.holders(level, Place::Guardrail);
            guardrail_denies = guardrail_denies.or(said.deny);
            if said.allow.is_none() {
                guardrail_gap = Some(Place::Guardrail);
            }
        }
        // GetFederationToken without a policy gives a session that may do nothing by its identity.
        let needs_session = sources.session.is_some() || matches!(bench.caller, Principal::FederatedUser { .. });
        let limit_gap = if sources.boundary.is_some() && boundary.allow.is_none() {
            Some(Place::Boundary)
        } else if needs_session && session.allow.is_none() {
            Some(Place::Session)
        } else {
            None
        };
        Self {
            root,
            guardrail_denies,
            identity_denies: identity.deny,
            boundary_denies: boundary.deny,
            session_denies: session.deny,
            identity: identity.allow,
            boundary: boundary.allow,
            session: session.allow,
            guardrail_gap,
            identity_gap: (identity.allow.is_none() && !root).then_some(Place::Identity),
            limit_gap,
        }
    }

    fn guardrail_deny(&self) -> Option<Hit<'a>> {
        self.guardrail_denies
    }

    fn own_deny(&self) -> Option<Hit<'a>> {
        self.identity_denies.or(self.boundary_denies).or(self.session_denies)
    }

    fn own_way(&self) -> How {
        if self.root { How::Root } else { How::Identity }
    }

    fn allow<const N: usize>(&self, how: How, hits: [Option<Hit<'_>>; N], limits: Limits) -> Decision {
        let kept = if limits == Limits::Kept { [self.boundary, self.session] } else { [None, None] };
        let statements = hits.into_iter().flatten().chain(kept.into_iter().flatten()).map(Hit::statement).collect();
        Decision::Allow(Grounds::new(how, statements))
    }
}

/// Whether the boundary and the session's policies had a say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limits {
    None,
    Kept,
}

/// A statement that applies.
#[derive(Clone, Copy)]
struct Hit<'a> {
    source: Source<'a>,
    index: usize,
    place: Place,
}

impl Hit<'_> {
    fn statement(self) -> StatementRef {
        StatementRef::new(&self.source, self.index)
    }

    fn denial(self, foreign: bool) -> Decision {
        Decision::Deny(Denial::new(self.place, Some(self.statement()), foreign))
    }
}

/// What one kind of the holder's policies says.
struct Said<'a> {
    deny: Option<Hit<'a>>,
    allow: Option<Hit<'a>>,
}

/// What the resource's policy says, by how its Allow reaches the caller.
struct ResourceSaid<'a> {
    place: Place,
    deny: Option<Hit<'a>>,
    direct: Option<Hit<'a>>,
    limited: Option<Hit<'a>>,
    account: Option<Hit<'a>>,
}

/// The request as statements see it.
struct Bench<'a> {
    /// In lower case.
    action: Cow<'a, str>,
    resource: &'a str,
    context: Context<'a>,
    caller: &'a Principal<'a>,
    bounded: bool,
}

impl Bench<'_> {
    /// A service, a provider's subject, or nobody: there is no identity side, and no account whose guardrails bind.
    fn without_identity(&self, sources: &Sources<'_>) -> Decision {
        let said = self.resource(sources);
        match (said.deny, said.direct, sources.grant) {
            (Some(deny), _, _) => deny.denial(false),
            (None, Some(hit), _) => Decision::Allow(Grounds::new(How::Resource, vec![hit.statement()])),
            (None, None, Some(grant)) => Decision::Allow(Grounds::new(How::Grant(grant.into()), Vec::new())),
            (None, None, None) => silent(said.place, false),
        }
    }

    /// Judges policies that belong to the caller. The first Deny and the first Allow are enough.
    fn holders<'s>(&self, sources: &[Source<'s>], place: Place) -> Said<'s> {
        let mut said = Said { deny: None, allow: None };
        for source in sources {
            for (index, statement) in source.document.statements().iter().enumerate() {
                let known = if statement.allow { &said.allow } else { &said.deny };
                // A document with principals is no holder's policy: whatever it allows, it allows to those whom it
                // names.
                let misplaced = statement.allow && !matches!(statement.who, Who::Holder);
                if known.is_some() || misplaced || !self.applies(statement) {
                    continue;
                }
                let hit = Some(Hit { source: *source, index, place });
                if statement.allow {
                    said.allow = hit;
                } else {
                    said.deny = hit;
                }
            }
        }
        said
    }

    fn resource<'s>(&self, sources: &Sources<'s>) -> ResourceSaid<'s> {
        let source = match sources.resource {
            ResourceSide::Explicit(source) | ResourceSide::Implicit(Some(source)) => Some(source),
            ResourceSide::Implicit(None) | ResourceSide::None => None,
        };
        let place = source.map_or(Place::Resource, |source| Place::of_resource(source.document.kind()));
        let mut said = ResourceSaid { place, deny: None, direct: None, limited: None, account: None };
        let Some(source) = source else { return said };
        for (index, statement) in source.document.statements().iter().enumerate() {
            let Some(reach) = self.reach(statement) else { continue };
            let slot = match (statement.allow, reach) {
                (false, _) => &mut said.deny,
                (true, Reach::Direct) => &mut said.direct,
                (true, Reach::Limited) => &mut said.limited,
                (true, Reach::Account) => &mut said.account,
            };
            if slot.is_none() && self.applies(statement) {
                *slot = Some(Hit { source, index, place });
            }
        }
        said
    }

    /// How the statement's Principal reaches the caller: in the strongest way of all its names.
    fn reach(&self, statement: &Statement) -> Option<Reach> {
        let strongest = |named: &[principal::Named]| {
            let mut best = None;
            for reach in named.iter().filter_map(|named| named.reach(self.caller)) {
                best = match (best, reach) {
                    (_, Reach::Direct) => return Some(Reach::Direct),
                    (Some(Reach::Limited), _) | (None, Reach::Limited) | (Some(_), Reach::Limited) => {
                        Some(Reach::Limited)
                    }
                    (_, Reach::Account) => Some(Reach::Account),
                };
            }
            best
        };
        match &statement.who {
            // INVARIANT: only identity policies are without a Principal; one that stands at a resource names nobody.
            Who::Holder => None,
            Who::Named(named) => strongest(named),
            // Everybody else. Whoever is listed in any way is left out of an Allow.
            Who::NotNamed(named) if statement.allow => strongest(named).is_none().then_some(Reach::Direct),
            // AWS: with a permissions boundary, a Deny with NotPrincipal always denies, whatever it lists.
            Who::NotNamed(named) => (self.bounded || !principal::spares(named, self.caller)).then_some(Reach::Direct),
        }
    }

    /// Whether action, resource and conditions fit. The principal has been looked at.
    fn applies(&self, statement: &Statement) -> bool {
        let listed_action = || statement.actions.items.iter().any(|glob| glob.matches(&self.action));
        let listed_resource =
            || statement.resources.items.iter().any(|pattern| pattern.matches(self.resource, &self.context));
        !statement.dead
            && holds(&statement.actions, listed_action)
            && holds(&statement.resources, listed_resource)
            && statement.conditions.iter().all(|condition| condition.holds(&self.context))
    }
}

fn holds<T>(list: &Listed<T>, listed: impl Fn() -> bool) -> bool {
    listed() != list.not
}
