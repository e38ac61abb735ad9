//! Scrubbing: what was deleted is nowhere in the data directory.

use crate::rig::{Directory, Rig, random};
use std::collections::HashSet;
use store::{Direction, Range, Row, Write};

const ROWS: usize = 3_000;
const NEEDLE_BYTES: usize = 8;

type Needle = [u8; NEEDLE_BYTES];

/// Random rows of several sizes, some in pages of their own. `secure_delete` alone leaves copies of some of them: rows
/// that SQLite moved to another page before they were deleted.
#[tokio::test]
async fn what_was_deleted_or_replaced_is_nowhere() {
    let rig = Rig::sqlite();
    let (mut keys, mut gone, mut kept) = (Vec::new(), HashSet::new(), HashSet::new());
    for place in 0..ROWS {
        let key: [u8; 16] = random();
        let needle = put(&rig, &key, [90, 300, 700, 1_500, 9_000].get(place % 5).copied().unwrap()).await;
        keys.push((key, needle));
    }
    for (place, (key, needle)) in keys.into_iter().enumerate() {
        match place % 3 {
            0 => {
                rig.commit(vec![], vec![Write::Delete { space: "raw", key: key.to_vec() }]).await.unwrap();
                gone.extend(needle);
            }
            1 => {
                kept.extend(put(&rig, &key, 500).await);
                gone.extend(needle);
            }
            _ => kept.extend(needle),
        }
    }
    let before = found(&rig.directory);
    assert!(before.intersection(&gone).count() > 0, "the search finds what is there to be found");
    let rows = rig.engine.scan("raw", &Range::all(), Direction::Forward, ROWS).await.unwrap();
    rig.store.scrub().await.unwrap();
    let after = found(&rig.directory);
    assert_eq!(after.intersection(&gone).count(), 0, "of {}", gone.len());
    assert!(kept.is_subset(&after), "what was not deleted stays");
    assert_eq!(rig.engine.scan("raw", &Range::all(), Direction::Forward, ROWS).await.unwrap(), rows);
    let rig = rig.reopened();
    assert_eq!(rig.engine.scan("raw", &Range::all(), Direction::Forward, ROWS).await.unwrap(), rows);
    rig.put("afterwards", 1).await;
    assert_eq!(rig.store.verify(None, |_| ()).await.unwrap(), {
        let head = rig.store.head().await.unwrap();
        store::Verdict::Whole { count: head.unwrap().sequence, root: None, head }
    });
}

/// Writes a row of random bytes, and gives its first and last bytes.
async fn put(rig: &Rig, key: &[u8], bytes: usize) -> [Needle; 2] {
    let value: Vec<u8> = (0..bytes.div_ceil(32)).flat_map(|_| random::<32>()).take(bytes).collect();
    let needles = [*value.first_chunk().unwrap(), *value.last_chunk().unwrap()];
    let row = Row { bytes: value.into(), ..crate::rig::row(u64::from_be_bytes(random()) >> 1 | 1, b"") };
    rig.commit(vec![], vec![Write::Put { space: "raw", key: key.to_vec(), row }]).await.unwrap();
    needles
}

/// Every run of bytes in every file of the directory.
fn found(directory: &Directory) -> HashSet<Needle> {
    let mut found = HashSet::new();
    for file in std::fs::read_dir(&directory.0).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        found.extend(bytes.windows(NEEDLE_BYTES).map(|window| *window.first_chunk::<NEEDLE_BYTES>().unwrap()));
    }
    found
}
