//! cloudtrail:LookupEvents <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>

use crate::fault::Fault;
use crate::{CloudTrail, record};
use kernel::{
    Action, Aim, Attribute, Authorized, Class, Demands, Desk, Found, Nothing, Operation, Outside, Stop, TrailReader,
};
use names::Time;
use shapes_cloudtrail::{LookupAttribute, LookupEventsInput, LookupEventsOutput};
use std::time::Duration;
use store::Cursor;

pub struct LookupEvents;

/// One page of the history, newest first.
pub struct Looked {
    events: Vec<kernel::Event>,
    next_token: Option<String>,
}

/// How far back events can be looked up. How long the trail itself keeps them is the operator's to say.
const HISTORY_DAYS_MAX: u32 = 90;
const EVENTS_PER_PAGE_MAX: usize = 50;
const VALUE_CHARS_MAX: usize = 2_000;
/// The one category that is not that of management events.
const INSIGHT: &str = "insight";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Operation for LookupEvents {
    type Shape = shapes_cloudtrail::LookupEvents;
    type Service = CloudTrail;
    type Target = Nothing;
    type Staged = Looked;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(_: &LookupEventsInput) -> Result<Aim<Nothing>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &LookupEventsInput, all: &Found<Nothing>) -> Demands {
        Demands::on(Action("cloudtrail:LookupEvents"), all.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        Query::of(call.input(), call.scene().now).map(|_| ())
    }

    /// The history is read here, and not from the tables: the trail is the house's, and what is on it does not change.
    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Looked, Stop<Fault>> {
        let (input, scene) = (call.input(), call.scene());
        let query = Query::of(input, scene.now)?;
        let markers = outside.markers(&query.about().each_ref().map(String::as_str));
        let after = match &input.next_token {
            Some(token) => {
                let cursor = markers.open(token).map_err(|_| Fault::NextToken)?;
                Some(place(&cursor).ok_or(Fault::NextToken)?)
            }
            None => None,
        };
        if query.insight {
            // There are no Insights events: no trail of this house has Insights enabled.
            return Ok(Looked { events: Vec::new(), next_token: None });
        }
        let trail = outside.tool::<TrailReader>()?;
        let home = (scene.account, &scene.region);
        // One more than the page has, to know whether there is a next one.
        let mut found = trail.lookup(home, query.attribute, query.between, after, query.events_max + 1).await?;
        let more = found.len() > query.events_max;
        found.truncate(query.events_max);
        let next_token = match found.last().filter(|_| more) {
            Some((sequence, last)) => Some(markers.seal(&cursor(last.time(), *sequence))?),
            None => None,
        };
        Ok(Looked { events: found.into_iter().map(|(_, event)| event).collect(), next_token })
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        looked: &Looked,
        _: &mut Desk<'_, CloudTrail>,
    ) -> Result<LookupEventsOutput, Stop<Fault>> {
        Ok(LookupEventsOutput {
            events: Some(looked.events.iter().map(shown).collect()),
            next_token: looked.next_token.clone(),
        })
    }
}

/// What is asked, within its bounds.
struct Query<'a> {
    attribute: (Attribute, &'a str),
    start: Option<Time>,
    end: Option<Time>,
    between: (Time, Time),
    events_max: usize,
    insight: bool,
}

