//! What must hold of the trail, whatever somebody who has the disk and not the key does to its rows: only what the house wrote is called
//! whole, and with an anchor only what the anchor is of. And of postings: each has one form, and a look-up finds what stands in them.

use cipher::{BARRIER_KEY_BYTES, Barrier, Entropy, NoEntropy, Sha256};
use names::Time;
use secret::{Keys, Secret};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use store::{
    Anchor, Answer, Batch, Bundle, Engine, EngineFault, Event, Head, IndexQuery, MemoryEngine, Place, Posting, Store,
    Terms, TrailPage, TrailSource, Verdict, verify,
};

/// The most bytes that are looked at.
const BYTES_MAX: usize = 4096;
/// One step of what is done to the rows: what, to which, with which, how.
const STEP_BYTES: usize = 4;
const STEPS_MAX: usize = 24;
/// What the rows and their marks may grow to.
const ROWS_MAX: usize = 32;
const ROW_BYTES_MAX: usize = 256 << 10;
/// How many events [`verify`] reads at once, and a commit with more.
const EVENTS_AT_ONCE: usize = 512;
const EVENTS_OF_MANY: usize = 520;
/// Id, link, end.
const MARK_BYTES: usize = 52;
const HEADER_BYTES: usize = 29;

/// What there is to look at afterwards: a moment of the trail, other than the last, that was put back whole; postings that can be read.
pub fn probe(bytes: &[u8]) -> usize {
    let bytes = bytes.get(..BYTES_MAX).unwrap_or(bytes);
    never_written(bytes);
    usize::from(changed(bytes)) + postings(bytes)
}

/// Rows and head as they lie on the disk.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
struct Disk {
    rows: Vec<Bundle>,
    head: Option<Head>,
}

/// In the order in which the rows were laid there, which is any.
impl TrailSource for Disk {
    fn trail(&self, from: u64, limit: usize) -> Answer<'_, Result<TrailPage, EngineFault>> {
        let (mut events, mut bundles) = (0, Vec::new());
        for row in self.rows.iter().filter(|row| row.sequence >= from) {
            if events >= limit {
                break;
            }
            events += row.count().min(usize::try_from(row.sequence - from).unwrap().saturating_add(1));
            bundles.push(row.clone());
        }
        Box::pin(std::future::ready(Ok(TrailPage { bundles, root: None, head: self.head })))
    }
}

fn changed(bytes: &[u8]) -> bool {
    let (lengths, steps) = bytes.split_at_checked(3).unwrap_or_default();
    // The second history is of the same house, and parts from the first one at its last commit, or before.
    let parts = lengths.first().map_or(0, |byte| usize::from(byte >> 4) % 3);
    let histories = [moments(lengths, 9), moments(lengths, parts)];
    let [own, other] = &histories;
    let mut disk = own.last().cloned().unwrap_or_default();
    link_anew(&mut disk);
    assert_eq!(Some(&disk), own.last(), "the links are those of the rule");
    for step in steps.as_chunks::<STEP_BYTES>().0.iter().take(STEPS_MAX) {
        change(&mut disk, &histories, *step);
        let bytes = disk.rows.iter().map(|row| row.marks.len() + row.sealed.len()).sum::<usize>();
        if disk.rows.len() > ROWS_MAX || bytes > ROW_BYTES_MAX {
            break;
        }
    }
    // No reader sees what has no place.
    disk.rows.retain(|row| row.sequence > 0);
    // A database has one row of each sequence, and gives them in their order. What is read at once is safe without that.
    if disk.rows.iter().map(Bundle::count).sum::<usize>() >= EVENTS_AT_ONCE {
        disk.rows.sort_by_key(|row| row.sequence);
        disk.rows.dedup_by_key(|row| row.sequence);
    }
    let written: Vec<_> = own.iter().chain(other).flat_map(|moment| &moment.rows).map(without_links).collect();
    for row in disk.rows.iter().filter(|row| row.open(&barrier()).is_some()) {
        assert!(
            written.contains(&without_links(row)),
            "what opens was sealed there, under these ids and ends: {row:?}"
        );
    }
    let was = own.iter().chain(other).any(|moment| *moment == disk);
    assert_eq!(is_whole(&disk, None), was, "{disk:?}");
    for moment in own {
        let anchor = moment.head.map(|head| Anchor { sequence: head.sequence, link: head.link });
        assert_eq!(is_whole(&disk, anchor), was && disk.rows.starts_with(&moment.rows), "{disk:?} {anchor:?}");
    }
    was && Some(&disk) != own.last()
}

