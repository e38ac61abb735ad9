//! The types keep a service out of another one's tables, but not from giving its own table another one's name. This does.

use crate::{product_sources, root};

#[test]
fn every_table_and_index_bears_the_name_of_its_service() {
    let services = root().join("services");
    let mut count = 0;
    for file in product_sources(&services) {
        let name = file.strip_prefix(&services).unwrap().components().next().unwrap();
        let prefix = format!("{}/", name.as_os_str().to_str().unwrap());
        let text = std::fs::read_to_string(&file).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for spelling in ["Table::new(", "Index::unique(", "Index::many("] {
            for (place, _) in text.match_indices(spelling) {
                let argument = text.get(place + spelling.len()..).unwrap().trim_start();
                let named = argument.strip_prefix('"').is_some_and(|space| space.starts_with(&prefix));
                assert!(named, "{}: a space begins with `{prefix}`, as a text of its own", file.display());
                count += 1;
            }
        }
    }
    assert!(count > 0, "the tables were not found");
}
