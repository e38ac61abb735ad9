//! The plainest format there is: a tree of values, to read from and to write to.

use names::Time;
use secret::Secret;
use shape::{
    EachEntry, EachItem, EachMember, Malformed, Member, Read, Report, Schema, Shape, Sink, Source, TimeFormat, Write,
};
use std::fmt::Write as _;

/// A value on its way in. Structures and maps keep the order in which they are written here.
pub enum Tree {
    Text(&'static str),
    Long(String),
    Blob(&'static [u8]),
    Integer(i64),
    Float(f64),
    Truth(bool),
    Time(i64),
    List(Vec<Tree>),
    Map(Vec<(&'static str, Tree)>),
}

/// Reads an input from the tree: the value, if there is one, and the report.
pub fn read<T: Read + Shape>(tree: Tree) -> (Option<T>, Report) {
    let mut report = Report::new();
    let mut reader = Reader(&tree);
    let value = T::read(T::schema(), &mut reader, &mut report).expect("the tree fits the schema");
    (value, report)
}

/// The violations' text for an input that breaks bounds.
pub fn complaint<T: Read + Shape>(tree: Tree, quoted: bool) -> String {
    let (_, report) = read::<T>(tree);
    shape::violations_text(&report.violations(), quoted)
}

/// Everything that a sink hears, on one line.
pub fn heard<T: Write + Shape>(value: &T) -> String {
    let mut ear = Ear::default();
    value.write(T::schema(), &mut ear);
    ear.heard
}

struct Reader<'a>(&'a Tree);

fn wrong<T>(wanted: &'static str) -> Result<T, Malformed> {
    Err(Malformed::Type { wanted, found: "another" })
}

impl Source for Reader<'_> {
    fn structure(&mut self, schema: &'static Schema, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let Tree::Map(entries) = self.0 else { return wrong("structure") };
        for (name, value) in entries {
            if let Some(index) = schema.member_by_wire(name) {
                each(index, &mut Reader(value))?;
            }
        }
        Ok(())
    }

    fn list(&mut self, _: &'static Schema, each: &mut EachItem<'_>) -> Result<(), Malformed> {
        let Tree::List(items) = self.0 else { return wrong("list") };
        items.iter().try_for_each(|item| each(&mut Reader(item)))
    }

    fn map(&mut self, _: &'static Schema, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let Tree::Map(entries) = self.0 else { return wrong("map") };
        entries.iter().try_for_each(|(key, value)| each(key, &mut Reader(value)))
    }

    fn text(&mut self) -> Result<String, Malformed> {
        match self.0 {
            Tree::Text(text) => Ok((*text).to_owned()),
            Tree::Long(text) => Ok(text.clone()),
            _ => wrong("text"),
        }
    }

    fn blob(&mut self) -> Result<Vec<u8>, Malformed> {
        if let Tree::Blob(bytes) = self.0 { Ok(bytes.to_vec()) } else { wrong("blob") }
    }

    fn integer(&mut self) -> Result<i64, Malformed> {
        if let Tree::Integer(number) = self.0 { Ok(*number) } else { wrong("integer") }
    }

    fn float(&mut self) -> Result<f64, Malformed> {
        if let Tree::Float(number) = self.0 { Ok(*number) } else { wrong("float") }
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        if let Tree::Truth(truth) = self.0 { Ok(*truth) } else { wrong("boolean") }
    }

    fn time(&mut self, _: TimeFormat) -> Result<Time, Malformed> {
        if let Tree::Time(seconds) = self.0 { Ok(Time::from_seconds(*seconds)) } else { wrong("time") }
    }
}

#[derive(Default)]
struct Ear {
    heard: String,
}

impl Ear {
    fn hear(&mut self, value: std::fmt::Arguments<'_>) {
        self.heard.write_fmt(value).expect("a string takes all");
    }
}

impl Sink for Ear {
    fn begin(&mut self, _: &'static Schema, entries: usize) {
        self.hear(format_args!("{entries}( "));
    }

    fn member(&mut self, member: &'static Member) {
        self.hear(format_args!("{}=", member.wire));
    }

    fn item(&mut self) {
        self.hear(format_args!("- "));
    }

    fn key(&mut self, key: &str) {
        self.hear(format_args!("{key}: "));
    }

    fn end(&mut self) {
        self.hear(format_args!(") "));
    }

    fn text(&mut self, text: &str) {
        self.hear(format_args!("{text} "));
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.hear(format_args!("{bytes:?} "));
    }

    fn integer(&mut self, number: i64) {
        self.hear(format_args!("{number} "));
    }

    fn float(&mut self, number: f64) {
        self.hear(format_args!("{number} "));
    }

    fn boolean(&mut self, truth: bool) {
        self.hear(format_args!("{truth} "));
    }

    fn time(&mut self, time: Time) {
        self.hear(format_args!("{time:?} "));
    }

    fn secret(&mut self, schema: &'static Schema, _: &Secret) {
        self.hear(format_args!("<{}> ", schema.name));
    }
}
