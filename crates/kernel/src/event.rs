//! What the trail keeps of a call: a compact record out of which CloudTrail's JSON is made when it is looked up or delivered.
//!
//! Parameters and answers are written by one more sink over the same shapes. It is given neither receipt nor exit, so a secret has no other
//! rendering here than its absence.

use crate::KeyUse;
use minicbor::{Decode, Encode};
use names::Time;
use secret::Secret;
use shape::{Member, Schema, Secrecy, Shown, Sink};

/// One record, as it is encoded (CBOR, fields by number, so that later versions may add some).
#[derive(Encode, Decode, Clone, Debug, PartialEq, Default)]
#[cbor(map)]
pub struct Event {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// Microseconds since 1970.
    #[n(1)]
    pub time: i64,
    #[n(2)]
    pub kind: Kind,
    /// `kms.amazonaws.com`.
    #[n(3)]
    pub source: String,
    #[n(4)]
    pub name: String,
    #[n(5)]
    pub region: String,
    /// The account whose trail this is.
    #[n(6)]
    pub recipient: String,
    #[n(7)]
    pub identity: Identified,
    #[n(8)]
    pub source_address: String,
    #[n(9)]
    pub user_agent: String,
    #[n(10)]
    pub request_id: String,
    #[n(11)]
    pub read_only: bool,
    #[n(12)]
    pub error_code: Option<String>,
    #[n(13)]
    pub error_text: Option<String>,
    #[n(14)]
    pub parameters: Option<Value>,
    #[n(15)]
    pub response: Option<Value>,
    #[n(16)]
    pub additional: Vec<(String, String)>,
    #[n(17)]
    pub service_details: Vec<(String, String)>,
    #[n(18)]
    pub resources: Vec<Resource>,
    /// Version, cipher suite and host of the TLS connection.
    #[n(19)]
    pub tls: Option<(String, String, String)>,
    /// The statements that decided: `key-policy#0`.
    #[n(20)]
    pub statements: Vec<String>,
    /// What the call wrote, so that the store can be compared with the trail.
    #[n(21)]
    pub wrote: Vec<Wrote>,
    /// Whether the call had got so far as to use the vault or other things outside the tables, though it did not succeed.
    #[n(22)]
    pub prepared: bool,
    /// Whether what it had written was dropped with its family.
    #[n(23)]
    pub dropped: bool,
    /// The uses of keys in the vault's own chain.
    #[n(24)]
    pub uses: Vec<KeyUse>,
    /// How many like calls this record stands for beside its own.
    #[n(25)]
    pub repeated: u64,
}

/// CloudTrail's `eventType`.
#[derive(Encode, Decode, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[cbor(index_only)]
pub enum Kind {
    #[n(0)]
    #[default]
    ApiCall,
    #[n(1)]
    ServiceEvent,
}

/// CloudTrail's `userIdentity`.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Eq, Default)]
#[cbor(map)]
pub struct Identified {
    /// `Root`, `IAMUser`, `AWSService`.
    #[n(0)]
    pub kind: String,
    #[n(1)]
    pub principal_id: String,
    #[n(2)]
    pub arn: String,
    #[n(3)]
    pub account: String,
    #[n(4)]
    pub access_key_id: Option<String>,
    #[n(5)]
    pub user_name: Option<String>,
    /// The service that called for the caller.
    #[n(6)]
    pub invoked_by: Option<String>,
}

/// CloudTrail's `resources[]`.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    #[n(0)]
    pub arn: String,
    #[n(1)]
    pub account: String,
    #[n(2)]
    pub kind: String,
}

/// One written row.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Eq)]
pub struct Wrote {
    #[n(0)]
    pub space: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: Vec<u8>,
    /// `None`: the row was deleted.
    #[n(2)]
    pub revision: Option<u64>,
}

