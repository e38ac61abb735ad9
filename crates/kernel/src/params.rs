//! What the trail shows of parameters and answers: one more sink over the same shapes. It is given neither receipt nor exit, so a secret
//! has no other rendering here than its absence.

use crate::{EventValue, omission};
use minicbor::encode::{Encode, Encoder, Error, Write};
use names::Time;
use secret::Secret;
use shape::{Kind, Member, Schema, Secrecy, Shown as Showing, Sink};
use std::convert::Infallible;

/// The parameters, or the answer, in one record: CloudTrail's own bound. A page of a thousand items shall not make a record of megabytes.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
pub(crate) const PARAMETERS_BYTES_MAX: usize = 100 << 10;

/// A value of an event, encoded: what is read back is an [`EventValue`].
pub(crate) struct Shown(Vec<u8>);

/// A default that the trail shows for a parameter that was left out.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Assumed {
    Text(&'static str),
    Boolean(bool),
}

impl Shown {
    /// What `write` shows of itself, with names in lower camel case; of what is `assumed`, all that it does not name. What is larger than
    /// `bytes_max` is cut, and says so. `None` where nothing is shown.
    pub(crate) fn of(
        bytes_max: usize,
        assumed: Vec<(&'static str, Assumed)>,
        write: impl FnOnce(&mut dyn Sink),
    ) -> Option<Self> {
        let mut sink = TrailSink::new(assumed);
        write(&mut sink);
        let whole = sink.written.into_writer();
        if sink.is_empty || whole.is_empty() {
            None
        } else if whole.len() <= bytes_max {
            Some(Self(whole))
        } else {
            Self::of_value(&omission::fit(minicbor::decode(&whole).ok()?, bytes_max))
        }
    }

    pub(crate) fn of_value(value: &EventValue) -> Option<Self> {
        minicbor::to_vec(value).ok().map(Self)
    }
}

impl<C> Encode<C> for Shown {
    fn encode<W: Write>(&self, encoder: &mut Encoder<W>, _: &mut C) -> Result<(), Error<W::Error>> {
        encoder.writer_mut().write_all(&self.0).map_err(Error::write)
    }
}

/// Names begin in lower case, but for what CloudTrail spells as the API does:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/ct-createkey.html>.
const NAMES_AS_SPELLED: &[&str] = &["AWSAccountId"];

/// What most parameters and answers take.
const SHOWN_BYTES: usize = 256;
/// Up to so many entries, the head of an array is one byte: RFC 8949, 3.
const SHORT_ENTRIES_MAX: u8 = 23;

/// It writes an [`EventValue`] without making one.
struct TrailSink {
    written: Encoder<Vec<u8>>,
    open: Vec<Open>,
    /// Where the entry begins whose name is written and whose value is not yet.
    named: Option<usize>,
    /// The number of open structures inside a value that the trail does not show.
    hidden: usize,
    hide_next: bool,
    /// What the outermost structure has not named.
    assumed: Vec<(&'static str, Assumed)>,
    /// The outermost structure has ended, and shows nothing.
    is_empty: bool,
}

/// A structure, list or map that has not ended.
struct Open {
    /// Where the number of its entries stands, in one byte.
    head: usize,
    entries: usize,
}

/// The variants of [`EventValue`].
#[derive(Clone, Copy)]
enum Variant {
    Map = 0,
    List = 1,
    Text = 2,
    Integer = 3,
    Float = 4,
    Boolean = 5,
    Time = 6,
}

/// A vector takes all that is written, so no writing here ends badly.
type Written = Result<(), Error<Infallible>>;

impl TrailSink {
    fn new(assumed: Vec<(&'static str, Assumed)>) -> Self {
        Self {
            written: Encoder::new(Vec::with_capacity(SHOWN_BYTES)),
            open: Vec::new(),
            named: None,
            hidden: 0,
            hide_next: false,
            assumed,
            is_empty: false,
        }
    }

    fn put(&mut self, variant: Variant, write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) {
        if self.hidden > 0 || std::mem::take(&mut self.hide_next) {
            return;
        }
        self.named = None;
        if let Some(open) = self.open.last_mut() {
            open.entries += 1;
        }
        // As it is derived for `EventValue`.
        let head = self.written.array(2).and_then(|head| head.u32(variant as u32)).and_then(|head| head.array(1));
        let _ = head.map(|_| ()).and_then(|()| write(&mut self.written));
    }

    fn name(&mut self, name: &str) {
        self.named = Some(self.written.writer().len());
        let _ = self.written.array(2).and_then(|entry| entry.str(name));
    }

    /// The value is not shown, and so neither is its name.
    fn leave_out(&mut self) {
        self.hide_next = false;
        if let Some(place) = self.named.take() {
            self.written.writer_mut().truncate(place);
        }
    }

    /// The outermost structure ends with what was left out of it.
    fn assume(&mut self) {
        for (name, value) in std::mem::take(&mut self.assumed) {
            self.name(name);
            match value {
                Assumed::Text(text) => self.text(text),
                Assumed::Boolean(truth) => self.boolean(truth),
            }
        }
    }

    /// Writes the number of entries, which is known now, in its place.
    fn close(&mut self, open: &Open) {
        let written = self.written.writer_mut();
        match (written.get_mut(open.head), u8::try_from(open.entries)) {
            (Some(head), Ok(few @ ..=SHORT_ENTRIES_MAX)) => *head |= few,
            _ => {
                let mut head = Encoder::new(Vec::new());
                let _ = head.array(open.entries as u64);
                written.splice(open.head..=open.head, head.into_writer());
            }
        }
    }
}

impl Sink for TrailSink {
    fn begin(&mut self, schema: &'static Schema, _: usize) {
        if self.hidden > 0 || std::mem::take(&mut self.hide_next) {
            self.hidden += 1;
            return;
        }
        let variant = if matches!(schema.kind, Kind::List { .. }) { Variant::List } else { Variant::Map };
        self.put(variant, |_| Ok(()));
        self.open.push(Open { head: self.written.writer().len(), entries: 0 });
        let _ = self.written.array(0);
    }

