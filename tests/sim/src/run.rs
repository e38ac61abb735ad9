//! One seed's history: random callers, random trouble, and after each step the comparison with the model.

use crate::ask::{Ask, Told, Who};
use crate::disk::Trouble;
use crate::model::Model;
use crate::network::Cut;
use crate::planted::Planted;
use crate::settling::matched;
use crate::sight::{Mismatch, Sight, must};
use crate::town::{Ended, Heard, Town};
use kernel::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

/// The calls of a seed, apart from those that look afterwards what is there.
pub const OPERATIONS: u64 = 500;

/// What one seed gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    pub counts: Counts,
    /// The last link of the trail, which follows from all that was sealed into it.
    pub link: [u8; 32],
}

/// How often each fault was met, each operation called and each outcome seen.
pub type Counts = BTreeMap<String, u64>;

const BLOBS_MAX: usize = 40;
/// Of a thousand calls, how many lose their connection.
const CUT_PERMILLE: u64 = 40;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub struct Run {
    pub town: Town,
    pub model: Model,
    pub counts: Counts,
    /// Key, plaintext, ciphertext.
    pub blobs: Vec<(String, Vec<u8>, Vec<u8>)>,
    /// Random bytes and data keys that were given out: none is given twice.
    given: BTreeSet<Vec<u8>>,
}

/// A call that has ended, heard or not.
pub struct Settled {
    pub who: Who,
    pub ask: Ask,
    pub heard: Heard,
    /// Its event, and the event's place.
    pub event: Option<(u64, Event)>,
}

/// One history. Equal seeds give equal histories.
pub fn run(seed: u64, planted: Planted) -> Result<History, Mismatch> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut run = Run {
            town: Town::found(seed, planted).await,
            model: Model::default(),
            counts: Counts::new(),
            blobs: Vec::new(),
            given: BTreeSet::new(),
        };
        let mut calls = 0;
        while calls < OPERATIONS {
            calls += run.step().await?;
        }
        run.audit().await?;
        run.cut_power().await?;
        *run.counts.entry("outcome: sealed".to_owned()).or_default() += run.town.sealings.count();
        let head = run.town.running.store.head().await.unwrap().unwrap();
        Ok(History { counts: run.counts, link: head.link })
    })
}

impl Run {
    pub fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    /// One call, or some at once, perhaps in trouble; or time passes. Answers how many calls.
    async fn step(&mut self) -> Result<u64, Mismatch> {
        self.town.clock.pass(Duration::from_secs(1));
        match self.town.dice.below(1_000) {
            0..20 => self.pass_days().await?,
            20..30 => self.jump(true).await?,
            30..40 => self.jump(false).await?,
            40..90 => self.arm(),
            _ => {}
        }
        let together = self.together();
        self.calls(together).await?;
        Ok(together)
    }

    fn arm(&self) {
        let troubles = [
            Trouble::CrashBeforeSync,
            Trouble::CrashDuringSync,
            Trouble::CrashAfterSync,
            Trouble::SyncFails,
            Trouble::Full,
        ];
        if let Some(trouble) = self.town.dice.pick(troubles.into_iter()) {
            self.town.running.disk.arm(trouble);
        }
    }

    async fn calls(&mut self, together: u64) -> Result<(), Mismatch> {
        let mut asked: Vec<(Ask, Who, Option<Cut>)> = Vec::new();
        for _ in 0..together {
            let who = self.who();
            let ask = match asked.first() {
                Some((first, ..)) => self.ask_beside(first),
                None => self.ask(),
            };
            let cut = self.town.dice.pick(Cut::ALL.into_iter()).filter(|_| self.town.dice.permille(CUT_PERMILLE));
            asked.push((ask, who, cut));
        }
        let before = self.marks();
        let running = &self.town.running;
        let calls = asked.iter().map(|(ask, who, cut)| self.town.ask(running, who, ask, *cut));
        let heard = all(calls.collect()).await;
        self.town.rest().await?;
        self.count_marks(before);
        for (ask, _, cut) in &asked {
            self.count(format!("operation: {}", ask.name()));
            if let Some(cut) = cut {
                self.count(format!("fault: connection cut {cut:?}"));
            }
        }
        let settled = asked.into_iter().zip(heard).map(|((ask, who, _), heard)| Settled::of(who, ask, heard));
        self.settle(settled.collect()).await
    }

    /// What the disk was about to do, and what it had met.
    fn marks(&self) -> (Option<Trouble>, u64, u64) {
        let disk = &self.town.running.disk;
        (disk.armed(), disk.conflicts(), disk.groups())
    }

    fn count_marks(&mut self, (armed, conflicts, groups): (Option<Trouble>, u64, u64)) {
        let (left, conflicts_now, groups_now) = self.marks();
        if conflicts_now > conflicts {
            self.count("fault: conflict");
        }
        if groups_now > groups {
            self.count("outcome: commits in one group");
        }
        if let Some(trouble) = armed.filter(|_| left.is_none()) {
            self.count(format!("fault: {trouble:?}"));
            if groups_now > groups {
                self.count("fault: trouble with a group");
            }
        }
    }

    /// Finds out what came of calls, and compares all with the model.
    async fn settle(&mut self, settled: Vec<Settled>) -> Result<(), Mismatch> {
        let (dead, short) = (self.town.running.disk.is_dead(), !self.town.running.door.has_room());
        let silent = |one: &Settled| one.heard.ended == Ended::Unheard && one.heard.cut.is_none();
        let excused = dead || short || !settled.iter().any(silent);
        must(excused, Sight::House, || "no answer, and no trouble".to_owned())?;
        let unserved = settled.iter().any(|one| one.heard.ended == Ended::Unserved);
        must(short || !unserved, Sight::House, || "not served, and no trouble".to_owned())?;
        if dead {
            self.start_again().await?;
        }
        if short {
            if unserved {
                self.count("outcome: unserved while the disk is full");
            }
            self.find_room().await?;
        }
        self.settle_events(settled).await?;
        if dead { self.look_again().await } else { Ok(()) }
    }

