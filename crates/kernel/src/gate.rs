//! The walk of a call through the door: aim → find → demands → evaluate → check → prepare → apply → commit.
//!
//! This is the body of the whole house. Nothing here is generic: an operation comes as its row, and its types stay behind the row's shell.

use crate::demands::{self, Demand};
use crate::family::{Applied, Family, Judged, Member};
use crate::house::Wait;
use crate::recorded::Success;
use crate::steps::{self, Erased, Halt};
use crate::tally::{Kind, Tallies};
use crate::target::Side;
use crate::{Breakage, Caller, Failure, House, Outside, Policies, Principal, Recorded, Row, Scene, Service};
use crate::{facts, record};
use policy::{Decision, Request, ResourceSide, Source, Sources, StatementRef};
use secret::Receipt;
use std::any::Any;
use std::sync::Arc;
use store::{CommitError, Committed};

/// How often a commit is tried before the caller hears the operation's conflict fault.
pub(crate) const COMMIT_ATTEMPTS_MAX: usize = 8;
/// How many calls a family may have.
const FAMILY_MEMBERS_MAX: usize = 1_000;
/// How deep calls may call each other. AWS's own chains have three links at most (S3 asks KMS, KMS asks CloudHSM).
const CALL_DEPTH_MAX: usize = 8;

/// Who calls which row.
pub(crate) struct Call {
    pub caller: Caller,
    pub service: &'static Service,
    pub row: &'static Row,
}

/// Why a step ends the walk.
enum Ending {
    Failed(Failure),
    Broken(Breakage),
}

type Step<T> = Result<T, Ending>;

/// Answers one call from outside, with its record durable. `read` is the input, or why there is none.
pub(crate) async fn answer(house: &House, call: Call, read: Result<Erased, Failure>) -> Result<Recorded, Breakage> {
    // What is kept back for a full disk is for the house's own records.
    if !house.has_room() && !matches!(call.caller.principal(), Principal::Service(_)) {
        return Err(Breakage::Full);
    }
    let request_id = call.caller.origin().request_id.clone();
    let mut family = Family::new(house);
    let mut root = member(house, call);
    // A call whose input could not be read takes its tokens like any other.
    let ending = match (throttle(house, &root), read) {
        (Ok(()), Ok(input)) => {
            root.input = Some(input);
            walk(house, &mut family, &mut root).await
        }
        (Ok(()), Err(failure)) => Err(Ending::Failed(failure)),
        (refused, read) => {
            root.input = read.ok();
            refused
        }
    };
    conclude(&mut root, ending);
    let repeated = Kind::of(house, &family, &root);
    family.members.push(root);
    let sequence = match repeated {
        None => settle(house, &mut family).await?.last,
        Some(kind) => Tallies::settle(house, &kind, &mut family).await?,
    };
    let receipt = Receipt::assertion(house.mint, sequence);
    let result = match family.members.pop() {
        Some(Member { failure: None, applied: Some(applied), row, .. }) => {
            Ok(Success { output: applied.output, steps: row.steps })
        }
        Some(Member { failure: Some(failure), .. }) => Err(failure),
        _ => Err(Failure::internal()),
    };
    Ok(Recorded::assertion(result, receipt, request_id))
}

/// A call from inside, which joins the family of its caller. Its output stays inside.
pub(crate) fn join<'a>(
    house: &'a House,
    family: &'a mut Family,
    call: Call,
    input: Erased,
) -> Wait<'a, Result<steps::Answer, Failure>> {
    Box::pin(async move {
        let first = family.members.len();
        let full = first >= FAMILY_MEMBERS_MAX || call.caller.chain().len() > CALL_DEPTH_MAX;
        let mut child = member(house, call);
        child.input = Some(input);
        let ending = if full { Err(Breakage::FamilyTooLarge.into()) } else { walk(house, family, &mut child).await };
        conclude(&mut child, ending);
        // What was written on the way of a call that fails cannot be taken out again, and must not stay if its caller copes with that.
        family.spoiled |= child.failure.is_some() && family.members.iter().skip(first).any(Member::has_written);
        let answer = match (&child.failure, &child.applied) {
            (None, Some(applied)) => Ok(Arc::clone(&applied.output)),
            (Some(failure), _) => Err(failure.clone()),
            (None, None) => Err(Failure::internal()),
        };
        family.members.push(child);
        answer
    })
}

