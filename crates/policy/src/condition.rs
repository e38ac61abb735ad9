//! Condition operators:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.
//!
//! A negated operator is the exact complement of its positive twin: on one value, on a missing key, on a value that
//! cannot be read.

use crate::operand::{Instant, Network, Number};
use crate::request::{Context, Fact};
use crate::template::{Pattern, Text, Wildcards};
use std::borrow::Cow;
use std::cmp::Ordering;

/// One key under one operator. A statement's conditions must all hold.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    operator: Operator,
    /// In lower case.
    key: Box<str>,
    values: Values,
}

/// `ForAnyValue:StringNotEqualsIfExists` and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operator {
    pub(crate) quantifier: Quantifier,
    pub(crate) test: Test,
    pub(crate) negated: bool,
    pub(crate) if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    None,
    ForAllValues,
    ForAnyValue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    StringEquals,
    StringEqualsIgnoreCase,
    StringLike,
    Numeric(Comparison),
    Date(Comparison),
    Bool,
    BinaryEquals,
    IpAddress,
    ArnLike,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// The policy's values, compiled. A value that cannot be read is `None`: nothing is equal to it.
#[derive(Debug, Clone)]
enum Values {
    Texts(Box<[Text]>),
    Patterns(Box<[Pattern]>),
    Numbers(Box<[Option<Number>]>),
    Instants(Box<[Option<Instant>]>),
    Bools(Box<[Option<bool>]>),
    Networks(Box<[Option<Network>]>),
    /// The six parts of an ARN, each matched alone.
    Arns(Box<[Option<Box<[Pattern]>>]>),
}

const ARN_PARTS: usize = 6;

impl Operator {
    /// Reads an operator's name, in any case. `None` if there is no such operator.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Quantifier::ForAllValues, rest)
        } else if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Quantifier::ForAnyValue, rest)
        } else {
            (Quantifier::None, lower.as_str())
        };
        let (base, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |base| (base, true));
        let (test, negated) = Self::base(base)?;
        (test != Test::Null || !if_exists).then_some(Self { quantifier, test, negated, if_exists })
    }

    fn base(name: &str) -> Option<(Test, bool)> {
        Some(match name {
            "stringequals" => (Test::StringEquals, false),
            "stringnotequals" => (Test::StringEquals, true),
            "stringequalsignorecase" => (Test::StringEqualsIgnoreCase, false),
            "stringnotequalsignorecase" => (Test::StringEqualsIgnoreCase, true),
            "stringlike" => (Test::StringLike, false),
            "stringnotlike" => (Test::StringLike, true),
            "bool" => (Test::Bool, false),
            "binaryequals" => (Test::BinaryEquals, false),
            "ipaddress" => (Test::IpAddress, false),
            "notipaddress" => (Test::IpAddress, true),
            "arnequals" | "arnlike" => (Test::ArnLike, false),
            "arnnotequals" | "arnnotlike" => (Test::ArnLike, true),
            "null" => (Test::Null, false),
            _ => {
                let (family, comparison): (fn(Comparison) -> Test, &str) = match name.strip_prefix("numeric") {
                    Some(comparison) => (Test::Numeric, comparison),
                    None => (Test::Date, name.strip_prefix("date")?),
                };
                let (comparison, negated) = Comparison::parse(comparison)?;
                (family(comparison), negated)
            }
        })
    }
}

impl Comparison {
    fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "equals" => (Self::Equals, false),
            "notequals" => (Self::Equals, true),
            "lessthan" => (Self::LessThan, false),
            "lessthanequals" => (Self::LessThanEquals, false),
            "greaterthan" => (Self::GreaterThan, false),
            "greaterthanequals" => (Self::GreaterThanEquals, false),
            _ => return None,
        })
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThan => ordering.is_gt(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}

