//! Texts of a policy that may hold wildcards and variables:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
//!
//! What is put in place of a variable is literal text: a user named `*` is no wildcard. A text without variables is
//! compiled when the policy is read; one with variables at each use.

use crate::glob::{Atom, Glob};
use crate::request::{Context, Fact};
use std::borrow::Cow;

/// What `*` and `?` mean in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    /// Themselves: StringEquals.
    None,
    /// Any run and any one character: StringLike, and each part of an ARN in ArnLike.
    All,
    /// As in a Resource: in the first five parts of the ARN they stay within their part, unless a star ends the part;
    /// in the sixth part they match everything. Variables have a value in the sixth part only.
    Arn,
}

/// A text to be equal to.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Fixed(Box<str>),
    Open(Box<[Part]>),
}

/// A text to be matched by.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Fixed(Glob),
    Open(Box<[Part]>),
}

#[derive(Debug, Clone)]
pub(crate) enum Part {
    Atom(Atom),
    Variable(Variable),
}

/// `${key}` or `${key, 'default'}`.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    /// In lower case. Empty when the variable can never have a value.
    key: Box<str>,
    default: Option<Box<str>>,
}

impl Text {
    pub(crate) fn new(text: &str, variables: bool) -> Self {
        let parts = parts(text, Wildcards::None, variables);
        match atoms(&parts) {
            Some(atoms) => Self::Fixed(atoms.into_iter().filter_map(Atom::char).collect::<String>().into()),
            None => Self::Open(parts.into_boxed_slice()),
        }
    }

    /// As [`Pattern::settle`].
    pub(crate) fn settle(&self, context: &Context<'_>) -> Option<Self> {
        self.resolve(context).map(|text| Self::Fixed(text.into()))
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// The text with its variables replaced. `None` if one of them has no value: then nothing is equal to it.
    pub(crate) fn resolve(&self, context: &Context<'_>) -> Option<Cow<'_, str>> {
        match self {
            Self::Fixed(text) => Some(Cow::Borrowed(text)),
            Self::Open(parts) => {
                let atoms = resolve(parts, context)?;
                Some(Cow::Owned(atoms.into_iter().filter_map(Atom::char).collect()))
            }
        }
    }
}

impl Pattern {
    pub(crate) fn new(text: &str, wildcards: Wildcards, variables: bool) -> Self {
        let parts = parts(text, wildcards, variables);
        match atoms(&parts) {
            Some(atoms) => Self::Fixed(Glob::compile(atoms.into_iter())),
            None => Self::Open(parts.into_boxed_slice()),
        }
    }

    /// The pattern with its variables replaced, for many texts. `None` if one of them has no value: then it matches nothing.
    pub(crate) fn settle(&self, context: &Context<'_>) -> Option<Self> {
        match self {
            Self::Fixed(_) => Some(self.clone()),
            Self::Open(parts) => Some(Self::Fixed(Glob::compile(resolve(parts, context)?.into_iter()))),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    pub(crate) fn matches(&self, text: &str, context: &Context<'_>) -> bool {
        match self {
            Self::Fixed(glob) => glob.matches(text),
            Self::Open(parts) => {
                resolve(parts, context).is_some_and(|atoms| Glob::compile(atoms.into_iter()).matches(text))
            }
        }
    }
}

impl Atom {
    fn char(self) -> Option<char> {
        if let Self::Char(char) = self { Some(char) } else { None }
    }
}

impl Variable {
    fn value<'a>(&'a self, context: &'a Context<'_>) -> Option<Cow<'a, str>> {
        if self.key.is_empty() {
            return None;
        }
        match context.fact(&self.key) {
            Some(Fact::One(value)) => Some(value),
            // A key with several values names no single one.
            Some(Fact::Many(_)) => None,
            None => self.default.as_deref().map(Cow::Borrowed),
        }
    }
}

/// A pattern in which `$` is nothing special.
pub(crate) fn glob(text: &str, wildcards: Wildcards) -> Glob {
    let parts = parts(text, wildcards, false);
    Glob::compile(parts.into_iter().filter_map(|part| if let Part::Atom(atom) = part { Some(atom) } else { None }))
}

fn atoms(parts: &[Part]) -> Option<Vec<Atom>> {
    parts.iter().map(|part| if let Part::Atom(atom) = part { Some(*atom) } else { None }).collect()
}

fn resolve(parts: &[Part], context: &Context<'_>) -> Option<Vec<Atom>> {
    let mut atoms = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Part::Atom(atom) => atoms.push(*atom),
            Part::Variable(variable) => atoms.extend(variable.value(context)?.chars().map(Atom::Char)),
        }
    }
    Some(atoms)
}

/// How many colons stand before the last part of an ARN.
const ARN_COLONS: usize = 5;

fn parts(text: &str, wildcards: Wildcards, variables: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut colons = 0;
    let mut rest = text;
    let mut chars = text.chars();
    while let Some(next) = chars.next() {
        let early = wildcards == Wildcards::Arn && colons < ARN_COLONS;
        let wild = wildcards != Wildcards::None;
        match next {
            '$' if variables => {
                if let Some((part, after)) = variable(rest, early) {
                    parts.push(part);
                    chars = after.chars();
                } else {
                    parts.push(Part::Atom(Atom::Char('$')));
                }
            }
            '*' if wild && early && !matches!(chars.clone().next(), None | Some(':')) => {
                parts.push(Part::Atom(Atom::RunInside));
            }
            '*' if wild => parts.push(Part::Atom(Atom::Run)),
            '?' if wild && early => parts.push(Part::Atom(Atom::OneInside)),
            '?' if wild => parts.push(Part::Atom(Atom::One)),
            other => {
                colons += usize::from(other == ':');
                parts.push(Part::Atom(Atom::Char(other)));
            }
        }
        rest = chars.as_str();
    }
    parts
}

