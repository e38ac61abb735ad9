//! Warm rows: no read that starts after an acknowledgement is older than it.

use crate::rig::{Rig, THINGS, event, key, on_every_engine, random, store_over, thing};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Draft, Span, Store};
use tokio::task::JoinSet;

on_every_engine!(no_read_is_older_than_an_acknowledged_commit, no_read_is_older_when_little_can_be_kept);

async fn no_read_is_older_than_an_acknowledged_commit(rig: Rig) {
    race(Arc::clone(&rig.store)).await;
}

async fn no_read_is_older_when_little_can_be_kept(rig: Rig) {
    // A few rows for each shard: rows come and go all the time.
    race(store_over(Arc::clone(&rig.engine), 64 * 600)).await;
}

const KEYS: u64 = 24;
const ROUNDS: u64 = 400;

/// The commits of one row. Odd counts delete it: then it is absent, and the next count brings it back.
#[derive(Default)]
struct Counts {
    attempted: AtomicU64,
    acknowledged: AtomicU64,
}

async fn race(store: Arc<Store>) {
    let counts: Arc<Vec<Counts>> = Arc::new((0..KEYS).map(|_| Counts::default()).collect());
    let done = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for first in [0, KEYS / 2] {
        let (store, counts, done) = (Arc::clone(&store), Arc::clone(&counts), Arc::clone(&done));
        tasks.spawn(async move {
            for round in 0..ROUNDS {
                let number = first + round % (KEYS / 2);
                let counts = counts.get(usize::try_from(number).unwrap()).unwrap();
                let count = counts.attempted.fetch_add(1, Ordering::SeqCst) + 1;
                write(&store, number, count).await;
                counts.acknowledged.store(count, Ordering::SeqCst);
            }
            done.fetch_add(1, Ordering::SeqCst);
        });
    }
    for _ in 0..3 {
        let (store, counts, done) = (Arc::clone(&store), Arc::clone(&counts), Arc::clone(&done));
        tasks.spawn(async move {
            while done.load(Ordering::SeqCst) < 2 {
                let number = u64::from_be_bytes(random()) % KEYS;
                let counts = counts.get(usize::try_from(number).unwrap()).unwrap();
                let from = counts.acknowledged.load(Ordering::SeqCst);
                let found = read(&store, number).await;
                let to = counts.attempted.load(Ordering::SeqCst);
                let fresh = match found {
                    Some(count) => from <= count && count <= to,
                    None => (from..=to).any(|count| count == 0 || count % 2 == 1),
                };
                assert!(fresh, "key {number}: read {found:?}, which was so neither at {from} nor until {to}");
                tokio::task::yield_now().await;
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}

async fn write(store: &Arc<Store>, number: u64, count: u64) {
    let mut draft = Draft::new(Arc::clone(store));
    let key = key(&number.to_string());
    if count % 2 == 1 {
        draft.delete(&THINGS, &key).await.unwrap();
    } else {
        draft.put(&THINGS, &key, thing(count)).await.unwrap();
    }
    store.commit(draft.into_batch(vec![], vec![event("raced")]).unwrap()).await.unwrap();
}

/// By a get or by a scan.
async fn read(store: &Store, number: u64) -> Option<u64> {
    let key = key(&number.to_string());
    if random::<1>() > [128] {
        return store.get(&THINGS, &key).await.unwrap().map(|held| held.value.count);
    }
    let page = store.scan(&THINGS, &Span::exactly(&key), 10).await.unwrap();
    page.rows.first().map(|(_, held)| held.value.count)
}
