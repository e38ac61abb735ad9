//! Somebody lays a wrong row, or a wrong event, on the disk while the house is down. The house must not take it for its own.

use crate::ask::{Ask, Who};
use crate::disk::{Disk, Platter};
use crate::planted::Planted;
use crate::run::Run;
use crate::sight::{Mismatch, Sight, must};
use crate::town::Ended;
use cipher::Barrier;
use std::sync::Arc;
use store::{Answer, Bundle, EngineFault, Flaw, Row, TrailPage, TrailSource, Verdict};

/// What was done to a row of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wrong {
    /// One bit is another one.
    Bent,
    /// The row of another key.
    Moved,
    /// The row as it was before it was last written, at the revision that it has now.
    PutBack,
    /// As a row that says to be written in another format.
    Reformatted,
    /// The bytes that a barrier would have sealed.
    Bare,
}

const WRONGS: [Wrong; 5] = [Wrong::Bent, Wrong::Moved, Wrong::PutBack, Wrong::Reformatted, Wrong::Bare];
/// The table of keys.
const KEYS: &str = "kms/keys";

impl Run {
    /// A house beside the one that runs is started upon a disk with one wrong row, and asked for what stands in it.
    pub async fn refuses_a_wrong_row(&mut self) -> Result<(), Mismatch> {
        let dice = Arc::clone(&self.town.dice);
        let mut platter = self.town.running.disk.platter().touched();
        let Some(key) = dice.pick(self.model.keys.keys()).cloned() else { return Ok(()) };
        let Some(wrong) = dice.pick(WRONGS.into_iter()) else { return Ok(()) };
        if !lay(&mut platter, &key, wrong, &self.town.barrier(), self.town.planted) {
            return Ok(());
        }
        let aside = self.town.aside(platter).await;
        let heard = self.town.ask(&aside, &Who::Administrator, &Ask::Key("DescribeKey", key), None).await;
        self.town.rest().await?;
        let refused = heard.ended == Ended::Refused("InternalFailure".to_owned());
        must(refused, Sight::Row, || format!("of a row that is {wrong:?} the house says {:?}", heard.ended))?;
        self.count(format!("fault: a row is {wrong:?}"));
        Ok(())
    }

    /// A store that reads a trail with one bent event says which it is.
    pub async fn refuses_a_wrong_event(&mut self) -> Result<(), Mismatch> {
        let disk = Arc::clone(&self.town.running.disk);
        let count = u64::try_from(disk.platter().trail.len()).unwrap();
        let found = disk.trail(1 + self.town.dice.below(count), 1).await.unwrap().bundles;
        let mut bundle = found.into_iter().next().unwrap();
        bend(&mut bundle.sealed);
        let (barrier, last) = (self.town.barrier(), bundle.sequence);
        must(bundle.open(&barrier).is_none(), Sight::Chain, || format!("events up to {last} are bent, and open"))?;
        let verdict = store::verify(&Bent { disk, bundle }, &barrier, None, |_| {}).await;
        let expected = Verdict::Broken { sequence: last, flaw: Flaw::Unlinked };
        must(verdict == Ok(expected), Sight::Chain, || format!("of a bent event {last} the store says {verdict:?}"))?;
        self.count("fault: an event is bent");
        Ok(())
    }
}

/// A disk with one bundle of the trail in the place of its own.
struct Bent {
    disk: Arc<Disk>,
    bundle: Bundle,
}

impl TrailSource for Bent {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        Box::pin(async move {
            let mut page = self.disk.trail(from, limit).await?;
            for bundle in page.bundles.iter_mut().filter(|bundle| bundle.sequence == self.bundle.sequence) {
                bundle.clone_from(&self.bundle);
            }
            Ok(page)
        })
    }
}

/// Lays a wrong row where the key's row is; `false` if there is nothing to lay there.
fn lay(platter: &mut Platter, key: &str, wrong: Wrong, barrier: &Barrier, planted: Planted) -> bool {
    let of = |id: &str, bytes: &[u8]| bytes.windows(id.len()).any(|part| part == id.as_bytes());
    let mut rows = platter.rows.iter().filter(|((space, _), _)| *space == KEYS);
    let Some((place, row)) = rows.clone().find(|((_, bytes), _)| of(key, bytes)) else { return false };
    let (place, mut laid) = (place.clone(), row.clone());
    let another = rows.find(|((_, bytes), _)| !of(key, bytes));
    // What the row would say, to whoever looks at nothing.
    let mut says = opened(barrier, &place.1, row);
    match (wrong, another, platter.former.get(&place)) {
        (Wrong::Bent, ..) => bend_row(&mut laid),
        (Wrong::Moved, Some(((_, other), row)), _) => {
            says = opened(barrier, other, row);
            laid.bytes = Arc::clone(&row.bytes);
        }
        (Wrong::PutBack, _, Some(former)) => {
            says = opened(barrier, &place.1, former);
            laid.bytes = Arc::clone(&former.bytes);
        }
        (Wrong::Reformatted, ..) => laid.format += 1,
        (Wrong::Bare, ..) => laid.bytes = says.clone().into(),
        _ => return false,
    }
    if planted == Planted::UnsealedAccepted {
        let row = platter.rows.get(&place).cloned().unwrap();
        let sealed = barrier.seal(KEYS, &place.1, row.revision.number(), row.format, &says).unwrap();
        laid = Row { bytes: sealed.into(), ..row };
    }
    platter.rows.insert(place, laid);
    true
}

fn opened(barrier: &Barrier, key: &[u8], row: &Row) -> Vec<u8> {
    barrier.open(KEYS, key, row.revision.number(), row.format, &row.bytes).unwrap()
}

fn bend_row(row: &mut Row) {
    let mut bytes = row.bytes.to_vec();
    bend(&mut bytes);
    row.bytes = bytes.into();
}

/// Another bit, in the tag.
fn bend(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last ^= 4;
    }
}
