//! The shape of a policy: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
//!
//! Whatever breaks this is "Syntax errors in policy."; what is well formed and yet illegal is found by `legality`.

use crate::condition::Operator;
use crate::json::{Member, Node, Value};
use crate::malformed::{Class, Malformed};
use std::borrow::Cow;

/// The most statements in one document.
pub(crate) const STATEMENTS_MAX: usize = 1_000;

/// A document whose shape is right; it borrows from the JSON.
pub(crate) struct Draft<'a> {
    pub(crate) version: Option<(&'a str, usize)>,
    pub(crate) at: usize,
    pub(crate) statements: Vec<Sentence<'a>>,
}

/// A statement as it was written.
pub(crate) struct Sentence<'a> {
    pub(crate) at: usize,
    pub(crate) sid: Option<Word<'a>>,
    pub(crate) effect: Word<'a>,
    pub(crate) principals: Option<Phrase<'a, (&'a str, Word<'a>)>>,
    pub(crate) actions: Option<Phrase<'a, Word<'a>>>,
    pub(crate) resources: Option<Phrase<'a, Word<'a>>>,
    pub(crate) conditions: Vec<Clause<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
}

/// `Action` or `NotAction`, and so on.
pub(crate) struct Phrase<'a, T> {
    pub(crate) element: &'a str,
    pub(crate) not: bool,
    pub(crate) at: usize,
    pub(crate) items: Vec<T>,
}

/// One key under one operator.
pub(crate) struct Clause<'a> {
    pub(crate) operator: Operator,
    pub(crate) key: Word<'a>,
    pub(crate) values: Vec<Cow<'a, str>>,
    pub(crate) values_at: usize,
}

impl<'a> Draft<'a> {
    pub(crate) fn read(root: &'a Node) -> Result<Self, Malformed> {
        let mut version = None;
        let mut statements = None;
        for Member { at, name, node } in object(root)? {
            match &**name {
                "Version" => match string(node)? {
                    known @ ("2012-10-17" | "2008-10-17") => version = Some((known, node.at)),
                    _ => return Err(Malformed::syntax(node.at)),
                },
                "Id" => _ = string(node)?,
                "Statement" => statements = Some(node),
                _ => return Err(Malformed::syntax(*at)),
            }
        }
        let statements = statements.ok_or(Malformed::syntax(root.at))?;
        let statements = match &statements.value {
            Value::List(items) if items.len() > STATEMENTS_MAX => {
                return Err(Malformed::new(Class::TooComplex, "Syntax errors in policy.", statements.at));
            }
            Value::List(items) if !items.is_empty() => items.iter().map(Sentence::read).collect::<Result<_, _>>()?,
            Value::Object(_) => vec![Sentence::read(statements)?],
            _ => return Err(Malformed::syntax(statements.at)),
        };
        Ok(Self { version, at: root.at, statements })
    }
}

impl<'a> Sentence<'a> {
    fn read(node: &'a Node) -> Result<Self, Malformed> {
        let mut effect = None;
        let (mut sid, mut principals, mut actions, mut resources) = (None, None, None, None);
        let mut conditions = Vec::new();
        for Member { at, name, node } in object(node)? {
            match &**name {
                "Sid" => sid = Some(word(node)?),
                "Effect" => effect = Some(read_effect(node)?),
                "Principal" | "NotPrincipal" => once(&mut principals, read_principals(name, *at, node)?)?,
                "Action" | "NotAction" => once(&mut actions, Phrase::new(name, *at, words(node)?))?,
                "Resource" | "NotResource" => once(&mut resources, Phrase::new(name, *at, words(node)?))?,
                "Condition" => conditions = read_conditions(node)?,
                _ => return Err(Malformed::syntax(*at)),
            }
        }
        let effect = effect.ok_or(Malformed::syntax(node.at))?;
        Ok(Self { at: node.at, sid, effect, principals, actions, resources, conditions })
    }
}

