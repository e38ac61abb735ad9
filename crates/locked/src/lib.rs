//! Memory for keys: slots of [`SLOT_BYTES`] in pages that no core dump shows, no swap gets, and, where the kernel has `memfd_secret(2)`,
//! nobody else can read, root with `/proc/PID/mem` and a debugger included.
//!
//! Slots are cut out of chunks that are mapped once and never given back, so taking one is no system call. A slot is erased when it is
//! dropped. The chunks are bounded ([`SLOTS_MAX`]); what the system grants them, [`standing`] tells.

mod pages;
mod residue;

use pages::CHUNK_BYTES;
pub use pages::Protection;
pub use residue::sweep;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::Zeroize;

/// What a slot holds at most. Keys have 32 bytes, secret access keys 40.
pub const SLOT_BYTES: usize = 64;
/// With their guard pages the chunks stay under 8 MiB, which Linux lets every process lock.
const CHUNKS_MAX: usize = 56;
const CHUNK_SLOTS: usize = CHUNK_BYTES / SLOT_BYTES;
/// How many slots there can be.
pub const SLOTS_MAX: usize = CHUNKS_MAX * CHUNK_SLOTS;
/// What all chunks together lock at most, without the guard pages.
pub const BYTES_MAX: usize = CHUNKS_MAX * CHUNK_BYTES;

type Room = &'static mut [u8; SLOT_BYTES];

/// Up to [`SLOT_BYTES`] bytes that are erased when they are dropped.
pub struct Slot {
    /// `None` only while it is being dropped.
    room: Option<Room>,
    length_bytes: usize,
}

/// What there is, and what it is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Of the worst chunk.
    pub protection: Protection,
    /// How often a slot was asked for and there was none: that secret lies in ordinary memory.
    pub refused: u64,
}

/// The free slots. INVARIANT: every one of them is empty (all zero).
struct Arena {
    free: Vec<Room>,
    chunks: usize,
    worst: Protection,
    refused: u64,
}

static ARENA: Mutex<Arena> =
    Mutex::new(Arena { free: Vec::new(), chunks: 0, worst: Protection::Unreadable, refused: 0 });

impl Slot {
    /// A slot of zeros; `None` if `length_bytes` is more than [`SLOT_BYTES`], or all slots are taken.
    pub fn take(length_bytes: usize) -> Option<Self> {
        if length_bytes > SLOT_BYTES {
            return None;
        }
        let mut arena = arena();
        if arena.free.is_empty() {
            arena.grow();
        }
        let room = arena.free.pop();
        if room.is_none() {
            arena.refused += 1;
        }
        room.map(|room| Self { room: Some(room), length_bytes })
    }

    pub fn bytes(&self) -> &[u8] {
        self.room.as_ref().and_then(|room| room.get(..self.length_bytes)).unwrap_or_default()
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.room.as_mut().and_then(|room| room.get_mut(..self.length_bytes)).unwrap_or_default()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(room) = self.room.take() {
            room.zeroize();
            // There is capacity for every slot that was ever cut.
            arena().free.push(room);
        }
    }
}

/// What there is by now. The first call maps the first chunk, so that a program learns at its start what it will get.
pub fn standing() -> Standing {
    let mut arena = arena();
    if arena.chunks == 0 {
        arena.grow();
    }
    Standing { protection: arena.worst, refused: arena.refused }
}

impl Arena {
    fn grow(&mut self) {
        if self.chunks == CHUNKS_MAX {
            return;
        }
        let Some((chunk, protection)) = pages::map() else { return };
        self.chunks += 1;
        self.worst = self.worst.min(protection);
        self.free.reserve_exact(self.chunks * CHUNK_SLOTS);
        let (rooms, _) = chunk.as_chunks_mut();
        // The last that is pushed is the first to be taken.
        self.free.extend(rooms.iter_mut().rev());
    }
}

/// What the lock guards is never half changed, so a thread that died with it in hand has broken nothing.
fn arena() -> MutexGuard<'static, Arena> {
    ARENA.lock().unwrap_or_else(PoisonError::into_inner)
}

const _: () = assert!(CHUNK_BYTES.is_multiple_of(SLOT_BYTES), "slots fill a chunk");

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::thread;

    #[test]
    fn a_slot_is_zero_holds_what_is_written_and_is_erased() {
        let mut slot = Slot::take(32).unwrap();
        assert_eq!(slot.bytes(), [0; 32]);
        slot.bytes_mut().fill(7);
        assert_eq!(slot.bytes(), [7; 32]);
        let place = slot.bytes().as_ptr();
        drop(slot);
        // Another test of this process may take it in between; then it is zero no less.
        let again: Vec<Slot> = (0..64).map(|_| Slot::take(SLOT_BYTES).unwrap()).collect();
        assert!(again.iter().any(|slot| slot.bytes().as_ptr() == place));
        assert!(again.iter().all(|slot| slot.bytes() == [0; SLOT_BYTES]));
    }

    #[test]
    fn a_slot_has_the_length_that_was_asked_for_and_no_more_than_there_is() {
        for length in [0, 1, 32, SLOT_BYTES] {
            assert_eq!(Slot::take(length).map(|slot| slot.bytes().len()), Some(length));
        }
        assert!(Slot::take(SLOT_BYTES + 1).is_none());
    }

    /// Every slot is taken, by several threads at once; none is handed out twice; then there is none; then there are all again.
    #[test]
    fn all_slots_are_different_and_come_back() {
        let refused = standing().refused;
        let mut slots: Vec<Slot> = thread::scope(|scope| {
            let take = || (0..SLOTS_MAX / 4 + 1).map_while(|_| Slot::take(SLOT_BYTES)).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        // The other tests of this process hold a few.
        assert!(slots.len() > SLOTS_MAX - 256, "{}", slots.len());
        assert!(standing().refused > refused);
        for (number, slot) in slots.iter_mut().enumerate() {
            slot.bytes_mut().copy_from_slice(&[number.to_le_bytes(); SLOT_BYTES / 8].concat());
        }
        for (number, slot) in slots.iter().enumerate() {
            assert_eq!(slot.bytes(), [number.to_le_bytes(); SLOT_BYTES / 8].concat());
        }
        drop(slots);
        assert_eq!(Slot::take(SLOT_BYTES).unwrap().bytes(), [0; SLOT_BYTES]);
    }
}
