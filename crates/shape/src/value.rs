//! Reading and writing of values by their schemas, and the check of every bound on the way in.

use crate::report::Value;
use crate::{Constraint, Kind, Malformed, Report, Schema, Secrecy, Sink, Source, TimeFormat};
use bytes::Bytes;
use names::{KeyRef, Time};
use secret::{Private, Secret};
use std::collections::BTreeMap;
use std::fmt::Display;

/// A generated structure.
pub trait Shape {
    fn schema() -> &'static Schema;
}

/// What can be written to any format.
pub trait Write {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink);
}

/// What can be read from any format. `None` says that violations were reported and no value can be made.
pub trait Read: Sized {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed>;
}

/// A generated enumeration. Unknown values never become one: they are violations.
pub trait Enumeration: Sized + Copy + 'static {
    fn of(text: &str) -> Option<Self>;

    fn as_str(self) -> &'static str;
}

/// What [`read_members`] calls once a member.
pub type ReadMember<'a> = dyn FnMut(usize, &mut dyn Source, &mut Report) -> Result<(), Malformed> + 'a;

/// Reads the members of a structure, keeps the report's place, and notes required members that are missing. `each` reads one member.
pub fn read_members(
    schema: &'static Schema,
    source: &mut dyn Source,
    report: &mut Report,
    each: &mut ReadMember<'_>,
) -> Result<(), Malformed> {
    let members = schema.members();
    let mut seen = 0_u128;
    source.structure(schema, &mut |index, source| {
        let Some(member) = members.get(index) else { return Ok(()) };
        seen |= 1 << index;
        report.enter_member(index, member);
        // On an error the place is kept, so that the caller's text can name it.
        each(index, source, report)?;
        report.leave();
        Ok(())
    })?;
    for (index, member) in members.iter().enumerate() {
        if member.required && seen & (1 << index) == 0 {
            report.enter_member(index, member);
            report.violate(Value::Null, Constraint::NotNull);
            report.leave();
        }
    }
    Ok(())
}

/// Reads one member's value for generated code.
pub fn finish_member<T: Read>(
    schema: &'static Schema,
    index: usize,
    slot: &mut Option<T>,
    source: &mut dyn Source,
    report: &mut Report,
) -> Result<(), Malformed> {
    if let Some(member) = schema.members().get(index) {
        *slot = T::read(member.schema, source, report)?;
    }
    Ok(())
}

/// Writes a structure for generated code: one value a member, in the schema's order, `None` for what is absent.
pub fn write_members(schema: &'static Schema, sink: &mut dyn Sink, values: &[Option<&dyn Write>]) {
    sink.begin(schema, values.iter().flatten().count());
    for (member, value) in schema.members().iter().zip(values) {
        if let Some(value) = value {
            sink.member(member);
            value.write(member.schema, sink);
        }
    }
    sink.end();
}

/// An optional member for [`write_members`].
pub fn present<T: Write>(value: &Option<T>) -> Option<&dyn Write> {
    value.as_ref().map(|value| value as &dyn Write)
}

fn check_length(length: u64, min: u64, max: u64, shown: impl Fn() -> Value, report: &mut Report) {
    if let Some(rule) = broken_length(length, min, max) {
        report.violate(shown(), rule);
    }
}

fn broken_length(length: u64, min: u64, max: u64) -> Option<Constraint> {
    match length {
        _ if length < min => Some(Constraint::LengthMin(min)),
        _ if length > max => Some(Constraint::LengthMax(max)),
        _ => None,
    }
}

/// The rules that a text breaks. Where AWS's answers name both, the pattern stands before the length.
fn broken(schema: &'static Schema, text: &str) -> Vec<Constraint> {
    let mut broken = Vec::new();
    match &schema.kind {
        Kind::Text { min, max, pattern } => {
            let unmatched = pattern.filter(|pattern| !pattern.admits(text));
            broken.extend(unmatched.map(|pattern| Constraint::Pattern(pattern.text)));
            broken.extend(broken_length(text.chars().count() as u64, *min, *max));
        }
        Kind::Enumeration { values } if !values.contains(&text) => broken.push(Constraint::Values(values)),
        _ => {}
    }
    broken
}