impl Condition {
    /// `variables`: whether the document's version knows them.
    pub(crate) fn new(operator: Operator, key: &str, values: &[Cow<'_, str>], variables: bool) -> Self {
        fn all<T>(values: &[Cow<'_, str>], read: impl Fn(&str) -> T) -> Box<[T]> {
            values.iter().map(|value| read(value)).collect()
        }
        let values = match operator.test {
            Test::StringEquals | Test::StringEqualsIgnoreCase => {
                Values::Texts(all(values, |text| Text::new(text, variables)))
            }
            Test::StringLike => Values::Patterns(all(values, |text| Pattern::new(text, Wildcards::All, variables))),
            Test::Numeric(_) => Values::Numbers(all(values, Number::parse)),
            Test::Date(_) => Values::Instants(all(values, Instant::parse)),
            Test::Bool | Test::Null => Values::Bools(all(values, bool_of)),
            Test::BinaryEquals => Values::Texts(all(values, |text| Text::new(text, false))),
            Test::IpAddress => Values::Networks(all(values, Network::parse)),
            Test::ArnLike => Values::Arns(all(values, |text| arn_pattern(text, variables))),
        };
        Self { operator, key: key.to_lowercase().into_boxed_str(), values }
    }

    pub(crate) fn holds(&self, context: &Context<'_>) -> bool {
        let Operator { quantifier, test, negated, if_exists } = self.operator;
        let fact = context.fact(&self.key);
        if test == Test::Null {
            let Values::Bools(wanted) = &self.values else { return false };
            return wanted.contains(&Some(fact.is_none()));
        }
        let Some(fact) = fact else {
            return if_exists
                || match quantifier {
                    Quantifier::None => negated,
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                };
        };
        let values: &[Cow<'_, str>] = match &fact {
            Fact::One(value) => std::slice::from_ref(value),
            Fact::Many(values) => values,
        };
        // For the set operators, a set of empty texts is no set at all.
        let void = values.iter().all(|value| value.is_empty());
        // Variables have the same value for all of them: replacing them once keeps a long pattern from being built for each.
        let settled = if values.len() > 1 { self.values.settle(context) } else { None };
        let own = settled.as_ref().unwrap_or(&self.values);
        let matches = |value: &Cow<'_, str>| own.match_one(test, value, context);
        match quantifier {
            Quantifier::None => values.iter().any(matches) != negated,
            Quantifier::ForAllValues => void || values.iter().all(|value| matches(value) != negated),
            Quantifier::ForAnyValue => !void && values.iter().any(|value| matches(value) != negated),
        }
    }
}

impl Values {
    /// The same with all variables replaced; `None` where there are none.
    fn settle(&self, context: &Context<'_>) -> Option<Self> {
        match self {
            Self::Texts(texts) if texts.iter().any(Text::is_open) => {
                Some(Self::Texts(texts.iter().filter_map(|text| text.settle(context)).collect()))
            }
            Self::Patterns(patterns) if patterns.iter().any(Pattern::is_open) => {
                Some(Self::Patterns(patterns.iter().filter_map(|pattern| pattern.settle(context)).collect()))
            }
            Self::Arns(arns) if arns.iter().flatten().flatten().any(Pattern::is_open) => {
                let settle =
                    |arn: &[Pattern]| arn.iter().map(|part| part.settle(context)).collect::<Option<Box<[_]>>>();
                Some(Self::Arns(arns.iter().map(|arn| arn.as_deref().and_then(settle)).collect()))
            }
            _ => None,
        }
    }

    /// Whether `fact` is equal to (or less than, …) one of the policy's values.
    fn match_one(&self, test: Test, fact: &str, context: &Context<'_>) -> bool {
        match (self, test) {
            (Self::Texts(texts), Test::StringEqualsIgnoreCase) => {
                texts.iter().any(|text| text.resolve(context).is_some_and(|text| equal_ignoring_case(&text, fact)))
            }
            (Self::Texts(texts), _) => texts.iter().any(|text| text.resolve(context).is_some_and(|text| text == fact)),
            (Self::Patterns(patterns), _) => patterns.iter().any(|pattern| pattern.matches(fact, context)),
            (Self::Numbers(numbers), Test::Numeric(comparison)) => Number::parse(fact).is_some_and(|fact| {
                let ordering = |number: &Option<Number>| number.and_then(|number| fact.compare(number));
                numbers.iter().any(|number| ordering(number).is_some_and(|ordering| comparison.holds(ordering)))
            }),
            (Self::Instants(instants), Test::Date(comparison)) => Instant::parse(fact)
                .is_some_and(|fact| instants.iter().flatten().any(|instant| comparison.holds(fact.cmp(instant)))),
            (Self::Bools(bools), _) => bool_of(fact).is_some_and(|fact| bools.contains(&Some(fact))),
            (Self::Networks(networks), _) => {
                fact.parse().is_ok_and(|address| networks.iter().flatten().any(|network| network.contains(address)))
            }
            (Self::Arns(arns), _) => arns.iter().flatten().any(|arn| arn_matches(arn, fact, context)),
            // INVARIANT: `new` pairs numbers with Numeric and instants with Date.
            (Self::Numbers(_) | Self::Instants(_), _) => false,
        }
    }
}

fn bool_of(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn equal_ignoring_case(a: &str, b: &str) -> bool {
    a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

/// `None` for a text with fewer than six parts: it is not an ARN, and matches none.
fn arn_pattern(text: &str, variables: bool) -> Option<Box<[Pattern]>> {
    let mut parts = Vec::with_capacity(ARN_PARTS);
    let mut rest = text;
    while parts.len() + 1 < ARN_PARTS {
        let (part, after) = split_at_colon(rest, variables)?;
        parts.push(Pattern::new(part, Wildcards::All, variables));
        rest = after;
    }
    parts.push(Pattern::new(rest, Wildcards::All, variables));
    Some(parts.into_boxed_slice())
}

/// Splits at the first colon that does not belong to a variable's name.
fn split_at_colon(text: &str, variables: bool) -> Option<(&str, &str)> {
    let mut inside = false;
    let mut last = ' ';
    let (place, _) = text.char_indices().find(|(_, char)| {
        inside = (inside && *char != '}') || (variables && last == '$' && *char == '{');
        last = *char;
        *char == ':' && !inside
    })?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

fn arn_matches(pattern: &[Pattern], arn: &str, context: &Context<'_>) -> bool {
    let mut parts = arn.splitn(ARN_PARTS, ':');
    pattern.iter().all(|pattern| parts.next().is_some_and(|part| pattern.matches(part, context)))
}