    fn member(&mut self, member: &'static Member) {
        if self.hidden > 0 {
            return;
        }
        let public = member.secrecy == Secrecy::Public && member.schema.secrecy == Secrecy::Public;
        self.hide_next = !public || member.shown == Showing::NotOnTrail;
        if self.hide_next {
            return;
        }
        self.name(member.name);
        let written = self.written.writer_mut();
        let first = written.len().saturating_sub(member.name.len());
        if let Some(first) = written.get_mut(first).filter(|_| !NAMES_AS_SPELLED.contains(&member.name)) {
            first.make_ascii_lowercase();
        }
        if self.open.len() == 1 {
            self.assumed.retain(|(name, _)| !name.eq_ignore_ascii_case(member.name));
        }
    }

    fn item(&mut self) {}

    fn key(&mut self, key: &str) {
        if self.hidden == 0 {
            self.name(key);
        }
    }

    fn end(&mut self) {
        if self.hidden > 0 {
            self.hidden -= 1;
            return;
        }
        if self.open.len() == 1 {
            self.assume();
        }
        if let Some(open) = self.open.pop() {
            self.close(&open);
            self.is_empty = self.open.is_empty() && open.entries == 0;
        }
    }

    fn text(&mut self, text: &str) {
        self.put(Variant::Text, |value| value.str(text)?.ok());
    }

    /// Blobs are left out, public ones too: CloudTrail prints no binary data.
    fn blob(&mut self, _: &[u8]) {
        self.leave_out();
    }

    fn integer(&mut self, number: i64) {
        self.put(Variant::Integer, |value| value.i64(number)?.ok());
    }

    fn float(&mut self, number: f64) {
        self.put(Variant::Float, |value| value.f64(number)?.ok());
    }

    fn boolean(&mut self, truth: bool) {
        self.put(Variant::Boolean, |value| value.bool(truth)?.ok());
    }

    fn time(&mut self, time: Time) {
        self.put(Variant::Time, |value| value.i64(time.micros())?.ok());
    }

