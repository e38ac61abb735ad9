//! The events of a family, one a member.

use crate::event::{Kind as EventKind, Value};
use crate::family::{Family, Member};
use crate::omission::cut;
use crate::params::{PARAMETERS_BYTES_MAX, Shown};
use crate::telling::{Event, Identified, InSession, Issuer, Resource, Wrote};
use crate::trail::Findable;
use crate::{Breakage, Caller, House, KeyUse, Principal, Remarks, Session};
use names::Time;
use std::borrow::Cow;

/// Encodes one event for each member of the family.
pub(crate) fn events(house: &House, family: &Family) -> Result<Vec<store::Event>, Breakage> {
    let share = FAMILY_PARAMETERS_BYTES_MAX.checked_div(family.members.len()).unwrap_or_default();
    family.members.iter().map(|member| told(house, member, share)).collect()
}

/// The event of one call, with no more than `bytes_max` bytes of parameters, and of answer.
pub(crate) fn told(house: &House, member: &Member, bytes_max: usize) -> Result<store::Event, Breakage> {
    let mut random = [0; 10];
    house.entropy.fill(&mut random)?;
    // The id is shown as a UUID, so it is one: of version 7 (RFC 9562, 5.7), which begins with the time. So an event is found by its id
    // without an entry of its own in the look-up index, and an entry at a random place there would cost as much as all others together.
    let id = uuid::Builder::from_unix_timestamp_millis(millis(member.scene.now), &random).into_uuid().into_bytes();
    let most = if member.failure.is_some() { REFUSED_PARAMETERS_BYTES_MAX } else { PARAMETERS_BYTES_MAX };
    let event = event(id, member, bytes_max.min(most));
    let bytes = event.encode().ok_or(Breakage::Unwritable)?;
    Ok(store::Event { id, bytes, terms: Findable::from(&event).terms() })
}

/// The same event, standing for so many like calls beside its own.
pub(crate) fn repeated(event: store::Event, repeated: u64) -> Result<store::Event, Breakage> {
    let told = crate::Event::decode(&event.bytes).map(|told| crate::Event { repeated, ..told });
    let bytes = told.and_then(|told| told.encode()).ok_or(Breakage::Unwritable)?;
    Ok(store::Event { bytes, ..event })
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

fn event(id: [u8; 16], member: &Member, bytes_max: usize) -> Event<'_> {
    let origin = member.caller.origin();
    let steps = member.row.steps;
    let read_only = steps.class().read_only();
    let applied = member.applied.as_ref();
    let remarks = applied.map(|applied| &applied.remarks);
    let shown_response = || {
        applied.and_then(|applied| Shown::of(bytes_max, Vec::new(), |sink| steps.write_output(&*applied.output, sink)))
    };
    let service_details = remarks.and_then(|remarks| remarks.service_details.as_deref());
    let service_event = service_details.is_some() || member.row.internal;
    Event {
        id,
        time: member.scene.now.micros(),
        kind: if service_event { EventKind::ServiceEvent } else { EventKind::ApiCall },
        source: member.service.source(),
        name: member.row.name,
        region: origin.region.as_str(),
        recipient: member.caller.account_text(),
        identity: identified(&member.caller),
        source_address: source_address(&member.caller),
        user_agent: &origin.user_agent,
        request_id: origin.request_id.as_str(),
        read_only,
        error_code: member.failure.as_ref().map(|failure| trail_code(&failure.code)),
        error_text: member.failure.as_ref().map(|failure| cut(&failure.text, ERROR_TEXT_BYTES_MAX)),
        // What the caller sent, and the defaults that AWS shows for what was left out.
        parameters: member
            .input
            .as_deref()
            .and_then(|input| Shown::of(bytes_max, steps.assumed(input), |sink| steps.write_input(input, sink))),
        response: match remarks.and_then(|remarks| remarks.response.as_deref()) {
            Some(entries) => Shown::of_value(&Value::Map(entries.iter().map(text).collect())),
            None if read_only => None,
            None => shown_response(),
        },
        additional: remarks.map_or(&[], |remarks| &remarks.additional),
        service_details: service_details.unwrap_or_default(),
        resources: resources(member, remarks),
        tls: origin.tls.as_ref().map(|tls| (&*tls.version, &*tls.cipher_suite, &*origin.host)),
        statements: member.judged.as_ref().map_or(&[], |judged| &judged.grounds),
        wrote: applied.map(|applied| applied.wrote.iter().map(wrote).collect()).unwrap_or_default(),
        prepared: member.staged.is_some() && member.failure.is_some(),
        dropped: member.dropped,
        uses: member.uses.iter().map(KeyUse::from).collect(),
        repeated: member.repeated,
        settled: remarks.and_then(|remarks| remarks.settled.as_deref()),
    }
}

