//! A long text as sealed chunks, for what is too large for memory. Each chunk opens at its own place of its own text only, and the last one
//! says that it is: so a text that was cut short, put into another order, or put together out of two does not pass for a whole one.

use crate::{Entropy, Frames, MESSAGE_NONCE_BYTES, MessageKey, MessageNonce, TAG_BYTES, Unopened, Unsealed};
use secret::{Opener, Secret};
use std::sync::Arc;

/// The plaintext of one chunk.
pub const CHUNK_BYTES_MAX: usize = 256 << 10;
/// What stands before the ciphertext of a chunk: 1 if it is the last, else 0 (1 byte) ‖ bytes of plaintext (4, big end first) ‖ N and IV.
pub const CHUNK_HEAD_BYTES: usize = 1 + 4 + MESSAGE_NONCE_BYTES;

const LABEL: &str = "kagiban/chunks/chunk/1";

/// Seals the chunks of one text.
pub struct ChunkSealer {
    key: Secret,
    opener: &'static Opener,
    entropy: Arc<dyn Entropy>,
    number: u64,
}

/// Opens the chunks of one text, in their order.
pub struct ChunkOpener {
    key: Secret,
    opener: &'static Opener,
    number: u64,
}

/// What a chunk says of itself before it is opened.
#[derive(Clone, Copy)]
pub struct ChunkHead {
    is_last: bool,
    bytes: usize,
    nonce: MessageNonce,
}

impl ChunkSealer {
    /// `key` must be of this one text: under the same key, chunks of two texts can be exchanged.
    pub fn new(key: Secret, opener: &'static Opener, entropy: Arc<dyn Entropy>) -> Self {
        Self { key, opener, entropy, number: 0 }
    }

    /// Appends the next chunk to `out`.
    pub fn seal(&mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), Unsealed> {
        self.append(plaintext, false, out)
    }

    /// Appends the last chunk to `out`; it may be empty.
    pub fn seal_last(mut self, plaintext: &[u8], out: &mut Vec<u8>) -> Result<(), Unsealed> {
        self.append(plaintext, true, out)
    }

    fn append(&mut self, plaintext: &[u8], is_last: bool, out: &mut Vec<u8>) -> Result<(), Unsealed> {
        let length = u32::try_from(plaintext.len()).ok().filter(|_| plaintext.len() <= CHUNK_BYTES_MAX);
        let nonce = MessageNonce::draw(self.entropy.as_ref())?;
        let key = MessageKey::derive(&self.key, self.opener, LABEL, &nonce)?;
        out.push(u8::from(is_last));
        out.extend_from_slice(&length.ok_or(Unsealed::TooLong)?.to_be_bytes());
        out.extend_from_slice(nonce.as_bytes());
        key.seal(&nonce, &place(self.number, is_last), plaintext, out)?;
        self.number = self.number.checked_add(1).ok_or(Unsealed::TooLong)?;
        Ok(())
    }
}

impl ChunkHead {
    pub fn read(bytes: &[u8; CHUNK_HEAD_BYTES]) -> Result<Self, Unopened> {
        let [last, one, two, three, four, nonce @ ..] = *bytes;
        let is_last = match last {
            0 => false,
            1 => true,
            _ => return Err(Unopened::UnknownForm),
        };
        let bytes = u32::from_be_bytes([one, two, three, four]) as usize;
        if bytes > CHUNK_BYTES_MAX {
            return Err(Unopened::Length);
        }
        Ok(Self { is_last, bytes, nonce: MessageNonce::from_bytes(nonce) })
    }

    /// How many bytes follow: ciphertext and tag.
    pub fn sealed_bytes(&self) -> usize {
        self.bytes + TAG_BYTES
    }
}

impl ChunkOpener {
    pub fn new(key: Secret, opener: &'static Opener) -> Self {
        Self { key, opener, number: 0 }
    }

    /// Which chunk is the next, counted from 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The plaintext of the next chunk, and what opens the one after it; `None` if this was the last.
    pub fn open(mut self, head: &ChunkHead, sealed: &[u8]) -> Result<(Vec<u8>, Option<Self>), Unopened> {
        let key = MessageKey::derive(&self.key, self.opener, LABEL, &head.nonce)?;
        let mut plaintext = vec![0; head.bytes];
        key.open(&head.nonce, &place(self.number, head.is_last), sealed, &mut plaintext)?;
        self.number = self.number.checked_add(1).ok_or(Unopened::Length)?;
        Ok((plaintext, (!head.is_last).then_some(self)))
    }
}

