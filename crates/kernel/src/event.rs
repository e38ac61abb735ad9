//! What the trail keeps of a call: a compact record out of which CloudTrail's JSON is made when it is looked up or delivered.

use crate::KeyUse;
use minicbor::{Decode, Encode};
use names::Time;

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
        /// More than the event of a typical call has, so that it is allocated once.
        const TYPICAL_BYTES: usize = 1_536;
        let mut bytes = Vec::with_capacity(TYPICAL_BYTES);
        minicbor::encode(self, &mut bytes).ok().map(|()| bytes)
    }

    /// `None` for what is no event, or one of a later version whose unknown parts cannot be passed over: a derived decoder that meets an
    /// unknown variant inside goes on from the middle of it, and what it then reads ends elsewhere than the item does.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut whole = minicbor::Decoder::new(bytes);
        whole.skip().ok()?;
        let mut decoder = minicbor::Decoder::new(bytes);
        let event = decoder.decode().ok()?;
        (whole.position() == bytes.len() && decoder.position() == bytes.len()).then_some(event)
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
}
