//! Reading the trail: by place, and by the eight attributes of CloudTrail's event history, through a blind index that lags seconds behind.

use crate::{Breakage, Event};
use names::{AccountId, Region, Time};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use store::{INDEX_ENTRIES_MAX, IndexEntry, IndexQuery, Store};

/// By what events can be looked up: <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupAttribute.html>.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// Every event: a look-up without attribute.
    Any,
    EventId,
    EventName,
    ReadOnly,
    Username,
    ResourceType,
    ResourceName,
    EventSource,
    AccessKeyId,
}

pub const ATTRIBUTES: [Attribute; 9] = [
    Attribute::Any,
    Attribute::EventId,
    Attribute::EventName,
    Attribute::ReadOnly,
    Attribute::Username,
    Attribute::ResourceType,
    Attribute::ResourceName,
    Attribute::EventSource,
    Attribute::AccessKeyId,
];

/// The trail, for the service that shows it.
pub struct TrailReader {
    store: Arc<Store>,
}

/// How many entries of the index are read at once.
const PLACES_PER_PAGE: usize = 100;
/// How many events one turn of the index takes in.
const INDEX_EVENTS_PER_TURN: usize = 500;
const TOKEN_LABEL: &str = "trail index";

impl TrailReader {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Events under one attribute, newest first; after the entry `(time, sequence)` that ended the page before.
    pub async fn lookup(
        &self,
        place: (AccountId, &Region),
        attribute: (Attribute, &str),
        between: (Time, Time),
        after: Option<(Time, u64)>,
        events_max: usize,
    ) -> Result<Vec<(u64, Event)>, Breakage> {
        let (mut events, mut after) = (Vec::new(), after);
        let Some(sought) = Sought::of(attribute, between) else { return Ok(events) };
        let token = token(&self.store, place.0.as_str(), place.1.as_str(), sought.attribute, sought.value);
        loop {
            let query = IndexQuery { token, from: sought.from, to: sought.to, after, limit: PLACES_PER_PAGE };
            let places = self.store.index_page(query).await.map_err(|_| Breakage::Unreadable)?;
            let last = places.len() < PLACES_PER_PAGE;
            for (time, sequence) in places {
                if events.len() == events_max {
                    return Ok(events);
                }
                after = Some((time, sequence));
                let recorded = self.store.trail(sequence, 1).await?;
                let recorded = recorded.first().filter(|recorded| recorded.sequence == sequence);
                let event = recorded.and_then(|recorded| Event::decode(&recorded.bytes));
                let event = event.ok_or(Breakage::Unreadable)?;
                if sought.is(&event) {
                    events.push((sequence, event));
                }
            }
            if last {
                return Ok(events);
            }
        }
    }
}

/// What is asked of the index, and what is then asked of each event that it names: not all that can be looked up has entries of its own.
struct Sought<'a> {
    attribute: Attribute,
    value: &'a str,
    from: Time,
    to: Time,
    which: Which<'a>,
}

enum Which<'a> {
    All,
    /// The one of this id. It begins with its time, so it is among the few events of a millisecond.
    Id([u8; 16]),
    /// Those that name the resource so. Entries have the last part of its name.
    Resource(&'a str),
}

