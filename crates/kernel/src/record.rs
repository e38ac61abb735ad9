//! The events of a family, one a member.

use crate::event::{self, Event, Identified};
use crate::family::{Family, Member};
use crate::omission::cut;
use crate::params::{PARAMETERS_BYTES_MAX, params_within};
use crate::steps::Steps;
use crate::{Breakage, Caller, EventKind, House, KeyUse, Principal, Remarks, Resource};
use names::Time;
use std::any::Any;

/// Encodes one event for each member of the family.
pub(crate) fn events(house: &House, family: &Family) -> Result<Vec<store::Event>, Breakage> {
    let share = FAMILY_PARAMETERS_BYTES_MAX.checked_div(family.members.len()).unwrap_or_default();
    family.members.iter().map(|member| encoded(&told(house, member, share)?)).collect()
}

/// The bytes of an event, for the store.
pub(crate) fn encoded(event: &Event) -> Result<store::Event, Breakage> {
    let bytes = event.encode().ok_or(Breakage::Unwritable)?;
    Ok(store::Event { id: event.id, bytes })
}

/// The event of one call, with no more than `bytes_max` bytes of parameters, and of answer.
pub(crate) fn told(house: &House, member: &Member, bytes_max: usize) -> Result<Event, Breakage> {
    let mut random = [0; 10];
    house.entropy.fill(&mut random)?;
    // The id is shown as a UUID, so it is one: of version 7 (RFC 9562, 5.7), which begins with the time. So an event is found by its id
    // without an entry of its own in the look-up index, and an entry at a random place there would cost as much as all others together.
    let id = uuid::Builder::from_unix_timestamp_millis(millis(member.scene.now), &random).into_uuid().into_bytes();
    let most = if member.failure.is_some() { REFUSED_PARAMETERS_BYTES_MAX } else { PARAMETERS_BYTES_MAX };
    Ok(event(id, member, bytes_max.min(most)))
}

/// The milliseconds with which the id of an event of that time begins.
pub(crate) fn millis(time: Time) -> u64 {
    u64::try_from(time.micros() / 1_000).unwrap_or_default()
}

/// Of a call that failed, a record keeps less: a caller without permissions shall not be able to write much.
pub(crate) const REFUSED_PARAMETERS_BYTES_MAX: usize = 4 << 10;
/// The parameters, and the answers, of all members of a family, so that their events fit into one commit.
const FAMILY_PARAMETERS_BYTES_MAX: usize = 1 << 20;
/// CloudTrail's own bound on `errorMessage`.
const ERROR_TEXT_BYTES_MAX: usize = 1 << 10;

fn event(id: [u8; 16], member: &Member, bytes_max: usize) -> Event {
    let origin = member.caller.origin();
    let steps = member.row.steps;
    let read_only = steps.class().read_only();
    let applied = member.applied.as_ref();
    let remarks = applied.map(|applied| &applied.remarks);
    let shown_response =
        || applied.and_then(|applied| params_within(bytes_max, |sink| steps.write_output(&*applied.output, sink)));
    let service_details = remarks.and_then(|remarks| remarks.service_details.as_ref());
    let service_event = service_details.is_some() || member.row.internal;
    Event {
        id,
        time: member.scene.now.micros(),
        kind: if service_event { EventKind::ServiceEvent } else { EventKind::ApiCall },
        source: member.service.source(),
        name: member.row.name.to_owned(),
        region: origin.region.to_string(),
        recipient: member.caller.account().to_string(),
        identity: identified(&member.caller),
        source_address: source_address(&member.caller),
        user_agent: origin.user_agent.clone(),
        request_id: origin.request_id.as_str().to_owned(),
        read_only,
        error_code: member.failure.as_ref().map(|failure| trail_code(&failure.code)),
        error_text: member.failure.as_ref().map(|failure| cut(&failure.text, ERROR_TEXT_BYTES_MAX).to_owned()),
        parameters: member.input.as_deref().and_then(|input| parameters(steps, input, bytes_max)),
        response: match remarks.and_then(|remarks| remarks.response.as_ref()) {
            Some(entries) => Some(event::Value::Map(texts(entries, event::Value::Text))),
            None if read_only => None,
            None => shown_response(),
        },
        additional: remarks.map(|remarks| texts(&remarks.additional, |text| text)).unwrap_or_default(),
        service_details: service_details.map(|details| texts(details, |text| text)).unwrap_or_default(),
        resources: resources(member, remarks),
        tls: origin.tls.as_ref().map(|tls| (tls.version.clone(), tls.cipher_suite.clone(), origin.host.clone())),
        statements: member.judged.as_ref().map(|judged| judged.grounds.clone()).unwrap_or_default(),
        wrote: applied.map(|applied| applied.wrote.iter().map(wrote).collect()).unwrap_or_default(),
        prepared: member.staged.is_some() && member.failure.is_some(),
        dropped: member.dropped,
        uses: member.uses.iter().map(KeyUse::from).collect(),
        repeated: member.repeated,
    }
}

