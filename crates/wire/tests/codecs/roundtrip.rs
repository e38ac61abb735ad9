//! Values of schemas made at random are written and read again.

use crate::keys::{keys, receipt};
use crate::tree::Tree;
use crate::xml::{self, Element};
use base64::Engine as _;
use names::Time;
use proptest::prelude::*;
use shape::{Kind, Location, Member, Schema, Secrecy, Shown, TimeFormat};
use wire::cbor::{CborSink, CborSource};
use wire::json::{JsonSink, JsonSource};
use wire::query::{Form, FormSource};
use wire::xml::XmlSink;

/// Numbers for schemas and values, from one seed (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % sides
    }

    fn of<T: Copy>(&mut self, faces: &[T]) -> T {
        faces[self.roll(faces.len() as u64) as usize]
    }

    fn text(&mut self) -> String {
        const LETTERS: &[char] = &[
            'a',
            'Z',
            '0',
            ' ',
            '+',
            '%',
            '&',
            '=',
            '.',
            '<',
            '"',
            '\'',
            '\\',
            '/',
            '\n',
            '\t',
            '\r',
            '\u{e4}',
            '\u{756a}',
            '\u{1f511}',
        ];
        (0..self.roll(8)).map(|_| self.of(LETTERS)).collect()
    }
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn schema(dice: &mut Dice, depth: usize) -> &'static Schema {
    let sides = if depth < 4 { 10 } else { 6 };
    let secret = dice.roll(4) == 0;
    let kind = match dice.roll(sides) {
        0 => Kind::Text { min: 0, max: u64::MAX, pattern: None },
        1 => Kind::Blob { min: 0, max: u64::MAX },
        2 => Kind::Integer { min: i64::MIN, max: i64::MAX, wide: true },
        3 => Kind::Float,
        4 => Kind::Boolean,
        5 => Kind::Time,
        6 => {
            let item_name = dice.of(&["member", "item"]);
            Kind::List { item: schema(dice, depth + 1), item_name, flattened: dice.roll(3) == 0, min: 0, max: u64::MAX }
        }
        7 => Kind::Map {
            key: leak(Schema {
                name: "Key",
                kind: Kind::Text { min: 0, max: u64::MAX, pattern: None },
                secrecy: Secrecy::Public,
            }),
            value: schema(dice, depth + 1),
            key_name: dice.of(&["key", "K"]),
            value_name: dice.of(&["value", "V"]),
            flattened: dice.roll(3) == 0,
            min: 0,
            max: u64::MAX,
        },
        _ => structure(dice, depth + 1),
    };
    leak(Schema { name: "Made", kind, secrecy: if secret { Secrecy::Secret } else { Secrecy::Public } })
}

fn structure(dice: &mut Dice, depth: usize) -> Kind {
    const NAMES: &[&str] = &["A", "B", "AB", "A-", "\u{e4}", "Key"];
    let count = dice.roll(NAMES.len() as u64 + 1) as usize;
    let members = NAMES.iter().take(count).map(|name| Member {
        name,
        wire: name,
        location: Location::Body,
        required: false,
        secrecy: Secrecy::Public,
        shown: Shown::OnTrail,
        time: dice.of(&[TimeFormat::ByProtocol, TimeFormat::Epoch, TimeFormat::Iso, TimeFormat::Http]),
        schema: schema(dice, depth),
    });
    Kind::Structure { members: Vec::leak(members.collect()) }
}

fn top(dice: &mut Dice) -> &'static Schema {
    let kind = structure(dice, 0);
    leak(Schema { name: "Top", kind, secrecy: Secrecy::Public })
}

fn value(schema: &'static Schema, dice: &mut Dice) -> Tree {
    match schema.kind {
        Kind::Structure { members } => {
            let mut values = std::collections::BTreeMap::new();
            for (index, member) in members.iter().enumerate() {
                if dice.roll(4) > 0 {
                    values.insert(index, value(member.schema, dice));
                }
            }
            Tree::Structure(values)
        }
        Kind::List { item, .. } => Tree::List((0..dice.roll(4)).map(|_| value(item, dice)).collect()),
        Kind::Map { value: entry, .. } => {
            Tree::Map((0..dice.roll(4)).map(|_| (dice.text(), value(entry, dice))).collect())
        }
        Kind::Text { .. } | Kind::Enumeration { .. } => Tree::Text(dice.text()),
        Kind::Blob { .. } => Tree::Blob((0..dice.roll(9)).map(|_| dice.roll(256) as u8).collect()),
        Kind::Integer { .. } => Tree::Integer(dice.of(&[0, 1, -1, 23, 24, 256, i64::MAX, i64::MIN])),
        Kind::Float => Tree::float(dice.of(&[
            0.0,
            -0.0,
            1.5,
            1e300,
            -1e-300,
            5e-324,
            0.1,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ])),
        Kind::Boolean => Tree::Boolean(dice.roll(2) == 0),
        // Whole seconds: not all formats have fractions.
        Kind::Time => Tree::Time(dice.of(&[0, -1, 1_398_796_238, 253_402_207_200, -62_135_596_800]) * 1_000_000),
    }
}

