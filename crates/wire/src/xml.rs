//! XML as the query protocol answers: one element a member, `<member>` a list item, `<entry>` a map entry.

use crate::json::secret_text;
use crate::{blob, number, times};
use names::Time;
use secret::{Exit, Receipt, Secret};
use shape::{Kind, Member, Schema, Sink, TimeFormat};

/// Writes the children of one element: the outermost structure has no element of its own, since the answer's frame gives it one. It
/// holds the two proofs that open secrets: there is no other way to make one.
pub struct XmlSink<'a> {
    out: Vec<u8>,
    frames: Vec<Frame>,
    /// The element of the value that comes next.
    name: &'static str,
    time: TimeFormat,
    exit: &'a Exit,
    receipt: &'a Receipt,
}

/// What is open. `close` is the element to close at the end; flattened lists and maps, and the outermost structure, have none.
enum Frame {
    Structure { close: Option<&'static str> },
    List { item: &'static str, close: Option<&'static str> },
    Map { entry: &'static str, key: &'static str, value: &'static str, close: Option<&'static str> },
}

const CAPACITY_BYTES: usize = 2_048;

impl<'a> XmlSink<'a> {
    pub fn new(exit: &'a Exit, receipt: &'a Receipt) -> Self {
        Self::onto(Vec::with_capacity(CAPACITY_BYTES), exit, receipt)
    }

    /// Goes on after what stands in `out`.
    pub(crate) fn onto(out: Vec<u8>, exit: &'a Exit, receipt: &'a Receipt) -> Self {
        Self { out, frames: Vec::new(), name: "", time: TimeFormat::ByProtocol, exit, receipt }
    }

    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Writes one scalar in its element.
    fn scalar(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        open(self.name, &mut self.out);
        write(&mut self.out);
        close(self.name, &mut self.out);
        self.after_value();
    }

    /// A map's entry ends with its value.
    fn after_value(&mut self) {
        if let Some(Frame::Map { entry, .. }) = self.frames.last() {
            close(entry, &mut self.out);
        }
    }

    /// Opens the element of an aggregate, unless it has none.
    fn aggregate(&mut self, flattened: bool) -> Option<&'static str> {
        if flattened || self.frames.is_empty() {
            return None;
        }
        open(self.name, &mut self.out);
        Some(self.name)
    }
}

impl Sink for XmlSink<'_> {
    fn begin(&mut self, schema: &'static Schema, _: usize) {
        let frame = match schema.kind {
            Kind::List { item_name, flattened, .. } => {
                let item = if flattened { self.name } else { item_name };
                Frame::List { item, close: self.aggregate(flattened) }
            }
            Kind::Map { key_name, value_name, flattened, .. } => {
                let entry = if flattened { self.name } else { "entry" };
                Frame::Map { entry, key: key_name, value: value_name, close: self.aggregate(flattened) }
            }
            _ => Frame::Structure { close: self.aggregate(false) },
        };
        self.frames.push(frame);
    }

    fn member(&mut self, member: &'static Member) {
        self.name = member.wire;
        self.time = member.time;
    }

    fn item(&mut self) {
        if let Some(Frame::List { item, .. }) = self.frames.last() {
            self.name = item;
        }
        self.time = TimeFormat::ByProtocol;
    }

    fn key(&mut self, text: &str) {
        if let Some(Frame::Map { entry, key, value, .. }) = self.frames.last() {
            open(entry, &mut self.out);
            element(key, text, &mut self.out);
            self.name = value;
        }
        self.time = TimeFormat::ByProtocol;
    }

    fn end(&mut self) {
        let name = match self.frames.pop() {
            Some(Frame::Structure { close } | Frame::List { close, .. } | Frame::Map { close, .. }) => close,
            None => None,
        };
        if let Some(name) = name {
            close(name, &mut self.out);
        }
        self.after_value();
    }

    fn text(&mut self, text: &str) {
        self.scalar(|out| escape(text, out));
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.scalar(|out| blob::encode(bytes, out));
    }

    fn integer(&mut self, number: i64) {
        self.scalar(|out| out.extend_from_slice(number.to_string().as_bytes()));
    }

    fn float(&mut self, number: f64) {
        let text = number::float_name(number).map_or_else(|| format!("{number:?}"), str::to_owned);
        self.scalar(|out| out.extend_from_slice(text.as_bytes()));
    }

    fn boolean(&mut self, truth: bool) {
        self.scalar(|out| out.extend_from_slice(if truth { b"true" } else { b"false" }));
    }

    /// Whole seconds, as IAM and STS write them. What is cut off makes an expiry earlier, never later.
    fn time(&mut self, time: Time) {
        let text = match self.time {
            TimeFormat::ByProtocol | TimeFormat::Iso => time.iso(),
            TimeFormat::Epoch => times::epoch(time),
            TimeFormat::Http => times::http(time),
        };
        self.scalar(|out| out.extend_from_slice(text.as_bytes()));
    }

    fn secret(&mut self, schema: &'static Schema, secret: &Secret) {
        let bytes = secret.reveal(self.exit, self.receipt);
        match schema.kind {
            Kind::Blob { .. } => self.blob(bytes),
            _ => self.text(secret_text(bytes)),
        }
    }
}

/// `<name>text</name>`.
pub(crate) fn element(name: &str, text: &str, out: &mut Vec<u8>) {
    open(name, out);
    escape(text, out);
    close(name, out);
}

pub(crate) fn open(name: &str, out: &mut Vec<u8>) {
    for piece in ["<", name, ">"] {
        out.extend_from_slice(piece.as_bytes());
    }
}

pub(crate) fn close(name: &str, out: &mut Vec<u8>) {
    for piece in ["</", name, ">"] {
        out.extend_from_slice(piece.as_bytes());
    }
}

/// Appends `text` as character data or as the value of an attribute. XML 1.0 has no spelling for most control characters, not even an
/// escaped one: they become U+FFFD, so that the document stays one. A carriage return is escaped, or parsers would change it.
pub(crate) fn escape(text: &str, out: &mut Vec<u8>) {
    for letter in text.chars() {
        let spelled = match letter {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&apos;",
            '\r' => "&#xD;",
            '\t' => "\t",
            '\n' => "\n",
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}",
            _ => {
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
        };
        out.extend_from_slice(spelled.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        escape(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn markup_is_escaped_and_what_xml_cannot_say_is_replaced() {
        assert_eq!(escaped("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&apos;");
        assert_eq!(escaped("1\r\n\t2"), "1&#xD;\n\t2");
        assert_eq!(escaped("\0\u{1b}\u{ffff}\u{1f511}\u{7f}"), "\u{fffd}\u{fffd}\u{fffd}\u{1f511}\u{7f}");
    }
}