/// An item of a batch. How it ended is read out of the family once that is committed.
pub(crate) async fn join_item(house: &House, family: &mut Family, call: Call, input: Erased) {
    let _ = join(house, family, call, input).await;
    if let Some(item) = family.members.last_mut() {
        item.item = true;
    }
}

/// Commits a group of a batch's items, and says how each ended.
pub(crate) async fn settle_batch(
    house: &House,
    mut family: Family,
) -> Result<Vec<Result<steps::Answer, Failure>>, Breakage> {
    settle(house, &mut family).await?;
    let items = family.members.into_iter().filter(|member| member.item);
    let ends = items.map(|member| match (member.failure, member.applied) {
        (None, Some(applied)) => Ok(applied.output),
        (Some(failure), _) => Err(failure),
        (None, None) => Err(Failure::internal()),
    });
    Ok(ends.collect())
}

fn member(house: &House, call: Call) -> Member {
    let Call { caller, service, row } = call;
    let scene = Scene {
        account: caller.account(),
        region: caller.region().clone(),
        now: house.clock.wall(),
        caller: caller.clone(),
    };
    Member {
        caller,
        service,
        row,
        scene,
        input: None,
        aim: None,
        sighted: Vec::new(),
        judged: None,
        staged: None,
        applied: None,
        failure: None,
        uses: Vec::new(),
        refused: false,
        dropped: false,
        repeated: 0,
        item: false,
    }
}

fn throttle(house: &House, member: &Member) -> Step<()> {
    if house.throttle.admits(&member.caller, house.clock.monotonic()) {
        return Ok(());
    }
    let (code, status) = member.service.codes.throttling;
    Err(Ending::Failed(Failure { code: code.into(), status, text: "Rate exceeded".to_owned() }))
}

/// All of one call but its commit.
async fn walk(house: &House, family: &mut Family, member: &mut Member) -> Step<()> {
    let input = member.input.as_deref().ok_or(Breakage::OutOfOrder)?;
    member.aim = Some(member.row.steps.aim(input).map_err(Ending::Failed)?);
    let judged = judge(house, family, member).await;
    member.refused = judged.is_err();
    judged?;
    prepare(house, family, member).await?;
    apply(house, family, member).await
}

/// find → demands → evaluate → check. It can be run again, and is, when a commit meets a changed state.
async fn judge(house: &House, family: &mut Family, member: &mut Member) -> Step<()> {
    member.judged = None;
    let steps = member.row.steps;
    let (Some(input), Some(aim)) = (member.input.as_deref(), member.aim.as_deref()) else {
        return Err(Breakage::OutOfOrder.into());
    };
    let found = steps.find(aim, &member.scene, family.read_set().reads()).await?;
    member.sighted = steps.resources(found.as_ref());
    let demands = steps.demands(input, found.as_ref());
    let grounds = evaluate(house, family, member, found.as_ref(), &demands).await?;
    if let Some(not_found) = steps.missing(aim, found.as_ref(), &member.scene) {
        return Err(Ending::Failed(not_found));
    }
    let each = if let demands::Kind::Each(operation) = demands.kind { Some(operation) } else { None };
    let internal = matches!(demands.kind, demands::Kind::Internal(..));
    member.judged = Some(Judged { found, grounds, each, internal });
    let parts = member.parts(house.mint).ok_or(Breakage::OutOfOrder)?;
    steps.check(parts).map_err(Ending::Failed)?;
    match steps.dry_run(parts.input)? {
        Some(verdict) => Err(Ending::Failed(verdict)),
        None => Ok(()),
    }
}

