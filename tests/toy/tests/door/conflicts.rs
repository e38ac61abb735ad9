//! What changes between reading and commit, changes the answer.

use crate::rig::{ALL, attach_deny, content, deny, house, make, put, replace, told};
use house::{Actor, House};
use shapes_toy::{CopyNoteInput, CreateBoxInput, DeleteBoxInput};
use std::sync::Arc;

/// How often a commit is tried. The number is the gate's; these tests pin it.
const COMMIT_ATTEMPTS_MAX: u64 = 8;

struct Scene {
    house: Arc<House>,
    root: Actor,
    alice: Actor,
}

async fn scene() -> Scene {
    let house = house().await;
    let (root, alice) = (house.root().await, house.user("alice", &[ALL]).await);
    make(&alice, "tools", "old").await;
    Scene { house, root, alice }
}

/// Before the next `times` commits of others, root does `act`.
fn meanwhile<F: Future<Output = ()> + Send + 'static>(
    scene: &Scene,
    times: u64,
    act: impl Fn(Actor) -> F + Send + 'static,
) {
    let root = scene.root.clone();
    scene.house.before_commits(times, move || act(root.clone()));
}

#[tokio::test]
async fn a_deny_on_the_box_between_reading_and_commit_is_heard() {
    let scene = scene().await;
    let before = scene.house.events().await.len();
    meanwhile(&scene, 1, |root| async move { attach_deny(&root, "tools").await });
    let refused = scene.alice.call::<shapes_toy::PutNote>(put("tools", "new")).await;
    assert_eq!(refused.code(), "AccessDeniedException");
    let events = scene.house.events().await;
    assert_eq!(told(&events, before), [("AttachDeny", ""), ("PutNote", "AccessDenied")]);
    let event = events.last().unwrap();
    assert!(event.prepared, "the vault had been used");
    assert_eq!((event.wrote.len(), event.uses.len()), (0, 1), "and the trail agrees with the vault's own chain");
}

#[tokio::test]
async fn a_deny_on_the_user_between_reading_and_commit_is_heard() {
    let scene = scene().await;
    let (house, alice) = (Arc::downgrade(&scene.house), scene.alice.clone());
    scene.house.before_commits(1, move || {
        let (house, alice) = (house.upgrade().unwrap(), alice.clone());
        async move { house.set_policies(&alice, &[ALL, &deny(&["toy:PutNote"])]).await }
    });
    let refused = scene.alice.call::<shapes_toy::PutNote>(put("tools", "new")).await;
    assert_eq!(refused.code(), "AccessDeniedException");
    assert_eq!(content(&scene.alice, "tools").await, b"old");
}

#[tokio::test]
async fn a_key_that_is_revoked_between_signature_and_commit_writes_nothing() {
    let scene = scene().await;
    let (house, alice) = (Arc::downgrade(&scene.house), scene.alice.clone());
    scene.house.before_commits(1, move || {
        let (house, alice) = (house.upgrade().unwrap(), alice.clone());
        async move { house.revoke(&alice).await }
    });
    assert_eq!(scene.alice.call::<shapes_toy::PutNote>(put("tools", "new")).await.code(), "BoxBusy");
    assert!(scene.alice.caller().await.is_err(), "and lets nobody in any more");
    assert_eq!(content(&scene.root, "tools").await, b"old");
}

#[tokio::test]
async fn a_conflict_judges_anew_and_prepares_once() {
    let scene = scene().await;
    let uses = scene.house.uses().await;
    // Root's own note uses the vault once, and so does alice's, though her commit is tried twice.
    meanwhile(&scene, 1, |root| async move { drop(root.call::<shapes_toy::PutNote>(put("tools", "root's")).await) });
    scene.alice.call::<shapes_toy::PutNote>(put("tools", "alice's")).await.output();
    assert_eq!(scene.house.uses().await, uses + 2);
    assert_eq!(content(&scene.alice, "tools").await, b"alice's");
    let events = scene.house.events().await;
    assert_eq!(told(&events, 2)[..2], [("PutNote", ""), ("PutNote", "")], "one event each");
}

#[tokio::test]
async fn who_meets_conflicts_for_ever_hears_so_once() {
    let scene = scene().await;
    let busy = |root: Actor| async move { drop(root.call::<shapes_toy::PutNote>(put("tools", "root's")).await) };

    meanwhile(&scene, COMMIT_ATTEMPTS_MAX - 1, busy);
    scene.alice.call::<shapes_toy::PutNote>(put("tools", "alice's")).await.output();
    assert_eq!(content(&scene.alice, "tools").await, b"alice's", "the last attempt counts");

    meanwhile(&scene, COMMIT_ATTEMPTS_MAX, busy);
    let (uses, before) = (scene.house.uses().await, scene.house.commit_attempts());
    let given_up = scene.alice.call::<shapes_toy::PutNote>(put("tools", "alice's")).await;
    assert_eq!((given_up.code().as_str(), given_up.failure().status), ("BoxBusy", 409));
    assert_eq!(scene.house.uses().await, uses + COMMIT_ATTEMPTS_MAX + 1, "prepared once");
    // Each attempt and what came between, and the commit of the event alone.
    assert_eq!(scene.house.commit_attempts(), before + 2 * COMMIT_ATTEMPTS_MAX + 1);
    let events = given_up.events_in(&scene.house.events().await);
    assert_eq!(events.len(), 1);
    assert!(events[0].prepared && events[0].dropped && events[0].wrote.is_empty() && events[0].uses.len() == 1);
    assert_eq!(content(&scene.alice, "tools").await, b"root's");
}

