//! What must hold of events, whatever the bytes: what is read is what a naive reader of CBOR finds in the same bytes, and what is written
//! is read again, by both.

use kernel::{
    Event, EventKind, EventValue as Value, Identified, KeyUse, KeyVerb, Resource, Settled, SettledRun, SettledUses,
    Wrote,
};
use std::iter::from_fn;

/// The naive reader recurses, and gives up where nothing that is read could stand.
const DEPTH_MAX: usize = 300;

/// Whether the bytes are an event.
pub fn probe(bytes: &[u8]) -> usize {
    round_trip(&made(&mut bytes.iter().copied()));
    let Some(event) = Event::decode(bytes) else { return 0 };
    agree(&event, bytes);
    round_trip(&event);
    assert_eq!(Event::decode(&[bytes, &[0]].concat()), None, "an event is all of the bytes");
    1
}

fn round_trip(event: &Event) {
    let written = event.encode().unwrap();
    agree(event, &written);
    // Encodings are compared, since NaN is not itself.
    let again = Event::decode(&written).unwrap();
    assert_eq!(again.encode(), Some(written));
    assert_eq!((again.time(), again.username()), (event.time(), event.username()));
}

fn agree(event: &Event, bytes: &[u8]) {
    let (tree, rest) = item(bytes, 0).unwrap();
    assert!(rest.is_empty(), "an event is one whole item");
    assert!(of_event(event).is(&tree), "{event:?}\n{tree:?}");
}

/// CBOR as a naive reader has it (RFC 8949).
#[derive(Debug, PartialEq)]
enum Tree {
    Integer(i128),
    Bytes(Vec<u8>),
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(Tree, Tree)>),
    Float(f64),
    Boolean(bool),
    Nothing,
    Unknown,
}

fn item(bytes: &[u8], depth: usize) -> Option<(Tree, &[u8])> {
    if depth > DEPTH_MAX {
        return None;
    }
    let (head, rest) = bytes.split_first()?;
    let (major, low) = (head >> 5, head & 31);
    let (number, mut rest) = argument(low, rest)?;
    let mut items = |per: u64| -> Option<Vec<Tree>> {
        let mut found = Vec::new();
        while number.is_none_or(|number| (found.len() as u64) < number.saturating_mul(per)) {
            if number.is_none() && rest.first() == Some(&0xFF) {
                rest = &rest[1..];
                break;
            }
            let (one, after) = item(rest, depth + 1)?;
            found.push(one);
            rest = after;
        }
        Some(found)
    };
    let tree = match (major, number) {
        (0, Some(number)) => Tree::Integer(number.into()),
        (1, Some(number)) => Tree::Integer(-1 - i128::from(number)),
        (2 | 3, None) => {
            let pieces = items(1)?;
            let whole = |pieces: Vec<Tree>| {
                pieces
                    .into_iter()
                    .map(|piece| if let Tree::Bytes(bytes) = piece { bytes } else { vec![] })
                    .collect::<Vec<_>>()
            };
            match major {
                2 => Tree::Bytes(whole(pieces).concat()),
                _ => Tree::Text(
                    pieces.iter().map(|piece| if let Tree::Text(text) = piece { text } else { "" }).collect(),
                ),
            }
        }
        (2 | 3, Some(number)) => {
            let (text, after) = rest.split_at_checked(usize::try_from(number).ok()?)?;
            rest = after;
            if major == 2 { Tree::Bytes(text.to_vec()) } else { Tree::Text(String::from_utf8(text.to_vec()).ok()?) }
        }
        (4, _) => Tree::List(items(1)?),
        (5, _) => {
            let mut flat = items(2)?.into_iter();
            Tree::Map(from_fn(|| Some((flat.next()?, flat.next()?))).collect())
        }
        (6, Some(_)) => {
            rest = item(rest, depth + 1)?.1;
            Tree::Unknown
        }
        (7, Some(number)) => simple(low, number),
        _ => return None,
    };
    Some((tree, rest))
}

/// The number in or behind a head; no number where a break ends the item.
fn argument(low: u8, rest: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let length = match low {
        0..24 => return Some((Some(low.into()), rest)),
        24..28 => 1 << (low - 24),
        31 => return Some((None, rest)),
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(length)?;
    Some((Some(number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))), rest))
}

fn simple(low: u8, number: u64) -> Tree {
    match low {
        20 | 21 => Tree::Boolean(low == 21),
        22 | 23 => Tree::Nothing,
        26 => Tree::Float(f32::from_bits(number as u32).into()),
        27 => Tree::Float(f64::from_bits(number)),
        _ => Tree::Unknown,
    }
}

/// What of an event should stand in the bytes.
enum Shape {
    Plain(Tree),
    List(Vec<Shape>),
    /// Later versions may have more behind. What is `None` is missing, or nothing.
    Tuple(Vec<Option<Shape>>),
    Fields(Vec<Option<Shape>>),
}

