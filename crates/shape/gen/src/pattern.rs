//! Patterns from Java's syntax, which the models speak, into that of the `regex` crate.
//!
//! The two differ where it matters: `\w`, `\d` and `\s` are ASCII in Java and Unicode in `regex`, a point stops at five line ends in Java,
//! and `\uD800\uDC00` is one character. What `regex` cannot do in linear time (looking around, possessive repetition, references back) is
//! refused.

use std::iter::Peekable;
use std::str::Chars;

/// What cannot be translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("looking ahead or behind, or a group of an unknown kind")]
    Group,
    #[error("a possessive or doubled repetition")]
    Repetition,
    #[error("a reference back, or an escape of an unknown meaning")]
    Escape,
    #[error("a property that is no general category of Unicode")]
    Property,
    #[error("an operation on classes")]
    ClassOperation,
    #[error("half of a pair of surrogates")]
    Surrogate,
    #[error("an end in the middle")]
    Unfinished,
}

/// The expression of the `regex` crate that admits what Java's `pattern` admits, when both must match the whole text.
pub fn translate(pattern: &str) -> Result<String, Refused> {
    // The one flag that models use: let the point match line ends.
    let (point, pattern) = match pattern.strip_prefix("(?s)") {
        Some(rest) => ("(?s:.)", rest),
        None => (r"[^\n\r\x{85}\x{2028}\x{2029}]", pattern),
    };
    let mut translator = Translator { chars: pattern.chars().peekable(), out: String::new(), depth: 0, point };
    while let Some(c) = translator.chars.next() {
        translator.step(c)?;
    }
    if translator.depth > 0 { Err(Refused::Unfinished) } else { Ok(translator.out) }
}

struct Translator<'a> {
    chars: Peekable<Chars<'a>>,
    out: String,
    /// How many classes are open.
    depth: usize,
    point: &'static str,
}

