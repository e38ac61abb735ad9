//! The barrier as seen from the tables: a row opens where it was written and as it was written last.

use crate::rig::{Rig, THINGS, Thing, ThingKey, Toy, key, meddle, on_every_engine, store_over};
use store::{Broken, Direction, Range, Span, Table, TableKey, Write};

static ELSEWHERE: Table<Toy, ThingKey, Thing> = Table::new("toy/elsewhere");

on_every_engine!(
    a_row_that_was_copied_does_not_open,
    an_older_value_put_back_does_not_open,
    a_whole_row_of_yesterday_has_the_revision_of_yesterday,
    one_row_that_does_not_open_stops_nothing_else,
    values_are_not_in_the_clear,
);

async fn a_row_that_was_copied_does_not_open(rig: Rig) {
    rig.put("rich", 1_000).await;
    let row = rig.engine.row("toy/things", &key("rich").to_bytes()).await.unwrap().unwrap();
    let copies = [("toy/things", "poor"), ("toy/elsewhere", "rich")];
    let write =
        |(space, name): &(&'static str, &str)| Write::Put { space, key: key(name).to_bytes(), row: row.clone() };
    rig.commit(vec![], copies.iter().map(write).collect()).await.unwrap();
    let unopened = |space, name| Some(Broken::Unopened { space, key: key(name).to_bytes() });
    assert_eq!(rig.store.get(&THINGS, &key("poor")).await.err(), unopened("toy/things", "poor"));
    assert_eq!(rig.store.get(&ELSEWHERE, &key("rich")).await.err(), unopened("toy/elsewhere", "rich"));
    assert_eq!(rig.cold().get(&THINGS, &key("rich")).await.unwrap().unwrap().value.count, 1_000);
}

async fn an_older_value_put_back_does_not_open(rig: Rig) {
    rig.put("balance", 1_000).await;
    let old = rig.engine.row("toy/things", &key("balance").to_bytes()).await.unwrap().unwrap();
    rig.put("balance", 1).await;
    let new = rig.engine.row("toy/things", &key("balance").to_bytes()).await.unwrap().unwrap();
    for (revision, format, bytes) in
        [(new.revision, 1, &old.bytes), (old.revision, 1, &new.bytes), (new.revision, 2, &new.bytes)]
    {
        let row = store::Row { revision, format, bytes: bytes.clone() };
        let write = Write::Put { space: "toy/things", key: key("balance").to_bytes(), row };
        rig.commit(vec![], vec![write]).await.unwrap();
        let read = rig.cold().get(&THINGS, &key("balance")).await;
        assert!(matches!(read.err(), Some(Broken::Unopened { .. })));
    }
}

/// What the barrier cannot tell: for this, events name the revisions that were written.
async fn a_whole_row_of_yesterday_has_the_revision_of_yesterday(rig: Rig) {
    let yesterday = rig.put("balance", 1_000).await;
    let old = rig.engine.row("toy/things", &key("balance").to_bytes()).await.unwrap().unwrap();
    let mut draft = rig.draft();
    draft.put(&THINGS, &key("balance"), crate::rig::thing(1)).await.unwrap();
    let recorded = draft.wrote().first().unwrap().revision;
    rig.finish(draft).await.unwrap();
    rig.commit(vec![], vec![Write::Put { space: "toy/things", key: key("balance").to_bytes(), row: old }])
        .await
        .unwrap();
    let held = rig.cold().get(&THINGS, &key("balance")).await.unwrap().unwrap();
    assert_eq!(held.revision, yesterday);
    assert_ne!(Some(held.revision), recorded);
}

async fn one_row_that_does_not_open_stops_nothing_else(rig: Rig) {
    rig.put("a", 1).await;
    rig.put("b", 2).await;
    let mut row = rig.engine.row("toy/things", &key("a").to_bytes()).await.unwrap().unwrap();
    row.bytes = row.bytes.iter().map(|byte| byte ^ 1).collect();
    rig.commit(vec![], vec![Write::Put { space: "toy/things", key: key("a").to_bytes(), row }]).await.unwrap();
    let store = rig.cold();
    assert!(matches!(store.get(&THINGS, &key("a")).await.err(), Some(Broken::Unopened { .. })));
    assert_eq!(store.get(&THINGS, &key("b")).await.unwrap().unwrap().value.count, 2);
    let page = store.scan(&THINGS, &Span::all(), 10).await;
    assert!(matches!(page.err(), Some(Broken::Unopened { .. })), "a page with a hole in it would be a lie");
    rig.put("c", 3).await;
    assert_eq!(store.scan(&THINGS, &Span::all().from(&key("b")), 10).await.unwrap().rows.len(), 2);
}

async fn values_are_not_in_the_clear(rig: Rig) {
    let count = 0x4B41_4749_4241_4E21_u64;
    rig.put("canary", count).await;
    let rows = rig.engine.scan("toy/things", &Range::all(), Direction::Forward, 10).await.unwrap();
    for (_, row) in rows {
        assert!(!row.bytes.windows(8).any(|window| window == count.to_be_bytes()));
    }
}

/// The same from outside: the file is changed while nobody has it open.
#[tokio::test]
async fn a_row_moved_in_the_file_does_not_open() {
    let rig = Rig::sqlite();
    rig.put("rich", 1_000).await;
    rig.put("poor", 1).await;
    let Rig { store, engine, directory } = rig;
    drop((store, engine));
    let connection = meddle(&directory.database());
    let swap = "UPDATE rows SET (revision, bytes) = (SELECT revision, bytes FROM rows WHERE key = ?2) WHERE key = ?1";
    assert_eq!(connection.execute(swap, (key("poor").to_bytes(), key("rich").to_bytes())), Ok(1));
    drop(connection);
    let rig = Rig::sqlite_in(directory);
    let store = store_over(rig.engine.clone(), 1 << 20);
    assert!(matches!(store.get(&THINGS, &key("poor")).await.err(), Some(Broken::Unopened { .. })));
    assert_eq!(store.get(&THINGS, &key("rich")).await.unwrap().unwrap().value.count, 1_000);
}
