//! Measurements: `cargo nextest run -p store --run-ignored only measure --no-capture`.

use crate::rig::{Rig, THINGS, event, key, thing};
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Draft, Span};
use tokio::task::JoinSet;

fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn commits_a_second() {
    for committers in [1_u64, 16, 64, 256] {
        let rig = Rig::sqlite();
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for task in 0..committers {
            let store = Arc::clone(&rig.store);
            tasks.spawn(async move {
                let mut commits = 0;
                while started.elapsed() < Duration::from_secs(3) {
                    let mut draft = Draft::new(Arc::clone(&store));
                    draft.put(&THINGS, &key(&task.to_string()), thing(commits)).await.unwrap();
                    let batch = draft.into_batch(vec![], vec![event(&"x".repeat(600))]).unwrap();
                    store.commit(batch).await.unwrap();
                    commits += 1;
                }
                commits
            });
        }
        let commits: u64 = tasks.join_all().await.into_iter().sum();
        say(&format!("{committers} committers: {:.0} commits/s\n", commits as f64 / started.elapsed().as_secs_f64()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn reads_a_second() {
    let rig = Rig::sqlite();
    for number in 0..1_000 {
        rig.put(&format!("{number:04}"), number).await;
    }
    for (name, store) in [("cold", rig.cold()), ("warm", Arc::clone(&rig.store))] {
        let started = Instant::now();
        for number in 0..1_000 {
            store.get(&THINGS, &key(&format!("{number:04}"))).await.unwrap().unwrap();
        }
        say(&format!("{name} get: {:.1} µs\n", started.elapsed().as_micros() as f64 / 1_000.0));
    }
    let started = Instant::now();
    rig.store.scan(&THINGS, &Span::all(), 1_000).await.unwrap();
    say(&format!("warm scan of 1,000: {} µs\n", started.elapsed().as_micros()));
}

#[tokio::test]
#[ignore = "a measurement"]
async fn scrub_of_a_hundred_thousand_rows() {
    let rig = Rig::sqlite();
    for portion in 0..100_u64 {
        let writes = (0..1_000_u64).map(|number| store::Write::Put {
            space: "raw",
            key: (portion * 1_000 + number).to_be_bytes().to_vec(),
            row: crate::rig::row(1, &[7; 600]),
        });
        rig.commit(vec![], writes.collect()).await.unwrap();
    }
    let started = Instant::now();
    rig.store.scrub().await.unwrap();
    say(&format!("scrub of 100,000 rows of 600 B: {} ms\n", started.elapsed().as_millis()));
}
