//! The writer.

use super::write_text;
use crate::{blob, number, times};
use names::Time;
use secret::{Exit, Receipt, Secret};
use shape::{Kind, Member, Schema, Sink, TimeFormat};
use std::io::Write as _;

/// Writes one document. It holds the two proofs that open secrets: there is no other way to make one.
pub struct JsonSink<'a> {
    out: Vec<u8>,
    closings: Vec<u8>,
    time: TimeFormat,
    exit: &'a Exit,
    receipt: &'a Receipt,
}

/// Most answers fit, and a buffer that never grows leaves no copy of a secret behind.
const CAPACITY_BYTES: usize = 1_024;

impl<'a> JsonSink<'a> {
    pub fn new(exit: &'a Exit, receipt: &'a Receipt) -> Self {
        let out = Vec::with_capacity(CAPACITY_BYTES);
        Self { out, closings: Vec::new(), time: TimeFormat::ByProtocol, exit, receipt }
    }

    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// A comma, unless what comes is the first in its structure, list or map. No value ends with an opening bracket.
    fn separate(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn quoted(&mut self, plain: &str) {
        write_text(plain, &mut self.out);
    }

    fn plain(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.out.write_fmt(arguments);
    }
}

impl Sink for JsonSink<'_> {
    fn begin(&mut self, schema: &'static Schema, _: usize) {
        let (opening, closing) = if matches!(schema.kind, Kind::List { .. }) { (b'[', b']') } else { (b'{', b'}') };
        self.out.push(opening);
        self.closings.push(closing);
    }

    fn member(&mut self, member: &'static Member) {
        self.separate();
        self.quoted(member.wire);
        self.out.push(b':');
        self.time = member.time;
    }

    fn item(&mut self) {
        self.separate();
        self.time = TimeFormat::ByProtocol;
    }

    fn key(&mut self, key: &str) {
        self.separate();
        self.quoted(key);
        self.out.push(b':');
        self.time = TimeFormat::ByProtocol;
    }

    fn end(&mut self) {
        self.out.extend(self.closings.pop());
    }

    fn text(&mut self, text: &str) {
        self.quoted(text);
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        blob::encode(bytes, &mut self.out);
        self.out.push(b'"');
    }

    fn integer(&mut self, number: i64) {
        self.plain(format_args!("{number}"));
    }

    fn float(&mut self, number: f64) {
        match number::float_name(number) {
            Some(name) => self.quoted(name),
            None => self.plain(format_args!("{number:?}")),
        }
    }

    fn boolean(&mut self, truth: bool) {
        self.plain(format_args!("{truth}"));
    }

    fn time(&mut self, time: Time) {
        match self.time {
            TimeFormat::ByProtocol | TimeFormat::Epoch => self.plain(format_args!("{}", times::epoch(time))),
            TimeFormat::Iso => self.quoted(&time.iso()),
            TimeFormat::Http => self.quoted(&times::http(time)),
        }
    }

    fn secret(&mut self, schema: &'static Schema, secret: &Secret) {
        let bytes = secret.reveal(self.exit, self.receipt);
        match schema.kind {
            Kind::Blob { .. } => self.blob(bytes),
            _ => self.quoted(secret_text(bytes)),
        }
    }
}

/// The text of a secret. A secret text was read as one, or made of characters by the house.
pub(crate) fn secret_text(bytes: &[u8]) -> &str {
    let text = std::str::from_utf8(bytes);
    assert!(text.is_ok(), "a secret whose schema is a text holds UTF-8");
    text.unwrap_or_default()
}
