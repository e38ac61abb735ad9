//! Reading the trail: by place, and by the eight attributes of CloudTrail's event history, through a blind index that lags seconds behind.

use crate::{Breakage, Event};
use names::{AccountId, Region, Time};
use std::sync::Arc;
use store::{IndexEntry, IndexQuery, Store};

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
        let token = token(&self.store, place.0.as_str(), place.1.as_str(), attribute.0, attribute.1);
        let query = IndexQuery { token, from: between.0, to: between.1, after, limit: events_max };
        let places = self.store.index_page(query).await.map_err(|_| Breakage::Unreadable)?;
        let mut events = Vec::with_capacity(places.len());
        for (_, sequence) in places {
            let recorded = self.store.trail(sequence, 1).await?;
            let event = recorded.first().and_then(|recorded| Event::decode(&recorded.bytes));
            events.push((sequence, event.ok_or(Breakage::Unreadable)?));
        }
        Ok(events)
    }
}

/// The blind token of one attribute's value in one account and Region.
pub fn token(store: &Store, account: &str, region: &str, attribute: Attribute, value: &str) -> [u8; 16] {
    let kind = [attribute as u8];
    store.token(TOKEN_LABEL, &[account.as_bytes(), region.as_bytes(), &kind, value.as_bytes()])
}

/// Takes events into the look-up index that are not in it yet; `true` when more are waiting. Upkeep of the store, on behalf of nobody.
pub async fn index_pending(store: &Store) -> Result<bool, Breakage> {
    let indexed = store.indexed_upto().await.map_err(|_| Breakage::Unreadable)?;
    let recorded = store.trail(indexed + 1, INDEX_EVENTS_PER_TURN).await?;
    let Some(last) = recorded.last() else { return Ok(false) };
    let (upto, more) = (last.sequence, recorded.len() == INDEX_EVENTS_PER_TURN);
    let mut entries = Vec::new();
    for one in &recorded {
        let Some(event) = Event::decode(&one.bytes) else { continue };
        for (attribute, value) in attributes(&event) {
            let token = token(store, &event.recipient, &event.region, attribute, &value);
            entries.push(IndexEntry { token, time: event.time(), sequence: one.sequence });
        }
    }
    store.index_add(upto, entries).await.map_err(|_| Breakage::Stopped)?;
    Ok(more)
}

fn attributes(event: &Event) -> Vec<(Attribute, String)> {
    let mut found = vec![
        (Attribute::Any, String::new()),
        (Attribute::EventId, uuid::Uuid::from_bytes(event.id).to_string()),
        (Attribute::EventName, event.name.clone()),
        (Attribute::ReadOnly, event.read_only.to_string()),
        (Attribute::EventSource, event.source.clone()),
    ];
    found.extend(event.username().map(|name| (Attribute::Username, name.to_owned())));
    found.extend(event.identity.access_key_id.clone().map(|id| (Attribute::AccessKeyId, id)));
    for resource in &event.resources {
        found.push((Attribute::ResourceName, resource.arn.clone()));
        let kind = (Attribute::ResourceType, resource.kind.clone());
        if !found.contains(&kind) {
            found.push(kind);
        }
        // A name that people use is found as well: the last part of the ARN.
        if let Some((_, name)) = resource.arn.rsplit_once('/') {
            found.push((Attribute::ResourceName, name.to_owned()));
        }
    }
    found
}