/// What a chunk is bound to, beside the text's key.
fn place(number: u64, is_last: bool) -> Vec<u8> {
    Frames::new().number(number).part(&[u8::from(is_last)]).into_bytes()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::SystemEntropy;
    use crate::barrier::tests::keys;

    fn opener() -> &'static Opener {
        &keys().opener
    }

    fn key(byte: u8) -> Secret {
        Secret::fill(32, |bytes| bytes.fill(byte))
    }

    /// A text as its sealed chunks.
    fn sealed(key_byte: u8, text: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut sealer = ChunkSealer::new(key(key_byte), opener(), Arc::new(SystemEntropy));
        let (last, others) = text.split_last().unwrap();
        let mut chunks = Vec::new();
        for plaintext in others {
            let mut chunk = Vec::new();
            sealer.seal(plaintext, &mut chunk).unwrap();
            chunks.push(chunk);
        }
        let mut chunk = Vec::new();
        sealer.seal_last(last, &mut chunk).unwrap();
        chunks.push(chunk);
        chunks
    }

    /// The whole text; `None` if a chunk does not open, the last is missing, or something follows it.
    fn opened(key_byte: u8, chunks: &[Vec<u8>]) -> Option<Vec<u8>> {
        let mut next = Some(ChunkOpener::new(key(key_byte), opener()));
        let mut text = Vec::new();
        for chunk in chunks {
            let (head, rest) = chunk.split_first_chunk()?;
            let head = ChunkHead::read(head).ok()?;
            let (plaintext, then) = next?.open(&head, rest).ok()?;
            text.extend(plaintext);
            next = then;
        }
        next.is_none().then_some(text)
    }

    const TEXT: [&[u8]; 4] = [b"one", b"two", b"three", b""];

    #[test]
    fn a_text_opens_as_a_whole_and_in_its_order_only() {
        let chunks = sealed(1, &TEXT);
        assert_eq!(opened(1, &chunks).as_deref(), Some(&b"onetwothree"[..]));
        assert_eq!(opened(1, &sealed(1, &[b""])).as_deref(), Some(&b""[..]));
        assert_eq!(opened(2, &chunks), None, "another key");
        for length in 0..chunks.len() {
            assert_eq!(opened(1, &chunks[..length]), None, "cut at chunk {length}");
            let mut ended = chunks[..length].to_vec();
            if let Some(chunk) = ended.last_mut() {
                chunk[0] = 1;
            }
            assert_eq!(opened(1, &ended), None, "cut at chunk {length}, which says that it is the last");
        }
        for (one, two) in [(0, 1), (1, 2), (2, 3)] {
            let mut moved = chunks.clone();
            moved.swap(one, two);
            assert_eq!(opened(1, &moved), None, "chunks {one} and {two} exchanged");
        }
        let twice = [&chunks[..2], &chunks[1..]].concat();
        assert_eq!(opened(1, &twice), None, "a chunk comes twice");
        let without = [&chunks[..1], &chunks[2..]].concat();
        assert_eq!(opened(1, &without), None, "a chunk is left out");
        let more = [&chunks[..], &chunks[3..]].concat();
        assert_eq!(opened(1, &more), None, "something follows the last");
    }

    #[test]
    fn each_byte_of_a_chunk_and_its_length_are_authenticated() {
        let chunks = sealed(1, &TEXT);
        for number in 0..chunks.len() {
            for place in 0..chunks[number].len() {
                let mut bent = chunks.clone();
                bent[number][place] ^= 1;
                assert_eq!(opened(1, &bent), None, "byte {place} of chunk {number}");
                bent[number] = chunks[number][..place].to_vec();
                assert_eq!(opened(1, &bent), None, "chunk {number} cut at {place}");
            }
            let mut longer = chunks.clone();
            longer[number].push(0);
            assert_eq!(opened(1, &longer), None);
        }
    }

    #[test]
    fn a_chunk_is_bounded_before_anything_is_read_of_it() {
        let mut head = [0; CHUNK_HEAD_BYTES];
        head[1..5].copy_from_slice(&(CHUNK_BYTES_MAX as u32).to_be_bytes());
        assert_eq!(ChunkHead::read(&head).unwrap().sealed_bytes(), CHUNK_BYTES_MAX + TAG_BYTES);
        head[1..5].copy_from_slice(&(CHUNK_BYTES_MAX as u32 + 1).to_be_bytes());
        assert_eq!(ChunkHead::read(&head).err(), Some(Unopened::Length));
        head[0] = 2;
        assert_eq!(ChunkHead::read(&head).err(), Some(Unopened::UnknownForm));
        let mut sealer = ChunkSealer::new(key(1), opener(), Arc::new(SystemEntropy));
        assert_eq!(sealer.seal(&vec![0; CHUNK_BYTES_MAX + 1], &mut Vec::new()), Err(Unsealed::TooLong));
    }
}