/// The rules of a list's items, in the order in which AWS names them.
fn rules(schema: &'static Schema) -> Vec<Constraint> {
    let mut rules = Vec::new();
    match &schema.kind {
        Kind::Text { min, max, pattern } => {
            rules.extend(lengths(*min, *max));
            rules.extend(pattern.map(|pattern| Constraint::Pattern(pattern.text)));
        }
        Kind::Blob { min, max } => rules.extend(lengths(*min, *max)),
        Kind::Integer { min, max, .. } => {
            rules.extend((*max < i64::MAX).then_some(Constraint::ValueMax(*max)));
            rules.extend((*min > i64::MIN).then_some(Constraint::ValueMin(*min)));
        }
        Kind::Enumeration { values } => rules.push(Constraint::Values(values)),
        _ => {}
    }
    rules
}

fn lengths(min: u64, max: u64) -> impl Iterator<Item = Constraint> {
    let max = (max < u64::MAX).then_some(Constraint::LengthMax(max));
    max.into_iter().chain((min > 0).then_some(Constraint::LengthMin(min)))
}

/// Notes every bound of a text that does not hold.
fn check_text(schema: &'static Schema, text: &str, report: &mut Report) {
    // The report hides what stands in a secret member; an item's own secrecy it cannot see.
    let public = schema.secrecy == Secrecy::Public;
    report.tell(public.then_some(&text as &dyn Display));
    for rule in broken(schema, text) {
        report.violate(if public { Value::Text(text.to_owned()) } else { Value::Hidden }, rule);
    }
}

impl Read for String {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let text = source.text()?;
        check_text(schema, &text, report);
        Ok(Some(text))
    }
}

impl Write for String {
    fn write(&self, _: &'static Schema, sink: &mut dyn Sink) {
        sink.text(self);
    }
}

impl Read for KeyRef {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let text = source.text()?;
        check_text(schema, &text, report);
        Ok(Some(Self::parse(&text)))
    }
}

impl Write for KeyRef {
    fn write(&self, _: &'static Schema, sink: &mut dyn Sink) {
        sink.text(self.as_str());
    }
}

/// Reads an enumeration for generated code.
pub fn read_enumeration<T: Enumeration>(
    schema: &'static Schema,
    source: &mut dyn Source,
    report: &mut Report,
) -> Result<Option<T>, Malformed> {
    let text = source.text()?;
    check_text(schema, &text, report);
    Ok(T::of(&text))
}

impl Read for Bytes {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let bytes = source.blob()?;
        if let Kind::Blob { min, max } = schema.kind {
            // AWS's services are written in Java and print the buffer, not the bytes.
            let length = bytes.len();
            let shown = || format!("java.nio.HeapByteBuffer[pos=0 lim={length} cap={length}]");
            report.tell(Some(&std::fmt::from_fn(|f| f.write_str(&shown()))));
            check_length(length as u64, min, max, || Value::Text(shown()), report);
        }
        Ok(Some(Self::from(bytes)))
    }
}

impl Write for Bytes {
    fn write(&self, _: &'static Schema, sink: &mut dyn Sink) {
        sink.blob(self);
    }
}

impl Read for Secret {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        report.tell(None);
        if let Kind::Blob { min, max } = schema.kind {
            let secret = source.secret_blob()?;
            check_length(secret.len() as u64, min, max, || Value::Hidden, report);
            return Ok(Some(secret));
        }
        let mut rules = Vec::new();
        let secret = source.secret_text(&mut |text| rules = broken(schema, text))?;
        for rule in rules {
            report.violate(Value::Hidden, rule);
        }
        Ok(Some(secret))
    }
}

impl Write for Secret {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        sink.secret(schema, self);
    }
}

impl<T: Read> Read for Private<T> {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        Ok(T::read(schema, source, report)?.map(Self::new))
    }
}

impl<T: Write> Write for Private<T> {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        self.read().write(schema, sink);
    }
}

impl Read for i64 {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let number = source.integer()?;
        if let Kind::Integer { min, max, wide } = schema.kind {
            if !wide && i32::try_from(number).is_err() {
                return Err(Malformed::Range);
            }
            report.tell(Some(&number));
            if number < min {
                report.violate(Value::Text(number.to_string()), Constraint::ValueMin(min));
            }
            if number > max {
                report.violate(Value::Text(number.to_string()), Constraint::ValueMax(max));
            }
        }
        Ok(Some(number))
    }
}