/// The links are bound by the head alone.
fn without_links(row: &Bundle) -> Bundle {
    let mut row = row.clone();
    row.marks.chunks_exact_mut(MARK_BYTES).for_each(|mark| mark[16..48].fill(0));
    row
}

fn is_whole(disk: &Disk, anchor: Option<Anchor>) -> bool {
    let mut seen = 0;
    let verdict = now(verify(disk, &barrier(), anchor, |recorded| {
        seen += 1;
        assert_eq!(recorded.sequence, seen, "events are shown in their order");
    }));
    match verdict.unwrap() {
        Verdict::Whole { count, root, head } => {
            assert_eq!((count, root, head), (seen, None, disk.head));
            true
        }
        Verdict::Overtaken => panic!("nothing is cut"),
        Verdict::Broken { sequence, .. } => {
            assert!(sequence >= seen, "what stands before the first flaw is shown");
            false
        }
    }
}

/// The disk before the first commit and after each. From the commit `parts` on, the events say something else.
fn moments(lengths: &[u8], parts: usize) -> Vec<Disk> {
    let (engine, barrier) = (Arc::new(MemoryEngine::new()), barrier());
    let store = Store::new(engine.clone(), Arc::clone(&barrier), Arc::new(Counter::default()), 0);
    let mut moments = vec![Disk::default()];
    for (commit, length) in lengths.iter().enumerate() {
        let count = if *length == u8::MAX { EVENTS_OF_MANY } else { usize::from(length % 5) + 1 };
        let event = |number: usize| Event {
            id: [commit as u8 + 1; 16],
            bytes: vec![u8::from(commit >= parts); (usize::from(*length) + number) % 4],
            terms: Terms::none(),
        };
        // So that it differs though no event has a byte.
        let last = Event { bytes: vec![u8::from(commit >= parts); 2], ..event(0) };
        let events = (1..count).map(event).chain([last]).collect();
        now(store.commit(Batch::new(&store, vec![], vec![], events).unwrap())).unwrap();
        let page = now(engine.trail(1, usize::MAX)).unwrap();
        moments.push(Disk { rows: page.bundles, head: page.head });
    }
    moments
}

fn change(disk: &mut Disk, histories: &[Vec<Disk>; 2], [what, place, with, how]: [u8; STEP_BYTES]) {
    let history = &histories[usize::from(what >> 7)];
    let moment = &history[usize::from(with) % history.len()];
    match what % 8 {
        0 => *disk = moment.clone(),
        1 => disk.head = moment.head,
        2 => disk.head = disk.head.filter(|_| how > 0).map(|head| bent_head(head, with, how)),
        3 => link_anew(disk),
        4 => number_anew(disk),
        // The order that a database gives.
        5 => disk.rows.sort_by_key(|row| row.sequence),
        _ => change_rows(&mut disk.rows, moment, [what >> 3 & 15, place, with, how]),
    }
}

