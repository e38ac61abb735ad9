//! The reader: one pass over the bytes, guided by the schema. Lengths may be definite or not, as RFC 8949 allows.

use crate::limits::{DEPTH_MAX, ITEMS_COUNT_MAX, MEMBERS_COUNT_MAX};
use crate::times;
use crate::walk::{EachEntry, EachItem, EachMember};
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use names::Time;
use secret::Secret;
use shape::{Look, Malformed, Schema, Source, TimeFormat};
use std::borrow::Cow;

/// Reads one data item. Of members that stand twice the last one counts.
pub struct CborSource<'a> {
    decoder: Decoder<'a>,
    depth: usize,
}

/// An empty map, for calls without a body.
const EMPTY: &[u8] = &[0xa0];
/// The tag of a time in seconds since 1970 (RFC 8949, section 3.4.2).
const TAG_EPOCH: u64 = 1;
/// Tags around a value that is passed over.
const TAGS_COUNT_MAX: usize = 4;

impl<'a> CborSource<'a> {
    /// No bytes at all are an empty structure: operations without input have no body.
    pub fn new(body: &'a [u8]) -> Self {
        Self { decoder: Decoder::new(if body.is_empty() { EMPTY } else { body }), depth: 0 }
    }

    /// Nothing may follow the value.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.decoder.position() == self.decoder.input().len() { Ok(()) } else { Err(Malformed::Syntax) }
    }

    fn next(&self) -> Result<Type, Malformed> {
        self.decoder.datatype().map_err(malformed)
    }

    fn mismatch(&self, wanted: &'static str) -> Malformed {
        let found = match self.next() {
            Ok(Type::String | Type::StringIndef) => "STRING_VALUE",
            Ok(Type::Bytes | Type::BytesIndef) => "BYTES_VALUE",
            Ok(Type::Bool) => "BOOLEAN_VALUE",
            Ok(Type::Null | Type::Undefined) => "NULL_VALUE",
            Ok(Type::Map | Type::MapIndef) => "START_OBJECT",
            Ok(Type::Array | Type::ArrayIndef) => "START_ARRAY",
            Ok(Type::Tag) => "TAGGED_VALUE",
            Ok(Type::F16 | Type::F32 | Type::F64) => "NUMBER_VALUE",
            Ok(kind) if is_integer(kind) => "NUMBER_VALUE",
            _ => return Malformed::Syntax,
        };
        Malformed::Type { wanted, found }
    }

    fn null(&mut self) -> Result<bool, Malformed> {
        match self.next()? {
            Type::Null => self.decoder.null().map_err(malformed)?,
            Type::Undefined => self.decoder.undefined().map_err(malformed)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Walks over a map. `each` must take the value.
    fn entries(&mut self, each: &mut dyn FnMut(&mut Self, &str) -> Result<(), Malformed>) -> Result<(), Malformed> {
        let (Type::Map | Type::MapIndef) = self.next()? else { return Err(self.mismatch("a structure")) };
        let length = self.decoder.map().map_err(malformed)?;
        self.each(length, MEMBERS_COUNT_MAX, &mut |this| {
            let name = this.string("a String")?;
            each(this, &name)
        })
    }

    /// Walks over an array. `each` must take the value.
    fn items(&mut self, each: &mut dyn FnMut(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        let (Type::Array | Type::ArrayIndef) = self.next()? else { return Err(self.mismatch("a list")) };
        let length = self.decoder.array().map_err(malformed)?;
        self.each(length, ITEMS_COUNT_MAX, each)
    }

    /// As often as `length` says, or until the break. A length is never believed beyond the bytes that follow it: nothing is reserved.
    fn each(
        &mut self,
        length: Option<u64>,
        count_max: usize,
        each: &mut dyn FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if self.depth == DEPTH_MAX {
            return Err(Malformed::TooDeep);
        }
        self.depth += 1;
        let mut count = 0_u64;
        while length != Some(count) {
            if length.is_none() && self.next()? == Type::Break {
                self.decoder.set_position(self.decoder.position() + 1);
                break;
            }
            if count == count_max as u64 {
                return Err(Malformed::TooMany);
            }
            count += 1;
            each(self)?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// Lets `read` take one value, and passes over it if `read` took nothing.
    fn value(&mut self, read: impl FnOnce(&mut Self) -> Result<(), Malformed>) -> Result<(), Malformed> {
        let before = self.decoder.position();
        read(self)?;
        if self.decoder.position() == before { self.skip() } else { Ok(()) }
    }

    /// Passes over one value, which must be well-formed all the same. `Decoder::skip` knows no limit on depth and lets some things
    /// pass that are not well-formed.
    fn skip(&mut self) -> Result<(), Malformed> {
        let mut tags = 0;
        while self.next()? == Type::Tag {
            tags += 1;
            if tags > TAGS_COUNT_MAX {
                return Err(Malformed::TooDeep);
            }
            self.decoder.tag().map_err(malformed)?;
        }
        match self.next()? {
            Type::Map | Type::MapIndef => self.entries(&mut |this, _| this.skip()),
            Type::Array | Type::ArrayIndef => self.items(&mut Self::skip),
            Type::String | Type::StringIndef => self.string("a String").map(|_| ()),
            Type::Bytes | Type::BytesIndef => self.bytes("a Blob").map(|_| ()),
            Type::Bool => self.decoder.bool().map(|_| ()).map_err(malformed),
            Type::Null | Type::Undefined => self.null().map(|_| ()),
            Type::F16 => self.half().map(|_| ()),
            Type::F32 => self.decoder.f32().map(|_| ()).map_err(malformed),
            Type::F64 => self.decoder.f64().map(|_| ()).map_err(malformed),
            kind if is_integer(kind) => self.decoder.int().map(|_| ()).map_err(malformed),
            _ => Err(Malformed::Syntax),
        }
    }

    fn string(&mut self, wanted: &'static str) -> Result<Cow<'a, str>, Malformed> {
        match self.next()? {
            Type::String => self.decoder.str().map(Cow::Borrowed).map_err(malformed),
            Type::StringIndef => {
                let pieces: Result<String, Error> = self.decoder.str_iter().map_err(malformed)?.collect();
                pieces.map(Cow::Owned).map_err(malformed)
            }
            _ => Err(self.mismatch(wanted)),
        }
    }

    fn bytes(&mut self, wanted: &'static str) -> Result<Cow<'a, [u8]>, Malformed> {
        match self.next()? {
            Type::Bytes => self.decoder.bytes().map(Cow::Borrowed).map_err(malformed),
            Type::BytesIndef => {
                let pieces: Result<Vec<&[u8]>, Error> = self.decoder.bytes_iter().map_err(malformed)?.collect();
                pieces.map(|pieces| Cow::Owned(pieces.concat())).map_err(malformed)
            }
            _ => Err(self.mismatch(wanted)),
        }
    }

    /// A float of two bytes, widened (RFC 8949, appendix D).
    fn half(&mut self) -> Result<f64, Malformed> {
        let at = self.decoder.position();
        let bytes = self.decoder.input().get(at + 1..at + 3).and_then(|bytes| bytes.try_into().ok());
        let bits = u16::from_be_bytes(bytes.ok_or(Malformed::Syntax)?);
        self.decoder.set_position(at + 3);
        let (exponent, mantissa) = (i32::from(bits >> 10) & 0x1f, f64::from(bits & 0x3ff));
        let value = match exponent {
            0 => mantissa * 2_f64.powi(-24),
            31 if mantissa == 0.0 => f64::INFINITY,
            31 => f64::NAN,
            _ => (mantissa + 1_024.0) * 2_f64.powi(exponent - 25),
        };
        Ok(if bits & 0x8000 == 0 { value } else { -value })
    }

    fn whole(&mut self, wanted: &'static str) -> Result<i64, Malformed> {
        if !is_integer(self.next()?) {
            return Err(self.mismatch(wanted));
        }
        let number = self.decoder.int().map_err(malformed)?;
        i64::try_from(number).map_err(|_| Malformed::Range)
    }

    fn null_refused(&self, wanted: &'static str) -> Result<(), Malformed> {
        // Smithy: a service must refuse null in a list or map that is not sparse; none of ours is.
        match self.next()? {
            Type::Null | Type::Undefined => Err(self.mismatch(wanted)),
            _ => Ok(()),
        }
    }
}

fn is_integer(kind: Type) -> bool {
    use Type::{I8, I16, I32, I64, Int, U8, U16, U32, U64};
    matches!(kind, U8 | U16 | U32 | U64 | I8 | I16 | I32 | I64 | Int)
}

fn malformed(_: Error) -> Malformed {
    Malformed::Syntax
}

impl Source for CborSource<'_> {
    fn structure(&mut self, schema: &'static Schema, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        self.entries(&mut |this, name| match schema.member_by_wire(name) {
            Some(index) => {
                if this.null()? {
                    return Ok(());
                }
                this.value(|this| each(index, this))
            }
            None => this.skip(),
        })
    }

    fn list(&mut self, _: &'static Schema, each: &mut EachItem<'_>) -> Result<(), Malformed> {
        self.items(&mut |this| {
            this.null_refused("a list item")?;
            this.value(|this| each(this))
        })
    }

    fn map(&mut self, _: &'static Schema, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        self.entries(&mut |this, name| {
            this.null_refused("a map value")?;
            this.value(|this| each(name, this))
        })
    }

    fn text(&mut self) -> Result<String, Malformed> {
        self.string("a String").map(Cow::into_owned)
    }

    fn blob(&mut self) -> Result<Vec<u8>, Malformed> {
        self.bytes("a Blob").map(Cow::into_owned)
    }

    fn integer(&mut self) -> Result<i64, Malformed> {
        self.whole("an Integer")
    }

    fn float(&mut self) -> Result<f64, Malformed> {
        match self.next()? {
            Type::F16 => self.half(),
            Type::F32 => self.decoder.f32().map(f64::from).map_err(malformed),
            Type::F64 => self.decoder.f64().map_err(malformed),
            _ => self.whole("a Double").map(|number| number as f64),
        }
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.next()? {
            Type::Bool => self.decoder.bool().map_err(malformed),
            _ => Err(self.mismatch("a Boolean")),
        }
    }

    /// The protocol has one form for times, whatever the model says of other protocols.
    fn time(&mut self, _: TimeFormat) -> Result<Time, Malformed> {
        if self.next()? != Type::Tag {
            return Err(self.mismatch("a timestamp"));
        }
        if self.decoder.tag().map_err(malformed)?.as_u64() != TAG_EPOCH {
            return Err(Malformed::Time);
        }
        match self.next()? {
            Type::F16 | Type::F32 | Type::F64 => times::from_float(self.float()?),
            _ => times::from_seconds(self.whole("a timestamp")?),
        }
    }

    fn secret_text(&mut self, look: &mut Look<'_>) -> Result<Secret, Malformed> {
        let text = self.string("a String")?;
        look(&text);
        match text {
            Cow::Borrowed(text) => Ok(Secret::fill(text.len(), |bytes| bytes.copy_from_slice(text.as_bytes()))),
            Cow::Owned(text) => Ok(Secret::from_vec(text.into_bytes())),
        }
    }

    fn secret_blob(&mut self) -> Result<Secret, Malformed> {
        match self.bytes("a Blob")? {
            Cow::Borrowed(blob) => Ok(Secret::fill(blob.len(), |bytes| bytes.copy_from_slice(blob))),
            Cow::Owned(blob) => Ok(Secret::from_vec(blob)),
        }
    }
}