impl<'a> Sought<'a> {
    /// `None` where nothing can be found.
    fn of((attribute, value): (Attribute, &'a str), (from, to): (Time, Time)) -> Option<Self> {
        Some(match attribute {
            Attribute::EventId => {
                let id = uuid::Uuid::parse_str(value).ok().filter(|id| id.to_string() == value)?;
                let (millis, _) = id.as_u64_pair();
                let first = i64::try_from(millis >> 16).ok()?.checked_mul(1_000)?;
                let (from, to) = (from.max(Time::from_micros(first)), to.min(Time::from_micros(first + 999)));
                Self { attribute: Attribute::Any, value: "", from, to, which: Which::Id(id.into_bytes()) }
            }
            Attribute::ResourceName => {
                let [_, _, name] = names_of(value);
                Self { attribute, value: name, from, to, which: Which::Resource(value) }
            }
            _ => Self { attribute, value, from, to, which: Which::All },
        })
    }

    fn is(&self, event: &Event) -> bool {
        match self.which {
            Which::All => true,
            Which::Id(id) => event.id == id,
            Which::Resource(name) => event.resources.iter().any(|one| names_of(&one.arn).contains(&name)),
        }
    }
}

/// The blind token of one attribute's value in one account and Region.
pub fn token(store: &Store, account: &str, region: &str, attribute: Attribute, value: &str) -> [u8; 16] {
    let kind = [attribute as u8];
    store.token(TOKEN_LABEL, &[account.as_bytes(), region.as_bytes(), &kind, value.as_bytes()])
}

/// Takes events into the look-up index that are not in it yet; `true` when more are waiting. Upkeep of the store, on behalf of nobody: it
/// makes no event, so that an idle house stays quiet.
pub async fn index_pending(store: &Store) -> Result<bool, Breakage> {
    let indexed = store.indexed_upto().await.map_err(|_| Breakage::Unreadable)?;
    let recorded = store.trail(indexed.saturating_add(1), INDEX_EVENTS_PER_TURN).await?;
    let mut more = recorded.len() == INDEX_EVENTS_PER_TURN;
    let (mut upto, mut entries) = (indexed, Vec::new());
    let mut tokens = Tokens::new(store);
    for one in &recorded {
        let Some(event) = Event::decode(&one.bytes) else {
            // It stays on the trail, and the verification names it. The history goes on without it.
            tracing::error!(sequence = one.sequence, "an event says nothing, and cannot be looked up");
            upto = one.sequence;
            continue;
        };
        let attributes = attributes(&event);
        if entries.len() + attributes.len() > INDEX_ENTRIES_MAX {
            more = true;
            break;
        }
        entries.extend(attributes.iter().map(|(attribute, value)| IndexEntry {
            token: tokens.of(&event, *attribute, value),
            time: event.time(),
            sequence: one.sequence,
        }));
        upto = one.sequence;
    }
    if upto > indexed {
        // Neighbours in the index, one after the other.
        entries.sort_unstable();
        store.index_add(upto, entries).await.map_err(|_| Breakage::Stopped)?;
    }
    Ok(more)
}

/// The tokens of one turn. Most values come again and again, and to find a token costs less than to make it.
struct Tokens<'a> {
    store: &'a Store,
    /// The account and Region that the known ones are of.
    place: (String, String),
    known: HashMap<(u8, String), [u8; 16]>,
}

impl<'a> Tokens<'a> {
    fn new(store: &'a Store) -> Self {
        Self { store, place: Default::default(), known: HashMap::new() }
    }

    fn of(&mut self, event: &Event, attribute: Attribute, value: &str) -> [u8; 16] {
        if self.place.0 != event.recipient || self.place.1 != event.region {
            self.place = (event.recipient.clone(), event.region.clone());
            self.known.clear();
        }
        let entry = self.known.entry((attribute as u8, value.to_owned()));
        *entry.or_insert_with(|| token(self.store, &event.recipient, &event.region, attribute, value))
    }
}

/// How many resources of one event can be looked up: more than an operation of AWS's names.
const RESOURCES_PER_EVENT_MAX: usize = 500;

/// What the index has entries of. An id needs none: see [`Sought::of`].
fn attributes(event: &Event) -> Vec<(Attribute, Cow<'_, str>)> {
    let mut found: Vec<(_, Cow<'_, str>)> = vec![
        (Attribute::Any, "".into()),
        (Attribute::EventName, event.name.as_str().into()),
        (Attribute::ReadOnly, if event.read_only { "true" } else { "false" }.into()),
        (Attribute::EventSource, event.source.as_str().into()),
    ];
    found.extend(event.username().map(|name| (Attribute::Username, name.into())));
    found.extend(event.identity.access_key_id.as_deref().map(|id| (Attribute::AccessKeyId, id.into())));
    for resource in event.resources.iter().take(RESOURCES_PER_EVENT_MAX) {
        let [_, _, name] = names_of(&resource.arn);
        for entry in [(Attribute::ResourceName, name.into()), (Attribute::ResourceType, resource.kind.as_str().into())]
        {
            if !found.contains(&entry) {
                found.push(entry);
            }
        }
    }
    found
}

