//! How much of a value a record keeps when it is too large for one, and how the record says what it left out.
//!
//! Nobody can hide what a call names behind something long that is sent along: of a structure, the short members stay whole and the long
//! ones are cut. What was cut is marked as CloudTrail marks it (`omitted`, `originalSize`, `reason`), with the number of a list's items
//! and the digest of a text, by which the whole can be recognized.
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>

use crate::EventValue as Value;
use std::fmt::Write;

/// What a mark takes, about.
const MARK_BYTES: usize = 200;
/// The longest name that is kept whole. Names of structures are short, those of maps are the caller's.
const NAME_BYTES_MAX: usize = 256;
/// What a value takes beside its text, about.
const VALUE_BYTES: usize = 8;

/// The value in about `room` bytes.
pub(crate) fn fit(value: Value, room: usize) -> Value {
    let bytes = size(&value);
    if bytes <= room {
        return value;
    }
    match value {
        Value::Text(text) => Value::Map(beginning(&text, room)),
        Value::List(items) => Value::List(first_items(items, bytes, room)),
        Value::Map(entries) if entries.len().saturating_mul(MARK_BYTES) <= room => Value::Map(shared(entries, room)),
        Value::Map(entries) => Value::Map(first_entries(entries, bytes, room)),
        short => short,
    }
}

/// The text cut to `bytes_max` bytes, at the end of a character.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let end = (0..=bytes_max.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

