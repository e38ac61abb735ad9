//! One seed's history: random callers, random trouble, and after each step the comparison with the model.

use crate::disk::Trouble;
use crate::model::{ACTIONS, Ask, Model, Told, Verdict, Who, deniable};
use crate::planted::Planted;
use crate::sight::{Mismatch, Sight, must};
use crate::town::{Ended, Heard, Town};
use kernel::{Event, EventValue};
use std::collections::{BTreeMap, BTreeSet};
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

/// How often each fault was met and each outcome seen.
pub type Counts = BTreeMap<String, u64>;

const KEYS_MAX: usize = 8;
const BLOBS_MAX: usize = 40;
const USERS: u64 = 4;
const ALIASES: u64 = 5;
const NEAR_TRIES: usize = 12;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// What a commit that meets conflicts for ever, or a thing that has become another one, is answered with.
const CONFLICTS: [&str; 2] = ["DependencyTimeoutException", "ConcurrentModification"];

pub struct Run {
    pub town: Town,
    pub model: Model,
    pub counts: Counts,
    blobs: Vec<(String, Vec<u8>, Vec<u8>)>,
    /// What was answered: the request, and what its event has to say.
    pub answered: Vec<Answered>,
    /// Calls that nobody heard an answer of.
    pub unheard: BTreeSet<String>,
    /// How far the trail was read for keys that were deleted by date.
    pub read_upto: u64,
}

pub struct Answered {
    pub request: String,
    pub operation: &'static str,
    pub code: Option<String>,
    pub sequence: u64,
    pub writes: bool,
}

/// A call that has ended, heard or not.
struct Settled {
    who: Who,
    ask: Ask,
    heard: Heard<Told>,
}

/// One history. Equal seeds give equal histories.
pub fn run(seed: u64, planted: Planted) -> Result<History, Mismatch> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut run = Run {
            town: Town::found(seed, planted).await,
            model: Model::default(),
            counts: Counts::new(),
            blobs: Vec::new(),
            answered: Vec::new(),
            unheard: BTreeSet::new(),
            read_upto: 0,
        };
        let mut calls = 0;
        while calls < OPERATIONS {
            calls += run.step().await?;
        }
        run.audit().await?;
        run.count("fault: power cut between calls");
        run.restart().await?;
        let head = run.town.store.head().await.unwrap().unwrap();
        Ok(History { counts: run.counts, link: head.link })
    })
}

impl Run {
    pub fn count(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    /// One call, or two at once, perhaps in trouble; or time passes. Answers how many calls.
    async fn step(&mut self) -> Result<u64, Mismatch> {
        self.town.clock.pass(Duration::from_secs(1));
        match self.town.dice.below(1_000) {
            0..20 => self.pass_days().await?,
            20..30 => self.jump(true).await?,
            30..40 => self.jump(false).await?,
            40..80 => self.arm(),
            _ => {}
        }
        let together = if self.town.dice.permille(300) { 2 } else { 1 };
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
            self.town.disk.arm(trouble);
        }
    }

    async fn calls(&mut self, together: u64) -> Result<(), Mismatch> {
        let mut asked = Vec::new();
        for _ in 0..together {
            let who = self.who();
            let ask = match asked.first() {
                Some((first, _)) => self.ask_beside(first),
                None => self.ask(),
            };
            asked.push((ask, who));
        }
        let armed = self.town.disk.armed();
        let conflicts = self.town.disk.conflicts();
        let heard = match asked.as_slice() {
            [(first, one), (second, other)] => {
                let both = tokio::join!(self.town.ask(one, first), self.town.ask(other, second));
                vec![both.0, both.1]
            }
            [(ask, who)] => vec![self.town.ask(who, ask).await],
            _ => Vec::new(),
        };
        if self.town.disk.conflicts() > conflicts {
            self.count("fault: conflict");
        }
        if let Some(trouble) = armed.filter(|_| self.town.disk.armed().is_none()) {
            self.count(format!("fault: {trouble:?}"));
        }
        let settled = asked.into_iter().zip(heard).map(|((ask, who), heard)| Settled { who, ask, heard }).collect();
        self.settle(settled).await
    }