    fn secret(&mut self, _: &'static Schema, _: &Secret) {
        self.leave_out();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shape::{Location, TimeFormat};

    static TEXT: Schema = schema(Kind::Text { min: 0, max: u64::MAX, pattern: None });
    static TEXTS: Schema =
        schema(Kind::List { item: &TEXT, item_name: "member", flattened: false, min: 0, max: u64::MAX });
    static MEMBERS: [Member; 4] = [
        member("Name", Secrecy::Public, Showing::OnTrail, &TEXT),
        member("Note", Secrecy::Private, Showing::OnTrail, &TEXT),
        member("Token", Secrecy::Public, Showing::NotOnTrail, &TEXTS),
        member("AWSAccountId", Secrecy::Public, Showing::OnTrail, &TEXT),
    ];
    static STRUCTURE: Schema = schema(Kind::Structure { members: &MEMBERS });

    const fn schema(kind: Kind) -> Schema {
        Schema { name: "", kind, secrecy: Secrecy::Public }
    }

    const fn member(name: &'static str, secrecy: Secrecy, shown: Showing, schema: &'static Schema) -> Member {
        let (location, time) = (Location::Body, TimeFormat::ByProtocol);
        Member { name, wire: name, location, required: false, secrecy, shown, time, schema }
    }

    fn read(shown: Option<Shown>) -> Option<EventValue> {
        shown.and_then(|shown| minicbor::decode(&shown.0).ok())
    }

    fn texts(sink: &mut dyn Sink, count: usize) {
        sink.begin(&TEXTS, count);
        for item in 0..count {
            sink.item();
            sink.text(&item.to_string());
        }
        sink.end();
    }

    #[test]
    fn lists_of_any_length_are_read_as_they_are_written() {
        for count in [1, 23, 24, 255, 256, 70_000] {
            let shown = Shown::of(usize::MAX, Vec::new(), |sink| texts(sink, count));
            let expected = (0..count).map(|item| EventValue::Text(item.to_string())).collect();
            assert_eq!(read(shown), Some(EventValue::List(expected)), "{count}");
        }
    }

    #[test]
    fn what_is_not_shown_has_no_name_either_and_defaults_stand_for_what_was_left_out() {
        let structure = |with_name: bool| {
            move |sink: &mut dyn Sink| {
                sink.begin(&STRUCTURE, 4);
                for (place, member) in MEMBERS.iter().enumerate().skip(usize::from(!with_name)) {
                    sink.member(member);
                    match place {
                        2 => texts(sink, 2),
                        3 => sink.blob(b"bytes"),
                        _ => sink.text("sent"),
                    }
                }
                sink.end();
            }
        };
        let defaults = || vec![("name", Assumed::Text("default")), ("dry", Assumed::Boolean(false))];
        let text = |name: &str, text: &str| (name.to_owned(), EventValue::Text(text.to_owned()));
        let dry = ("dry".to_owned(), EventValue::Boolean(false));
        let map = |entries: &[_]| Some(EventValue::Map(entries.to_vec()));
        assert_eq!(read(Shown::of(1_000, defaults(), structure(true))), map(&[text("name", "sent"), dry.clone()]));
        assert_eq!(read(Shown::of(1_000, defaults(), structure(false))), map(&[text("name", "default"), dry]));
        assert_eq!(read(Shown::of(1_000, Vec::new(), structure(true))), map(&[text("name", "sent")]));
        assert_eq!(read(Shown::of(1_000, Vec::new(), structure(false))), None);
    }

    #[test]
    fn names_begin_in_lower_case_but_for_what_is_spelled_otherwise() {
        let shown = Shown::of(1_000, Vec::new(), |sink| {
            sink.begin(&STRUCTURE, 1);
            sink.member(&MEMBERS[3]);
            sink.text("1");
            sink.end();
        });
        let entry = ("AWSAccountId".to_owned(), EventValue::Text("1".to_owned()));
        assert_eq!(read(shown), Some(EventValue::Map(vec![entry])));
    }
}