/// The value as it stands in a structure, list or map that is not there at all when it is empty: flattened lists and maps have no
/// element or parameter of their own. Empty structures and lists inside such a list would have none either, so no such schema is used.
fn has_no_ground(schema: &'static Schema) -> bool {
    match schema.kind {
        Kind::Structure { members } => members.iter().any(|member| has_no_ground(member.schema)),
        Kind::List { item, .. } => aggregate(item),
        Kind::Map { value, .. } => aggregate(value),
        _ => false,
    }
}

fn aggregate(schema: &'static Schema) -> bool {
    matches!(schema.kind, Kind::Structure { .. } | Kind::List { .. } | Kind::Map { .. })
}

/// As botocore's QuerySerializer writes it.
fn parameters(schema: &'static Schema, value: &Tree, time: TimeFormat, name: &str, out: &mut Vec<String>) {
    let join = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    let text = match (value, &schema.kind) {
        (Tree::Structure(values), Kind::Structure { members }) => {
            for (index, value) in values {
                parameters(members[*index].schema, value, members[*index].time, &join(members[*index].wire), out);
            }
            return;
        }
        (Tree::List(items), Kind::List { item, item_name, flattened, .. }) if !items.is_empty() => {
            let name = if *flattened { name.to_owned() } else { join(item_name) };
            for (at, value) in items.iter().enumerate() {
                parameters(item, value, TimeFormat::ByProtocol, &format!("{name}.{}", at + 1), out);
            }
            return;
        }
        (Tree::Map(entries), Kind::Map { key, value, key_name, value_name, flattened, .. }) if !entries.is_empty() => {
            let name = if *flattened { name.to_owned() } else { join("entry") };
            for (at, (entry_key, entry)) in entries.iter().enumerate() {
                let name = format!("{name}.{}", at + 1);
                let entry_key = Tree::Text(entry_key.clone());
                parameters(key, &entry_key, TimeFormat::ByProtocol, &format!("{name}.{key_name}"), out);
                parameters(value, entry, TimeFormat::ByProtocol, &format!("{name}.{value_name}"), out);
            }
            return;
        }
        (Tree::List(_) | Tree::Map(_), _) => String::new(),
        (scalar, _) => spelled(scalar, time),
    };
    let escape = |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect() };
    out.push(format!("{}={}", escape(name), escape(&text)));
}

/// A scalar as the query protocol and XML spell it.
fn spelled(value: &Tree, time: TimeFormat) -> String {
    match value {
        Tree::Text(text) => text.clone(),
        Tree::Blob(bytes) => base64::engine::general_purpose::STANDARD.encode(bytes),
        Tree::Integer(number) => number.to_string(),
        Tree::Boolean(truth) => truth.to_string(),
        Tree::Float(bits) => match f64::from_bits(*bits) {
            number if number.is_nan() => "NaN".to_owned(),
            f64::INFINITY => "Infinity".to_owned(),
            f64::NEG_INFINITY => "-Infinity".to_owned(),
            number => format!("{number:?}"),
        },
        Tree::Time(micros) => {
            let time_value = Time::from_micros(*micros);
            match time {
                TimeFormat::ByProtocol | TimeFormat::Iso => time_value.iso(),
                TimeFormat::Epoch => time_value.seconds().to_string(),
                TimeFormat::Http => time_value.format("%a, %d %b %Y %H:%M:%S GMT"),
            }
        }
        other => panic!("no scalar: {other:?}"),
    }
}

/// The elements that a value under `name` must have.
fn elements(schema: &'static Schema, value: &Tree, time: TimeFormat, name: &str) -> Vec<Element> {
    let group = |name: &str, children: Vec<Element>| Element { name: name.to_owned(), text: String::new(), children };
    match (value, &schema.kind) {
        (Tree::Structure(values), Kind::Structure { members }) => {
            let children = values.iter().flat_map(|(index, value)| {
                let member = &members[*index];
                elements(member.schema, value, member.time, member.wire)
            });
            vec![group(name, children.collect())]
        }
        (Tree::List(items), Kind::List { item, item_name, flattened, .. }) => {
            let each = if *flattened { name } else { item_name };
            let items = items.iter().flat_map(|value| elements(item, value, TimeFormat::ByProtocol, each)).collect();
            if *flattened { items } else { vec![group(name, items)] }
        }
        (Tree::Map(entries), Kind::Map { value, key_name, value_name, flattened, .. }) => {
            let each = if *flattened { name } else { "entry" };
            let entries = entries.iter().map(|(key, entry)| {
                let mut children = vec![scalar_element(key_name, key)];
                children.extend(elements(value, entry, TimeFormat::ByProtocol, value_name));
                group(each, children)
            });
            let entries = entries.collect();
            if *flattened { entries } else { vec![group(name, entries)] }
        }
        (scalar, _) => vec![scalar_element(name, &spelled(scalar, time))],
    }
}

