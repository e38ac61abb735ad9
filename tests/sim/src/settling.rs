//! Finds for each call its event, and an order of the calls in which the model answers as the house did.

use crate::ask::{Ask, Told, Verdict, Who};
use crate::model::Model;
use crate::run::Settled;
use crate::sight::{Mismatch, Sight, must};
use crate::town::{Ended, Heard};
use kernel::{Event, EventValue};

/// What a commit that meets conflicts for ever, or a thing that has become another one, is answered with.
const CONFLICTS: [&str; 2] = ["DependencyTimeoutException", "ConcurrentModification"];

impl Settled {
    pub fn of(who: Who, ask: Ask, heard: Heard) -> Self {
        Self { who, ask, heard, event: None }
    }

    /// What became of a call that nobody heard an answer of, out of its event.
    pub fn learn(&mut self) {
        let (Ended::Unheard, Some((_, event))) = (&self.heard.ended, &self.event) else { return };
        if let Some(code) = &event.error_code {
            self.heard.ended = Ended::Refused(code.clone());
            return;
        }
        let id = match self.ask {
            Ask::Plain("CreateKey") => {
                event.resources.first().and_then(|one| one.arn.rsplit('/').next()).map(str::to_owned)
            }
            Ask::User("CreateAccessKey", _) => event.response.as_ref().and_then(access_key_id),
            _ => None,
        };
        self.heard.ended = Ended::Done(id.map_or(Told::Nothing, Told::New));
    }

    /// The event tells of this call, how it ended, and of what it changed. Who is not known has none, and neither has what never
    /// arrived, or was not served.
    pub fn compare(&self) -> Result<(), Mismatch> {
        let code = match &self.heard.ended {
            Ended::Refused(code) => Some(code),
            Ended::Done(_) => None,
            Ended::Unadmitted | Ended::Unheard | Ended::Unserved => {
                return must(self.event.is_none(), Sight::Event, || format!("nobody has done {:?}", self.event));
            }
        };
        let arrived = self.heard.cut.is_none_or(|cut| cut.is_heard());
        let event = self.event.as_ref().filter(|_| arrived).map(|(_, event)| event);
        let lost = || Mismatch { sight: Sight::Event, what: format!("{} has no event, or should", self.ask.name()) };
        let event = event.ok_or_else(lost)?;
        let writes = if code.is_some() { Some(false) } else { self.ask.writes() };
        let same = event.name == self.ask.name()
            && event.error_code.as_ref() == code
            && writes.is_none_or(|writes| writes != event.wrote.is_empty())
            && self.heard.request.as_ref().is_none_or(|request| *request == event.request_id);
        must(same, Sight::Event, || format!("the event is {event:?}, and the caller heard {:?}", self.heard.ended))
    }

    fn has_written(&self) -> Option<u64> {
        self.event.as_ref().filter(|(_, event)| !event.wrote.is_empty()).map(|(place, _)| *place)
    }

    /// Whether this is what the model answers.
    fn agrees(&self, verdict: Verdict) -> bool {
        match (&self.heard.ended, verdict) {
            (Ended::Unheard | Ended::Unserved, _) => true,
            (Ended::Unadmitted, Verdict::Unadmitted) => true,
            (Ended::Unadmitted, _) | (_, Verdict::Unadmitted) => false,
            (_, Verdict::Any) => true,
            (Ended::Refused(code), Verdict::Refused(wanted)) => code == wanted,
            // What nobody heard, nobody can compare.
            (Ended::Done(told), Verdict::Done(wanted)) => {
                *told == Told::Nothing || wanted.is_none_or(|wanted| wanted == *told)
            }
            _ => false,
        }
    }
}

impl Model {
    /// The model after these calls, which were made at once: those that wrote, in the order of their commits, and each of the others upon
    /// some of the states between.
    pub fn after(&self, settled: &[Settled]) -> Result<Self, Mismatch> {
        let mut writers: Vec<_> = settled.iter().filter(|one| one.has_written().is_some()).collect();
        writers.sort_by_key(|one| one.has_written());
        let mut states = vec![self.clone()];
        for one in writers {
            let before = states.last().unwrap();
            if !one.agrees(Self::verdict([before; 3], &one.who, &one.ask)) {
                return Err(disagreement(before, one));
            }
            let mut after = before.clone();
            let new = if let Ended::Done(Told::New(id)) = &one.heard.ended { Some(id.as_str()) } else { None };
            after.apply(&one.ask, new);
            states.push(after);
        }
        for one in settled.iter().filter(|one| one.has_written().is_none()) {
            let conflict = matches!(&one.heard.ended, Ended::Refused(code) if CONFLICTS.contains(&code.as_str()));
            let excused = conflict && settled.len() > 1;
            if !excused && !agrees_with_some(&states, one) {
                return Err(disagreement(self, one));
            }
        }
        Ok(states.pop().unwrap())
    }
}

fn agrees_with_some(states: &[Model], one: &Settled) -> bool {
    let agrees = |states: [&Model; 3]| one.agrees(Model::verdict(states, &one.who, &one.ask));
    let mixed = |door| states.iter().any(|judge| states.iter().any(|found| agrees([door, judge, found])));
    states.iter().any(|state| agrees([state; 3])) || states.iter().any(mixed)
}

fn disagreement(model: &Model, one: &Settled) -> Mismatch {
    let wanted = Model::verdict([model; 3], &one.who, &one.ask);
    let what = format!("{:?} asked {:?}: {:?}, not {wanted:?}", one.who, one.ask, one.heard.ended);
    Mismatch { sight: Sight::Answer, what }
}

/// Gives each call its event. What the house did by itself is left: the keys that it says to have deleted.
pub fn matched(settled: &mut [Settled], events: Vec<(u64, Event)>) -> Result<Vec<String>, Mismatch> {
    let mut deleted = Vec::new();
    for (place, event) in events {
        if event.identity.kind == "AWSService" {
            if event.name == "DeleteKey" && event.error_code.is_none() {
                let arn = event.resources.first().map(|resource| resource.arn.clone()).unwrap_or_default();
                deleted.push(arn.rsplit('/').next().unwrap_or_default().to_owned());
            }
            continue;
        }
        let one = settled.iter_mut().find(|one| one.heard.agent == event.user_agent && one.event.is_none());
        let Some(one) = one else {
            return Err(Mismatch { sight: Sight::Event, what: format!("nobody has called {event:?}") });
        };
        one.event = Some((place, event));
    }
    Ok(deleted)
}

fn access_key_id(value: &EventValue) -> Option<String> {
    let EventValue::Map(entries) = value else { return None };
    entries.iter().find_map(|(name, value)| match value {
        EventValue::Text(text) if name == "accessKeyId" => Some(text.clone()),
        value => access_key_id(value),
    })
}