    /// Finds out what came of calls that nobody heard an answer of, and compares all with the model.
    async fn settle(&mut self, mut settled: Vec<Settled>) -> Result<(), Mismatch> {
        let (dead, short) = (self.town.disk.is_dead(), !self.town.door.has_room());
        if dead {
            self.town.restart().await;
        }
        let broken = settled.iter().any(|one| one.heard.ended == Ended::Broken);
        must(!broken || dead || short, Sight::House, || "no answer, and no trouble".to_owned())?;
        if short {
            self.count("outcome: unanswered while the disk is full");
            self.town.disk.free();
            self.town.door.upkeep().await.unwrap();
            must(self.town.door.has_room(), Sight::House, || "space is not found again".to_owned())?;
        }
        let events = if broken { self.town.events(self.read_upto + 1).await } else { Vec::new() };
        for one in &mut settled {
            if let Some(answered) = one.answered() {
                self.answered.push(answered);
            }
            if one.heard.ended == Ended::Broken {
                self.unheard.insert(one.heard.request.clone());
                if let Some((place, event)) = events.iter().find(|(_, event)| event.request_id == one.heard.request) {
                    one.heard.ended = unheard(*place, event, &one.ask);
                    self.count("outcome: done and unheard");
                } else {
                    self.count("outcome: lost and unheard");
                }
            }
        }
        self.agree(&settled)?;
        if dead { self.after_restart().await } else { self.look_at_events(&settled).await }
    }

    /// A look at what is there, by the administrator.
    pub fn compare(&mut self, ask: Ask, heard: Heard<Told>) -> Result<(), Mismatch> {
        let settled = Settled { who: Who::Administrator, ask, heard };
        self.answered.extend(settled.answered());
        self.agree(&[settled])
    }

    /// There is an order of the calls in which the model answers as the house did: that of their commits, or, for a call that only read
    /// and was judged before another one's commit, the other.
    fn agree(&mut self, settled: &[Settled]) -> Result<(), Mismatch> {
        let mut by_commit: Vec<&Settled> = settled.iter().collect();
        by_commit.sort_by_key(|one| one.heard.ended.sequence());
        let other: Vec<&Settled> = by_commit.iter().copied().rev().collect();
        let both_wrote = settled.iter().filter(|one| one.has_written()).count() > 1;
        let orders: Vec<_> = if both_wrote { vec![by_commit] } else { vec![by_commit, other] };
        let concurrent = settled.len() > 1;
        let Some(model) = orders.iter().find_map(|order| replay(&self.model, order, concurrent)) else {
            let told: Vec<String> = settled
                .iter()
                .map(|one| {
                    let verdict = self.model.verdict(&one.who, &one.ask);
                    format!("{:?} asked {:?}: {:?}, not {verdict:?}", one.who, one.ask, one.heard.ended)
                })
                .collect();
            return Err(Mismatch { sight: Sight::Answer, what: told.join("; ") });
        };
        self.model = model;
        for one in settled {
            let outcome = match &one.heard.ended {
                Ended::Done(told, _) => {
                    self.remember(&one.ask, told);
                    "done".to_owned()
                }
                Ended::Refused(code, _) => code.replace("AccessDeniedException", "AccessDenied"),
                Ended::Unadmitted => "unadmitted".to_owned(),
                Ended::Broken => continue,
            };
            self.count(format!("outcome: {outcome}"));
        }
        Ok(())
    }

    fn remember(&mut self, ask: &Ask, told: &Told) {
        if let (Ask::Encrypt(key) | Ask::GenerateDataKey(key), Told::Bytes(both)) = (ask, told)
            && self.blobs.len() < BLOBS_MAX
            && let Some((plain, blob)) = both.split_at_checked(PLAIN_BYTES)
        {
            self.blobs.push((key.clone(), plain.to_vec(), blob.to_vec()));
        }
    }

    /// What was answered just now has its event, at its place, that tells of it.
    async fn look_at_events(&mut self, settled: &[Settled]) -> Result<(), Mismatch> {
        for answered in settled.iter().filter_map(Settled::answered) {
            let events = self.town.store.trail(answered.sequence, 1).await;
            let event = events.ok().and_then(|page| Event::decode(&page.first()?.bytes));
            let event = event.ok_or_else(|| Mismatch { sight: Sight::Event, what: "no event".to_owned() })?;
            answered.compare(&event)?;
        }
        Ok(())
    }