/// By what people look up a resource: its ARN, all that stands behind the account (`alias/demo`), and the name alone (`demo`).
fn names_of(arn: &str) -> [&str; 3] {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let name = resource.rsplit_once('/').map_or(resource, |(_, name)| name);
    [arn, resource, name]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Identified, Resource};

    fn event(kind: &str, user_name: Option<&str>) -> Event {
        let identity = Identified {
            kind: kind.to_owned(),
            user_name: user_name.map(str::to_owned),
            access_key_id: Some("AKIA".to_owned()),
            ..Identified::default()
        };
        Event { name: "Decrypt".to_owned(), read_only: true, identity, ..Event::default() }
    }

    fn values(event: &Event, attribute: Attribute) -> Vec<String> {
        attributes(event)
            .into_iter()
            .filter(|(one, _)| *one == attribute)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    #[test]
    fn callers_are_found_by_the_name_they_had() {
        assert_eq!(values(&event("IAMUser", Some("alice")), Attribute::Username), ["alice"]);
        assert_eq!(values(&event("Root", None), Attribute::Username), ["root"]);
        assert!(values(&event("AWSService", None), Attribute::Username).is_empty());
        assert_eq!(values(&event("Root", None), Attribute::ReadOnly), ["true"]);
    }

    #[test]
    fn resources_are_found_by_arn_by_path_and_by_name_and_by_nothing_else() {
        let resource = |arn: &str| Resource { arn: arn.to_owned(), account: "1".to_owned(), kind: "T".to_owned() };
        let arns = ["arn:aws:kms:r:1:alias/team/demo", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket"];
        let event = Event { resources: arns.map(resource).to_vec(), ..event("Root", None) };
        assert_eq!(values(&event, Attribute::ResourceName), ["demo", "bucket"], "each has one entry");
        assert_eq!(values(&event, Attribute::ResourceType), ["T"]);
        let ever = (Time::from_micros(0), Time::from_micros(1));
        let sought = |value| Sought::of((Attribute::ResourceName, value), ever).unwrap();
        for value in ["arn:aws:kms:r:1:alias/team/demo", "alias/team/demo", "demo", "arn:aws:s3:::bucket", "bucket"] {
            assert!(sought(value).is(&event) && ["demo", "bucket"].contains(&sought(value).value), "{value}");
        }
        for value in ["arn:aws:kms:r:2:alias/team/demo", "alias/demo", "team/demo", "key/bucket", "", "/"] {
            assert!(!sought(value).is(&event), "{value}");
        }
    }

    #[test]
    fn an_id_leads_to_the_millisecond_of_its_event() {
        let (time, ever) = (1_795_521_600_123_456, (Time::from_micros(0), Time::from_micros(i64::MAX)));
        let id = uuid::Builder::from_unix_timestamp_millis(crate::record::millis(Time::from_micros(time)), &[7; 10])
            .into_uuid();
        let event = Event { id: id.into_bytes(), time, ..event("Root", None) };
        let text = id.to_string();
        let sought = Sought::of((Attribute::EventId, &text), ever).unwrap();
        assert!(sought.from <= event.time() && event.time() <= sought.to && sought.is(&event));
        assert_eq!(sought.to.micros() - sought.from.micros(), 999);
        assert!(!sought.is(&Event { id: [7; 16], ..event }));
        for none in ["", "7", &text.to_uppercase(), &text.replace('-', "")] {
            assert!(Sought::of((Attribute::EventId, none), ever).is_none(), "{none}");
        }
    }

    #[test]
    fn no_event_has_more_entries_than_one_turn_takes() {
        let resource = |number: usize| Resource {
            arn: format!("a:b:c:d:{number}:x/{number}"),
            account: String::new(),
            kind: number.to_string(),
        };
        let event =
            Event { resources: (0..2 * RESOURCES_PER_EVENT_MAX).map(resource).collect(), ..event("Root", None) };
        assert!(attributes(&event).len() <= INDEX_ENTRIES_MAX);
    }
}
