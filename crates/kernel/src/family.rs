//! A call and all that it calls on the way: they read and write one draft, and are committed as one, each with its event.

use crate::desk::ReadSet;
use crate::steps::{Answer, Erased, Parts};
use crate::{Caller, Failure, House, Mention, Remarks, Row, Scene, Service};
use secret::{Identity, Mint};
use std::any::TypeId;
use std::sync::Arc;
use store::{Check, Draft, Wrote};

/// The members in the order in which they applied: a call that is made on the way comes before the one that made it.
pub(crate) struct Family {
    set: ReadSet,
    /// Items of a batch, which stand or fall each by itself; else the last member is the root, and all stand or fall with it.
    pub(crate) batch: bool,
    pub(crate) members: Vec<Member>,
    /// What was read in `prepare`, which does not run again: it has to hold at each attempt.
    pub(crate) prepared_upon: Vec<Check>,
    /// Some of the writes belong to a call that failed: none of them may be committed.
    pub(crate) spoiled: bool,
}

/// One call of a family, as far as it has come.
pub(crate) struct Member {
    pub caller: Caller,
    pub service: &'static Service,
    pub row: &'static Row,
    pub scene: Scene,
    /// `None` where the input could not even be read.
    pub input: Option<Erased>,
    pub aim: Option<Erased>,
    /// What it aims at, for the trail, whether it may or not.
    pub sighted: Vec<Mention>,
    pub judged: Option<Judged>,
    pub staged: Option<Erased>,
    pub applied: Option<Applied>,
    /// The uses of keys of its last application, which stay true when what it wrote is dropped.
    pub uses: Vec<vault::Use>,
    /// The failure it ended with, if it did.
    pub failure: Option<Failure>,
    /// Whether it was judged, the last time, and did not pass.
    pub refused: bool,
    pub dropped: bool,
    /// How many like calls its record stands for beside its own.
    pub repeated: u64,
    /// Whether a batch asked for it, and not another member on the way.
    pub item: bool,
}

/// What was found, and the grounds on which it is allowed.
pub(crate) struct Judged {
    pub found: Erased,
    /// The statements that allowed, in words.
    pub grounds: Vec<String>,
    /// For a batch: the operation that each item is a call of.
    pub each: Option<TypeId>,
    /// Whether it was an internal demand.
    pub internal: bool,
}

/// What an operation answered and wrote.
pub(crate) struct Applied {
    pub output: Answer,
    pub wrote: Vec<Wrote>,
    pub remarks: Remarks,
}

impl Family {
    pub(crate) fn new(house: &House) -> Self {
        Self {
            set: ReadSet::new(Draft::new(Arc::clone(&house.store))),
            batch: false,
            // Most calls call no other.
            members: Vec::with_capacity(1),
            prepared_upon: Vec::new(),
            spoiled: false,
        }
    }

    pub(crate) fn of_batch(house: &House) -> Self {
        Self { batch: true, ..Self::new(house) }
    }

    pub(crate) fn read_set(&mut self) -> &mut ReadSet {
        &mut self.set
    }

    /// The read set for a look that a `prepare` takes. [`Family::heard`] ends it.
    pub(crate) fn listening(&mut self) -> &mut ReadSet {
        self.set.listen();
        &mut self.set
    }

    /// Keeps what has been read since the read set was told to listen: a `prepare` looked, and what it prepared upon that stays.
    pub(crate) fn heard(&mut self) {
        self.prepared_upon.extend(self.set.heard());
    }

    /// Forgets all reads and writes, for the next attempt; not what was prepared, nor upon what.
    pub(crate) fn start_over(&mut self, house: &House) {
        self.set = ReadSet::new(Draft::new(Arc::clone(&house.store)));
        self.spoiled = false;
    }

    pub(crate) fn has_writes(&self) -> bool {
        self.set.draft().has_writes()
    }

    pub(crate) fn wrote(&self) -> Vec<Wrote> {
        self.set.draft().wrote()
    }

    /// Takes the draft out for its commit.
    pub(crate) fn take_draft(&mut self, house: &House) -> Draft {
        let empty = ReadSet::new(Draft::new(Arc::clone(&house.store)));
        std::mem::replace(&mut self.set, empty).into_draft()
    }

    /// Drops what the members have written, and notes it with each that had.
    pub(crate) fn drop_writes(&mut self, house: &House) {
        for member in &mut self.members {
            member.dropped |= member.has_written();
            member.applied = None;
        }
        self.start_over(house);
    }
}

impl Member {
    pub(crate) fn has_written(&self) -> bool {
        self.applied.as_ref().is_some_and(|applied| !applied.wrote.is_empty())
    }

    /// The births of what it was judged upon.
    pub(crate) fn births(&self) -> Option<Vec<Identity>> {
        self.judged.as_ref().map(|judged| self.row.steps.identities(judged.found.as_ref()))
    }

    /// What the shell of the operation needs to act, once the call is judged.
    pub(crate) fn parts(&self, mint: &'static Mint) -> Option<Parts<'_>> {
        let (input, judged) = (self.input.as_deref()?, self.judged.as_ref()?);
        Some(Parts { input, found: judged.found.as_ref(), caller: &self.caller, scene: &self.scene, mint })
    }
}
