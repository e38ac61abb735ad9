//! Matching with `*` and `?`, in time linear in the text (times the length of the pattern over 64 where `?` occurs).
//!
//! A pattern with stars alone is a chain of plain searches: the leftmost place for each stretch is always good enough,
//! so nothing is ever tried twice. A pattern with `?`, or with wildcards that must stay within their part of an ARN, is
//! run as an automaton whose states are the bits of a word. Neither can be made to blow up.

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Glob {
    Any,
    Exact(Box<str>),
    /// `head*middle*…*tail`: at least one star.
    Stretches {
        head: Box<str>,
        middle: Box<[Box<str>]>,
        tail: Box<str>,
    },
    /// Built when the document is read, not when it is asked: building costs as much as the pattern is long.
    Atoms(Box<Automaton>),
}

/// One step of a pattern. `…Inside` does not cross a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Atom {
    Char(char),
    One,
    Run,
    OneInside,
    RunInside,
}

impl Glob {
    /// `*` is any run of characters, `?` any one.
    #[cfg(test)]
    pub(crate) fn new(pattern: &str) -> Self {
        Self::compile(pattern.chars().map(|next| match next {
            '*' => Atom::Run,
            '?' => Atom::One,
            other => Atom::Char(other),
        }))
    }

    pub(crate) fn compile(atoms: impl Iterator<Item = Atom>) -> Self {
        let mut joined: Vec<Atom> = Vec::new();
        for atom in atoms {
            match (joined.last_mut(), atom) {
                // Two stars in a row are one: the freer of the two.
                (Some(last @ (Atom::Run | Atom::RunInside)), Atom::Run) => *last = Atom::Run,
                (Some(Atom::Run | Atom::RunInside), Atom::RunInside) => {}
                _ => joined.push(atom),
            }
        }
        if joined == [Atom::Run] {
            return Self::Any;
        }
        if joined.iter().any(|atom| matches!(atom, Atom::One | Atom::OneInside | Atom::RunInside)) {
            return Self::Atoms(Box::new(Automaton::new(&joined)));
        }
        let mut stretches: Vec<Box<str>> = joined.split(|atom| *atom == Atom::Run).map(spell).collect();
        let tail = stretches.pop().unwrap_or_default();
        if stretches.is_empty() {
            return Self::Exact(tail);
        }
        let head = stretches.remove(0);
        Self::Stretches { head, middle: stretches.into_boxed_slice(), tail }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => **exact == *text,
            Self::Stretches { head, middle, tail } => {
                let inner = text.strip_prefix(&**head).and_then(|rest| rest.strip_suffix(&**tail));
                inner.is_some_and(|mut rest| {
                    middle.iter().all(|stretch| match rest.split_once(&**stretch) {
                        Some((_, after)) => {
                            rest = after;
                            true
                        }
                        None => false,
                    })
                })
            }
            Self::Atoms(automaton) => automaton.accepts(text),
        }
    }
}

fn spell(atoms: &[Atom]) -> Box<str> {
    atoms
        .iter()
        .filter_map(|atom| if let Atom::Char(char) = atom { Some(*char) } else { None })
        .collect::<String>()
        .into()
}

/// Bit `i` of a state: the first `i` atoms have been matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Automaton {
    /// How many atoms there are: the accepting state.
    end: usize,
    words: usize,
    /// For each character of the pattern, which atoms are that character; sorted.
    chars: Vec<(char, Vec<u64>)>,
    ones: Vec<u64>,
    ones_inside: Vec<u64>,
    runs: Vec<u64>,
    runs_inside: Vec<u64>,
}

impl Automaton {
    fn new(atoms: &[Atom]) -> Self {
        let words = atoms.len() / 64 + 1;
        let among = |wanted: &dyn Fn(&Atom) -> bool| {
            let mut bits = vec![0_u64; words];
            for (place, _) in atoms.iter().enumerate().filter(|(_, atom)| wanted(atom)) {
                set(&mut bits, place);
            }
            bits
        };
        let mut chars: Vec<(char, Vec<u64>)> = Vec::new();
        for (place, atom) in atoms.iter().enumerate() {
            let Atom::Char(char) = *atom else { continue };
            let row = chars.binary_search_by_key(&char, |(known, _)| *known).unwrap_or_else(|row| {
                chars.insert(row, (char, vec![0; words]));
                row
            });
            if let Some((_, bits)) = chars.get_mut(row) {
                set(bits, place);
            }
        }
        Self {
            end: atoms.len(),
            words,
            chars,
            ones: among(&|atom| *atom == Atom::One),
            ones_inside: among(&|atom| *atom == Atom::OneInside),
            runs: among(&|atom| *atom == Atom::Run),
            runs_inside: among(&|atom| *atom == Atom::RunInside),
        }
    }

