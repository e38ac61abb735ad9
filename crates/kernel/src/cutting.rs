//! Which events may be cut off the beginning of the trail, and what is to be kept of them.

use crate::trail::Findable;
use crate::{Breakage, Event, Settled, Testimony, UseFlaw};
use names::Time;
use store::{Anchor, Recorded, Root, Store, Terms};

/// One cut has so many events at most, ...
const CUT_EVENTS_MIN: usize = 4_096;
/// ... or as many as there are rows, whose words are written anew with each cut, if those are more and no more than this.
const CUT_EVENTS_MAX: usize = 65_536;

/// How old events have to be.
#[derive(Clone, Copy, Debug)]
pub struct Ages {
    /// What is from before this time may be cut, ...
    pub before: Time,
    /// ... and is, as soon as there is something from before this one: so not every few events cost a record of their own.
    pub overdue: Time,
}

/// A cut that is still to be told and made.
pub struct Cut {
    /// The last event that goes.
    pub anchor: Anchor,
    /// What the trail has to be told before, an event each.
    pub settled: Vec<Settled>,
    /// By what the events were found, which go.
    pub terms: Vec<Terms>,
}

/// Why nothing can be cut, whether it is old enough or not.
#[derive(Debug, thiserror::Error)]
pub enum NoCut {
    #[error(transparent)]
    Broken(#[from] Breakage),
    /// It stays so: what is wrong with a trail that is cut would be gone.
    #[error("the record of the uses of keys is broken ({0}), so the trail is not cut: see `kagiban trail verify`")]
    Flawed(UseFlaw),
}

/// What can be cut now; `None` if there is nothing. No event beyond `upto` goes, and none that the look-up index does not have yet; and
/// of those that are sealed as one, all or none.
pub async fn plan_cut(store: &Store, ages: Ages, upto: u64) -> Result<Option<Cut>, NoCut> {
    let root = store.root().await.map_err(Breakage::from)?;
    let mut last =
        root.map_or(Anchor { sequence: 0, link: [0; 32] }, |Root { sequence, link, .. }| Anchor { sequence, link });
    let upto = upto.min(store.indexed_upto().await.map_err(Breakage::from)?);
    let mut next = behind(store, last).await?;
    let may_go =
        |events: &[Event], end: Anchor| end.sequence <= upto && events.iter().all(|event| event.time() < ages.before);
    let is_due = |events: &[Event]| events.iter().any(|event| event.time() < ages.overdue);
    // Before anything is read of what was cut earlier: this is asked every few seconds.
    if next.as_ref().is_none_or(|(events, end)| !may_go(events, *end) || !is_due(events)) {
        return Ok(None);
    }
    let (mut testimony, mut terms) = (before(store, root).await?, Vec::new());
    let events_max = testimony.words().clamp(CUT_EVENTS_MIN, CUT_EVENTS_MAX);
    while let Some((events, end)) = next
        && may_go(&events, end)
        && terms.len() < events_max
    {
        for event in &events {
            testimony.hear(event);
            terms.push(Findable::from(event).terms());
        }
        last = end;
        next = behind(store, last).await?;
    }
    if let Some(flaw) = testimony.uses().flaw {
        return Err(NoCut::Flawed(flaw));
    }
    let settled = testimony.settled(last.sequence, last.link).ok_or(Breakage::Unwritable)?;
    Ok(Some(Cut { anchor: last, settled, terms }))
}

/// The events behind a place that were sealed as one, and the last of them. Whatever is wrong with them, they are not cut.
async fn behind(store: &Store, anchor: Anchor) -> Result<Option<(Vec<Event>, Anchor)>, Breakage> {
    let Some((events, end)) = store.trail_behind(anchor).await? else { return Ok(None) };
    let read = |recorded: &Recorded| Event::decode(&recorded.bytes).ok_or(Breakage::Unreadable);
    Ok(Some((events.iter().map(read).collect::<Result<_, _>>()?, end)))
}

/// What is known of the events that were cut before.
async fn before(store: &Store, root: Option<Root>) -> Result<Testimony, Breakage> {
    let (mut parts, mut place) = (Vec::new(), root.map_or(0, |root| root.told));
    while place > 0 {
        let recorded = store.trail_around(place).await?.into_iter().find(|recorded| recorded.sequence == place);
        let part = recorded.and_then(|recorded| Event::decode(&recorded.bytes)).and_then(|event| event.settled);
        let part = part.ok_or(Breakage::Unreadable)?;
        place = part.before.min(place.saturating_sub(1));
        parts.push(Event { settled: Some(part), ..Event::default() });
    }
    let mut testimony = Testimony::default().behind(root);
    parts.iter().rev().for_each(|part| testimony.hear(part));
    if let Err(untold) = testimony.settle() {
        tracing::error!(cause = %untold, "what was cut off the trail before is not known");
        return Err(Breakage::Unreadable);
    }
    Ok(testimony)
}
