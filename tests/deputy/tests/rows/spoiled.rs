//! Inputs that are not what the schema wants, from somebody who may do everything: they are refused before anything is looked at.

use crate::inputs::{Place, at, places, with};
use crate::rig::{ALLOW, public_rows, rig};
use house::Tree;
use shape::{Kind, Secrecy};

/// Bounds beyond this are not tried: the wire has a limit of its own for bodies.
const TRIED_MAX: u64 = 200_000;

/// At every place of every input a value of another kind; and no value at all.
#[tokio::test]
async fn values_of_another_kind_are_malformed() {
    let rig = rig().await;
    let admin = rig.house.user("admin", &[ALLOW]).await;
    for (service, row) in public_rows() {
        let (schema, full) = (row.model().input, rig.samples.full(row.model().input));
        rig.call(&admin, service, row, Tree::Garbage).await.refused(service.codes.malformed);
        for place in places(schema, &full) {
            let other = match place.schema.kind {
                Kind::Structure { .. } | Kind::List { .. } | Kind::Map { .. } => Tree::text("a text"),
                _ => Tree::List(Vec::new()),
            };
            let input = with(&full, &place.path, Some(other));
            // An input without members reads nothing, so nothing can be of another kind.
            let unread = place.path.is_empty() && schema.members().is_empty();
            let ended = rig.call(&admin, service, row, input).await;
            if !unread || ended.failure.is_some() {
                ended.refused(service.codes.malformed);
            }
        }
    }
}

/// Every bound of every place, one step beyond.
#[tokio::test]
async fn values_out_of_bounds_are_refused() {
    let rig = rig().await;
    let mut tried = 0;
    for (service, row) in public_rows() {
        // One for each row: refusals of one caller that come by the hundred share a record.
        let admin = rig.house.user(row.name, &[ALLOW]).await;
        let (schema, full) = (row.model().input, rig.samples.full(row.model().input));
        for place in places(schema, &full) {
            for value in beyond(&place, at(&full, &place.path)) {
                let ended = rig.call(&admin, service, row, with(&full, &place.path, value)).await;
                ended.refused((service.validation.code, 400));
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "{tried} bounds are fewer than the models have");
}

/// Values that break one bound each. `None` is the absence of a member that has to be there.
fn beyond(place: &Place, sound: &Tree) -> Vec<Option<Tree>> {
    let mut values = Vec::new();
    if place.required {
        values.push(None);
    }
    let mut lengths = |min: u64, max: u64, make: &dyn Fn(usize) -> Tree| {
        if min > 0 {
            values.push(Some(make(min as usize - 1)));
        }
        if max < TRIED_MAX {
            values.push(Some(make(max as usize + 1)));
        }
    };
    match &place.schema.kind {
        Kind::Text { min, max, pattern } => {
            lengths(*min, *max, &|length| Tree::Text("a".repeat(length)));
            let open = place.schema.secrecy != Secrecy::Secret;
            let within = |text: &&&str| text.chars().count() as u64 >= *min && text.chars().count() as u64 <= *max;
            let strange = pattern.filter(|_| open).and_then(|pattern| {
                let texts = [
                    "\u{0}\u{1}\u{2}\u{3}",
                    "\u{0}\u{1}\u{2}\u{3}\u{0}\u{1}\u{2}\u{3}\u{0}\u{1}\u{2}\u{3}\u{0}\u{1}\u{2}\u{3}",
                ];
                texts.iter().filter(within).find(|text| !pattern.admits(text)).map(|text| Tree::text(*text))
            });
            values.extend(strange.map(Some));
        }
        Kind::Enumeration { .. } => values.push(Some(Tree::text("NO_SUCH_VALUE"))),
        Kind::Blob { min, max } => lengths(*min, *max, &|length| Tree::Text("b".repeat(length))),
        Kind::List { min, max, .. } => {
            let Tree::List(items) = sound else { return values };
            let item = items.first().cloned().unwrap_or(Tree::Garbage);
            lengths(*min, *max, &|length| Tree::List(vec![item.clone(); length]));
        }
        Kind::Map { min, max, .. } => {
            let Tree::Map(entries) = sound else { return values };
            let Some((key, value)) = entries.first() else { return values };
            lengths(*min, *max, &|length| {
                Tree::Map((0..length).map(|one| (format!("{key}{one}"), value.clone())).collect())
            });
        }
        Kind::Integer { min, max, .. } => {
            values
                .extend(min.checked_sub(1).filter(|_| *min > i32::MIN.into()).map(|number| Some(Tree::Number(number))));
            values
                .extend(max.checked_add(1).filter(|_| *max < i32::MAX.into()).map(|number| Some(Tree::Number(number))));
        }
        Kind::Structure { .. } | Kind::Float | Kind::Boolean | Kind::Time => {}
    }
    values
}
