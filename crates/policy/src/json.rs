//! A strict reader of JSON (RFC 8259) that keeps the place of every value and refuses a name that occurs twice in an
//! object.
//!
//! `serde_json` lets the last of two equal names win and forgets where a value stood; a policy needs the opposite of
//! both.

/// The deepest nesting that any policy element needs is seven; the rest is slack.
pub(crate) const DEPTH_MAX: usize = 16;
/// The most values in one document.
pub(crate) const NODES_MAX: usize = 16_384;
/// The most members of one object, or items of one list.
pub(crate) const MEMBERS_MAX: usize = 4_096;

/// A value and the byte at which it begins.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As it was written.
    Number(Box<str>),
    String(Box<str>),
    List(Vec<Node>),
    Object(Vec<Member>),
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) at: usize,
    pub(crate) name: Box<str>,
    pub(crate) node: Node,
}

/// Why a text was not read, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    NotJson,
    TwiceNamed,
    TooDeep,
    TooMany,
}

/// Reads one value that fills the whole of `text`.
pub(crate) fn read(text: &str) -> Result<Node, Fault> {
    let mut reader = Reader { text, at: 0, depth: 0, nodes: 0 };
    let node = reader.node()?;
    reader.space();
    if reader.at == text.len() { Ok(node) } else { reader.fail(Why::NotJson) }
}

/// The bytes of the string with which `text` begins, quotes included.
pub(crate) fn string_bytes(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, char)| {
        let ends = *char == '"' && !escaped;
        escaped = *char == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    nodes: usize,
}

impl Reader<'_> {
    fn node(&mut self) -> Result<Node, Fault> {
        self.space();
        let at = self.at;
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return self.fail(Why::TooMany);
        }
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { at, value })
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Value, Fault>) -> Result<Value, Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail(Why::TooDeep);
        }
        self.at += 1;
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, Fault> {
        let mut members: Vec<Member> = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.space();
            let at = self.at;
            if self.peek() != Some(b'"') {
                return self.fail(Why::NotJson);
            }
            let name = self.string()?;
            if members.len() == MEMBERS_MAX {
                return Err(Fault { at, why: Why::TooMany });
            }
            self.space();
            if !self.take(b':') {
                return self.fail(Why::NotJson);
            }
            let node = self.node()?;
            members.push(Member { at, name, node });
            self.space();
            if self.take(b'}') {
                return distinct(&members).map(|()| Value::Object(members));
            }
            if !self.take(b',') {
                return self.fail(Why::NotJson);
            }
        }
    }

    fn list(&mut self) -> Result<Value, Fault> {
        let mut items = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            if items.len() == MEMBERS_MAX {
                return self.fail(Why::TooMany);
            }
            items.push(self.node()?);
            self.space();
            if self.take(b']') {
                return Ok(Value::List(items));
            }
            if !self.take(b',') {
                return self.fail(Why::NotJson);
            }
        }
    }

    fn string(&mut self) -> Result<Box<str>, Fault> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(next) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) else {
                return self.fail(Why::NotJson);
            };
            match next {
                '"' => {
                    self.at += 1;
                    return Ok(out.into_boxed_str());
                }
                '\\' => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                '\u{0}'..='\u{1f}' => return self.fail(Why::NotJson),
                _ => {
                    self.at += next.len_utf8();
                    out.push(next);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return self.fail(Why::NotJson),
        };
        self.at += 1;
        Ok(plain)
    }

    /// `\uXXXX`, or two of them for a character outside the basic plane. A half of a pair alone is refused.
    fn unicode(&mut self) -> Result<char, Fault> {
        let first = self.hexadecimal()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            if !self.take(b'\\') || self.peek() != Some(b'u') {
                return self.fail(Why::NotJson);
            }
            let second = self.hexadecimal()?;
            if !(0xdc00..0xe000).contains(&second) {
                return self.fail(Why::NotJson);
            }
            0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
        } else {
            first
        };
        char::from_u32(code).ok_or(Fault { at: self.at, why: Why::NotJson })
    }

    /// The four digits that follow the `u` on which the reader stands.
    fn hexadecimal(&mut self) -> Result<u32, Fault> {
        let digits = self.text.get(self.at + 1..self.at + 5).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return self.fail(Why::NotJson);
        };
        self.at += 5;
        Ok(code)
    }

    fn number(&mut self) -> Result<Box<str>, Fault> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return self.fail(Why::NotJson);
        }
        if self.take(b'.') && self.digits() == 0 {
            return self.fail(Why::NotJson);
        }
        if self.take(b'e') || self.take(b'E') {
            let _signed = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return self.fail(Why::NotJson);
            }
        }
        Ok(self.text.get(start..self.at).unwrap_or_default().into())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (word, value) = if rest.starts_with("true") {
            ("true", Value::Bool(true))
        } else if rest.starts_with("false") {
            ("false", Value::Bool(false))
        } else if rest.starts_with("null") {
            ("null", Value::Null)
        } else {
            return self.fail(Why::NotJson);
        };
        self.at += word.len();
        Ok(value)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let taken = self.peek() == Some(byte);
        self.at += usize::from(taken);
        taken
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fail<T>(&self, why: Why) -> Result<T, Fault> {
        Err(Fault { at: self.at, why })
    }
}

fn distinct(members: &[Member]) -> Result<(), Fault> {
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name).then(a.at.cmp(&b.at)));
    let twice = sorted.iter().zip(sorted.iter().skip(1)).find(|(a, b)| a.name == b.name);
    twice.map_or(Ok(()), |(_, second)| Err(Fault { at: second.at, why: Why::TwiceNamed }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(text: &str) -> Option<Why> {
        read(text).err().map(|fault| fault.why)
    }

    #[test]
    fn what_is_refused() {
        for bad in [
            "",
            "{",
            "{]",
            "{\"a\"}",
            "[1,]",
            "{\"a\":1,}",
            "01",
            "1.",
            "1e",
            "-",
            "+1",
            "nul",
            "\"\t\"",
            "\"\\x\"",
            "'a'",
        ] {
            assert_eq!(why(bad), Some(Why::NotJson), "{bad}");
        }
        assert_eq!(why(r#""\ud800""#), Some(Why::NotJson));
        assert_eq!(why(r#"{"a":1,"b":2,"a":3}"#), Some(Why::TwiceNamed));
        assert_eq!(why(&"[".repeat(DEPTH_MAX + 1)), Some(Why::TooDeep));
        assert_eq!(why(&format!("[{}1]", "1,".repeat(MEMBERS_MAX))), Some(Why::TooMany));
        assert_eq!(read("[1, x]").err(), Some(Fault { at: 4, why: Why::NotJson }));
    }

    #[test]
    fn escapes_are_undone() {
        let text = r#""a\"\\\/\b\f\n\r\t\u0041\ud83d\ude00""#;
        let Ok(Node { value: Value::String(read), .. }) = read(text) else { unreachable!("a string") };
        assert_eq!(&*read, "a\"\\/\u{8}\u{c}\n\r\tA\u{1f600}");
    }

    proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in r#"[\[\]{}:,"0-9a1eE.+\-\\utrfalsn ]{0,12}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            match read(&text) {
                Ok(_) => prop_assert!(theirs.is_ok(), "{text}"),
                // Numbers out of the range of a double are theirs to refuse; names that occur twice are ours.
                Err(fault) => prop_assert!(theirs.is_err() || fault.why != Why::NotJson, "{text}"),
            }
        }
    }
}
