//! The reader: one pass over the bytes, guided by the schema, with no tree in between.

use super::strings::{Quoted, first_special};
use crate::limits::{DEPTH_MAX, ITEMS_COUNT_MAX, MEMBERS_COUNT_MAX};
use crate::walk::{EachEntry, EachItem, EachMember};
use crate::{blob, number, times};
use names::Time;
use secret::Secret;
use shape::{Look, Malformed, Schema, Source, TimeFormat};
use std::borrow::Cow;
use zeroize::Zeroizing;

/// Reads one document. Of members that stand twice the last one counts; numbers, texts and truth values are never converted into one
/// another; times are numbers (AWS refuses texts where a time is a number, and so does this).
///
/// ```
/// # use shape::{Empty, Malformed, Read, Report, Shape};
/// let mut source = wire::json::JsonSource::new(b"{}")?;
/// Empty::read(Empty::schema(), &mut source, &mut Report::new())?;
/// source.finish()?;
/// # Ok::<(), Malformed>(())
/// ```
pub struct JsonSource<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// How the member that is being read writes its time.
    time: TimeFormat,
}

impl<'a> JsonSource<'a> {
    /// No bytes at all are an empty structure: SDKs may send no body where an operation takes no input.
    pub fn new(body: &'a [u8]) -> Result<Self, Malformed> {
        let text = if body.is_empty() { "{}" } else { std::str::from_utf8(body).map_err(|_| Malformed::Utf8)? };
        Ok(Self { text, at: 0, depth: 0, time: TimeFormat::ByProtocol })
    }

    /// Nothing but blanks may follow the value.
    pub fn finish(mut self) -> Result<(), Malformed> {
        match self.next() {
            None => Ok(()),
            Some(_) => Err(Malformed::Syntax),
        }
    }

    /// The first byte that is no blank. The reader then stands before it.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    /// The value that comes next is none of the wanted kind.
    fn mismatch(&mut self, wanted: &'static str) -> Malformed {
        let found = match self.next() {
            Some(b'"') => "STRING_VALUE",
            Some(b'-' | b'0'..=b'9') => "NUMBER_VALUE",
            Some(b't') => "TRUE_VALUE",
            Some(b'f') => "FALSE_VALUE",
            Some(b'n') => "NULL_VALUE",
            Some(b'{') => "START_OBJECT",
            Some(b'[') => "START_ARRAY",
            _ => return Malformed::Syntax,
        };
        Malformed::Type { wanted, found }
    }

    /// Takes `word` if it comes next.
    fn literal(&mut self, word: &str) -> bool {
        self.next();
        let found = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        if found {
            self.at += word.len();
        }
        found
    }