fn change_rows(rows: &mut Vec<Bundle>, moment: &Disk, [what, place, with, how]: [u8; STEP_BYTES]) {
    let stranger = moment.rows.get(usize::from(how) % moment.rows.len().max(1));
    if rows.is_empty() {
        rows.extend(stranger.cloned());
        return;
    }
    let (place, with) = (usize::from(place) % rows.len(), usize::from(with) % rows.len());
    let at = usize::from(how) * MARK_BYTES % (rows[place].marks.len() + 1);
    match what {
        0 => rows.swap(place, with),
        1 => drop(rows.remove(place)),
        2 => rows.insert(with, rows[place].clone()),
        3 => rows.truncate(place),
        4 => rows[place].sequence = rows[place].sequence.wrapping_add_signed(i64::from(how.cast_signed())),
        5 => bend(&mut rows[place].marks, how),
        6 => bend(&mut rows[place].sealed, how),
        7 => rows[place].marks.truncate(usize::from(how)),
        8 => rows[place].sealed.truncate(usize::from(how)),
        9 => rows[place].marks.push(how),
        10 => rows[place].sealed.push(how),
        11 => rows.extend(stranger.cloned()),
        12 => rows[place].marks = rows[with].marks.clone(),
        13 => rows[place].sealed = rows[with].sealed.clone(),
        // Two rows as one, and one as two.
        14 => {
            let Bundle { sequence, marks, sealed } = rows.remove(place);
            let Some(row) = rows.get_mut(place) else { return };
            row.sequence = row.sequence.max(sequence);
            row.marks.splice(0..0, marks);
            row.sealed.splice(0..0, sealed);
        }
        _ => {
            let behind = rows[place].marks.split_off(at);
            let cut = usize::from(how) % (rows[place].sealed.len() + 1);
            let sealed = rows[place].sealed.split_off(cut);
            rows.insert(place + 1, Bundle { sequence: rows[place].sequence, marks: behind, sealed });
        }
    }
}

fn bend(bytes: &mut [u8], how: u8) {
    if !bytes.is_empty() {
        let place = usize::from(how) * 7 % bytes.len();
        bytes[place] ^= 1 << (how % 8);
    }
}

fn bent_head(mut head: Head, with: u8, how: u8) -> Head {
    match with % 3 {
        0 => head.sequence = head.sequence.wrapping_add_signed(i64::from(how.cast_signed())),
        1 => bend(&mut head.link, how),
        _ => bend(&mut head.mac, how),
    }
    head
}

/// The rule of the links has no secret in it: anybody can link a trail. It is written here as [`Bundle`] documents it.
fn link_anew(disk: &mut Disk) {
    let (mut link, mut sequence) = ([0; 32], 0_u64);
    for row in &mut disk.rows {
        let (count, mut start) = (row.count(), 0);
        for (number, mark) in row.marks.chunks_exact_mut(MARK_BYTES).enumerate() {
            let end = u32::from_be_bytes(mark[48..].try_into().unwrap()) as usize + HEADER_BYTES;
            let end = if number + 1 == count { row.sealed.len() } else { end };
            sequence += 1;
            let mut digest = Sha256::new();
            digest.update(&link);
            digest.update(&sequence.to_be_bytes());
            digest.update(&mark[..16]);
            digest.update(row.sealed.get(start..end).unwrap_or_default());
            link = digest.finish();
            mark[16..48].copy_from_slice(&link);
            start = end;
        }
    }
    if let Some(head) = &mut disk.head {
        (head.sequence, head.link) = (sequence, link);
    }
}

fn number_anew(disk: &mut Disk) {
    let mut sequence = 0;
    for row in &mut disk.rows {
        sequence += row.count() as u64;
        row.sequence = sequence;
    }
}

/// A row of bytes that no house wrote.
fn never_written(bytes: &[u8]) {
    let Some((sequence, rest)) = bytes.split_first_chunk() else { return };
    let Some((cut, rest)) = rest.split_first() else { return };
    let (marks, sealed) = rest.split_at((usize::from(*cut) * MARK_BYTES / 4).min(rest.len()));
    let row = Bundle { sequence: u64::from_be_bytes(*sequence), marks: marks.to_vec(), sealed: sealed.to_vec() };
    assert_eq!(row.open(&barrier()), None);
    assert_eq!(
        row.first().is_some(),
        row.count() * MARK_BYTES == marks.len() && row.count() > 0 && row.sequence >= row.count() as u64
    );
    assert_eq!(row.last_id().is_some(), row.count() > 0);
    let mut disk = Disk { rows: vec![row], head: None };
    disk.rows.retain(|row| row.sequence > 0);
    for _ in 0..2 {
        assert_eq!(is_whole(&disk, None), disk.rows.is_empty());
        link_anew(&mut disk);
    }
}