impl Write for i64 {
    fn write(&self, _: &'static Schema, sink: &mut dyn Sink) {
        sink.integer(*self);
    }
}

impl Read for f64 {
    fn read(_: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let value = source.float()?;
        report.tell(Some(&value));
        Ok(Some(value))
    }
}

impl Write for f64 {
    fn write(&self, _: &'static Schema, sink: &mut dyn Sink) {
        sink.float(*self);
    }
}

impl Read for bool {
    fn read(_: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let value = source.boolean()?;
        report.tell(Some(&value));
        Ok(Some(value))
    }
}

impl Write for bool {
    fn write(&self, _: &'static Schema, sink: &mut dyn Sink) {
        sink.boolean(*self);
    }
}

impl Read for Time {
    fn read(_: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        report.tell(None);
        source.time(TimeFormat::ByProtocol).map(Some)
    }
}

impl Write for Time {
    fn write(&self, _: &'static Schema, sink: &mut dyn Sink) {
        sink.time(*self);
    }
}

impl<T: Read> Read for Box<T> {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        Ok(T::read(schema, source, report)?.map(Self::new))
    }
}

impl<T: Write> Write for Box<T> {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        (**self).write(schema, sink);
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let Kind::List { item, min, max, .. } = schema.kind else { return Err(Malformed::Syntax) };
        let mut items = Self::new();
        let mut count = 0;
        if gathers(item, min > 0 || max < u64::MAX || !rules(item).is_empty()) {
            report.gather();
        }
        source.list(schema, &mut |source| {
            report.enter_item(count);
            count += 1;
            items.extend(T::read(item, source, report)?);
            report.leave();
            Ok(())
        })?;
        let gathered = report.gathered();
        let shown = || gathered.as_ref().map_or(Value::Hidden, |gathered| gathered.value('[', ']'));
        check_length(count as u64, min, max, shown, report);
        if gathered.as_ref().is_some_and(|gathered| gathered.broken) {
            report.violate(shown(), Constraint::Items(rules(item)));
        }
        Ok(Some(items))
    }
}

/// Whether a list or map is told as a whole where it breaks a bound: its values are plain, and there is a bound to break. What
/// is in structures is told at its own place, and of a list of them nothing that AWS prints is of use.
fn gathers(values: &'static Schema, bounded: bool) -> bool {
    bounded && !matches!(values.kind, Kind::Structure { .. } | Kind::List { .. } | Kind::Map { .. })
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        let Kind::List { item, .. } = schema.kind else { return };
        sink.begin(schema, self.len());
        for value in self {
            sink.item();
            value.write(item, sink);
        }
        sink.end();
    }
}

impl<T: Read> Read for BTreeMap<String, T> {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        let Kind::Map { key, value, min, max, .. } = schema.kind else { return Err(Malformed::Syntax) };
        let mut entries = Self::new();
        let (mut count, mut keys_broken) = (0, false);
        if gathers(value, min > 0 || max < u64::MAX || !rules(key).is_empty() || !rules(value).is_empty()) {
            report.gather();
        }
        source.map(schema, &mut |name, source| {
            report.enter_key(count);
            count += 1;
            keys_broken |= !broken(key, name).is_empty();
            report.tell_key(name);
            if let Some(entry) = T::read(value, source, report)? {
                entries.insert(name.to_owned(), entry);
            }
            report.leave();
            Ok(())
        })?;
        let gathered = report.gathered();
        let shown = || gathered.as_ref().map_or(Value::Hidden, |gathered| gathered.value('{', '}'));
        check_length(count as u64, min, max, shown, report);
        if keys_broken {
            report.violate(shown(), Constraint::Keys(rules(key)));
        }
        if gathered.as_ref().is_some_and(|gathered| gathered.broken) {
            report.violate(shown(), Constraint::MapValues(rules(value)));
        }
        Ok(Some(entries))
    }
}

impl<T: Write> Write for BTreeMap<String, T> {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        let Kind::Map { value, .. } = schema.kind else { return };
        sink.begin(schema, self.len());
        for (name, entry) in self {
            sink.key(name);
            entry.write(value, sink);
        }
        sink.end();
    }
}