    fn string(&mut self, wanted: &'static str) -> Result<Quoted<'a>, Malformed> {
        if self.next() != Some(b'"') {
            return Err(self.mismatch(wanted));
        }
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let (mut end, mut escaped) = (start, false);
        loop {
            end += bytes.get(end..).and_then(first_special).ok_or(Malformed::Syntax)?;
            match bytes.get(end) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    end += 2;
                }
                _ => return Err(Malformed::Syntax),
            }
        }
        self.at = end + 1;
        Ok(Quoted { raw: self.text.get(start..end).ok_or(Malformed::Syntax)?, escaped })
    }

    fn number(&mut self, wanted: &'static str) -> Result<&'a str, Malformed> {
        let Some(b'-' | b'0'..=b'9') = self.next() else { return Err(self.mismatch(wanted)) };
        let number = number::leading(self.text.get(self.at..).unwrap_or_default())?;
        self.at += number.len();
        Ok(number)
    }

    /// Walks over `{ "name": value, … }`. `each` must take the value.
    fn object(&mut self, each: &mut dyn FnMut(&mut Self, &str) -> Result<(), Malformed>) -> Result<(), Malformed> {
        self.enter(b'{', "a structure")?;
        let mut count = 0;
        let mut more = self.next() != Some(b'}');
        while more {
            count += 1;
            if count > MEMBERS_COUNT_MAX {
                return Err(Malformed::TooMany);
            }
            if self.next() != Some(b'"') {
                return Err(Malformed::Syntax);
            }
            let name: Cow<'_, str> = self.string("a String")?.text()?;
            if self.next() != Some(b':') {
                return Err(Malformed::Syntax);
            }
            self.at += 1;
            each(self, &name)?;
            more = self.comma(b'}')?;
        }
        self.leave();
        Ok(())
    }

    /// Walks over `[ value, … ]`. `each` must take the value.
    fn array(&mut self, each: &mut dyn FnMut(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        self.enter(b'[', "a list")?;
        let mut count = 0;
        let mut more = self.next() != Some(b']');
        while more {
            count += 1;
            if count > ITEMS_COUNT_MAX {
                return Err(Malformed::TooMany);
            }
            each(self)?;
            more = self.comma(b']')?;
        }
        self.leave();
        Ok(())
    }

    fn enter(&mut self, opening: u8, wanted: &'static str) -> Result<(), Malformed> {
        if self.next() != Some(opening) {
            return Err(self.mismatch(wanted));
        }
        if self.depth == DEPTH_MAX {
            return Err(Malformed::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Takes a comma, after which a value must come, or stands before `closing`.
    fn comma(&mut self, closing: u8) -> Result<bool, Malformed> {
        match self.next() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(byte) if byte == closing => Ok(false),
            _ => Err(Malformed::Syntax),
        }
    }

    /// Takes the closing bracket before which the reader stands.
    fn leave(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    /// Passes over one value, which must be well-formed all the same.
    fn skip(&mut self) -> Result<(), Malformed> {
        match self.next() {
            Some(b'"') => self.string("a String")?.unescape(|_| {}),
            Some(b'{') => self.object(&mut |this, _| this.skip()),
            Some(b'[') => self.array(&mut Self::skip),
            Some(b'-' | b'0'..=b'9') => self.number("a number").map(|_| ()),
            _ if self.literal("true") || self.literal("false") || self.literal("null") => Ok(()),
            _ => Err(Malformed::Syntax),
        }
    }

    /// Lets `read` take one value, and passes over it if `read` took nothing.
    fn value(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        self.next();
        let before = self.at;
        read(self)?;
        if self.at == before { self.skip() } else { Ok(()) }
    }

    fn null_refused(&mut self, wanted: &'static str) -> Result<(), Malformed> {
        // Smithy: a service must refuse null in a list or map that is not sparse; none of ours is.
        if self.next() == Some(b'n') { Err(self.mismatch(wanted)) } else { Ok(()) }
    }
}

impl Source for JsonSource<'_> {
    fn structure(&mut self, schema: &'static Schema, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let members = schema.members();
        self.object(&mut |this, name| {
            let known = members.iter().enumerate().find(|(_, member)| member.wire == name);
            match known {
                Some(_) if this.literal("null") => Ok(()),
                Some((index, member)) => {
                    this.time = member.time;
                    this.value(|this| each(index, this))
                }
                None => this.skip(),
            }
        })
    }

    fn list(&mut self, _: &'static Schema, each: &mut EachItem<'_>) -> Result<(), Malformed> {
        self.array(&mut |this| {
            this.null_refused("a list item")?;
            this.time = TimeFormat::ByProtocol;
            this.value(|this| each(this))
        })
    }

    fn map(&mut self, _: &'static Schema, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        self.object(&mut |this, name| {
            this.null_refused("a map value")?;
            this.time = TimeFormat::ByProtocol;
            this.value(|this| each(name, this))
        })
    }

    fn text(&mut self) -> Result<String, Malformed> {
        Ok(self.string("a String")?.text()?.into_owned())
    }

    fn blob(&mut self) -> Result<Vec<u8>, Malformed> {
        blob::decode(&self.string("a Blob")?.text()?)
    }

    fn integer(&mut self) -> Result<i64, Malformed> {
        number::integer(self.number("an Integer")?)
    }

    fn float(&mut self) -> Result<f64, Malformed> {
        if self.next() != Some(b'"') {
            return number::float(self.number("a Double")?);
        }
        let mismatch = self.mismatch("a Double");
        number::named_float(&self.string("a Double")?.text()?).ok_or(mismatch)
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        if self.literal("true") {
            Ok(true)
        } else if self.literal("false") {
            Ok(false)
        } else {
            Err(self.mismatch("a Boolean"))
        }
    }

    fn time(&mut self, format: TimeFormat) -> Result<Time, Malformed> {
        let format = if format == TimeFormat::ByProtocol { self.time } else { format };
        match format {
            TimeFormat::ByProtocol | TimeFormat::Epoch => times::from_number(self.number("milliseconds since epoch")?),
            TimeFormat::Iso => times::from_iso(&self.string("a timestamp")?.text()?),
            TimeFormat::Http => times::from_http(&self.string("a timestamp")?.text()?),
        }
    }

    fn secret_text(&mut self, look: &mut Look<'_>) -> Result<Secret, Malformed> {
        let quoted = self.string("a String")?;
        let mut length = 0;
        quoted.unescape(|piece| length += piece.len())?;
        Secret::try_fill(length, |bytes| {
            let mut space = bytes.iter_mut();
            quoted.unescape(|piece| {
                for (byte, place) in piece.bytes().zip(&mut space) {
                    *place = byte;
                }
            })?;
            look(std::str::from_utf8(bytes).map_err(|_| Malformed::Utf8)?);
            Ok(())
        })
    }

    fn secret_blob(&mut self) -> Result<Secret, Malformed> {
        let quoted = self.string("a Blob")?;
        if !quoted.escaped {
            return blob::decode_secret(quoted.raw);
        }
        // Some writers escape the slash, which is a digit of base64. The copy has its full size from the start and is erased.
        let mut text = Zeroizing::new(String::with_capacity(quoted.raw.len()));
        quoted.unescape(|piece| text.push_str(piece))?;
        blob::decode_secret(&text)
    }
}
