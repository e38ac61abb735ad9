//! An event as a CloudTrail record: the JSON that is looked up, and later delivered.
//!
//! Fields and their order: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>, as
//! KMS fills them: <https://docs.aws.amazon.com/kms/latest/developerguide/understanding-kms-entries.html>. What the house keeps of an event
//! for itself (rows written, statements that decided, uses of keys, how a family ended) is not AWS's and is not here.

use kernel::{Event, EventKind, EventValue, Identified, InSession, Resource};
use names::Time;
use serde_json::{Map, Number, Value};

/// CloudTrail's version of the record's format.
const EVENT_VERSION: &str = "1.11";

/// The record of an event, on one line.
pub fn json(event: &Event) -> String {
    Value::Object(record(event)).to_string()
}

/// The event's id, as CloudTrail shows it: a UUID.
pub(crate) fn event_id(event: &Event) -> String {
    uuid::Uuid::from_bytes(event.id).to_string()
}

fn record(event: &Event) -> Map<String, Value> {
    let service_event = event.kind == EventKind::ServiceEvent;
    let mut record = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            record.insert(name.to_owned(), value);
        }
    };
    put("eventVersion", text(EVENT_VERSION));
    put("userIdentity", Some(identity(&event.identity, service_event)));
    put("eventTime", text(&event.time().iso()));
    put("eventSource", text(&event.source));
    put("eventName", text(&event.name));
    put("awsRegion", text(&event.region));
    put("sourceIPAddress", text(if service_event { INTERNAL } else { &event.source_address }));
    put("userAgent", text(if service_event { INTERNAL } else { &event.user_agent }));
    put("errorCode", event.error_code.as_deref().and_then(text));
    put("errorMessage", event.error_text.as_deref().and_then(text));
    // These two are there in every record, if only as `null`.
    put("requestParameters", Some(event.parameters.as_ref().filter(|_| !service_event).map_or(Value::Null, value)));
    put("responseElements", Some(event.response.as_ref().map_or(Value::Null, value)));
    put("additionalEventData", additional(event));
    put("requestID", text(&event.request_id).filter(|_| !service_event));
    put("eventID", text(&event_id(event)));
    put("readOnly", Some(Value::Bool(event.read_only)));
    put("resources", list(event.resources.iter().map(resource)).filter(|_| !UNLISTED.contains(&event.source.as_str())));
    put("eventType", text(if service_event { "AwsServiceEvent" } else { "AwsApiCall" }));
    put("managementEvent", Some(Value::Bool(true)));
    put("recipientAccountId", text(&event.recipient));
    put("serviceEventDetails", pairs(&event.service_details));
    put("eventCategory", text("Management"));
    put("tlsDetails", event.tls.as_ref().map(tls));
    record
}

/// Services whose records have no `resources`. The history lists the resources of their events nevertheless:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html>.
const UNLISTED: &[&str] = &["iam.amazonaws.com"];

/// CloudTrail's word for what a service did by itself.
const INTERNAL: &str = "AWS Internal";

/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>. What a service did by itself
/// has no more than the account and `invokedBy`.
fn identity(identity: &Identified, service_event: bool) -> Value {
    let own = |field: &str| text(field).filter(|_| !service_event && !field.is_empty());
    let fields = [
        ("type", own(&identity.kind)),
        ("principalId", own(&identity.principal_id).filter(|_| identity.kind != "AWSService")),
        ("arn", own(&identity.arn)),
        ("accountId", text(&identity.account)),
        ("accessKeyId", identity.access_key_id.as_deref().and_then(own)),
        ("sessionContext", identity.session.as_ref().map(|session| session_context(session, &identity.account))),
        ("userName", identity.user_name.as_deref().and_then(own)),
        ("invokedBy", identity.invoked_by.as_deref().and_then(text)),
    ];
    object(fields)
}

/// Of a temporary credential: where it came from.
fn session_context(session: &InSession, account: &str) -> Value {
    let issuer = session.issuer.as_ref().map(|issuer| {
        object([
            ("type", text(&issuer.kind)),
            ("principalId", text(&issuer.principal_id)),
            ("arn", text(&issuer.arn)),
            ("accountId", text(account)),
            ("userName", text(&issuer.name)),
        ])
    });
    let attributes = object([
        ("creationDate", text(&Time::from_micros(session.issued).iso())),
        ("mfaAuthenticated", text(if session.second_factor { "true" } else { "false" })),
    ]);
    object([
        ("sessionIssuer", issuer),
        ("attributes", Some(attributes)),
        ("sourceIdentity", session.source_identity.as_deref().and_then(text)),
    ])
}

fn resource(resource: &Resource) -> Value {
    object([("accountId", text(&resource.account)), ("type", text(&resource.kind)), ("ARN", text(&resource.arn))])
}

fn tls((version, cipher_suite, host): &(String, String, String)) -> Value {
    object([
        ("tlsVersion", text(version)),
        ("cipherSuite", text(cipher_suite)),
        ("clientProvidedHostHeader", text(host).filter(|_| !host.is_empty())),
    ])
}

fn value(kept: &EventValue) -> Value {
    match kept {
        EventValue::Map(entries) => {
            Value::Object(entries.iter().map(|(name, one)| (name.clone(), value(one))).collect())
        }
        EventValue::List(items) => Value::Array(items.iter().map(value).collect()),
        EventValue::Text(text) => Value::String(text.clone()),
        EventValue::Integer(number) => Value::Number((*number).into()),
        // JSON has no word for what is no number.
        EventValue::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        EventValue::Boolean(truth) => Value::Bool(*truth),
        EventValue::Time(micros) => Value::String(time(Time::from_micros(*micros))),
    }
}

/// Times inside parameters and answers: `Aug 10, 2022, 10:38:27 PM`, in UTC, as KMS's records have them
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/ct-createkey.html>).
fn time(time: Time) -> String {
    time.format("%b %-d, %Y, %-I:%M:%S %p")
}

/// What the service adds, and how many like calls the record stands for beside its own.
fn additional(event: &Event) -> Option<Value> {
    let repeated = (event.repeated > 0).then(|| ("repeated".to_owned(), event.repeated.to_string()));
    let entries: Vec<_> = event.additional.iter().cloned().chain(repeated).collect();
    pairs(&entries)
}

fn pairs(entries: &[(String, String)]) -> Option<Value> {
    let object: Map<_, _> = entries.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect();
    (!object.is_empty()).then_some(Value::Object(object))
}

fn list(items: impl Iterator<Item = Value>) -> Option<Value> {
    let items: Vec<_> = items.collect();
    (!items.is_empty()).then_some(Value::Array(items))
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let present = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect())
}

#[expect(clippy::unnecessary_wraps, reason = "one form for fields that are always there and those that are not")]
fn text(text: &str) -> Option<Value> {
    Some(Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_for_how_many_it_stands() {
        let event = |repeated| Event { repeated, ..Event::default() };
        assert!(!json(&event(0)).contains("additionalEventData"));
        assert!(json(&event(6)).contains(r#""additionalEventData":{"repeated":"6"}"#));
    }
}