/// A parameter or a part of an answer.
#[derive(Encode, Decode, Clone, Debug, PartialEq)]
pub enum Value {
    #[n(0)]
    Map(#[n(0)] Vec<(String, Value)>),
    #[n(1)]
    List(#[n(0)] Vec<Value>),
    #[n(2)]
    Text(#[n(0)] String),
    #[n(3)]
    Integer(#[n(0)] i64),
    #[n(4)]
    Float(#[n(0)] f64),
    #[n(5)]
    Boolean(#[n(0)] bool),
    /// Microseconds since 1970.
    #[n(6)]
    Time(#[n(0)] i64),
}

impl Event {
    pub fn encode(&self) -> Option<Vec<u8>> {
        minicbor::to_vec(self).ok()
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }

    pub fn time(&self) -> Time {
        Time::from_micros(self.time)
    }

    /// By what the history lists the caller: the user's name at the time of the event, `root` for the root user, nothing for a service.
    pub fn username(&self) -> Option<&str> {
        let root = (self.identity.kind == "Root").then_some("root");
        self.identity.user_name.as_deref().or(root)
    }
}

/// What `write` shows of itself on the trail, with names in lower camel case. `None` where it shows nothing.
pub fn params(write: impl FnOnce(&mut dyn Sink)) -> Option<Value> {
    let mut sink = TrailSink::default();
    write(&mut sink);
    if sink.text_bytes > TEXT_BYTES_MAX {
        return None;
    }
    sink.whole.filter(|value| !matches!(value, Value::Map(entries) if entries.is_empty()))
}

/// Lower camel case, but for what CloudTrail spells as the API does.
fn shown_name(name: &str) -> String {
    if NAMES_AS_SPELLED.contains(&name) {
        return name.to_owned();
    }
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/ct-createkey.html>
const NAMES_AS_SPELLED: &[&str] = &["AWSAccountId"];

/// How many values one event keeps of parameters or answer: a page of a thousand items shall not make a record of megabytes.
const VALUES_MAX: usize = 2_000;
/// The names and texts of parameters, or of an answer; larger ones are left out, as CloudTrail does:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>. So a batch's events fit
/// into its commit.
const TEXT_BYTES_MAX: usize = 100 << 10;

#[derive(Default)]
struct TrailSink {
    open: Vec<(Value, String)>,
    name: String,
    whole: Option<Value>,
    /// The number of open structures inside a value that the trail does not show.
    hidden: usize,
    hide_next: bool,
    count: usize,
    text_bytes: usize,
}

impl TrailSink {
    fn put(&mut self, value: Value) {
        if self.hidden > 0 || std::mem::take(&mut self.hide_next) || self.count >= VALUES_MAX {
            return;
        }
        self.count += 1;
        let name = std::mem::take(&mut self.name);
        self.text_bytes += name.len();
        if let Value::Text(text) = &value {
            self.text_bytes += text.len();
        }
        if self.text_bytes > TEXT_BYTES_MAX {
            return;
        }
        self.attach(name, value);
    }

    fn attach(&mut self, name: String, value: Value) {
        match self.open.last_mut() {
            Some((Value::Map(entries), _)) => entries.push((name, value)),
            Some((Value::List(items), _)) => items.push(value),
            _ => self.whole = Some(value),
        }
    }
}

impl Sink for TrailSink {
    fn begin(&mut self, schema: &'static Schema, _: usize) {
        if self.hidden > 0 || std::mem::take(&mut self.hide_next) {
            self.hidden += 1;
            return;
        }
        let value = match schema.kind {
            shape::Kind::List { .. } => Value::List(Vec::new()),
            _ => Value::Map(Vec::new()),
        };
        self.open.push((value, std::mem::take(&mut self.name)));
    }

    fn member(&mut self, member: &'static Member) {
        if self.hidden > 0 {
            return;
        }
        let public = member.secrecy == Secrecy::Public && member.schema.secrecy == Secrecy::Public;
        self.hide_next = !public || member.shown == Shown::NotOnTrail;
        self.name = shown_name(member.name);
    }

    fn item(&mut self) {}

    fn key(&mut self, key: &str) {
        if self.hidden == 0 {
            key.clone_into(&mut self.name);
        }
    }

    fn end(&mut self) {
        if self.hidden > 0 {
            self.hidden -= 1;
            return;
        }
        if let Some((value, name)) = self.open.pop() {
            self.attach(name, value);
        }
    }

    fn text(&mut self, text: &str) {
        self.put(Value::Text(text.to_owned()));
    }

    /// Blobs are left out, public ones too: CloudTrail prints no binary data.
    fn blob(&mut self, _: &[u8]) {
        self.hide_next = false;
        self.name.clear();
    }

    fn integer(&mut self, number: i64) {
        self.put(Value::Integer(number));
    }

    fn float(&mut self, number: f64) {
        self.put(Value::Float(number));
    }

    fn boolean(&mut self, truth: bool) {
        self.put(Value::Boolean(truth));
    }

    fn time(&mut self, time: Time) {
        self.put(Value::Time(time.micros()));
    }

    fn secret(&mut self, _: &'static Schema, _: &Secret) {
        self.hide_next = false;
        self.name.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_for_a_record_is_left_out() {
        let shown = |bytes: usize| params(|sink| sink.text(&"x".repeat(bytes))).is_some();
        assert!(shown(TEXT_BYTES_MAX) && !shown(TEXT_BYTES_MAX + 1));
        let many = params(|sink| {
            sink.begin(&shape::EMPTY, 3);
            (0..3).for_each(|_| sink.text(&"x".repeat(TEXT_BYTES_MAX / 2)));
            sink.end();
        });
        assert_eq!(many, None);
    }

    #[test]
    fn an_event_reads_what_it_writes() {
        let event = Event {
            id: [7; 16],
            time: 1,
            name: "Decrypt".to_owned(),
            parameters: Some(Value::Map(vec![("keyId".to_owned(), Value::Text("alias/a".to_owned()))])),
            wrote: vec![Wrote { space: "kms/keys".to_owned(), key: vec![1, 2], revision: Some(9) }],
            ..Event::default()
        };
        assert_eq!(event.encode().and_then(|bytes| Event::decode(&bytes)), Some(event));
        assert_eq!(Event::decode(b"\xff"), None);
    }
}
