//! A process that is killed while it commits has lost nothing that it acknowledged.

use crate::rig::{Directory, Rig, THINGS, barrier, event, key, thing};
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use store::{Draft, TrailReader, Verdict, verify};

const DIRECTORY_VARIABLE: &str = "KAGIBAN_STORE_TEST_DIRECTORY";
const TASKS: u64 = 8;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = Directory::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "crash::commit_until_killed"])
        .env(DIRECTORY_VARIABLE, &directory.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = vec![0_u64; usize::try_from(TASKS).unwrap()];
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
    let mut count = 0;
    for line in lines {
        let Some((task, round)) = line.strip_prefix("acknowledged ").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        *acknowledged.get_mut(task.parse::<usize>().unwrap()).unwrap() = round.parse().unwrap();
        count += 1;
        if count == 200 {
            // While the other process writes, its trail can be verified from here.
            let reader = TrailReader::open(&directory.0).unwrap();
            let verdict = verify(&reader, &barrier(), None, |_| ()).await.unwrap();
            assert!(matches!(verdict, Verdict::Whole { count, .. } if count >= 200), "{verdict:?}");
        }
        if count == 400 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(count >= 400, "the child ended by itself after {count} commits");
    let rig = Rig::sqlite_in(directory);
    for (task, round) in acknowledged.iter().enumerate() {
        let held = rig.store.get(&THINGS, &key(&task.to_string())).await.unwrap().unwrap();
        assert!(held.value.count >= *round, "task {task}: acknowledged {round}, kept {}", held.value.count);
    }
    assert!(matches!(rig.store.verify(None, |_| ()).await.unwrap(), Verdict::Whole { count, .. } if count >= 400));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by `what_was_acknowledged_survives_a_kill`, which kills it"]
async fn commit_until_killed() {
    let Some(path) = std::env::var_os(DIRECTORY_VARIABLE) else { return };
    let rig = Rig::sqlite_in(Directory(path.into()));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&rig.store);
        tasks.spawn(async move {
            for round in 1_u64.. {
                let mut draft = Draft::new(Arc::clone(&store));
                draft.put(&THINGS, &key(&task.to_string()), thing(round)).await.unwrap();
                store.commit(draft.into_batch(vec![], vec![event("round")]).unwrap()).await.unwrap();
                std::io::stdout().write_all(format!("acknowledged {task} {round}\n").as_bytes()).unwrap();
            }
        });
    }
    tasks.join_all().await;
}
