//! Replays the committed corpus of the fuzz target `trail`, and each file of it damaged.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tests read their corpus from files")]

#[path = "../../../fuzz/src/trail.rs"]
mod probe;
#[path = "../../../fuzz/src/replay.rs"]
mod replay;

#[test]
fn the_corpus_holds() {
    assert_eq!(replay::replay("trail", probe::probe), (34, 163));
}
