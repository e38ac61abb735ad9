//! `*` is any combination of characters, none included; `?` is any one. The slowest matcher there is: try everything.

/// One place of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// This character and no other.
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// A `?` that stays within its segment of an ARN.
    OneWithin,
    /// A `*` that stays within its segment of an ARN.
    AnyWithin,
}

/// A text in which `*` and `?` mean something.
pub fn marks(text: &str) -> Vec<Mark> {
    text.chars().map(mark).collect()
}

/// A text in which they mean nothing.
pub fn literally(text: &str) -> Vec<Mark> {
    text.chars().map(Mark::Char).collect()
}

fn mark(char: char) -> Mark {
    match char {
        '*' => Mark::Any,
        '?' => Mark::One,
        other => Mark::Char(other),
    }
}

/// Whether the pattern is the whole text.
pub fn matches(pattern: &[Mark], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    from(pattern, &text)
}

/// As [`matches`], with no regard to case.
pub fn matches_any_case(pattern: &[Mark], text: &str) -> bool {
    let lower: Vec<Mark> = pattern
        .iter()
        .map(|mark| match mark {
            Mark::Char(char) => Mark::Char(char.to_ascii_lowercase()),
            other => *other,
        })
        .collect();
    matches(&lower, &text.to_ascii_lowercase())
}

fn from(pattern: &[Mark], text: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
    let takes_many = matches!(first, Mark::Any | Mark::AnyWithin);
    if takes_many && from(rest, text) {
        return true;
    }
    let Some((char, others)) = text.split_first() else { return false };
    let fits = match first {
        Mark::Char(wanted) => wanted == char,
        Mark::One | Mark::Any => true,
        Mark::OneWithin | Mark::AnyWithin => *char != ':',
    };
    fits && from(if takes_many { pattern } else { rest }, others)
}

/// The pattern of a Resource. In the first five segments a wildcard stays within its segment, but "if the * wildcard is the last character
/// of a resource ARN segment, it can expand to match beyond the colon boundaries"; in the sixth, `*` takes everything:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>.
pub fn resource_marks(pattern: &[Mark]) -> Vec<Mark> {
    let mut colons = 0;
    let mut told = Vec::new();
    for (place, mark) in pattern.iter().enumerate() {
        let last_of_segment = matches!(pattern.get(place + 1), None | Some(Mark::Char(':')));
        told.push(match mark {
            Mark::One if colons < 5 => Mark::OneWithin,
            Mark::Any if colons < 5 && !last_of_segment => Mark::AnyWithin,
            other => *other,
        });
        if *mark == Mark::Char(':') {
            colons += 1;
        }
    }
    told
}