/// The comparison leaves blank texts out.
fn scalar_element(name: &str, text: &str) -> Element {
    let text = if text.trim().is_empty() { "" } else { text };
    Element { name: name.to_owned(), text: text.to_owned(), children: Vec::new() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_reads_what_it_writes(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let schema = top(&mut dice);
        let tree = value(schema, &mut dice);
        let receipt = receipt();
        let mut sink = JsonSink::new(&keys().exit, &receipt);
        tree.write(schema, &mut sink);
        let written = sink.finish();
        serde_json::from_slice::<serde_json::Value>(&written).unwrap();
        let mut source = JsonSource::new(&written).unwrap();
        prop_assert_eq!(Tree::read(schema, &mut source).unwrap(), tree);
        source.finish().unwrap();
    }

    #[test]
    fn cbor_reads_what_it_writes(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let schema = top(&mut dice);
        let tree = value(schema, &mut dice);
        let receipt = receipt();
        let mut sink = CborSink::new(&keys().exit, &receipt);
        tree.write(schema, &mut sink);
        let written = sink.finish();
        let mut source = CborSource::new(&written);
        prop_assert_eq!(Tree::read(schema, &mut source).unwrap(), tree);
        source.finish().unwrap();
    }

    #[test]
    fn fractions_of_seconds_survive(millis in -62_135_596_800_000_i64..253_402_207_200_000) {
        let schema = &crate::kitchen::KITCHEN;
        let index = schema.member_by_wire("time").unwrap();
        let tree = Tree::Structure([(index, Tree::Time(millis * 1_000))].into());
        let receipt = receipt();
        let mut sink = JsonSink::new(&keys().exit, &receipt);
        tree.write(schema, &mut sink);
        let written = sink.finish();
        prop_assert_eq!(&Tree::read(schema, &mut JsonSource::new(&written).unwrap()).unwrap(), &tree);
        let mut sink = CborSink::new(&keys().exit, &receipt);
        tree.write(schema, &mut sink);
        let written = sink.finish();
        let Tree::Structure(read) = Tree::read(schema, &mut CborSource::new(&written)).unwrap() else { panic!() };
        let Tree::Time(read) = read[&index] else { panic!() };
        // A double holds milliseconds of today to a quarter of a microsecond, those of the year 9999 to some 30.
        prop_assert!(read.abs_diff(millis * 1_000) <= 50);
    }

    #[test]
    fn the_query_protocol_reads_what_botocore_would_write(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let schema = top(&mut dice);
        if has_no_ground(schema) {
            return Ok(());
        }
        let tree = value(schema, &mut dice);
        let mut out = Vec::new();
        parameters(schema, &tree, TimeFormat::ByProtocol, "", &mut out);
        let form = Form::parse("", out.join("&").as_bytes()).unwrap();
        // A structure without members has no parameter at all, so the client's empty one does not arrive.
        let read = Tree::read(schema, &mut FormSource::new(&form)).unwrap();
        prop_assert_eq!(pruned(read), pruned(tree));
    }

    #[test]
    fn xml_says_what_was_meant(seed in 1..u64::MAX) {
        let mut dice = Dice(seed);
        let schema = top(&mut dice);
        let tree = value(schema, &mut dice);
        let receipt = receipt();
        let mut sink = XmlSink::new(&keys().exit, &receipt);
        tree.write(schema, &mut sink);
        let document = format!("<top>{}</top>", String::from_utf8(sink.finish()).unwrap());
        prop_assert_eq!(vec![xml::parse(&document)], elements(schema, &tree, TimeFormat::ByProtocol, "top"), "{}", document);
    }
}

/// Without empty structures.
fn pruned(tree: Tree) -> Tree {
    let Tree::Structure(values) = tree else { return tree };
    let values = values.into_iter().map(|(index, value)| (index, pruned(value)));
    Tree::Structure(
        values.filter(|(_, value)| !matches!(value, Tree::Structure(values) if values.is_empty())).collect(),
    )
}
