//! The operations that no policy judges. Their list may only shrink.

use crate::{differences, overwriting, product_sources, root, snapshot};

/// How such demands are spelled: open to everybody, internal to a service, judged item by item.
const SPELLINGS: [&str; 3] = ["Demands::open(", "Demands::internal(", "Demands::each::<"];

#[test]
fn the_unjudged_operations_are_the_reviewed_ones() {
    let current = unjudged();
    let file = snapshot("unjudged.txt");
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let new: Vec<_> = current.lines().filter(|line| !committed.lines().any(|known| known == *line)).collect();
    assert!(new.is_empty(), "these are judged by nobody, and no reviewer has agreed to it:\n{}", new.join("\n"));
    if overwriting() {
        std::fs::write(&file, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert!(committed == current, "these are gone, and leave the list:\n{}", differences(&committed, &current));
}

/// One line for each: the file, and the demand as it is written.
fn unjudged() -> String {
    let mut found = Vec::new();
    for folder in ["services", "server", "drivers"] {
        let folder = root().join(folder);
        if !folder.exists() {
            continue;
        }
        for file in product_sources(&folder) {
            let text = std::fs::read_to_string(&file).unwrap();
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let name = file.strip_prefix(root()).unwrap().display().to_string();
            for spelling in SPELLINGS {
                for (place, _) in flat.match_indices(spelling) {
                    let rest = flat.get(place..).unwrap();
                    let end = rest.find(')').map_or(rest.len(), |end| end + 1);
                    found.push(format!("{name}: {}", rest.get(..end).unwrap()));
                }
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "the services were not found");
    found.join("\n") + "\n"
}