    fn accepts(&self, text: &str) -> bool {
        let mut state = vec![0_u64; self.words];
        set(&mut state, 0);
        self.pass_over_runs(&mut state);
        let nothing = vec![0_u64; self.words];
        for next in text.chars() {
            let found = self.chars.binary_search_by_key(&next, |(known, _)| *known).ok();
            let char = found.and_then(|row| self.chars.get(row)).map_or(&nothing, |(_, bits)| bits);
            let inside = if next == ':' { 0 } else { u64::MAX };
            let mut carry = 0;
            let masks = char.iter().zip(&self.ones).zip(&self.ones_inside).zip(self.runs.iter().zip(&self.runs_inside));
            for (word, (((char, one), one_inside), (run, run_inside))) in state.iter_mut().zip(masks) {
                let step = *word & (char | one | (one_inside & inside));
                let stay = *word & (run | (run_inside & inside));
                *word = (step << 1) | carry | stay;
                carry = step >> 63;
            }
            self.pass_over_runs(&mut state);
        }
        state.get(self.end / 64).is_some_and(|word| word >> (self.end % 64) & 1 == 1)
    }

    /// A run may match nothing. Two never stand side by side, so one step is all it takes.
    fn pass_over_runs(&self, state: &mut [u64]) {
        let mut carry = 0;
        for (word, (run, run_inside)) in state.iter_mut().zip(self.runs.iter().zip(&self.runs_inside)) {
            let standing = *word & (run | run_inside);
            *word |= (standing << 1) | carry;
            carry = standing >> 63;
        }
    }
}

fn set(bits: &mut [u64], place: usize) {
    if let Some(word) = bits.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    /// The definition itself, exponential and obvious.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (None, Some(_)) => false,
            (Some(('*', rest)), None) => naive(rest, text),
            (Some(('*', rest)), Some((_, after))) => naive(rest, text) || naive(pattern, after),
            (Some(_), None) => false,
            (Some((wanted, rest)), Some((char, after))) => (wanted == char || *wanted == '?') && naive(rest, after),
        }
    }

    #[test]
    fn a_few_by_hand() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("**", "abc", true),
            ("", "", true),
            ("", "a", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*b*", "abc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("?", "é", true),
            ("??", "é", false),
            ("*ab?d*", "xxabcdyy", true),
            ("*.txt", "a.txt.bak", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn inside_does_not_cross_a_colon() {
        let star = Glob::compile([Atom::Char('a'), Atom::RunInside, Atom::Char('b')].into_iter());
        assert!(star.matches("axxb") && star.matches("ab") && !star.matches("a:b"));
        let one = Glob::compile([Atom::Char('a'), Atom::OneInside].into_iter());
        assert!(one.matches("ax") && !one.matches("a:"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a measurement looks at the clock")]
    fn hostile_patterns_take_no_time() {
        let text = "a".repeat(64 * 1024);
        let start = Instant::now();
        for pattern in [
            "a*".repeat(1000) + "b",
            "a?*".repeat(1000) + "b",
            format!("*{}b", "a?".repeat(8 * 1024)),
            "*a".repeat(1000),
        ] {
            assert_eq!(Glob::new(&pattern).matches(&text), pattern.ends_with("*a"));
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab:*?]{0,9}", text in "[ab:]{0,9}") {
            let expected = naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(Glob::new(&pattern).matches(&text), expected);
        }

        #[test]
        fn agrees_across_word_boundaries(
            left in "[ab?*]{0,4}",
            right in "[ab?*]{0,4}",
            pad in 55_usize..70,
            text in "[ab]{0,4}",
        ) {
            let pattern = format!("{left}{}?{right}", "c".repeat(pad));
            let text = format!("{text}{}a{text}", "c".repeat(pad));
            let expected = naive(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
            prop_assert_eq!(Glob::new(&pattern).matches(&text), expected);
        }
    }
}