/// How many can be read.
fn postings(bytes: &[u8]) -> usize {
    if let Some((period, rest)) = bytes.split_first_chunk()
        && let Some((last, places)) = rest.split_first_chunk()
    {
        let (period, last) = (i64::from_be_bytes(*period), u64::from_be_bytes(*last));
        one_form(&Posting { token: [0; 16], period, last, places: places.to_vec() });
    }
    let Some(([after, ask @ ..], rest)) = bytes.split_first_chunk::<5>() else { return 0 };
    let found = listed(rest);
    let engine = MemoryEngine::new();
    now(engine.index_add(0, 1, found.clone())).unwrap();
    let [from, to, at, limit] = *ask;
    let micros = |byte: u8| Time::from_micros(i64::from(byte.cast_signed()) << 18);
    let after = (*after > 0).then_some((micros(at), u64::from(*after)));
    let query =
        IndexQuery { token: [0; 16], from: micros(from), to: micros(to), after, limit: usize::from(limit) % 64 };
    let places: Vec<_> = found.iter().map(Posting::places).collect();
    let readable = places.iter().flatten().count();
    match now(engine.index_page(query)) {
        Ok(page) if readable == places.len() => assert_eq!(page, naive_page(&found, &query)),
        Ok(page) => assert!(page.len() <= query.limit && page.is_sorted_by(|one, next| one >= next)),
        Err(fault) => assert!(fault == EngineFault::Damaged && readable < places.len()),
    }
    readable
}

/// Period, last and the length of the places, a byte each, and the places.
fn listed(bytes: &[u8]) -> Vec<Posting> {
    let (mut rest, mut found) = (bytes, BTreeMap::new());
    while let Some(([token, period, last, length], behind)) = rest.split_first_chunk::<4>() {
        let (places, behind) = behind.split_at(usize::from(*length).min(behind.len()));
        let (token, period, last) = ([token & 1; 16], i64::from(period.cast_signed()), u64::from(*last));
        let posting = Posting { token, period, last, places: places.to_vec() };
        one_form(&posting);
        found.insert((token, period, last), posting);
        rest = behind;
    }
    found.into_values().collect()
}

fn one_form(posting: &Posting) {
    let Some(mut places) = posting.places() else { return };
    places.reverse();
    assert!(places.is_sorted_by(|one, next| one.1 < next.1));
    assert_eq!(Posting::of(posting.token, &places).as_ref(), Some(posting), "the same places have one form");
}

fn naive_page(postings: &[Posting], query: &IndexQuery) -> Vec<Place> {
    let of_token = postings.iter().filter(|posting| posting.token == query.token);
    let mut places: Vec<_> = of_token.flat_map(|posting| posting.places().unwrap()).collect();
    places.retain(|place| (query.from..=query.to).contains(&place.0) && query.after.is_none_or(|after| *place < after));
    places.sort_unstable_by(|one, other| other.cmp(one));
    places.truncate(query.limit);
    places
}

/// Nothing here waits, so one poll gives the answer.
fn now<T>(answer: impl Future<Output = T>) -> T {
    match std::pin::pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("what never waits has waited"),
    }
}

/// Numbers instead of randomness, the same for each barrier: histories that begin alike have the same rows.
#[derive(Default)]
struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk.iter_mut().zip(number).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

fn barrier() -> Arc<Barrier> {
    let key = Secret::fill(BARRIER_KEY_BYTES, |bytes| bytes.fill(7));
    Arc::new(Barrier::new(&key, &keys().opener, Arc::new(Counter::default())))
}

#[expect(clippy::disallowed_methods, reason = "a process of tests is a house of its own and cuts its own keys")]
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Option<&'static Keys>> = OnceLock::new();
    KEYS.get_or_init(secret::cut_keys).unwrap()
}
