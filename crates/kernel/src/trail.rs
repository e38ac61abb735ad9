//! Reading the trail: by place, and by the eight attributes of CloudTrail's event history, through a blind index that lags seconds behind.

use crate::event::session_name;
use crate::{Breakage, Event, telling};
use names::{AccountId, Region, Time};
use std::sync::Arc;
use store::{IndexQuery, Recorded, Store, Terms};

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

/// The trail, for the service that shows it.
pub struct TrailReader {
    store: Arc<Store>,
}

/// How many places the index is asked for at once.
const PLACES_PER_PAGE: usize = 100;

impl TrailReader {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Events under one attribute, newest first; after the place `(time, sequence)` that ended the page before.
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
        let token = self.store.token(place.0.as_str(), place.1.as_str(), sought.attribute as u8, sought.value);
        let mut near = Vec::new();
        loop {
            let query = IndexQuery { token, from: sought.from, to: sought.to, after, limit: PLACES_PER_PAGE };
            let places = self.store.index_page(query).await?;
            let last = places.len() < PLACES_PER_PAGE;
            for (time, sequence) in places {
                if events.len() == events_max {
                    return Ok(events);
                }
                after = Some((time, sequence));
                match self.event(sequence, &mut near).await? {
                    Some(event) if sought.is(&event) => events.push((sequence, event)),
                    _ => {}
                }
            }
            if last {
                return Ok(events);
            }
        }
    }

    /// The event at a place; `None` if it has been cut since it was found. Those that are kept with it are kept at hand: most often the
    /// next one is among them.
    async fn event(&self, sequence: u64, near: &mut Vec<Recorded>) -> Result<Option<Event>, Breakage> {
        let at = |near: &[Recorded]| near.binary_search_by_key(&sequence, |recorded| recorded.sequence).ok();
        if at(near).is_none() {
            *near = self.store.trail_around(sequence).await?;
        }
        if let Some(recorded) = at(near).and_then(|at| near.get(at)) {
            return Event::decode(&recorded.bytes).map(Some).ok_or(Breakage::Unreadable);
        }
        let is_cut = self.store.root().await?.is_some_and(|root| root.sequence >= sequence);
        if is_cut { Ok(None) } else { Err(Breakage::Unreadable) }
    }
}

/// What is asked of the index, and what is then asked of each event that it names: not all that can be looked up has terms of its own.
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
    /// Those that name the resource so. Terms have the last part of its name.
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

/// Takes events into the look-up index that are not in it yet; `true` when more are waiting. Upkeep of the store, on behalf of nobody: it
/// makes no event, so that an idle house stays quiet.
pub async fn index_pending(store: &Store) -> Result<bool, Breakage> {
    let more = store.index(|recorded| {
        Event::decode(&recorded.bytes).as_ref().map_or_else(
            || {
                // It stays on the trail, and the verification names it. The history goes on without it.
                tracing::error!(sequence = recorded.sequence, "an event says nothing, and cannot be looked up");
                Terms::none()
            },
            |event| Findable::from(event).terms(),
        )
    });
    Ok(more.await?)
}

/// What an event is found by, whether it is to be written or was read.
pub(crate) struct Findable<'a> {
    pub time: i64,
    pub account: &'a str,
    pub region: &'a str,
    pub name: &'a str,
    pub source: &'a str,
    pub read_only: bool,
    pub username: Option<&'a str>,
    pub access_key_id: Option<&'a str>,
    /// ARN and kind of each.
    pub resources: Vec<(&'a str, &'a str)>,
}

/// How many resources of one event can be looked up: more than an operation of AWS's names.
const RESOURCES_PER_EVENT_MAX: usize = 500;

impl Findable<'_> {
    pub(crate) fn terms(&self) -> Terms {
        let mut terms = Terms::new(Time::from_micros(self.time), self.account, self.region);
        for (attribute, value) in self.attributes() {
            terms.add(attribute as u8, value);
        }
        terms
    }

    /// What there are terms of. An id needs none: see [`Sought::of`].
    fn attributes(&self) -> Vec<(Attribute, &str)> {
        let mut found = Vec::with_capacity(8);
        found.extend([
            (Attribute::Any, ""),
            (Attribute::EventName, self.name),
            (Attribute::ReadOnly, if self.read_only { "true" } else { "false" }),
            (Attribute::EventSource, self.source),
        ]);
        found.extend(self.username.map(|name| (Attribute::Username, name)));
        found.extend(self.access_key_id.map(|id| (Attribute::AccessKeyId, id)));
        for (arn, kind) in self.resources.iter().take(RESOURCES_PER_EVENT_MAX) {
            let [_, _, name] = names_of(arn);
            for term in [(Attribute::ResourceName, name), (Attribute::ResourceType, *kind)] {
                if !found.contains(&term) {
                    found.push(term);
                }
            }
        }
        found
    }
}

impl<'a> From<&'a Event> for Findable<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            time: event.time,
            account: &event.recipient,
            region: &event.region,
            name: &event.name,
            source: &event.source,
            read_only: event.read_only,
            username: event.username(),
            access_key_id: event.identity.access_key_id.as_deref(),
            resources: event.resources.iter().map(|one| (one.arn.as_str(), one.kind.as_str())).collect(),
        }
    }
}

impl<'a> From<&'a telling::Event<'_>> for Findable<'a> {
    fn from(event: &'a telling::Event<'_>) -> Self {
        let identity = &event.identity;
        let unnamed = match identity.kind {
            "Root" => Some("root"),
            "AssumedRole" => session_name(identity.principal_id),
            _ => None,
        };
        Self {
            time: event.time,
            account: event.recipient,
            region: event.region,
            name: event.name,
            source: &event.source,
            read_only: event.read_only,
            username: identity.user_name.or(unnamed),
            access_key_id: identity.access_key_id,
            resources: event.resources.iter().map(|one| (one.arn, one.kind)).collect(),
        }
    }
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
        Findable::from(event)
            .attributes()
            .into_iter()
            .filter(|(one, _)| *one == attribute)
            .map(|(_, value)| value.to_owned())
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
        assert_eq!(values(&event, Attribute::ResourceName), ["demo", "bucket"], "each has one term");
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
}