impl<'a> Query<'a> {
    fn of(input: &'a LookupEventsInput, now: Time) -> Result<Self, Fault> {
        let insight = match input.event_category.as_deref() {
            None => false,
            Some(INSIGHT) => true,
            Some(_) => return Err(Fault::EventCategory),
        };
        let attribute = match input.lookup_attributes.as_deref().unwrap_or_default() {
            [] => (Attribute::Any, ""),
            [one] => sound(one, insight)?,
            [_, _, ..] => return Err(Fault::LookupAttributes("LookupAttributes can contain only one item.")),
        };
        let events_max = match input.max_results {
            None => EVENTS_PER_PAGE_MAX,
            Some(number) => usize::try_from(number)
                .ok()
                .filter(|number| (1..=EVENTS_PER_PAGE_MAX).contains(number))
                .ok_or(Fault::MaxResults(number))?,
        };
        let (start, end) = (input.start_time, input.end_time);
        let oldest = now - DAY * HISTORY_DAYS_MAX;
        if start.is_some_and(|start| start > end.unwrap_or(now)) {
            return Err(Fault::TimeRange);
        }
        // Both ends are included, and events show their time in whole seconds: so they are compared.
        let from = start.map_or(oldest, |start| whole_second(start + Duration::from_micros(999_999))).max(oldest);
        let to = whole_second(end.unwrap_or(now)) + Duration::from_micros(999_999);
        Ok(Self { attribute, start, end, between: (from, to), events_max, insight })
    }

    /// What else shapes the list: a token is good for the same look-up only, though its pages may have another length.
    fn about(&self) -> [String; 5] {
        let time = |time: Option<Time>| time.map(|time| time.micros().to_string()).unwrap_or_default();
        let (attribute, value) = self.attribute;
        [format!("{attribute:?}"), value.to_owned(), time(self.start), time(self.end), self.insight.to_string()]
    }
}

fn whole_second(time: Time) -> Time {
    Time::from_seconds(time.seconds())
}

fn sound(asked: &LookupAttribute, insight: bool) -> Result<(Attribute, &str), Fault> {
    let attribute =
        attribute(&asked.attribute_key).ok_or(Fault::LookupAttributes("Lookup attribute key is not valid."))?;
    if insight && !matches!(attribute, Attribute::EventId | Attribute::EventName | Attribute::EventSource) {
        let text = "Insights events can be looked up by EventId, EventName and EventSource.";
        return Err(Fault::LookupAttributes(text));
    }
    if !(1..=VALUE_CHARS_MAX).contains(&asked.attribute_value.chars().count()) {
        return Err(Fault::LookupAttributes("Lookup attribute value is not valid."));
    }
    Ok((attribute, &asked.attribute_value))
}

fn attribute(key: &str) -> Option<Attribute> {
    Some(match key {
        "EventId" => Attribute::EventId,
        "EventName" => Attribute::EventName,
        "ReadOnly" => Attribute::ReadOnly,
        "Username" => Attribute::Username,
        "ResourceType" => Attribute::ResourceType,
        "ResourceName" => Attribute::ResourceName,
        "EventSource" => Attribute::EventSource,
        "AccessKeyId" => Attribute::AccessKeyId,
        _ => return None,
    })
}

fn cursor(time: Time, sequence: u64) -> Cursor {
    Cursor([time.micros().to_be_bytes(), sequence.to_be_bytes()].concat())
}

fn place(cursor: &Cursor) -> Option<(Time, u64)> {
    let (time, sequence) = cursor.0.split_first_chunk()?;
    let sequence = sequence.try_into().ok()?;
    Some((Time::from_micros(i64::from_be_bytes(*time)), u64::from_be_bytes(sequence)))
}

/// An event as the history lists it.
fn shown(event: &kernel::Event) -> shapes_cloudtrail::Event {
    let resource = |resource: &kernel::Resource| shapes_cloudtrail::Resource {
        resource_type: Some(resource.kind.clone()),
        resource_name: Some(resource.arn.clone()),
    };
    shapes_cloudtrail::Event {
        event_id: Some(record::event_id(event)),
        event_name: Some(event.name.clone()),
        read_only: Some(event.read_only.to_string()),
        access_key_id: event.identity.access_key_id.clone(),
        event_time: Some(whole_second(event.time())),
        event_source: Some(event.source.clone()),
        username: event.username().map(str::to_owned),
        resources: Some(event.resources.iter().map(resource).collect()),
        cloud_trail_event: Some(record::json(event)),
    }
}