impl<'a, T> Phrase<'a, T> {
    fn new(element: &'a str, at: usize, items: Vec<T>) -> Self {
        Self { element, not: element.starts_with("Not"), at, items }
    }
}

/// An element and its negation exclude each other.
fn once<'a, T>(place: &mut Option<Phrase<'a, T>>, phrase: Phrase<'a, T>) -> Result<(), Malformed> {
    let at = phrase.at;
    if place.replace(phrase).is_some() { Err(Malformed::syntax(at)) } else { Ok(()) }
}

/// In any case here; the legacy parser is the one that minds.
fn read_effect(node: &Node) -> Result<Word<'_>, Malformed> {
    let text = string(node)?;
    let known = text.eq_ignore_ascii_case("allow") || text.eq_ignore_ascii_case("deny");
    if known { Ok(Word { text, at: node.at }) } else { Err(Malformed::syntax(node.at)) }
}

/// `"*"`, or lists by family. A text other than `*` is kept, to be refused as a principal.
fn read_principals<'a>(
    element: &'a str,
    at: usize,
    node: &'a Node,
) -> Result<Phrase<'a, (&'a str, Word<'a>)>, Malformed> {
    let mut items = Vec::new();
    match &node.value {
        Value::String(text) => items.push((if **text == *"*" { "AWS" } else { "" }, Word { text, at: node.at })),
        Value::Object(members) => {
            for Member { at, name, node } in members {
                if !matches!(&**name, "AWS" | "Service" | "Federated" | "CanonicalUser") {
                    return Err(Malformed::syntax(*at));
                }
                items.extend(words(node)?.into_iter().map(|word| (&**name, word)));
            }
        }
        _ => return Err(Malformed::syntax(node.at)),
    }
    Ok(Phrase::new(element, at, items))
}

fn read_conditions(node: &Node) -> Result<Vec<Clause<'_>>, Malformed> {
    let mut clauses = Vec::new();
    for Member { at, name, node: block } in object(node)? {
        let keys = object(block)?;
        let Some(operator) = Operator::parse(name) else {
            // Recorded: IAM takes an operator that it does not know, as long as nothing is said with it.
            if keys.is_empty() {
                continue;
            }
            return Err(Malformed::syntax(*at));
        };
        for Member { at, name, node } in keys {
            let key = Word { text: name, at: *at };
            clauses.push(Clause { operator, key, values: scalars(node)?, values_at: node.at });
        }
    }
    Ok(clauses)
}

/// Quotes around numbers and truth values are optional.
fn scalars(node: &Node) -> Result<Vec<Cow<'_, str>>, Malformed> {
    match &node.value {
        Value::List(items) => items.iter().map(scalar).collect(),
        _ => Ok(vec![scalar(node)?]),
    }
}

fn scalar(node: &Node) -> Result<Cow<'_, str>, Malformed> {
    match &node.value {
        Value::String(text) | Value::Number(text) => Ok(Cow::Borrowed(text)),
        Value::Bool(truth) => Ok(Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Null | Value::List(_) | Value::Object(_) => Err(Malformed::syntax(node.at)),
    }
}

fn words(node: &Node) -> Result<Vec<Word<'_>>, Malformed> {
    match &node.value {
        Value::List(items) => items.iter().map(word).collect(),
        _ => Ok(vec![word(node)?]),
    }
}

fn word(node: &Node) -> Result<Word<'_>, Malformed> {
    Ok(Word { text: string(node)?, at: node.at })
}

fn string(node: &Node) -> Result<&str, Malformed> {
    if let Value::String(text) = &node.value { Ok(text) } else { Err(Malformed::syntax(node.at)) }
}

fn object(node: &Node) -> Result<&[Member], Malformed> {
    if let Value::Object(members) = &node.value { Ok(members) } else { Err(Malformed::syntax(node.at)) }
}