/// The decision. What it returns are the grounds, in words, for the trail.
async fn evaluate(
    house: &House,
    family: &mut Family,
    member: &Member,
    found: &(dyn Any + Send + Sync),
    demands: &demands::Demands,
) -> Step<Vec<String>> {
    let list = match &demands.kind {
        demands::Kind::Open(reason) => return Ok(vec![format!("open: {reason}")]),
        // INVARIANT: a batch has no target, so there is nothing that it could touch without a judgement.
        demands::Kind::Each(_) if member.row.steps.parts() > 0 => return Err(Breakage::UnjudgedPart.into()),
        demands::Kind::Each(_) => return Ok(vec!["each item is judged by itself".to_owned()]),
        demands::Kind::Internal(service, reason) => {
            let own = *member.caller.principal() == Principal::Service(service);
            return if own { Ok(vec![format!("internal: {reason}")]) } else { Err(denied(member, demands, None)) };
        }
        demands::Kind::Judged(list) => list,
    };
    let named = |part| list.iter().any(|demand| demand.part == Some(part));
    if list.is_empty() || !(0..member.row.steps.parts()).all(named) {
        return Err(Breakage::UnjudgedPart.into());
    }
    let policies = house.documents.of(&member.caller, family.read_set()).await?;
    let mut grounds = Vec::new();
    for demand in list {
        let asked = facts::Asked {
            caller: &member.caller,
            scene: &member.scene,
            service: member.service,
            demand,
            tags: &policies.tags,
        };
        let facts = facts::Request { asked, steps: member.row.steps, found };
        match decide(&member.caller, &policies, demand, &facts) {
            Decision::Allow(allowed) => {
                grounds.extend(allowed.into_statements().into_iter().map(StatementRef::into_text));
            }
            Decision::Deny(denial) => return Err(denied(member, demands, Some((demand, &denial)))),
        }
    }
    Ok(grounds)
}

fn decide(caller: &Caller, policies: &Policies, demand: &Demand, facts: &dyn policy::Facts) -> Decision {
    let identity: Vec<Source<'_>> =
        policies.identity.iter().map(|(name, document)| Source { name, document }).collect();
    let session: Option<Vec<Source<'_>>> = policies
        .session
        .as_ref()
        .map(|session| session.iter().map(|(name, document)| Source { name, document }).collect());
    let resource = match &demand.side {
        Side::Unpolicied => ResourceSide::None,
        Side::Implicit(document) => {
            ResourceSide::Implicit(document.as_ref().map(|document| Source { name: "resource-policy", document }))
        }
        Side::Explicit(document) => ResourceSide::Explicit(Source { name: "key-policy", document }),
    };
    let sources = Sources {
        identity: &identity,
        boundary: policies.boundary.as_ref().map(|(name, document)| Source { name, document }),
        session: session.as_deref(),
        guardrails: &[],
        resource,
        grant: None,
    };
    let account = caller.account();
    let principal = match caller.principal() {
        Principal::Root => policy::Principal::Root { account },
        Principal::User { id, name, arn } => policy::Principal::User { account, arn: arn.as_str(), id, name },
        Principal::AssumedRole(role) => policy::Principal::AssumedRole {
            account,
            role_arn: role.role_arn.as_str(),
            role_id: &role.role_id,
            session_arn: role.arn.as_str(),
        },
        Principal::Service(name) => policy::Principal::Service { name },
    };
    let request = Request {
        principal,
        action: demand.action.0,
        resource: demand.resource(),
        resource_account: demand.account(),
        facts,
    };
    policy::evaluate(&request, &sources)
}