    async fn find_room(&mut self) -> Result<(), Mismatch> {
        self.town.running.disk.free();
        self.town.running.door.upkeep().await.unwrap();
        must(self.town.running.door.has_room(), Sight::House, || "space is not found again".to_owned())
    }

    /// Each call has its event, each event its call, and all of them are as the model has it.
    pub async fn settle_events(&mut self, mut settled: Vec<Settled>) -> Result<(), Mismatch> {
        let repeated = self.town.sealings.repeated();
        must(repeated.is_none(), Sight::Nonce, || repeated.unwrap_or_default())?;
        let events = self.town.events().await;
        let deleted = matched(&mut settled, events)?;
        for one in &mut settled {
            if one.heard.ended == Ended::Unheard {
                self.count(if one.event.is_some() { "outcome: done and unheard" } else { "outcome: lost and unheard" });
            }
            one.learn();
            one.compare()?;
        }
        self.model = self.model.after(&settled)?;
        for one in settled {
            self.remember(one)?;
        }
        deleted.iter().try_for_each(|id| self.delete(id))
    }

    fn remember(&mut self, one: Settled) -> Result<(), Mismatch> {
        let outcome = match one.heard.ended {
            Ended::Done(Told::Sealed(plain, blob)) => {
                self.town.sealings.blob(&blob);
                let key = one.ask.named().cloned().unwrap_or_default();
                if one.ask.name() == "GenerateDataKey" {
                    self.give(plain.clone())?;
                }
                if !plain.is_empty() && self.blobs.len() < BLOBS_MAX {
                    self.blobs.push((key, plain, blob));
                }
                "done".to_owned()
            }
            Ended::Done(told) => {
                if let (Ask::Plain("GenerateRandom"), Told::Bytes(bytes)) = (&one.ask, told) {
                    self.give(bytes)?;
                }
                "done".to_owned()
            }
            Ended::Refused(code) => code,
            Ended::Unadmitted => "unadmitted".to_owned(),
            Ended::Unheard | Ended::Unserved => return Ok(()),
        };
        self.count(format!("outcome: {outcome}"));
        Ok(())
    }

    fn give(&mut self, bytes: Vec<u8>) -> Result<(), Mismatch> {
        let new = self.given.insert(bytes);
        must(new, Sight::Nonce, || "random bytes were given out twice".to_owned())
    }

    /// Some days go by, and the house makes its rounds.
    async fn pass_days(&mut self) -> Result<(), Mismatch> {
        let days = u32::try_from(1 + self.town.dice.below(5)).unwrap();
        self.town.clock.pass(DAY * days);
        self.town.running.door.upkeep().await.unwrap();
        self.count("fault: days pass");
        if self.town.dice.permille(300) {
            self.arm();
        }
        self.rounds().await
    }

    /// The wall clock jumps, the house goes on for a while, and somebody sets the clock right.
    async fn jump(&mut self, ahead: bool) -> Result<(), Mismatch> {
        let days = i64::try_from(2 + self.town.dice.below(400)).unwrap();
        let by = days * i64::try_from(DAY.as_micros()).unwrap() * if ahead { 1 } else { -1 };
        let set = |run: &Self, by: i64| {
            let now = run.town.clock.now().micros();
            run.town.clock.set_wall(names::Time::from_micros(now + by));
        };
        set(self, by);
        self.town.jumped += by;
        self.count(if ahead { "fault: clock jumps ahead" } else { "fault: clock jumps back" });
        let mut done = self.calls(1).await;
        if done.is_ok() {
            done = self.rounds().await;
        }
        set(self, -by);
        self.town.jumped -= by;
        done
    }

    /// The house does by itself what its time has come for. No key goes before its date, by the time that has really passed.
    async fn rounds(&mut self) -> Result<(), Mismatch> {
        let rounds = self.town.rounds("kms");
        let sound = rounds.clock_is_sound();
        let before = self.marks();
        let mut ended = Ok(());
        for task in kms::SERVICE.tasks {
            ended = ended.and(task.run(&rounds).await);
        }
        self.town.rest().await?;
        self.count_marks(before);
        let dead = self.town.running.disk.is_dead();
        if dead {
            self.start_again().await?;
        } else if !self.town.running.door.has_room() {
            self.find_room().await?;
        } else {
            must(ended.is_ok(), Sight::House, || "the rounds end without trouble".to_owned())?;
        }
        self.settle_events(Vec::new()).await?;
        if dead {
            self.look_again().await?;
        }
        let now = self.town.clock.now().micros();
        let due = |date: Option<i64>| date.is_some_and(|date| date <= now);
        let late = self.model.keys.iter().find(|(_, key)| due(key.deletion) && sound && ended.is_ok());
        must(late.is_none(), Sight::House, || format!("{late:?} was due at {now}, and is there"))
    }

    /// The house says that it has deleted a key.
    fn delete(&mut self, id: &str) -> Result<(), Mismatch> {
        let now = self.town.clock.now().micros() - self.town.jumped;
        let date = self.model.end(id);
        must(date.is_some_and(|date| date <= now), Sight::Early, || {
            format!("{id} was deleted at {now}, due {date:?}")
        })?;
        self.blobs.retain(|(key, ..)| key != id);
        self.count("outcome: key deleted by date");
        Ok(())
    }
}

/// All of them at once, each going on when it can.
async fn all<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut waiting: Vec<Pin<Box<_>>> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, done) in waiting.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(answer) = future.as_mut().poll(context) {
                *done = Some(answer);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
