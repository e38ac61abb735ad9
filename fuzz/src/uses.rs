//! What must hold of the vault's chain of uses, whatever is done to it: each link is what a naive second writing of the rule makes of it,
//! and whoever has the head that was marked sees every other chain, also one that was linked anew.

use names::Time;
use vault::{BackingKeyId, Standing, Use, Verb};

const VERBS: [Verb; 7] =
    [Verb::CreateAccessKey, Verb::Create, Verb::Encrypt, Verb::Decrypt, Verb::Generate, Verb::Random, Verb::Destroy];
/// One step of what is done to a chain: which, where, and how.
const STEP_BYTES: usize = 3;
const STEPS_MAX: usize = 32;

/// Whether the chain that the bytes describe was changed into another one whose links follow each other.
pub fn probe(bytes: &[u8]) -> usize {
    let mut rest = bytes.iter().copied();
    let uses = made(&mut rest);
    assert!(follow(&uses), "what is linked by the rule follows");
    let standing =
        Standing { uses: uses.len() as u64, head: uses.last().map_or(Standing::BEGINNING.head, |last| last.digest) };
    let mut changed = uses.clone();
    for step in rest.collect::<Vec<u8>>().chunks_exact(STEP_BYTES).take(STEPS_MAX) {
        change(&mut changed, step[0], step[1], step[2]);
    }
    let follows = follow(&changed);
    assert_eq!(follows, naive_follow(&changed), "{changed:?}");
    let ends = changed.last().map_or(Standing::BEGINNING.head, |last| last.digest);
    if follows && ends == standing.head {
        assert_eq!(changed, uses, "no other chain leads to the head");
    }
    usize::from(follows && changed != uses)
}

/// As those who read the trail go along a chain.
fn follow(uses: &[Use]) -> bool {
    let mut previous = Standing::BEGINNING.head;
    uses.iter().all(|link| {
        let follows = link.follows(&previous);
        previous = link.digest;
        follows
    })
}

fn naive_follow(uses: &[Use]) -> bool {
    let digests = [Standing::BEGINNING.head].into_iter().chain(uses.iter().map(|link| link.digest));
    uses.iter().zip(digests).all(|(link, previous)| naive(&previous, link) == link.digest)
}

/// The rule once more: SHA-256 of previous ‖ number ‖ verb ‖ backing key ‖ ticket ‖ time.
fn naive(previous: &[u8; 32], link: &Use) -> [u8; 32] {
    let mut digest = cipher::Sha256::new();
    digest.update(previous);
    digest.update(&link.number.to_be_bytes());
    let verb = VERBS.iter().position(|verb| *verb == link.verb).unwrap();
    digest.update(&[verb as u8 + 1]);
    digest.update(&link.backing_key.0);
    digest.update(&link.ticket);
    digest.update(&link.time.micros().to_be_bytes());
    digest.finish()
}

fn made(bytes: &mut impl Iterator<Item = u8>) -> Vec<Use> {
    let mut uses = Vec::new();
    for number in 1..=u64::from(bytes.next().unwrap_or_default() % 6) {
        let byte = bytes.next().unwrap_or_default();
        uses.push(Use {
            number,
            verb: VERBS[usize::from(byte) % VERBS.len()],
            backing_key: BackingKeyId([byte >> 6; 16]),
            ticket: [byte >> 4; 32],
            time: Time::from_micros(i64::from(byte)),
            digest: [0; 32],
        });
    }
    link_anew(&mut uses);
    uses
}

/// The rule has no secret in it: anybody can link a chain.
fn link_anew(uses: &mut [Use]) {
    let mut previous = Standing::BEGINNING.head;
    for link in uses {
        link.digest = naive(&previous, link);
        previous = link.digest;
    }
}

fn change(uses: &mut Vec<Use>, which: u8, place: u8, how: u8) {
    if uses.is_empty() {
        return;
    }
    let (place, other) = (usize::from(place) % uses.len(), usize::from(how) % uses.len());
    match which % 6 {
        0 => uses.swap(place, other),
        1 => drop(uses.remove(place)),
        2 => uses.insert(other, uses[place]),
        3 => uses.truncate(place),
        4 => bend(&mut uses[place], how),
        _ => link_anew(uses),
    }
}

fn bend(link: &mut Use, how: u8) {
    let (byte, bit) = (usize::from(how >> 4), 1 << (how & 7));
    match how >> 3 & 7 {
        0 => link.number ^= u64::from(bit),
        1 => link.verb = VERBS[usize::from(how) % VERBS.len()],
        2 => link.backing_key.0[byte] ^= bit,
        3 => link.ticket[byte] ^= bit,
        4 => link.time = Time::from_micros(link.time.micros() ^ i64::from(bit)),
        _ => link.digest[byte] ^= bit,
    }
}