/// What the call aimed at, and what came to be by it. Of a call that was refused, only what is of the caller's own account: the
/// caller shall not read on that account's trail what the refusal did not tell.
fn resources<'a>(member: &'a Member, remarks: Option<&'a Remarks>) -> Vec<Resource<'a>> {
    let account = member.caller.account();
    let passed = member.judged.is_some();
    let aimed = member.sighted.iter().filter(|one| passed || one.arn.account() == account.as_str());
    let made = remarks.map_or(&[][..], |remarks| &remarks.resources);
    let told =
        aimed.chain(made).map(|one| Resource { arn: one.arn.as_str(), account: one.arn.account(), kind: one.kind });
    told.collect()
}

/// CloudTrail writes `AccessDenied` for every service, whatever the service's own code is.
fn trail_code(code: &str) -> &str {
    if code == "AccessDeniedException" { "AccessDenied" } else { code }
}

fn text((name, text): &(&'static str, String)) -> (String, Value) {
    ((*name).to_owned(), Value::Text(text.clone()))
}

fn wrote(row: &store::Wrote) -> Wrote<'_> {
    Wrote { space: row.space, key: &row.key, revision: row.revision.map(store::Revision::number) }
}

/// `kms.amazonaws.com`: how the trail names a service.
pub(crate) fn host(service: &str) -> String {
    [service, ".amazonaws.com"].concat()
}

fn source_address(caller: &Caller) -> String {
    match (caller.via(), caller.principal()) {
        (Some(via), _) => host(via),
        (None, Principal::Service(name)) => host(name),
        (None, _) => caller.origin().source.map(|address| address.to_string()).unwrap_or_default(),
    }
}

fn session_of<'a>(principal: &'a Principal, session: &'a Session) -> InSession<'a> {
    let issuer = match principal {
        Principal::AssumedRole(role) => Some(Issuer {
            kind: "Role",
            principal_id: &role.role_id,
            arn: role.role_arn.as_str(),
            name: &role.role_name,
        }),
        _ => None,
    };
    InSession {
        issued: session.issued.micros(),
        second_factor: session.second_factor.is_some(),
        issuer,
        source_identity: session.source_identity.as_deref(),
    }
}

fn identified(caller: &Caller) -> Identified<'_> {
    let of_service = matches!(caller.principal(), Principal::Service(_));
    Identified {
        kind: match caller.principal() {
            Principal::Root => "Root",
            Principal::User { .. } => "IAMUser",
            Principal::AssumedRole(_) => "AssumedRole",
            Principal::Service(_) => "AWSService",
        },
        principal_id: caller.unique_id(),
        arn: if of_service { Cow::Borrowed("") } else { caller.arn() },
        account: caller.account_text(),
        access_key_id: caller.access_key_id(),
        user_name: match caller.principal() {
            Principal::User { name, .. } => Some(name),
            _ => None,
        },
        invoked_by: match (caller.via(), of_service) {
            (Some(via), _) => Some(host(via).into()),
            (None, true) => Some("AWS Internal".into()),
            (None, false) => None,
        },
        session: caller.session().map(|session| session_of(caller.principal(), session)),
    }
}