impl Translator<'_> {
    fn step(&mut self, c: char) -> Result<(), Refused> {
        match c {
            '\\' => self.escape(),
            _ if self.depth > 0 => self.in_class(c),
            '.' => {
                self.out.push_str(self.point);
                Ok(())
            }
            '[' => {
                self.open_class();
                Ok(())
            }
            '(' => self.group(),
            '*' | '+' | '?' | '}' => self.repetition(c),
            _ => {
                self.out.push(c);
                Ok(())
            }
        }
    }

    fn open_class(&mut self) {
        self.depth += 1;
        self.out.push('[');
        if self.chars.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
    }

    fn in_class(&mut self, c: char) -> Result<(), Refused> {
        match c {
            '[' => self.open_class(),
            ']' => {
                self.depth -= 1;
                self.out.push(']');
            }
            // `regex` reads `&&`, `--` and `~~` as operations on classes; Java only the first.
            '&' | '-' if self.chars.peek() == Some(&c) => return Err(Refused::ClassOperation),
            '~' => self.out.push_str(r"\~"),
            _ => self.out.push(c),
        }
        Ok(())
    }

    fn group(&mut self) -> Result<(), Refused> {
        self.out.push('(');
        if self.chars.next_if_eq(&'?').is_some() {
            if self.chars.next() != Some(':') {
                return Err(Refused::Group);
            }
            self.out.push_str("?:");
        }
        Ok(())
    }

    /// A repetition's last character. `?` may follow (reluctant, which is the same when the whole text must match); more may not.
    fn repetition(&mut self, c: char) -> Result<(), Refused> {
        self.out.push(c);
        if self.chars.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        match self.chars.peek() {
            Some('*' | '+' | '?') => Err(Refused::Repetition),
            _ => Ok(()),
        }
    }

    fn escape(&mut self) -> Result<(), Refused> {
        let c = self.chars.next().ok_or(Refused::Unfinished)?;
        match c {
            'w' => self.out.push_str("[0-9A-Za-z_]"),
            'W' => self.out.push_str("[^0-9A-Za-z_]"),
            'd' => self.out.push_str("[0-9]"),
            'D' => self.out.push_str("[^0-9]"),
            's' => self.out.push_str(r"[ \t\n\x{B}\f\r]"),
            'S' => self.out.push_str(r"[^ \t\n\x{B}\f\r]"),
            't' | 'n' | 'r' | 'f' => self.out.extend(['\\', c]),
            'x' => {
                let code = self.hex(2)?;
                self.code(code)?;
            }
            'u' => self.unit()?,
            'p' | 'P' => self.property(c)?,
            _ if c.is_ascii_alphanumeric() => return Err(Refused::Escape),
            // `<` and `>` may not be escaped in `regex`; nothing else of ASCII's marks minds it.
            '<' | '>' => self.out.push(c),
            _ if c.is_ascii() => self.out.extend(['\\', c]),
            _ => self.out.push(c),
        }
        Ok(())
    }

    /// A UTF-16 unit: `\u0009`. A pair of surrogates is one character.
    fn unit(&mut self) -> Result<(), Refused> {
        let unit = self.hex(4)?;
        if !(0xD800..0xDC00).contains(&unit) {
            return self.code(unit);
        }
        if self.chars.next() != Some('\\') || self.chars.next() != Some('u') {
            return Err(Refused::Surrogate);
        }
        let low = self.hex(4)?;
        if !(0xDC00..0xE000).contains(&low) {
            return Err(Refused::Surrogate);
        }
        self.code(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
    }

    fn code(&mut self, code: u32) -> Result<(), Refused> {
        let c = char::from_u32(code).ok_or(Refused::Surrogate)?;
        self.out.push_str(&format!(r"\x{{{:X}}}", u32::from(c)));
        Ok(())
    }

    fn hex(&mut self, digits: usize) -> Result<u32, Refused> {
        let mut code = 0;
        for _ in 0..digits {
            let digit = self.chars.next().and_then(|c| c.to_digit(16)).ok_or(Refused::Escape)?;
            code = code * 16 + digit;
        }
        Ok(code)
    }

    fn property(&mut self, c: char) -> Result<(), Refused> {
        if self.chars.next() != Some('{') {
            return Err(Refused::Property);
        }
        let mut name = String::new();
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(c) => name.push(c),
                None => return Err(Refused::Unfinished),
            }
        }
        // Longer names (`Alpha`) are ASCII in Java and not in `regex`.
        let category = name.len() <= 2 && name.starts_with(['L', 'M', 'N', 'P', 'S', 'Z', 'C']);
        if !category || name == "Cs" {
            return Err(Refused::Property);
        }
        self.out.push_str(&format!("\\{c}{{{name}}}"));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_rewritten() {
        for (java, expected) in [
            (r"[\u0009\u000A\u000D\u0020-\u00FF]+", r"[\x{9}\x{A}\x{D}\x{20}-\x{FF}]+"),
            (r"[\w+=,.@-]*", r"[[0-9A-Za-z_]+=,.@-]*"),
            (r"\d{12}", r"[0-9]{12}"),
            (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"),
            (r"[\uD800\uDC00-\uDBFF\uDFFF\t]", r"[\x{10000}-\x{10FFFF}\t]"),
            // A slip of AWS's: the `0` after the four digits stands for itself, in Java too.
            (r"[\u10000-\u10FFFF]", r"[\x{1000}0-\x{10FF}FF]"),
            (r".+", r"[^\n\r\x{85}\x{2028}\x{2029}]+"),
            (r"(?s).*", r"(?s:.)*"),
            (r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", r"(\x{2F})|(\x{2F}[\x{21}-\x{7E}]+\x{2F})"),
            (r"[ -~]+", r"[ -\~]+"),
        ] {
            assert_eq!(translate(java).as_deref(), Ok(expected), "{java}");
        }
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for (java, refused) in [
            (r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", Refused::Group),
            (r"(?i)a", Refused::Group),
            (r"a*+", Refused::Repetition),
            (r"a{1,2}+", Refused::Repetition),
            (r"(a)\1", Refused::Escape),
            (r"\bword", Refused::Escape),
            (r"\p{Alpha}", Refused::Property),
            (r"[a-z&&[^b]]", Refused::ClassOperation),
            (r"\uD800", Refused::Surrogate),
            (r"[a", Refused::Unfinished),
        ] {
            assert_eq!(translate(java), Err(refused), "{java}");
        }
    }
}
