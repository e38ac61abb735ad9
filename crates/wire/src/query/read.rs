//! The reader: the schema says which names to look for.

use super::Form;
use crate::limits::{DEPTH_MAX, ITEMS_COUNT_MAX, MEMBERS_COUNT_MAX};
use crate::walk::{EachEntry, EachItem, EachMember};
use crate::{blob, number, times};
use names::Time;
use secret::Secret;
use shape::{Kind, Look, Malformed, Schema, Source, TimeFormat};

/// Reads the structure whose members are the parameters of a form. Parameters that the schema does not name are passed over, as AWS does.
pub struct FormSource<'a> {
    form: &'a Form,
    /// The name of the value that is being read; empty at the top.
    prefix: String,
    depth: usize,
    time: TimeFormat,
}

/// Numbers of list items have no more digits than this.
const INDEX_DIGITS_MAX: usize = 9;

impl<'a> FormSource<'a> {
    pub fn new(form: &'a Form) -> Self {
        Self { form, prefix: String::new(), depth: 0, time: TimeFormat::ByProtocol }
    }

    /// Lets `read` take what stands under `prefix.name`.
    fn within<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> Result<T, Malformed>) -> Result<T, Malformed> {
        if self.depth == DEPTH_MAX {
            return Err(Malformed::TooDeep);
        }
        let length = self.prefix.len();
        if !self.prefix.is_empty() {
            self.prefix.push('.');
        }
        self.prefix.push_str(name);
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        self.prefix.truncate(length);
        Ok(value)
    }

    fn scalar(&self, wanted: &'static str) -> Result<&'a str, Malformed> {
        match self.form.value(&self.prefix) {
            Some(value) => Ok(value),
            None if self.has_children() => Err(Malformed::Type { wanted, found: "START_OBJECT" }),
            None => Err(Malformed::Syntax),
        }
    }

    fn has_children(&self) -> bool {
        self.form.under(&format!("{}.", self.prefix)).next().is_some()
    }

    /// An aggregate has no value of its own, but for an empty one that says that it is empty.
    fn no_value(&self, wanted: &'static str) -> Result<(), Malformed> {
        match self.form.value(&self.prefix) {
            Some(value) if !value.is_empty() => Err(Malformed::Type { wanted, found: "STRING_VALUE" }),
            _ => Ok(()),
        }
    }

    /// Names that are nearly a list's are refused: AWS passes over them, and a call with `PolicyArns.1.arn` for `PolicyArns.member.1.arn`
    /// would then run without what the caller meant.
    fn nothing_but(&self, name: &str) -> Result<(), Malformed> {
        let prefix = format!("{}.", self.prefix);
        let within = |rest: &str| rest.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if self.form.under(&prefix).all(within) { Ok(()) } else { Err(Malformed::Syntax) }
    }

    /// The numbers that stand after the prefix, as they are spelled, in numeric order. Gaps are allowed.
    fn indices(&self, count_max: usize) -> Result<Vec<&'a str>, Malformed> {
        let prefix = format!("{}.", self.prefix);
        let mut indices: Vec<(u32, &str)> = Vec::new();
        for rest in self.form.under(&prefix) {
            let index = rest.split_once('.').map_or(rest, |(index, _)| index);
            if indices.last().is_some_and(|(_, last)| *last == index) {
                continue;
            }
            let digits = index.len() <= INDEX_DIGITS_MAX && index.bytes().all(|byte| byte.is_ascii_digit());
            let number = index.parse().map_err(|_| Malformed::Syntax)?;
            if !digits {
                return Err(Malformed::Syntax);
            }
            indices.push((number, index));
            if indices.len() > count_max {
                return Err(Malformed::TooMany);
            }
        }
        indices.sort_unstable();
        // `1` and `01` would be the same item twice.
        if indices.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
            return Err(Malformed::Syntax);
        }
        Ok(indices.into_iter().map(|(_, index)| index).collect())
    }

    /// Calls `each` with every item of a list or entry of a map.
    fn numbered(
        &mut self,
        count_max: usize,
        each: &mut dyn FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.no_value("a list")?;
        for index in self.indices(count_max)? {
            self.time = TimeFormat::ByProtocol;
            self.within(index, &mut *each)?;
        }
        Ok(())
    }
}

