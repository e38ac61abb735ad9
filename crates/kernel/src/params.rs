//! What the trail shows of parameters and answers: one more sink over the same shapes. It is given neither receipt nor exit, so a secret
//! has no other rendering here than its absence.

use crate::EventValue as Value;
use crate::omission;
use names::Time;
use secret::Secret;
use shape::{Member, Schema, Secrecy, Shown, Sink};

/// The parameters, or the answer, in one record: CloudTrail's own bound. A page of a thousand items shall not make a record of megabytes.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
pub(crate) const PARAMETERS_BYTES_MAX: usize = 100 << 10;

/// What `write` shows of itself on the trail, with names in lower camel case, within CloudTrail's bound. `None` where it shows nothing.
pub fn params(write: impl FnOnce(&mut dyn Sink)) -> Option<Value> {
    params_within(PARAMETERS_BYTES_MAX, write)
}

/// As [`params`], in about `bytes_max` bytes: what is larger is cut, and says so.
pub(crate) fn params_within(bytes_max: usize, write: impl FnOnce(&mut dyn Sink)) -> Option<Value> {
    let mut sink = TrailSink::default();
    write(&mut sink);
    let shown = sink.whole.filter(|value| !matches!(value, Value::Map(entries) if entries.is_empty()))?;
    Some(omission::fit(shown, bytes_max))
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

#[derive(Default)]
struct TrailSink {
    open: Vec<(Value, String)>,
    name: String,
    whole: Option<Value>,
    /// The number of open structures inside a value that the trail does not show.
    hidden: usize,
    hide_next: bool,
}

impl TrailSink {
    fn put(&mut self, value: Value) {
        if self.hidden > 0 || std::mem::take(&mut self.hide_next) {
            return;
        }
        let name = std::mem::take(&mut self.name);
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