/// What the call aimed at, and what came to be by it. Of a call that was refused, only what is of the caller's own account: the
/// caller shall not read on that account's trail what the refusal did not tell.
fn resources(member: &Member, remarks: Option<&Remarks>) -> Vec<Resource> {
    let account = member.caller.account();
    let passed = member.judged.is_some();
    let aimed = member.sighted.iter().filter(|one| passed || one.account == *account.as_str());
    let made = remarks.map(|remarks| remarks.resources.as_slice()).unwrap_or_default();
    aimed.chain(made).cloned().collect()
}

/// CloudTrail writes `AccessDenied` for every service, whatever the service's own code is.
fn trail_code(code: &str) -> String {
    if code == "AccessDeniedException" { "AccessDenied".to_owned() } else { code.to_owned() }
}

/// What the caller sent, and the defaults that AWS shows for what was left out.
fn parameters(steps: &'static dyn Steps, input: &(dyn Any + Send + Sync), bytes_max: usize) -> Option<event::Value> {
    let sent = params_within(bytes_max, |sink| steps.write_input(input, sink));
    let assumed = steps.assumed(input);
    if assumed.is_empty() {
        return sent;
    }
    let mut entries = match sent {
        Some(event::Value::Map(entries)) => entries,
        _ => Vec::new(),
    };
    for (name, value) in assumed {
        if !entries.iter().any(|(sent, _)| sent == name) {
            entries.push((name.to_owned(), value));
        }
    }
    Some(event::Value::Map(entries))
}

fn texts<T>(entries: &[(&'static str, String)], value: impl Fn(String) -> T) -> Vec<(String, T)> {
    entries.iter().map(|(name, text)| ((*name).to_owned(), value(text.clone()))).collect()
}

fn wrote(row: &store::Wrote) -> event::Wrote {
    event::Wrote {
        space: row.space.to_owned(),
        key: row.key.clone(),
        revision: row.revision.map(store::Revision::number),
    }
}

fn source_address(caller: &Caller) -> String {
    match (caller.via(), caller.principal()) {
        (Some(via), _) => format!("{via}.amazonaws.com"),
        (None, Principal::Service(name)) => format!("{name}.amazonaws.com"),
        (None, _) => caller.origin().source.map(|address| address.to_string()).unwrap_or_default(),
    }
}

fn identified(caller: &Caller) -> Identified {
    let of_service = matches!(caller.principal(), Principal::Service(_));
    Identified {
        kind: match caller.principal() {
            Principal::Root => "Root",
            Principal::User { .. } => "IAMUser",
            Principal::Service(_) => "AWSService",
        }
        .to_owned(),
        principal_id: caller.unique_id(),
        arn: if of_service { String::new() } else { caller.arn() },
        account: caller.account().to_string(),
        access_key_id: caller.access_key_id().map(str::to_owned),
        user_name: match caller.principal() {
            Principal::User { name, .. } => Some(name.clone()),
            _ => None,
        },
        invoked_by: match (caller.via(), of_service) {
            (Some(via), _) => Some(format!("{via}.amazonaws.com")),
            (None, true) => Some("AWS Internal".to_owned()),
            (None, false) => None,
        },
    }
}