    /// Some days go by, and the house makes its rounds.
    async fn pass_days(&mut self) -> Result<(), Mismatch> {
        let days = u32::try_from(1 + self.town.dice.below(5)).unwrap();
        self.town.clock.pass(DAY * days);
        self.town.door.upkeep().await.unwrap();
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
        let armed = self.town.disk.armed();
        let mut ended = Ok(());
        for task in kms::SERVICE.tasks {
            ended = ended.and(task.run(&rounds).await);
        }
        if let Some(trouble) = armed.filter(|_| self.town.disk.armed().is_none()) {
            self.count(format!("fault: {trouble:?}"));
        }
        let dead = self.town.disk.is_dead();
        if dead {
            self.town.restart().await;
            self.after_restart().await?;
        } else if !self.town.door.has_room() {
            self.town.disk.free();
            self.town.door.upkeep().await.unwrap();
        } else {
            must(ended.is_ok(), Sight::House, || "the rounds end without trouble".to_owned())?;
        }
        self.read_deletions().await?;
        let now = self.town.clock.now().micros();
        let due = |date: Option<i64>| date.is_some_and(|date| date <= now);
        let late = self.model.keys.iter().find(|(_, key)| due(key.deletion) && sound && ended.is_ok());
        must(late.is_none(), Sight::House, || format!("{late:?} was due at {now}, and is there"))
    }

    /// Takes from the trail which keys the house has deleted.
    pub async fn read_deletions(&mut self) -> Result<(), Mismatch> {
        let now = self.town.clock.now().micros() - self.town.jumped;
        for (place, event) in self.town.events(self.read_upto + 1).await {
            self.read_upto = place;
            if event.name != "DeleteKey" || event.error_code.is_some() {
                continue;
            }
            let arn = event.resources.first().map(|resource| resource.arn.clone()).unwrap_or_default();
            let id = arn.rsplit('/').next().unwrap_or_default();
            let date = self.model.end(id);
            must(date.is_some_and(|date| date <= now), Sight::Early, || {
                format!("{id} was deleted at {now}, due {date:?}")
            })?;
            self.blobs.retain(|(key, ..)| key != id);
            self.count("outcome: key deleted by date");
        }
        Ok(())
    }

    fn who(&self) -> Who {
        let keys = self.model.users.iter().flat_map(|(user, one)| one.keys.keys().map(move |id| (*user, id.clone())));
        let keys: Vec<_> = keys.filter(|(_, id)| self.town.has_secret(id)).collect();
        let user = self.town.dice.pick(keys.into_iter()).filter(|_| self.town.dice.permille(600));
        user.map_or(Who::Administrator, |(user, id)| Who::User(user, id))
    }

    fn key(&self) -> String {
        let dice = &self.town.dice;
        let gone = dice.pick(self.model.gone.iter()).filter(|_| dice.permille(60));
        let key = gone.or_else(|| dice.pick(self.model.keys.keys())).cloned();
        key.unwrap_or_else(|| "12345678-1234-4123-8123-123456789012".to_owned())
    }

    /// What somebody else asks at the same time: of the same key, more often than not.
    fn ask_beside(&self, first: &Ask) -> Ask {
        let near = |ask: &Ask| ask.named().is_some() && ask.named() == first.named();
        (0..NEAR_TRIES).map(|_| self.ask()).find(near).unwrap_or_else(|| self.ask())
    }

    /// What is asked next.
    fn ask(&self) -> Ask {
        let dice = &self.town.dice;
        let small = |below: u64| u8::try_from(dice.below(below)).unwrap();
        let (user, alias, key) = (small(USERS), small(ALIASES), self.key());
        let access_key = || {
            let keys = self.model.users.get(&user).into_iter().flat_map(|user| user.keys.keys().cloned());
            dice.pick(keys.collect::<Vec<_>>().into_iter()).unwrap_or_else(|| "AKIAIOSFODNN7EXAMPLE".to_owned())
        };
        let actions = || u32::try_from(1 + dice.below((1 << ACTIONS.len()) - 1)).unwrap();
        match dice.below(100) {
            0..6 if self.model.keys.len() < KEYS_MAX => Ask::CreateKey,
            0..10 => Ask::DescribeKey(key),
            10..20 => Ask::Encrypt(key),
            20..24 => Ask::GenerateDataKey(key),
            24..34 => match dice.pick(self.blobs.iter()) {
                Some((key, plain, blob)) => Ask::Decrypt { key: key.clone(), blob: blob.clone(), plain: plain.clone() },
                None => Ask::Encrypt(key),
            },
            34..40 => Ask::EnableKey(key),
            40..44 => Ask::DisableKey(key),
            44..47 => {
                let days = i64::try_from(7 + dice.below(5)).unwrap();
                Ask::ScheduleKeyDeletion { key, days, now: self.town.clock.now().micros() }
            }
            47..50 => Ask::CancelKeyDeletion(key),
            50..54 => Ask::TagResource(key, small(3), small(9)),
            54..56 => Ask::UntagResource(key, small(3)),
            56..58 => Ask::ListResourceTags(key),
            58..62 => Ask::PutKeyPolicy(key, dice.permille(700).then(|| (user, deniable(dice.below(100))))),
            62..64 => Ask::GetKeyPolicy(key),
            64..68 => Ask::CreateAlias(alias, key),
            68..71 => Ask::UpdateAlias(alias, key),
            71..73 => Ask::DeleteAlias(alias),
            73..75 => Ask::ListAliases,
            75..79 => Ask::CreateUser(user),
            79..80 => Ask::DeleteUser(user),
            80..86 => Ask::PutUserPolicy { user, allow: true, actions: actions() | actions() },
            86..88 => Ask::PutUserPolicy { user, allow: false, actions: actions() & actions() | 2 },
            88..91 => Ask::DeleteUserPolicy { user, allow: dice.permille(200) },
            91..95 => Ask::CreateAccessKey(user),
            95..97 => Ask::UpdateAccessKey { user, id: access_key(), active: dice.permille(700) },
            97..98 => Ask::DeleteAccessKey { user, id: access_key() },
            98..99 => Ask::ListAccessKeys(user),
            _ => Ask::GetUserPolicy { user, allow: dice.permille(700) },
        }
    }
}

