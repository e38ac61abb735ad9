//! What the trail keeps of a call: a compact record out of which CloudTrail's JSON is made when it is looked up or delivered.

use crate::{KeyUse, Settled};
use minicbor::{Decode, Encode};
use names::Time;

/// The deepest nesting of arrays and maps in an event. A [`Value`] takes four for each level, and parameters have at most as many levels as
/// a request's body (32).
const NESTING_MAX: usize = 256;

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
    /// How many like calls (same caller, operation and code) this record stands for beside its own: refusals that came too fast to get a
    /// record each.
    #[n(25)]
    pub repeated: u64,
    /// What was said by events that have been cut off the trail since: in the record of the cut alone.
    #[n(26)]
    pub settled: Option<Settled>,
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
    /// `Root`, `IAMUser`, `AssumedRole`, `AWSService`.
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
    /// Of a temporary credential.
    #[n(7)]
    pub session: Option<InSession>,
}

/// CloudTrail's `sessionContext`.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Eq, Default)]
#[cbor(map)]
pub struct InSession {
    /// Microseconds since 1970.
    #[n(0)]
    pub issued: i64,
    /// Whether a second factor was shown.
    #[n(1)]
    pub second_factor: bool,
    #[n(2)]
    pub issuer: Option<Issuer>,
    #[n(3)]
    pub source_identity: Option<String>,
}

/// CloudTrail's `sessionIssuer`: who stands behind the session.
#[derive(Encode, Decode, Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// `Role`.
    #[n(0)]
    pub kind: String,
    #[n(1)]
    pub principal_id: String,
    #[n(2)]
    pub arn: String,
    #[n(3)]
    pub name: String,
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
#[derive(Encode, Clone, Debug, PartialEq)]
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

/// By hand: a derived decoder takes a value with an unknown variant inside for one that is not there, and goes on from the middle of it.
impl<C> Decode<'_, C> for Value {
    fn decode(decoder: &mut minicbor::Decoder<'_>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        let unknown = || minicbor::decode::Error::message("an unknown kind of value");
        if decoder.array()? != Some(2) {
            return Err(unknown());
        }
        let variant = decoder.u32()?;
        if decoder.array()? != Some(1) {
            return Err(unknown());
        }
        match variant {
            0 => decoder.decode_with(context).map(Self::Map),
            1 => decoder.decode_with(context).map(Self::List),
            2 => decoder.decode().map(Self::Text),
            3 => decoder.i64().map(Self::Integer),
            4 => decoder.f64().map(Self::Float),
            5 => decoder.bool().map(Self::Boolean),
            6 => decoder.i64().map(Self::Time),
            _ => Err(unknown()),
        }
    }
}

impl Event {
    /// The same bytes that it was read from, where this version wrote them.
    pub fn encode(&self) -> Option<Vec<u8>> {
        minicbor::to_vec(self).ok()
    }

    /// `None` for what is no event, or one of a later version whose unknown parts cannot be passed over.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if !is_one_item(bytes) {
            return None;
        }
        let mut decoder = minicbor::Decoder::new(bytes);
        let event = decoder.decode().ok()?;
        (decoder.position() == bytes.len()).then_some(event)
    }

    pub fn time(&self) -> Time {
        Time::from_micros(self.time)
    }

    /// By what the history lists the caller: the user's name at the time of the event, `root` for the root user, the session's name for a
    /// role, nothing for a service.
    pub fn username(&self) -> Option<&str> {
        let unnamed = match self.identity.kind.as_str() {
            "Root" => Some("root"),
            "AssumedRole" => session_name(&self.identity.principal_id),
            _ => None,
        };
        self.identity.user_name.as_deref().or(unnamed)
    }
}

/// `AROA…:session`.
pub(crate) fn session_name(principal_id: &str) -> Option<&str> {
    principal_id.split_once(':').map(|(_, session)| session)
}

/// Are the bytes one whole item of CBOR (RFC 8949) that is not nested deeper than events are? What is read after this is read by recursion.
fn is_one_item(bytes: &[u8]) -> bool {
    let mut decoder = minicbor::Decoder::new(bytes);
    // How many items each open array or map still has; `None` where a break ends it.
    let mut open: Vec<Option<u64>> = Vec::new();
    loop {
        let Ok(entered) = enter(&mut decoder, open.last().is_some_and(Option::is_none)) else { return false };
        match entered {
            Entered::Tag => continue,
            Entered::Container(Some(0)) | Entered::Item => {}
            Entered::Break => {
                open.pop();
            }
            Entered::Container(items) => {
                open.push(items);
                if open.len() > NESTING_MAX {
                    return false;
                }
                continue;
            }
        }
        // What has ended was an item of what is still open, and may have been its last.
        loop {
            match open.last_mut() {
                None => return decoder.position() == bytes.len(),
                Some(Some(left)) if *left <= 1 => {
                    open.pop();
                }
                Some(Some(left)) => {
                    *left -= 1;
                    break;
                }
                Some(None) => break,
            }
        }
    }
}

enum Entered {
    Tag,
    /// With so many items.
    Container(Option<u64>),
    Item,
    Break,
}

/// Takes the next head, and with it all of an item that holds no others.
fn enter(decoder: &mut minicbor::Decoder<'_>, may_break: bool) -> Result<Entered, minicbor::decode::Error> {
    use minicbor::data::Type;
    match decoder.datatype()? {
        Type::Tag => decoder.tag().map(|_| Entered::Tag),
        Type::Array | Type::ArrayIndef => decoder.array().map(Entered::Container),
        Type::Map | Type::MapIndef => {
            let pairs = decoder.map()?;
            let items = pairs.map(|pairs| pairs.checked_mul(2)).map(|items| items.ok_or_else(too_long)).transpose()?;
            Ok(Entered::Container(items))
        }
        Type::Break if may_break => decoder.skip().map(|()| Entered::Break),
        _ => decoder.skip().map(|()| Entered::Item),
    }
}

fn too_long() -> minicbor::decode::Error {
    minicbor::decode::Error::message("a map has more entries than can be counted")
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// As deep as may be is read; deeper, by bytes that promise more and more, is refused before anything recurses.
    #[test]
    fn nesting_has_an_end() {
        let event = |levels| {
            let parameters = (0..levels).fold(Value::Integer(1), |value, _| Value::List(vec![value]));
            Event { parameters: Some(parameters), ..Event::default() }
        };
        let read = |levels| event(levels).encode().and_then(|bytes| Event::decode(&bytes)).is_some();
        assert_eq!((read(32), read(60), read(200), read(1_000)), (true, true, false, false));
        for head in [0x81, 0x9F, 0xA1, 0xBF, 0xC0] {
            assert_eq!(Event::decode(&vec![head; 1 << 20]), None);
        }
    }
}