fn size(value: &Value) -> usize {
    let own = match value {
        Value::Map(entries) => entries.iter().map(|(name, value)| name.len() + size(value)).sum(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Text(text) => text.len(),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Time(_) => 0,
    };
    own + VALUE_BYTES
}

/// Few entries share the room: one that needs less than its share leaves the rest to the others, so that only the longest are cut.
fn shared(entries: Vec<(String, Value)>, mut room: usize) -> Vec<(String, Value)> {
    let mut by_size: Vec<(usize, (String, Value))> = entries.into_iter().enumerate().collect();
    by_size.sort_by_key(|(_, (name, value))| name.len() + size(value));
    let mut left = by_size.len();
    let mut kept = Vec::with_capacity(left);
    for (place, (name, value)) in by_size {
        let name = short(name);
        let share = room.checked_div(left).unwrap_or_default();
        left -= 1;
        let whole = name.len() + size(&value) + left * MARK_BYTES <= room;
        let value = if whole { value } else { fit(value, share.saturating_sub(name.len())) };
        room = room.saturating_sub(name.len() + size(&value));
        kept.push((place, (name, value)));
    }
    kept.sort_by_key(|(place, _)| *place);
    kept.into_iter().map(|(_, entry)| entry).collect()
}

/// Of many entries the first ones, and a mark.
fn first_entries(entries: Vec<(String, Value)>, bytes: usize, room: usize) -> Vec<(String, Value)> {
    let count = entries.len();
    let mut left = room.saturating_sub(MARK_BYTES);
    let mut kept = Vec::new();
    for (name, value) in entries {
        let name = short(name);
        let whole = name.len() + size(&value);
        if whole > left {
            break;
        }
        left -= whole;
        kept.push((name, value));
    }
    // Behind what the caller named: of two entries of one name, the last is shown.
    kept.extend(mark(bytes, "the value is too large for a record: only its first entries are kept"));
    kept.push(("originalCount".to_owned(), number(count)));
    kept
}

/// The first items, and a mark as the last one.
fn first_items(items: Vec<Value>, bytes: usize, room: usize) -> Vec<Value> {
    let count = items.len();
    let mut left = room.saturating_sub(MARK_BYTES);
    let mut kept = Vec::new();
    for item in items {
        let whole = size(&item);
        if whole > left {
            if left > MARK_BYTES {
                kept.push(fit(item, left));
            }
            break;
        }
        left -= whole;
        kept.push(item);
    }
    let mut mark = mark(bytes, "the list is too large for a record: only its first items are kept");
    mark.push(("originalCount".to_owned(), number(count)));
    kept.push(Value::Map(mark));
    kept
}

/// The beginning of a text, and a mark.
fn beginning(text: &str, room: usize) -> Vec<(String, Value)> {
    let mut kept = mark(text.len(), "the text is too large for a record: only its beginning is kept");
    kept.push(("sha256".to_owned(), Value::Text(digest(text))));
    kept.push(("beginning".to_owned(), Value::Text(cut(text, room.saturating_sub(MARK_BYTES)).to_owned())));
    kept
}

fn mark(bytes: usize, reason: &str) -> Vec<(String, Value)> {
    vec![
        ("omitted".to_owned(), Value::Boolean(true)),
        ("originalSize".to_owned(), number(bytes)),
        ("reason".to_owned(), Value::Text(reason.to_owned())),
    ]
}

fn short(name: String) -> String {
    if name.len() <= NAME_BYTES_MAX {
        name
    } else {
        format!("{}… sha256 {}", cut(&name, NAME_BYTES_MAX / 2), digest(&name))
    }
}

fn number(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn digest(text: &str) -> String {
    cipher::sha256(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    const ROOM: usize = 4 << 10;

    fn text(bytes: usize) -> Value {
        Value::Text("x".repeat(bytes))
    }

    fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn of<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
        let Value::Map(entries) = value else { return None };
        entries.iter().rev().find(|(one, _)| one == name).map(|(_, value)| value)
    }

    fn marked(value: &Value) -> bool {
        of(value, "omitted") == Some(&Value::Boolean(true)) && matches!(of(value, "reason"), Some(Value::Text(_)))
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let value = map([("keyId", text(100)), ("tags", Value::List(vec![text(3_000), Value::Integer(7)]))]);
        assert_eq!(fit(value.clone(), ROOM), value);
    }

    #[test]
    fn short_members_stay_beside_long_ones_wherever_they_stand() {
        for long in [text(1 << 20), Value::List(vec![text(10); 100_000]), map([("a", text(600_000)), ("b", text(9))])] {
            let entries =
                [("description", text(900_000)), ("context", long), ("keyId", text(2_048)), ("n", Value::Integer(5))];
            let kept = fit(map(entries), ROOM);
            assert_eq!((of(&kept, "keyId"), of(&kept, "n")), (Some(&text(2_048)), Some(&Value::Integer(5))));
            assert!(marked(of(&kept, "description").unwrap()));
            assert!(size(&kept) <= ROOM + 4 * MARK_BYTES, "{}", size(&kept));
        }
    }

    #[test]
    fn a_text_that_was_cut_says_how_long_it_was_and_can_be_recognized() {
        let whole = "é".repeat(5_000);
        let kept = fit(Value::Text(whole.clone()), ROOM);
        assert!(marked(&kept));
        assert_eq!(of(&kept, "originalSize"), Some(&Value::Integer(10_000)));
        assert_eq!(of(&kept, "sha256"), Some(&Value::Text(digest(&whole))));
        let Some(Value::Text(beginning)) = of(&kept, "beginning") else { unreachable!() };
        assert!(beginning.len() > ROOM / 2 && whole.starts_with(beginning.as_str()));
        assert!(size(&kept) <= ROOM + MARK_BYTES);
    }

    #[test]
    fn a_list_or_map_that_was_cut_says_how_many_there_were() {
        let items: Vec<Value> = (0..2_000).map(|item| Value::Text(format!("key-{item}"))).collect();
        let Value::List(kept) = fit(Value::List(items.clone()), ROOM) else { unreachable!() };
        let last = kept.last().unwrap();
        assert!(marked(last) && kept.len() > 100 && kept[..kept.len() - 1] == items[..kept.len() - 1]);
        assert_eq!(of(last, "originalCount"), Some(&Value::Integer(2_000)));

        // A caller's own `omitted` does not hide ours.
        let entries =
            (0..2_000).map(|entry| (if entry == 0 { "omitted".to_owned() } else { entry.to_string() }, text(9)));
        let kept = fit(Value::Map(entries.collect()), ROOM);
        assert!(marked(&kept) && size(&kept) <= ROOM + MARK_BYTES);
        assert_eq!(of(&kept, "originalCount"), Some(&Value::Integer(2_000)));
    }

    #[test]
    fn long_names_are_cut_too_and_stay_apart() {
        let long = |end: &str| (format!("{}{end}", "n".repeat(300_000)), text(1));
        let Value::Map(kept) = fit(Value::Map(vec![long("a"), long("b")]), ROOM) else { unreachable!() };
        assert!(kept.len() == 2 && kept[0].0 != kept[1].0 && kept.iter().all(|(name, _)| name.len() < 256));
    }
}