/// Reads the variable at the beginning of `text`, and what follows it. `None` if there is none, or if its brace is
/// never closed.
fn variable(text: &str, early: bool) -> Option<(Part, &str)> {
    let body = text.strip_prefix("${")?;
    let mut quoted = false;
    let (end, _) = body.char_indices().find(|(_, char)| {
        quoted ^= *char == '\'';
        *char == '}' && !quoted
    })?;
    let (body, after) = (body.get(..end)?, body.get(end + 1..)?);
    let part = match body {
        "*" | "?" | "$" => Part::Atom(Atom::Char(body.chars().next()?)),
        _ if early => Part::Variable(Variable::never()),
        _ => Part::Variable(Variable::read(body)),
    };
    Some((part, after))
}

impl Variable {
    fn never() -> Self {
        Self { key: "".into(), default: None }
    }

    /// `key`, or `key, 'default'` in which a doubled quote stands for one. Anything else never has a value.
    fn read(body: &str) -> Self {
        let (key, default) = match body.split_once(',') {
            None => (body, None),
            Some((key, default)) => {
                let quoted = default.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                let Some(quoted) = quoted else { return Self::never() };
                (key, Some(quoted.replace("''", "'").into_boxed_str()))
            }
        };
        Self { key: key.trim().to_lowercase().into_boxed_str(), default }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::request::{Facts, Principal};

    struct Call;

    impl Facts for Call {
        fn fact(&self, key: &str) -> Option<Fact<'_>> {
            match key {
                "aws:principaltag/team" => Some(Fact::One(Cow::Borrowed("a:b"))),
                "aws:calledvia" => Some(Fact::Many(vec![Cow::Borrowed("x")])),
                _ => None,
            }
        }
    }

    fn star() -> Principal<'static> {
        let account = names::AccountId::from_number(1);
        Principal::User { account, arn: "arn:aws:iam::000000000001:user/*", id: "AIDASTAR", name: "*" }
    }

    fn resolved(text: &str) -> Option<String> {
        let star = star();
        let context = Context::new(&star, &Call);
        Text::new(text, true).resolve(&context).map(Cow::into_owned)
    }

    #[test]
    fn variables_are_replaced_once_and_literally() {
        assert_eq!(resolved("home/${aws:UserName}/x").unwrap(), "home/*/x");
        assert_eq!(resolved("${ aws:PrincipalTag/Team , 'it''s}' }").unwrap(), "a:b");
        assert_eq!(resolved("${aws:PrincipalTag/none, 'it''s}'}").unwrap(), "it's}");
        assert_eq!(resolved("${*}${?}${$}{x}$").unwrap(), "*?${x}$");
        assert_eq!(resolved("${aws:username").unwrap(), "${aws:username");
        for without in ["${aws:none}", "${aws:CalledVia}", "${aws:CalledVia, 'x'}", "${}", "${a,b}", "${aws:none, 'x}"]
        {
            assert_eq!(resolved(without), (without == "${aws:none, 'x}").then(|| without.to_owned()), "{without}");
        }
        let star = star();
        let context = Context::new(&star, &Call);
        assert_eq!(Text::new("${aws:username}", false).resolve(&context).unwrap(), "${aws:username}");
    }

    #[test]
    fn a_user_named_star_is_no_wildcard() {
        let star = star();
        let context = Context::new(&star, &Call);
        let pattern = Pattern::new("arn:aws:s3:::home/${aws:username}/*", Wildcards::Arn, true);
        assert!(pattern.matches("arn:aws:s3:::home/*/x", &context));
        assert!(!pattern.matches("arn:aws:s3:::home/bob/x", &context));
    }

    #[test]
    fn wildcards_of_a_resource_stay_in_their_part() {
        let star = star();
        let context = Context::new(&star, &Call);
        for (pattern, text, expected) in [
            ("arn:aws:kms:*", "arn:aws:kms:eu-west-1:1:key/a", true),
            ("arn:aws:kms:*:key/a", "arn:aws:kms:eu-west-1:1:key/a", true),
            ("arn:aws:kms:eu-*-1:1:key/a", "arn:aws:kms:eu-west-1:1:key/a", true),
            ("arn:aws:kms:eu-*1:1:key/a", "arn:aws:kms:eu-west:1:1:key/a", false),
            ("arn:aws:kms:eu?west-1:1:key/a", "arn:aws:kms:eu:west-1:1:key/a", false),
            ("arn:aws:logs:*:1:log-group:*b", "arn:aws:logs:r:1:log-group:a:b", true),
            ("arn:aws:logs:*:1:log-group?a*", "arn:aws:logs:r:1:log-group:a:b", true),
            ("arn:aws:kms:r:${aws:principaltag/team}:key/a", "arn:aws:kms:r:a:b:key/a", false),
            ("*", "*", true),
            ("arn:aws:kms:*", "*", false),
        ] {
            assert_eq!(
                Pattern::new(pattern, Wildcards::Arn, true).matches(text, &context),
                expected,
                "{pattern} {text}"
            );
        }
    }
}