impl Shape {
    fn is(&self, tree: &Tree) -> bool {
        match (self, tree) {
            (Self::Plain(Tree::Float(one)), Tree::Float(other)) => one == other || one.is_nan() && other.is_nan(),
            (Self::Plain(one), other) => one == other,
            (Self::List(shapes), Tree::List(items)) => {
                shapes.len() == items.len() && shapes.iter().zip(items).all(|(shape, item)| shape.is(item))
            }
            (Self::Tuple(shapes), Tree::List(items)) => {
                (0..).zip(shapes).all(|(place, shape)| stands(shape.as_ref(), items.get(place)))
            }
            (Self::Fields(shapes), Tree::Map(entries)) => (0..).zip(shapes).all(|(number, shape)| {
                // The last of two entries with one number is the one that counts.
                let found = entries.iter().rev().find(|(key, _)| *key == Tree::Integer(number));
                stands(shape.as_ref(), found.map(|(_, value)| value))
            }),
            _ => false,
        }
    }
}

fn stands(shape: Option<&Shape>, found: Option<&Tree>) -> bool {
    match (shape, found) {
        (None, None | Some(Tree::Nothing)) => true,
        (Some(shape), Some(found)) => shape.is(found),
        _ => false,
    }
}

fn text(text: &str) -> Option<Shape> {
    Some(Shape::Plain(Tree::Text(text.to_owned())))
}

fn optional(value: &Option<String>) -> Option<Shape> {
    value.as_deref().and_then(text)
}

fn integer(number: impl Into<i128>) -> Option<Shape> {
    Some(Shape::Plain(Tree::Integer(number.into())))
}

fn boolean(value: bool) -> Option<Shape> {
    Some(Shape::Plain(Tree::Boolean(value)))
}

fn bytes(bytes: &[u8]) -> Option<Shape> {
    Some(Shape::Plain(Tree::Bytes(bytes.to_vec())))
}

fn list<T>(items: &[T], shape: impl Fn(&T) -> Shape) -> Option<Shape> {
    Some(Shape::List(items.iter().map(shape).collect()))
}

fn pair((one, other): &(String, String)) -> Shape {
    Shape::Tuple(vec![text(one), text(other)])
}

fn of_event(event: &Event) -> Shape {
    Shape::Fields(vec![
        bytes(&event.id),
        integer(event.time),
        integer(i64::from(event.kind == EventKind::ServiceEvent)),
        text(&event.source),
        text(&event.name),
        text(&event.region),
        text(&event.recipient),
        Some(of_identity(&event.identity)),
        text(&event.source_address),
        text(&event.user_agent),
        text(&event.request_id),
        boolean(event.read_only),
        optional(&event.error_code),
        optional(&event.error_text),
        event.parameters.as_ref().map(of_value),
        event.response.as_ref().map(of_value),
        list(&event.additional, pair),
        list(&event.service_details, pair),
        list(&event.resources, |one| Shape::Tuple(vec![text(&one.arn), text(&one.account), text(&one.kind)])),
        event.tls.as_ref().map(|(version, suite, host)| Shape::Tuple(vec![text(version), text(suite), text(host)])),
        list(&event.statements, |one| Shape::Plain(Tree::Text(one.clone()))),
        list(&event.wrote, of_word),
        boolean(event.prepared),
        boolean(event.dropped),
        list(&event.uses, of_use),
        integer(event.repeated),
        event.settled.as_ref().map(of_settled),
    ])
}

fn of_word(one: &Wrote) -> Shape {
    Shape::Tuple(vec![text(&one.space), bytes(&one.key), one.revision.and_then(integer)])
}

fn of_settled(one: &Settled) -> Shape {
    let run = |run: &SettledRun| Shape::Fields(vec![Some(of_use(&run.first)), integer(run.uses), bytes(&run.head)]);
    let uses =
        |uses: &SettledUses| Shape::Fields(vec![integer(uses.recorded), integer(uses.floor), list(&uses.runs, run)]);
    Shape::Fields(vec![
        integer(one.sequence),
        bytes(&one.link),
        integer(one.part),
        integer(one.parts),
        integer(one.before),
        list(&one.words, of_word),
        one.uses.as_ref().map(uses),
    ])
}

fn of_identity(one: &Identified) -> Shape {
    let more = [&one.access_key_id, &one.user_name, &one.invoked_by].map(optional);
    Shape::Fields(
        [&one.kind, &one.principal_id, &one.arn, &one.account].map(|one| text(one)).into_iter().chain(more).collect(),
    )
}

fn of_use(one: &KeyUse) -> Shape {
    let verb = match one.verb {
        KeyVerb::CreateAccessKey => 1,
        KeyVerb::Create => 2,
        KeyVerb::Encrypt => 3,
        KeyVerb::Decrypt => 4,
        KeyVerb::Generate => 5,
        KeyVerb::Random => 6,
        KeyVerb::Destroy => 7,
    };
    let (key, ticket, digest) = (bytes(&one.backing_key), bytes(&one.ticket), bytes(&one.digest));
    Shape::Fields(vec![integer(one.number), integer(verb), key, ticket, integer(one.time), digest])
}

