//! Conditions: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use crate::reading::{Condition, Policy};
use crate::request::{Asked, Values};
use crate::values::{in_range, number, time};
use crate::wildcard::{Mark, literally, marks, matches, matches_any_case};

/// "All context keys in a condition element block must resolve to true":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.
pub fn all_hold(policy: &Policy, conditions: &[Condition], asked: &Asked) -> bool {
    conditions.iter().all(|condition| holds(policy, condition, asked))
}

fn holds(policy: &Policy, condition: &Condition, asked: &Asked) -> bool {
    let values = asked.values(&condition.key);
    // "Use either true (the key doesn't exist, it is null) or false (the key exists and its value is not null)." Several values are an OR.
    if condition.operator == "Null" {
        return condition.values.iter().any(|wanted| (wanted == "true") == values.is_none());
    }
    let (set, name) = match condition.operator.split_once(':') {
        Some((set, name)) => (Some(set), name),
        None => (None, condition.operator.as_str()),
    };
    let (name, if_exists) = match name.strip_suffix("IfExists") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let (positive, negated) = positive(name);
    let Some(values) = values else {
        // "If the key is not present, evaluate the condition element as true."
        // ForAllValues "returns true if there are no context keys in the request", ForAnyValue "if the key does not exist, returns false":
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>.
        // "If the policy condition requires that the key is not matched, and the key is not present, the condition is true."
        return if_exists
            || match set {
                Some("ForAllValues") => true,
                Some(_) => false,
                None => negated,
            };
    };
    let values = match values {
        Values::One(value) => vec![value],
        Values::Many(values) => values,
    };
    // "If the key values in the request resolve to an empty data set (for example, an empty string), a condition operator modified by
    // ForAllValues returns true, and a condition operator modified by ForAnyValue returns false":
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html>.
    if let (Some(set), true) = (set, values.iter().all(String::is_empty)) {
        return set == "ForAllValues";
    }
    // Values of the policy are an OR, and those of a negated operator a NOR.
    let one = |value: &String| {
        let any = condition.values.iter().any(|wanted| fits(policy, positive, wanted, value, asked));
        any != negated
    };
    match set {
        Some("ForAnyValue") => values.iter().any(one),
        _ => values.iter().all(one),
    }
}

/// The operator that this one negates, and whether it does.
fn positive(name: &str) -> (&str, bool) {
    match name {
        "StringNotEquals" => ("StringEquals", true),
        "StringNotEqualsIgnoreCase" => ("StringEqualsIgnoreCase", true),
        "StringNotLike" => ("StringLike", true),
        "NumericNotEquals" => ("NumericEquals", true),
        "DateNotEquals" => ("DateEquals", true),
        "NotIpAddress" => ("IpAddress", true),
        // "The ArnEquals and ArnLike condition operators behave identically", and so do the negated ones.
        "ArnNotEquals" | "ArnNotLike" => ("ArnLike", true),
        "ArnEquals" => ("ArnLike", false),
        other => (other, false),
    }
}

/// Whether a value of the request is what the policy has.
fn fits(policy: &Policy, operator: &str, wanted: &str, value: &str, asked: &Asked) -> bool {
    let numbers = || Some(number(value)?.cmp(&number(wanted)?));
    let times = || Some(time(value)?.cmp(&time(wanted)?));
    let written = || filled(policy, wanted, asked);
    match operator {
        // Wildcards are of the Like operators; in the others `*` is an asterisk.
        "StringEquals" => written().is_some_and(|marks| text_of(&marks) == value),
        "StringEqualsIgnoreCase" => written().is_some_and(|marks| text_of(&marks).eq_ignore_ascii_case(value)),
        "StringLike" => written().is_some_and(|marks| matches(&marks, value)),
        "ArnLike" => written().is_some_and(|marks| arn_like(&marks, value)),
        "NumericEquals" => numbers().is_some_and(|order| order.is_eq()),
        "NumericLessThan" => numbers().is_some_and(|order| order.is_lt()),
        "NumericLessThanEquals" => numbers().is_some_and(|order| order.is_le()),
        "NumericGreaterThan" => numbers().is_some_and(|order| order.is_gt()),
        "NumericGreaterThanEquals" => numbers().is_some_and(|order| order.is_ge()),
        "DateEquals" => times().is_some_and(|order| order.is_eq()),
        "DateLessThan" => times().is_some_and(|order| order.is_lt()),
        "DateLessThanEquals" => times().is_some_and(|order| order.is_le()),
        "DateGreaterThan" => times().is_some_and(|order| order.is_gt()),
        "DateGreaterThanEquals" => times().is_some_and(|order| order.is_ge()),
        // "Byte for byte against a base-64 encoded representation": both are base64 here, and written in the one canonical way.
        "Bool" | "BinaryEquals" => value == wanted,
        "IpAddress" => in_range(wanted, value) == Some(true),
        _ => false,
    }
}

/// "Each of the six colon-delimited components of the ARN is checked separately and each can include multi-character match wildcards (*) or
/// single-character match wildcards (?)."
fn arn_like(pattern: &[Mark], value: &str) -> bool {
    let components: Vec<&str> = value.splitn(6, ':').collect();
    let patterns: Vec<&[Mark]> = pattern.splitn(6, |mark| *mark == Mark::Char(':')).collect();
    components.len() == 6
        && patterns.len() == 6
        && patterns.iter().zip(components).all(|(pattern, component)| matches(pattern, component))
}

/// The text of a policy with its variables filled in; none if one of them has no value and no default:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
pub fn filled(policy: &Policy, text: &str, asked: &Asked) -> Option<Vec<Mark>> {
    if !policy.has_variables {
        return Some(marks(text));
    }
    let mut told = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        let (variable, behind) = behind.split_once('}')?;
        told.extend(marks(before));
        told.extend(value_of(variable, asked)?);
        rest = behind;
    }
    told.extend(marks(rest));
    Some(told)
}

/// A value from the request is a value: the wildcards in it are none.
fn value_of(variable: &str, asked: &Asked) -> Option<Vec<Mark>> {
    // "${*}: use where you need an * (asterisk) character", and so on.
    if let "*" | "?" | "$" = variable {
        return Some(literally(variable));
    }
    // "Surround the default value with single quotes, and separate the variable text and the default value with a comma and space."
    let (key, default) = match variable.split_once(", '") {
        Some((key, default)) => (key, default.strip_suffix('\'')),
        None => (variable, None),
    };
    match asked.values(&key.to_lowercase()) {
        Some(Values::One(value)) => Some(literally(&value)),
        // "You can use any available single-valued context key as a policy variable, but you cannot use a multivalued context key."
        // It is there, so no default stands for it; AWS says nothing of this.
        Some(Values::Many(_)) => None,
        None => default.map(literally),
    }
}

/// The pattern as a text, in which an asterisk is an asterisk.
fn text_of(pattern: &[Mark]) -> String {
    pattern
        .iter()
        .map(|mark| match mark {
            Mark::Char(char) => *char,
            Mark::One | Mark::OneWithin => '?',
            Mark::Any | Mark::AnyWithin => '*',
        })
        .collect()
}

/// "The prefix and the action name are case insensitive":
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>.
pub fn is_action(pattern: &str, action: &str) -> bool {
    matches_any_case(&marks(pattern), action)
}