/// The plaintexts here, and data keys.
pub const PLAIN_BYTES: usize = 32;

impl Settled {
    fn has_written(&self) -> bool {
        matches!(self.heard.ended, Ended::Done(..)) && self.ask.writes()
    }

    fn answered(&self) -> Option<Answered> {
        let (code, sequence) = match &self.heard.ended {
            Ended::Refused(code, sequence) => (Some(code.replace("AccessDeniedException", "AccessDenied")), *sequence),
            Ended::Done(_, sequence) => (None, *sequence),
            _ => return None,
        };
        let (request, operation) = (self.heard.request.clone(), self.ask.name());
        let writes = code.is_none() && self.ask.writes();
        Some(Answered { request, operation, code, sequence, writes })
    }
}

impl Answered {
    /// The event tells of this call, how it ended, and of what it changed.
    pub fn compare(&self, event: &Event) -> Result<(), Mismatch> {
        let told = (event.request_id.as_str(), event.name.as_str(), &event.error_code, !event.wrote.is_empty());
        let heard = (self.request.as_str(), self.operation, &self.code, self.writes);
        must(told == heard, Sight::Event, || format!("the event has {told:?}, and the caller heard {heard:?}"))
    }
}

/// The model after these calls; `None` if it answers otherwise.
fn replay(model: &Model, order: &[&Settled], concurrent: bool) -> Option<Model> {
    let mut model = model.clone();
    for one in order {
        let verdict = model.verdict(&one.who, &one.ask);
        let same = match (&one.heard.ended, verdict) {
            (Ended::Broken, _) => continue,
            (Ended::Refused(code, _), _) if concurrent && CONFLICTS.contains(&code.as_str()) => continue,
            (Ended::Unadmitted, Verdict::Unadmitted) => true,
            (Ended::Refused(code, _), Verdict::Refused(wanted)) => {
                code.replace("AccessDeniedException", "AccessDenied") == wanted
            }
            // What nobody heard, nobody can compare.
            (Ended::Done(told, _), Verdict::Done(wanted)) => {
                *told == Told::Nothing || wanted.is_none_or(|wanted| wanted == *told)
            }
            _ => false,
        };
        if !same {
            return None;
        }
        if let Ended::Done(told, _) = &one.heard.ended {
            let new = if let Told::New(id) = told { Some(id.as_str()) } else { None };
            model.apply(&one.ask, new);
        }
    }
    Some(model)
}

/// What became of a call, out of its event.
fn unheard(place: u64, event: &Event, ask: &Ask) -> Ended<Told> {
    if let Some(code) = &event.error_code {
        return Ended::Refused(code.clone(), place);
    }
    let id = match ask {
        Ask::CreateKey => event.resources.first().and_then(|one| one.arn.rsplit('/').next()).map(str::to_owned),
        Ask::CreateAccessKey(_) => event.response.as_ref().and_then(access_key_id),
        _ => None,
    };
    Ended::Done(id.map_or(Told::Nothing, Told::New), place)
}

fn access_key_id(value: &EventValue) -> Option<String> {
    let EventValue::Map(entries) = value else { return None };
    entries.iter().find_map(|(name, value)| match value {
        EventValue::Text(text) if name == "accessKeyId" => Some(text.clone()),
        value => access_key_id(value),
    })
}