fn of_value(value: &Value) -> Shape {
    let entry = |(name, value): &(String, Value)| Shape::Tuple(vec![text(name), Some(of_value(value))]);
    let (number, field) = match value {
        Value::Map(entries) => (0, list(entries, entry)),
        Value::List(values) => (1, list(values, of_value)),
        Value::Text(value) => (2, text(value)),
        Value::Integer(value) => (3, integer(*value)),
        Value::Float(value) => (4, Some(Shape::Plain(Tree::Float(*value)))),
        Value::Boolean(value) => (5, boolean(*value)),
        Value::Time(value) => (6, integer(*value)),
    };
    Shape::Tuple(vec![integer(number), Some(Shape::Tuple(vec![field]))])
}

/// An event that the bytes describe. Every sequence of bytes describes one.
fn made(bytes: &mut impl Iterator<Item = u8>) -> Event {
    let mut event = Event { id: fixed(bytes), time: number(bytes) as i64, source: word(bytes), ..Event::default() };
    event.kind = if flag(bytes) { EventKind::ServiceEvent } else { EventKind::ApiCall };
    event.identity =
        Identified { kind: word(bytes), user_name: flag(bytes).then(|| word(bytes)), ..Identified::default() };
    (event.read_only, event.prepared, event.dropped) = (flag(bytes), flag(bytes), flag(bytes));
    event.error_code = flag(bytes).then(|| word(bytes));
    event.parameters = flag(bytes).then(|| value(bytes, 6));
    event.response = flag(bytes).then(|| value(bytes, 6));
    event.additional = few(bytes, |bytes| (word(bytes), word(bytes)));
    event.resources = few(bytes, |bytes| Resource { arn: word(bytes), account: word(bytes), kind: word(bytes) });
    event.tls = flag(bytes).then(|| (word(bytes), word(bytes), word(bytes)));
    event.statements = few(bytes, word);
    event.wrote = few(bytes, |bytes| Wrote {
        space: word(bytes),
        key: fixed::<3>(bytes).to_vec(),
        revision: flag(bytes).then(|| number(bytes)),
    });
    event.uses = few(bytes, key_use);
    event.repeated = number(bytes);
    event.settled = flag(bytes).then(|| Settled {
        sequence: number(bytes),
        link: fixed(bytes),
        words: event.wrote.clone(),
        uses: flag(bytes).then(|| SettledUses {
            recorded: number(bytes),
            floor: number(bytes),
            runs: few(bytes, |bytes| SettledRun { first: key_use(bytes), uses: number(bytes), head: fixed(bytes) }),
        }),
        ..Settled::default()
    });
    event
}

fn key_use(bytes: &mut impl Iterator<Item = u8>) -> KeyUse {
    KeyUse {
        number: number(bytes),
        verb: if flag(bytes) { KeyVerb::Decrypt } else { KeyVerb::Destroy },
        backing_key: fixed(bytes),
        ticket: fixed(bytes),
        time: number(bytes) as i64,
        digest: fixed(bytes),
    }
}

fn value(bytes: &mut impl Iterator<Item = u8>, depth: usize) -> Value {
    match bytes.next().unwrap_or_default() % 7 {
        // Iterators of iterators of iterators would have types without end.
        0 if depth > 0 => Value::Map((0..count(bytes)).map(|_| (word(bytes), value(bytes, depth - 1))).collect()),
        1 if depth > 0 => Value::List((0..count(bytes)).map(|_| value(bytes, depth - 1)).collect()),
        2 => Value::Text(word(bytes)),
        3 => Value::Float(f64::from_bits(number(bytes))),
        4 => Value::Boolean(flag(bytes)),
        5 => Value::Time(number(bytes) as i64),
        _ => Value::Integer(number(bytes) as i64),
    }
}

fn few<I: Iterator<Item = u8>, T>(bytes: &mut I, one: impl Fn(&mut I) -> T) -> Vec<T> {
    (0..count(bytes)).map(|_| one(bytes)).collect()
}

fn count(bytes: &mut impl Iterator<Item = u8>) -> u8 {
    bytes.next().unwrap_or_default() % 4
}

fn flag(bytes: &mut impl Iterator<Item = u8>) -> bool {
    bytes.next().unwrap_or_default() & 1 == 1
}

/// Small numbers are as frequent as those of eight bytes.
fn number(bytes: &mut impl Iterator<Item = u8>) -> u64 {
    let length = bytes.next().unwrap_or_default() % 9;
    (0..length).fold(0, |number, _| number << 8 | u64::from(bytes.next().unwrap_or_default()))
}

fn word(bytes: &mut impl Iterator<Item = u8>) -> String {
    (0..bytes.next().unwrap_or_default() % 30).map(|_| char::from(bytes.next().unwrap_or_default())).collect()
}

fn fixed<const N: usize>(bytes: &mut impl Iterator<Item = u8>) -> [u8; N] {
    std::array::from_fn(|_| bytes.next().unwrap_or_default())
}
