//! Indexes: kept in the commit that changes the row.

use crate::rig::{Rig, Toy, on_every_engine};
use minicbor::{Decode, Encode};
use names::Time;
use std::sync::Arc;
use store::{Broken, CommitError, Direction, Index, NoPrevious, Range, Record, Span, Table};

#[derive(Encode, Decode, Clone)]
struct User {
    #[n(0)]
    name: String,
    #[n(1)]
    tags: Vec<String>,
    #[n(2)]
    due: Option<i64>,
}

impl Record for User {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

static USERS: Table<Toy, u64, User> = Table::new("toy/users").indexed(&[&BY_NAME, &BY_TAG, &BY_DUE]);
static BY_NAME: Index<Toy, String, u64, User> = Index::unique("toy/users/name", |_, user| vec![user.name.clone()]);
static BY_TAG: Index<Toy, String, u64, User> = Index::many("toy/users/tag", |_, user| user.tags.clone());
static BY_DUE: Index<Toy, Time, u64, User> =
    Index::many("toy/users/due", |_, user| user.due.map(Time::from_micros).into_iter().collect());

on_every_engine!(
    an_index_follows_its_rows,
    a_unique_index_refuses_a_second_row,
    two_commits_cannot_take_one_name,
    a_name_that_was_taken_since_it_was_seen_free_is_a_conflict_and_no_fault,
    a_name_can_be_handed_over_in_one_draft,
    an_index_is_read_as_a_span,
    a_row_that_joins_an_index_is_a_conflict,
);

fn user(name: &str, tags: &[&str], due: Option<i64>) -> Arc<User> {
    Arc::new(User { name: name.to_owned(), tags: tags.iter().map(|&tag| tag.to_owned()).collect(), due })
}

async fn put(rig: &Rig, id: u64, user: Arc<User>) {
    let mut draft = rig.draft();
    draft.put(&USERS, &id, user).await.unwrap();
    rig.finish(draft).await.unwrap();
}

async fn named(rig: &Rig, name: &str) -> Option<u64> {
    let warm = rig.store.by_unique(&USERS, &BY_NAME, &name.to_owned()).await.unwrap();
    let cold = rig.cold().by_unique(&USERS, &BY_NAME, &name.to_owned()).await.unwrap();
    let (warm, cold) = (warm.row.map(|(id, _)| id), cold.row.map(|(id, _)| id));
    assert_eq!(warm, cold);
    warm
}

async fn tagged(rig: &Rig, tag: &str) -> Vec<u64> {
    let span = Span::exactly(&tag.to_owned());
    let warm = rig.store.by_index(&USERS, &BY_TAG, &span, 100).await.unwrap();
    warm.rows.into_iter().map(|(id, _)| id).collect()
}

async fn an_index_follows_its_rows(rig: Rig) {
    put(&rig, 1, user("ann", &["red", "blue"], None)).await;
    put(&rig, 2, user("bob", &["red"], None)).await;
    assert_eq!((named(&rig, "ann").await, named(&rig, "bob").await), (Some(1), Some(2)));
    assert_eq!((tagged(&rig, "red").await, tagged(&rig, "blue").await), (vec![1, 2], vec![1]));
    put(&rig, 1, user("eve", &["blue", "green"], None)).await;
    assert_eq!((named(&rig, "ann").await, named(&rig, "eve").await), (None, Some(1)));
    assert_eq!((tagged(&rig, "red").await, tagged(&rig, "green").await), (vec![2], vec![1]));
    let mut draft = rig.draft();
    assert!(draft.delete(&USERS, &1).await.unwrap());
    rig.finish(draft).await.unwrap();
    assert_eq!((named(&rig, "eve").await, tagged(&rig, "blue").await), (None, vec![]));
    for (space, rows) in [("toy/users", 1), ("toy/users/name", 1), ("toy/users/tag", 1), ("toy/users/due", 0)] {
        let left = rig.engine.scan(space, &Range::all(), Direction::Forward, 10).await.unwrap();
        assert_eq!(left.len(), rows, "{space}");
    }
}

async fn a_unique_index_refuses_a_second_row(rig: Rig) {
    put(&rig, 1, user("ann", &[], None)).await;
    let mut draft = rig.draft();
    let taken = draft.put(&USERS, &2, user("ann", &[], None)).await;
    assert_eq!(taken.err(), Some(Broken::Taken { space: "toy/users/name" }));
    let mut draft = rig.draft();
    draft.put(&USERS, &2, user("bob", &[], None)).await.unwrap();
    let taken = draft.put(&USERS, &3, user("bob", &[], None)).await;
    assert_eq!(taken.err(), Some(Broken::Taken { space: "toy/users/name" }), "within one draft too");
    put(&rig, 1, user("ann", &["same", "name"], None)).await;
}

async fn two_commits_cannot_take_one_name(rig: Rig) {
    let (mut one, mut two) = (rig.draft(), rig.draft());
    one.put(&USERS, &1, user("ann", &[], None)).await.unwrap();
    two.put(&USERS, &2, user("ann", &[], None)).await.unwrap();
    rig.finish(one).await.unwrap();
    assert_eq!(rig.finish(two).await, Err(CommitError::Conflict));
    assert_eq!(named(&rig, "ann").await, Some(1));
    assert!(rig.store.get(&USERS, &2).await.unwrap().is_none());
}

async fn a_name_that_was_taken_since_it_was_seen_free_is_a_conflict_and_no_fault(rig: Rig) {
    let mut draft = rig.draft();
    assert!(draft.by_unique(&USERS, &BY_NAME, &"ann".to_owned()).await.unwrap().row.is_none());
    put(&rig, 1, user("ann", &[], None)).await;
    draft.put(&USERS, &2, user("ann", &[], None)).await.unwrap();
    // Within one draft a name is still given once.
    let twice = draft.put(&USERS, &3, user("ann", &[], None)).await;
    assert!(matches!(twice, Err(Broken::Taken { space: "toy/users/name" })));
    assert_eq!(rig.finish(draft).await.unwrap_err(), CommitError::Conflict);
    assert_eq!(named(&rig, "ann").await, Some(1));
}

async fn a_name_can_be_handed_over_in_one_draft(rig: Rig) {
    put(&rig, 1, user("ann", &[], None)).await;
    let mut draft = rig.draft();
    draft.put(&USERS, &1, user("ann the first", &[], None)).await.unwrap();
    draft.put(&USERS, &2, user("ann", &[], None)).await.unwrap();
    let found = draft.by_unique(&USERS, &BY_NAME, &"ann".to_owned()).await.unwrap();
    assert_eq!(found.row.map(|(id, _)| id), Some(2));
    rig.finish(draft).await.unwrap();
    assert_eq!((named(&rig, "ann").await, named(&rig, "ann the first").await), (Some(2), Some(1)));
}

async fn an_index_is_read_as_a_span(rig: Rig) {
    for (id, due) in [(1, Some(30)), (2, Some(-5)), (3, None), (4, Some(10)), (5, Some(10))] {
        put(&rig, id, user(&format!("user {id}"), &[], due)).await;
    }
    let span = Span::all().before(&Time::from_micros(30));
    let first = rig.store.by_index(&USERS, &BY_DUE, &span, 2).await.unwrap();
    assert_eq!(first.rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2, 4]);
    let rest = rig.store.by_index(&USERS, &BY_DUE, &span.after(&first.next.unwrap()), 2).await.unwrap();
    assert_eq!(rest.rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [5]);
    let mut draft = rig.draft();
    draft.put(&USERS, &3, user("user 3", &[], Some(9))).await.unwrap();
    draft.delete(&USERS, &4).await.unwrap();
    let span = Span::all().from(&Time::from_micros(0)).backward();
    let pending = draft.by_index(&USERS, &BY_DUE, &span, 10).await.unwrap();
    assert_eq!(pending.rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 5, 3]);
}

async fn a_row_that_joins_an_index_is_a_conflict(rig: Rig) {
    put(&rig, 1, user("ann", &["red"], None)).await;
    let span = Span::exactly(&"red".to_owned());
    let mut draft = rig.draft();
    assert_eq!(draft.by_index(&USERS, &BY_TAG, &span, 10).await.unwrap().rows.len(), 1);
    put(&rig, 2, user("bob", &["red"], None)).await;
    assert_eq!(rig.finish(draft).await, Err(CommitError::Conflict));
    // A store's own reading gives the checks to a commit that was drawn elsewhere.
    let read = rig.store.by_index(&USERS, &BY_TAG, &span, 10).await.unwrap();
    let unique = rig.store.by_unique(&USERS, &BY_NAME, &"zoe".to_owned()).await.unwrap();
    assert!(unique.row.is_none());
    put(&rig, 3, user("zoe", &[], None)).await;
    for (checks, expected) in [(read.checks, None), (unique.checks, Some(CommitError::Conflict))] {
        let batch = rig.draft().into_batch(checks, vec![crate::rig::event("judged")]).unwrap();
        assert_eq!(rig.store.commit(batch).await.err(), expected);
    }
}