impl Source for FormSource<'_> {
    fn structure(&mut self, schema: &'static Schema, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        if !self.prefix.is_empty() {
            self.no_value("a structure")?;
        }
        for (index, member) in schema.members().iter().enumerate() {
            self.within(member.wire, |this| {
                if this.form.value(&this.prefix).is_none() && !this.has_children() {
                    return Ok(());
                }
                this.time = member.time;
                each(index, this)
            })?;
        }
        Ok(())
    }

    fn list(&mut self, schema: &'static Schema, each: &mut EachItem<'_>) -> Result<(), Malformed> {
        let Kind::List { item_name, flattened, .. } = schema.kind else { return Err(Malformed::Syntax) };
        let mut item = |this: &mut Self| each(this);
        if flattened {
            return self.numbered(ITEMS_COUNT_MAX, &mut item);
        }
        self.no_value("a list")?;
        self.nothing_but(item_name)?;
        self.within(item_name, |this| this.numbered(ITEMS_COUNT_MAX, &mut item))
    }

    fn map(&mut self, schema: &'static Schema, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let Kind::Map { key_name, value_name, flattened, .. } = schema.kind else { return Err(Malformed::Syntax) };
        let mut entry = |this: &mut Self| {
            let key = this.within(key_name, |this| this.scalar("a String"))?;
            this.within(value_name, |this| each(key, this))
        };
        if flattened {
            return self.numbered(MEMBERS_COUNT_MAX, &mut entry);
        }
        self.no_value("a map")?;
        self.nothing_but("entry")?;
        self.within("entry", |this| this.numbered(MEMBERS_COUNT_MAX, &mut entry))
    }

    fn text(&mut self) -> Result<String, Malformed> {
        self.scalar("a String").map(str::to_owned)
    }

    fn blob(&mut self) -> Result<Vec<u8>, Malformed> {
        blob::decode(self.scalar("a Blob")?)
    }

    fn integer(&mut self) -> Result<i64, Malformed> {
        number::integer(numeric(self.scalar("an Integer")?, "an Integer")?)
    }

    fn float(&mut self) -> Result<f64, Malformed> {
        let text = self.scalar("a Double")?;
        match number::named_float(text) {
            Some(number) => Ok(number),
            None => number::float(numeric(text, "a Double")?),
        }
    }

    fn boolean(&mut self) -> Result<bool, Malformed> {
        match self.scalar("a Boolean")? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Malformed::Type { wanted: "a Boolean", found: "STRING_VALUE" }),
        }
    }

    fn time(&mut self, format: TimeFormat) -> Result<Time, Malformed> {
        let format = if format == TimeFormat::ByProtocol { self.time } else { format };
        let text = self.scalar("a timestamp")?;
        match format {
            TimeFormat::ByProtocol | TimeFormat::Iso => times::from_iso(text),
            TimeFormat::Epoch => times::from_number(number::whole(text).map_err(|_| Malformed::Time)?),
            TimeFormat::Http => times::from_http(text),
        }
    }

    fn secret_text(&mut self, look: &mut Look<'_>) -> Result<Secret, Malformed> {
        let text = self.scalar("a String")?;
        look(text);
        Ok(Secret::fill(text.len(), |bytes| bytes.copy_from_slice(text.as_bytes())))
    }

    fn secret_blob(&mut self) -> Result<Secret, Malformed> {
        blob::decode_secret(self.scalar("a Blob")?)
    }
}

/// A text that must be a number.
fn numeric<'a>(text: &'a str, wanted: &'static str) -> Result<&'a str, Malformed> {
    number::whole(text).map_err(|error| match error {
        Malformed::Range => Malformed::Range,
        _ => Malformed::Type { wanted, found: "STRING_VALUE" },
    })
}
