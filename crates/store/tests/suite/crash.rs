//! A process that is killed, or whose disk fails, has lost nothing that it acknowledged.

use crate::rig::{Directory, Rig, THINGS, barrier, event, key, store_over, thing};
use std::io::{BufRead, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use store::{Draft, SqliteEngine, SqliteOptions, TrailReader, Verdict, WARM_BYTES_MAX_DEFAULT, verify};

const DIRECTORY_VARIABLE: &str = "KAGIBAN_STORE_TEST_DIRECTORY";
const STOPPED_EXIT_CODE: i32 = 7;
const TASKS: u64 = 8;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let directory = Directory::new();
    let (mut child, lines) = start(Command::new(std::env::current_exe().unwrap()), &directory);
    let mut acknowledged = Acknowledged::default();
    for line in lines {
        if !acknowledged.hear(&line.unwrap()) {
            continue;
        }
        if acknowledged.count == 200 {
            // While the other process writes, its trail can be verified from here.
            let reader = TrailReader::open(&directory.0).unwrap();
            let verdict = verify(&reader, &barrier(), None, |_| ()).await.unwrap();
            assert!(matches!(verdict, Verdict::Whole { count, .. } if count >= 200), "{verdict:?}");
        }
        if acknowledged.count == 400 {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(acknowledged.count >= 400, "the child ended by itself after {} commits", acknowledged.count);
    acknowledged.are_in(directory).await;
}

#[tokio::test]
#[ignore = "needs strace, and the right to trace"]
async fn after_a_failed_sync_nothing_is_acknowledged_and_nothing_tried_again() {
    // The last of these is the sync of a checkpoint, or near it.
    for nth in [15, 40, 200, 600] {
        let directory = Directory::new();
        let trace = std::env::temp_dir().join(format!("kagiban-store-{}-{nth}.trace", std::process::id()));
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-e", "trace=fsync,fdatasync", "-e"]);
        strace.arg(format!("inject=fsync,fdatasync:error=EIO:when={nth}+")).arg("-o").arg(&trace);
        strace.arg(std::env::current_exe().unwrap());
        let (mut child, lines) = start(strace, &directory);
        let mut acknowledged = Acknowledged::default();
        let mut stopped = false;
        for line in lines {
            let line = line.unwrap();
            stopped |= line == "stopped: the disk could not be read or written";
            acknowledged.hear(&line);
        }
        assert_eq!(child.wait().unwrap().code(), Some(STOPPED_EXIT_CODE));
        assert!(stopped && acknowledged.count > 0);
        let calls = std::fs::read_to_string(&trace).unwrap();
        assert_eq!(calls.matches("INJECTED").count(), 1, "no sync is said again: {calls}");
        let (_, after) = calls.split_once("(INJECTED)").unwrap();
        assert!(!after.contains("sync("), "the one that failed is the last: {after}");
        std::fs::remove_file(trace).unwrap();
        acknowledged.are_in(directory).await;
    }
}

fn start(mut command: Command, directory: &Directory) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = command
        .args(["--ignored", "--exact", "--nocapture", "crash::commit_until_killed"])
        .env(DIRECTORY_VARIABLE, &directory.0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

/// The last round that each task of the other process had acknowledged.
#[derive(Default)]
struct Acknowledged {
    rounds: [u64; TASKS as usize],
    count: u64,
}

impl Acknowledged {
    fn hear(&mut self, line: &str) -> bool {
        let words = line.strip_prefix("acknowledged ").and_then(|rest| rest.split_once(' '));
        let Some((task, round)) = words else { return false };
        *self.rounds.get_mut(task.parse::<usize>().unwrap()).unwrap() = round.parse().unwrap();
        self.count += 1;
        true
    }

    async fn are_in(&self, directory: Directory) {
        let rig = Rig::sqlite_in(directory);
        for (task, round) in self.rounds.iter().enumerate().filter(|(_, round)| **round > 0) {
            let held = rig.store.get(&THINGS, &key(&task.to_string())).await.unwrap().unwrap();
            assert!(held.value.count >= *round, "task {task}: acknowledged {round}, kept {}", held.value.count);
        }
        let verdict = rig.store.verify(None, |_| ()).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { count, .. } if count >= self.count), "{verdict:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of the tests above"]
async fn commit_until_killed() {
    let Some(path) = std::env::var_os(DIRECTORY_VARIABLE) else { return };
    let engine = SqliteEngine::open(path.as_ref(), SqliteOptions::default(), |fault| {
        say(&format!("stopped: {fault}\n"));
        std::process::exit(STOPPED_EXIT_CODE);
    });
    let store = store_over(Arc::new(engine.unwrap()), WARM_BYTES_MAX_DEFAULT);
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for round in 1_u64.. {
                let mut draft = Draft::new(Arc::clone(&store));
                draft.put(&THINGS, &key(&task.to_string()), thing(round)).await.unwrap();
                // After the fault nobody acknowledges; the program is about to end.
                if store.commit(draft.into_batch(vec![], vec![event("round")]).unwrap()).await.is_err() {
                    return;
                }
                say(&format!("acknowledged {task} {round}\n"));
            }
        });
    }
    tasks.join_all().await;
}

fn say(line: &str) {
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
