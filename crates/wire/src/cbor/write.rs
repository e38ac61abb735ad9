//! The writer. Structures, lists and maps have indefinite lengths, as AWS's own services write them.

use crate::json::secret_text;
use minicbor::data::Tag;
use minicbor::encode::Encoder;
use names::Time;
use secret::{Exit, Receipt, Secret};
use shape::{Kind, Member, Schema, Sink};

/// Writes one data item. It holds the two proofs that open secrets: there is no other way to make one.
pub struct CborSink<'a> {
    encoder: Encoder<Vec<u8>>,
    exit: &'a Exit,
    receipt: &'a Receipt,
}

/// Most answers fit, and a buffer that never grows leaves no copy of a secret behind.
const CAPACITY_BYTES: usize = 1_024;
const TAG_EPOCH: u64 = 1;
const MICROS_PER_SECOND: i64 = 1_000_000;

impl<'a> CborSink<'a> {
    pub fn new(exit: &'a Exit, receipt: &'a Receipt) -> Self {
        Self { encoder: Encoder::new(Vec::with_capacity(CAPACITY_BYTES)), exit, receipt }
    }

    pub fn finish(self) -> Vec<u8> {
        self.encoder.into_writer()
    }

    /// Writing to memory does not fail: the error has no values.
    fn put<T, E>(written: Result<T, E>) {
        drop(written);
    }
}

impl Sink for CborSink<'_> {
    fn begin(&mut self, schema: &'static Schema, _: usize) {
        match schema.kind {
            Kind::List { .. } => Self::put(self.encoder.begin_array()),
            _ => Self::put(self.encoder.begin_map()),
        }
    }

    fn member(&mut self, member: &'static Member) {
        Self::put(self.encoder.str(member.wire));
    }

    fn item(&mut self) {}

    fn key(&mut self, key: &str) {
        Self::put(self.encoder.str(key));
    }

    fn end(&mut self) {
        Self::put(self.encoder.end());
    }

    fn text(&mut self, text: &str) {
        Self::put(self.encoder.str(text));
    }

    fn blob(&mut self, bytes: &[u8]) {
        Self::put(self.encoder.bytes(bytes));
    }

    fn integer(&mut self, number: i64) {
        Self::put(self.encoder.i64(number));
    }

    fn float(&mut self, number: f64) {
        Self::put(self.encoder.f64(number));
    }

    fn boolean(&mut self, truth: bool) {
        Self::put(self.encoder.bool(truth));
    }

    /// Whole seconds as an integer, others as a double cut to milliseconds.
    fn time(&mut self, time: Time) {
        Self::put(self.encoder.tag(Tag::new(TAG_EPOCH)));
        if time.micros() % MICROS_PER_SECOND == 0 {
            Self::put(self.encoder.i64(time.seconds()));
        } else {
            Self::put(self.encoder.f64(time.micros().div_euclid(1_000) as f64 / 1_000.0));
        }
    }

    fn secret(&mut self, schema: &'static Schema, secret: &Secret) {
        let bytes = secret.reveal(self.exit, self.receipt);
        match schema.kind {
            Kind::Blob { .. } => self.blob(bytes),
            _ => self.text(secret_text(bytes)),
        }
    }
}