/// AWS's words for a denial. The caller's own side speaks first, and a missing thing has a policy that allows nothing: so of another
/// account's thing the caller does not hear whether it exists.
fn denied(member: &Member, demands: &demands::Demands, cause: Option<(&Demand, &policy::Denial)>) -> Ending {
    let (code, status) = member.service.codes.access_denied;
    let who = member.caller.arn();
    let text = match (demands.words, cause) {
        (Some(words), _) => words.to_owned(),
        (None, Some((demand, denial))) => denial.text(&who, demand.action.0, demand.resource()),
        (None, None) => format!("User: {who} is not authorized to perform this operation"),
    };
    Ending::Failed(Failure { code: code.into(), status, text })
}

async fn prepare(house: &House, family: &mut Family, member: &mut Member) -> Step<()> {
    let (Some(parts), Some(judged)) = (member.parts(house.mint), &member.judged) else {
        return Err(Breakage::OutOfOrder.into());
    };
    let mut outside = Outside {
        house,
        family,
        caller: &member.caller,
        scene: &member.scene,
        service: member.service,
        operation: member.row.name,
        each: judged.each,
        internal: judged.internal,
    };
    let staged = member.row.steps.prepare(parts, &mut outside).await?;
    member.staged = Some(staged);
    Ok(())
}

/// Makes what the operation answers and writes. It can be run again.
async fn apply(house: &House, family: &mut Family, member: &mut Member) -> Step<()> {
    let steps = member.row.steps;
    let before = family.wrote();
    let (Some(parts), Some(staged)) = (member.parts(house.mint), member.staged.as_deref()) else {
        return Err(Breakage::OutOfOrder.into());
    };
    let applied = steps.apply(parts, staged, family.read_set().desk()).await;
    let wrote: Vec<_> = family.wrote().into_iter().filter(|row| !before.contains(row)).collect();
    let batch = member.judged.as_ref().is_some_and(|judged| judged.each.is_some());
    // INVARIANT: a call that fails has written nothing; else a caller that copes with the failure would commit half of it.
    if !wrote.is_empty() && (applied.is_err() || batch) {
        family.spoiled = true;
        return Err(Breakage::UnexpectedWrite.into());
    }
    let output = applied?;
    let mut remarks = steps.remarks(parts, staged, output.as_ref());
    member.uses = std::mem::take(&mut remarks.uses);
    member.applied = Some(Applied { output, wrote, remarks });
    Ok(())
}

fn conclude(member: &mut Member, ending: Step<()>) {
    member.failure = match ending {
        Ok(()) => None,
        Err(Ending::Failed(failure)) => Some(failure),
        Err(Ending::Broken(breakage)) => {
            tracing::error!(
                request_id = member.caller.origin().request_id.as_str(),
                operation = member.row.name,
                cause = %breakage,
                "a call broke"
            );
            Some(Failure::internal())
        }
    };
}

/// Commits a family: writes and events, or events alone. A conflict judges every member anew and applies again; what was prepared stays.
pub(crate) async fn settle(house: &House, family: &mut Family) -> Result<Committed, Breakage> {
    for _ in 0..COMMIT_ATTEMPTS_MAX {
        if family.spoiled {
            fall(house, family, |_| Failure::internal());
        } else if !family.batch && family.members.last().is_some_and(|root| root.failure.is_some()) {
            family.drop_writes(house);
        }
        let validated = family.has_writes();
        match commit(house, family, validated).await {
            Ok(Some(committed)) => return Ok(committed),
            Ok(None) => again(house, family).await,
            // What it wrote cannot be committed (it is too much, for one): it does not take place, and that is recorded.
            Err(breakage) if validated && !matches!(breakage, Breakage::Stopped | Breakage::Full) => {
                tracing::error!(cause = %breakage, "the writes of a family could not be committed");
                fall(house, family, |_| Failure::internal());
            }
            Err(breakage) => return Err(breakage),
        }
    }
    fall(house, family, |member| member.row.steps.conflict());
    commit(house, family, false).await?.ok_or(Breakage::Stopped)
}

