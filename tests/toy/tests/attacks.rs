//! What must not compile: each file under `attacks/` is one try to get round the door, with the compiler's refusal beside it.
//!
//! The messages are compared, because a test that only fails to compile may fail for a reason of its own. Whoever changes one reads in the
//! diff whether the refusal is still for the intended reason. `TRYBUILD=overwrite cargo test -p toy --test attacks` writes them anew.

#![expect(clippy::disallowed_methods, reason = "the attacks are files")]

/// The attacks that there are. One that is taken away has to be taken away here, too.
const ATTACKS_MIN: usize = 80;

#[test]
fn every_attack_is_refused_by_the_compiler() {
    let attacks = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attacks"));
    let count = attacks
        .map(|files| files.flatten().filter(|file| file.path().extension().is_some_and(|end| end == "rs")).count());
    assert!(count.is_ok_and(|count| count >= ATTACKS_MIN), "attacks are missing");
    trybuild::TestCases::new().compile_fail("tests/attacks/*.rs");
}
