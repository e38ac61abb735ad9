//! The seeds of every run of the tests: the house holds, and each planted fault is found.
#![expect(clippy::print_stderr, reason = "what was met is told with its count")]
#![expect(clippy::panic, reason = "tests")]

use sim::{Counts, Planted, Sight, run, served};

/// About ten seconds of one core.
const SEEDS: u64 = 64;
/// What each run of the seeds meets at least once.
const MET: &[&str] = &[
    "fault: CrashBeforeSync",
    "fault: CrashDuringSync",
    "fault: CrashAfterSync",
    "fault: SyncFails",
    "fault: Full",
    "fault: a row is Bare",
    "fault: a row is Bent",
    "fault: a row is Moved",
    "fault: a row is PutBack",
    "fault: a row is Reformatted",
    "fault: an event is bent",
    "fault: clock jumps ahead",
    "fault: clock jumps back",
    "fault: conflict",
    "fault: connection cut BeforeReply",
    "fault: connection cut BeforeRequest",
    "fault: connection cut InReply",
    "fault: connection cut InRequest",
    "fault: days pass",
    "fault: power cut between calls",
    "fault: trouble with a group",
    "outcome: commits in one group",
    "outcome: done",
    "outcome: done and unheard",
    "outcome: lost and unheard",
    "outcome: sealed",
    "outcome: unserved while the disk is full",
    "outcome: unadmitted",
    "outcome: started again",
    "outcome: key deleted by date",
    "outcome: AccessDenied",
    "outcome: AlreadyExistsException",
    "outcome: DeleteConflict",
    "outcome: DisabledException",
    "outcome: EntityAlreadyExists",
    "outcome: KMSInvalidStateException",
    "outcome: LimitExceeded",
    "outcome: NoSuchEntity",
    "outcome: NotFoundException",
];

#[test]
fn the_house_agrees_with_the_model() {
    let mut counts = Counts::new();
    for seed in (0..SEEDS).chain(failed()) {
        match run(seed, Planted::Nothing) {
            Ok(history) => {
                history.counts.into_iter().for_each(|(what, times)| *counts.entry(what).or_default() += times)
            }
            Err(mismatch) => panic!("seed {seed}: {mismatch:?}"),
        }
    }
    for (what, times) in &counts {
        eprintln!("{times:>8} {what}");
    }
    let operations = served().map(|(_, row)| format!("operation: {}", row.name));
    for what in MET.iter().map(|what| (*what).to_owned()).chain(operations) {
        assert!(counts.contains_key(&what), "nothing of it in {SEEDS} seeds: {what}");
    }
}

/// Seeds that failed in the long form stay with the ordinary ones.
fn failed() -> impl Iterator<Item = u64> {
    let lines = include_str!("../proved.toml").lines().filter(|line| line.starts_with("failed"));
    lines.flat_map(|line| line.split(['[', ']', ',']).filter_map(|word| word.trim().parse().ok()))
}

#[test]
fn one_seed_gives_one_history() {
    let histories = [(); 2].map(|()| run(3, Planted::Nothing).map_err(|mismatch| mismatch.what));
    let [one, other] = histories;
    assert_eq!(one, other);
}

/// A planted fault is found within the seeds, as one of these sights.
fn finds(planted: Planted, sights: &[Sight]) {
    for seed in 0..SEEDS {
        if let Err(mismatch) = run(seed, planted) {
            eprintln!("{planted:?} is found by seed {seed}: {mismatch:?}");
            assert!(sights.contains(&mismatch.sight), "{mismatch:?}");
            return;
        }
    }
    panic!("{planted:?} is not found in {SEEDS} seeds");
}

#[test]
fn a_skipped_sync_is_found() {
    finds(Planted::SkippedSync, &[Sight::Event, Sight::Answer]);
}

#[test]
fn a_dropped_event_is_found() {
    finds(Planted::DroppedEvent, &[Sight::Event]);
}

#[test]
fn a_swapped_order_of_commits_is_found() {
    finds(Planted::SwappedCommits, &[Sight::Event]);
}

#[test]
fn an_event_of_a_dropped_write_is_found() {
    finds(Planted::DroppedWrites, &[Sight::Rows, Sight::Answer]);
}

#[test]
fn a_revision_that_is_kept_is_found() {
    finds(Planted::KeptRevision, &[Sight::Rows]);
}

#[test]
fn a_stale_read_is_found() {
    finds(Planted::StaleRead, &[Sight::Answer]);
}

#[test]
fn a_stale_warm_row_is_found() {
    finds(Planted::StaleWarm, &[Sight::Answer]);
}

#[test]
fn a_reused_nonce_is_found() {
    finds(Planted::ReusedNonce, &[Sight::Nonce]);
}

#[test]
fn a_row_that_was_not_sealed_and_is_accepted_is_found() {
    finds(Planted::UnsealedAccepted, &[Sight::Row]);
}

#[test]
fn an_ignored_deny_is_found() {
    finds(Planted::IgnoredDeny, &[Sight::Answer]);
}

#[test]
fn an_early_deletion_is_found() {
    finds(Planted::BelievedJump, &[Sight::Early]);
}