/// One attempt. `None` is a conflict. Without writes nothing is validated: a call that only reads is judged by a state no older than its
/// start.
async fn commit(house: &House, family: &mut Family, validated: bool) -> Result<Option<Committed>, Breakage> {
    let events = record::events(house, family)?;
    let batch = if validated {
        let callers = family.members.iter().flat_map(|member| member.caller.read_at());
        let checks = callers.chain(&family.prepared_upon).cloned().collect();
        family.take_draft(house).into_batch(checks, events)?
    } else {
        store::Draft::new(Arc::clone(&house.store)).into_batch(Vec::new(), events)?
    };
    match house.store.commit(batch).await {
        Ok(committed) => Ok(Some(committed)),
        Err(CommitError::Conflict) => Ok(None),
        Err(CommitError::Stopped(fault)) => Err(fault.into()),
    }
}

/// Judges and applies every member anew, upon the state as it is now.
async fn again(house: &House, family: &mut Family) {
    family.start_over(house);
    let mut members = std::mem::take(&mut family.members);
    let mut differs = false;
    for member in &mut members {
        let (before, refused) = (member.failure.clone(), member.refused);
        let births = member.births();
        let ending = repeat(house, family, member).await;
        conclude(member, ending);
        let same_thing = births == member.births();
        // A member that was refused before and is allowed now has not acted, and the call that made it went on without its answer.
        differs |= before != member.failure || refused != member.refused || (member.staged.is_some() && !same_thing);
    }
    family.members = members;
    // What was prepared is not prepared anew: if what it rests on has changed, it is of no use.
    differs |= !matches!(house.store.still(&family.prepared_upon).await, Ok(true));
    if differs {
        fall(house, family, |member| member.row.steps.conflict());
    }
}

async fn repeat(house: &House, family: &mut Family, member: &mut Member) -> Step<()> {
    member.applied = None;
    if member.aim.is_none() {
        return member.failure.clone().map_or(Ok(()), |failure| Err(Ending::Failed(failure)));
    }
    let judged = judge(house, family, member).await;
    member.refused = judged.is_err();
    judged?;
    match (&member.failure, member.staged.is_some()) {
        // It had failed after it was judged: what it found outside does not change by asking again.
        (Some(failure), false) => Err(Ending::Failed(failure.clone())),
        _ => apply(house, family, member).await,
    }
}

/// The family does not take place: its root fails, and the items of a batch all do (what was written for one that falls must not stay),
/// each with its own refusal if it has one by now.
fn fall(house: &House, family: &mut Family, failure: impl Fn(&Member) -> Failure) {
    let first = if family.batch { 0 } else { family.members.len().saturating_sub(1) };
    for member in family.members.iter_mut().skip(first).filter(|member| member.failure.is_none()) {
        member.failure = Some(failure(member));
    }
    family.drop_writes(house);
}

/// Whether the caller would be allowed, if a thing bore this policy. It authorizes nothing.
pub(crate) async fn would_allow(
    outside: &mut Outside<'_>,
    action: crate::Action,
    resource: &names::Arn,
    side: Side,
    facts: Vec<(std::borrow::Cow<'static, str>, policy::Fact<'static>)>,
) -> Result<bool, Breakage> {
    let policies = outside.house.documents.of(outside.caller, outside.family.listening()).await;
    outside.family.heard();
    let policies = policies?;
    let demand = Demand { action, part: None, arn: Some(resource.clone()), side, facts };
    let facts = facts::Asked {
        caller: outside.caller,
        scene: outside.scene,
        service: outside.service,
        demand: &demand,
        tags: &policies.tags,
    };
    Ok(matches!(decide(outside.caller, &policies, &demand, &facts), Decision::Allow(_)))
}

impl From<Breakage> for Ending {
    fn from(breakage: Breakage) -> Self {
        Self::Broken(breakage)
    }
}

impl From<Halt> for Ending {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Failed(failure) => Self::Failed(failure),
            Halt::Broken(breakage) => Self::Broken(breakage),
        }
    }
}