#[tokio::test]
async fn another_box_of_the_same_name_is_another_box() {
    let scene = scene().await;
    meanwhile(&scene, 1, |root| async move { replace(&root, "tools", "the new box's own").await });
    let conflict = scene.alice.call::<shapes_toy::PutNote>(put("tools", "for the old box")).await;
    assert_eq!(conflict.code(), "BoxBusy");
    let event = scene.house.last_event().await;
    assert!(event.prepared, "what was prepared for the old box is on the trail");
    assert_eq!((event.error_code.as_deref(), event.wrote.len()), (Some("BoxBusy"), 0));
    assert_eq!(content(&scene.alice, "tools").await, b"the new box's own");
}

#[tokio::test]
async fn a_box_that_vanishes_is_not_found_and_one_that_appears_exists() {
    let scene = scene().await;
    meanwhile(&scene, 1, |root| async move {
        root.call::<shapes_toy::DeleteBox>(DeleteBoxInput::new("tools".to_owned())).await.output();
    });
    assert_eq!(scene.alice.call::<shapes_toy::PutNote>(put("tools", "x")).await.code(), "NoSuchBox");

    meanwhile(&scene, 1, |root| async move { make(&root, "tools", "root's").await });
    let input = CreateBoxInput::new("tools".to_owned());
    assert_eq!(scene.alice.call::<shapes_toy::CreateBox>(input).await.code(), "BoxExists");
    assert_eq!(content(&scene.alice, "tools").await, b"root's");
}

#[tokio::test]
async fn a_conflict_judges_the_child_too() {
    let scene = scene().await;
    make(&scene.alice, "copy", "untouched").await;
    let copy = || CopyNoteInput { from: "tools".to_owned(), to: "copy".to_owned() };
    let before = scene.house.events().await.len();
    // The deny on the source forbids ReadNote, which only the call on the way asks for.
    meanwhile(&scene, 1, |root| async move { attach_deny(&root, "tools").await });
    let conflict = scene.alice.call::<shapes_toy::CopyNote>(copy()).await;
    assert_eq!(conflict.code(), "BoxBusy", "the root has no refusal of its own");
    let events = scene.house.events().await;
    assert_eq!(told(&events, before), [("AttachDeny", ""), ("ReadNote", "AccessDenied"), ("CopyNote", "BoxBusy")]);
    let (read, copied) = (&events[before + 1], &events[before + 2]);
    assert!(read.prepared && copied.prepared && copied.dropped && copied.wrote.is_empty());
    assert_eq!((read.uses.len(), copied.uses.len()), (1, 1));
    assert_eq!(content(&scene.alice, "copy").await, b"untouched");
}

#[tokio::test]
async fn a_conflict_repeats_a_whole_family_and_prepares_it_once() {
    let scene = scene().await;
    make(&scene.alice, "copy", "untouched").await;
    let uses = scene.house.uses().await;
    meanwhile(&scene, 1, |root| async move { drop(root.call::<shapes_toy::PutNote>(put("copy", "root's")).await) });
    let copy = CopyNoteInput { from: "tools".to_owned(), to: "copy".to_owned() };
    let copied = scene.alice.call::<shapes_toy::CopyNote>(copy).await;
    copied.output();
    assert_eq!(scene.house.uses().await, uses + 3, "root's note, and the family's one opening and one sealing");
    assert_eq!(copied.events_in(&scene.house.events().await).len(), 2);
    assert_eq!(content(&scene.alice, "copy").await, b"old");
}

#[tokio::test]
async fn a_row_that_appears_in_a_range_that_was_read_is_a_conflict() {
    let scene = scene().await;
    meanwhile(&scene, 1, |root| async move { make(&root, "phantom", "a note").await });
    let region = scene.house.region().clone();
    let swept = scene.house.rounds("toy").call::<shapes_toy::Sweep>(scene.root.account(), region, shape::Empty).await;
    assert_eq!(swept, Ok(Ok(())));
    assert_eq!(scene.house.last_event().await.wrote.len(), 2, "both are empty now");
    for name in ["tools", "phantom"] {
        assert_eq!(scene.alice.call::<shapes_toy::ReadNote>(crate::rig::read(name)).await.code(), "BoxEmpty");
    }
}

#[tokio::test]
async fn two_writers_at_once_both_write_one_after_the_other() {
    let scene = scene().await;
    let calls: Vec<_> = (0..20)
        .map(|number| {
            let alice = scene.alice.clone();
            tokio::spawn(
                async move { alice.call::<shapes_toy::PutNote>(put("tools", &number.to_string())).await.code() },
            )
        })
        .collect();
    let mut ends = Vec::new();
    for call in calls {
        ends.push(call.await.unwrap());
    }
    assert!(ends.iter().all(|end| end.is_empty() || end == "BoxBusy"), "{ends:?}");
    assert!(ends.iter().any(String::is_empty));
}
