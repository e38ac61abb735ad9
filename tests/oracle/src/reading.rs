//! Policies as they are written, read by `serde_json` and kept nearly so.
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Policy {
    /// Of version 2012-10-17; in every other, `${…}` is what it is:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>.
    pub has_variables: bool,
    pub statements: Vec<Statement>,
    /// What the names of users and roles had become when the policy was stored; `None` before it is stored. See [`Policy::stored`].
    pub ids: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Debug, Clone)]
pub struct Statement {
    pub denies: bool,
    pub principal: Option<But<Named>>,
    pub action: Option<But<String>>,
    pub resource: Option<But<String>>,
    pub conditions: Vec<Condition>,
}

/// An element, or its `Not…`.
#[derive(Debug, Clone)]
pub enum But<T> {
    These(Vec<T>),
    NotThese(Vec<T>),
}

/// `{"AWS": "…"}`; for `"*"`, the kind is `AWS` too: "the following elements are equivalent", at
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous>.
#[derive(Debug, Clone)]
pub struct Named {
    pub kind: String,
    pub name: String,
}

#[derive(Debug, Clone)]
pub struct Condition {
    pub operator: String,
    pub key: String,
    pub values: Vec<String>,
}

impl Policy {
    pub fn read(document: &Value) -> Self {
        let statements = match &document["Statement"] {
            Value::Array(several) => several.iter().map(Statement::read).collect(),
            one => vec![Statement::read(one)],
        };
        Self { has_variables: document["Version"] == "2012-10-17", statements, ids: None }
    }

    /// A role's trust policy has no Resource: the role is meant.
    pub fn of_a_role(mut self) -> Self {
        for statement in &mut self.statements {
            statement.resource = Some(But::These(vec!["*".to_owned()]));
        }
        self
    }

    /// "That ARN transforms to the role's unique principal ID when you save the policy":
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>.
    /// `ids` has what each ARN of a user or role is today; what is not in it does not exist.
    pub fn stored(mut self, ids: &BTreeMap<String, Option<String>>) -> Self {
        self.ids = Some(ids.clone());
        self
    }
}

impl Statement {
    fn read(statement: &Value) -> Self {
        let conditions = statement["Condition"].as_object().into_iter().flatten().flat_map(|(operator, keys)| {
            keys.as_object().into_iter().flatten().map(|(key, values)| Condition {
                operator: operator.clone(),
                key: key.to_lowercase(),
                values: texts(values),
            })
        });
        Self {
            denies: statement["Effect"] == "Deny",
            principal: either(statement, "Principal", "NotPrincipal", named),
            action: either(statement, "Action", "NotAction", texts),
            resource: either(statement, "Resource", "NotResource", texts),
            conditions: conditions.collect(),
        }
    }
}

fn either<T>(statement: &Value, these: &str, not_these: &str, read: fn(&Value) -> Vec<T>) -> Option<But<T>> {
    let these = statement.get(these).map(|value| But::These(read(value)));
    these.or_else(|| statement.get(not_these).map(|value| But::NotThese(read(value))))
}

fn named(value: &Value) -> Vec<Named> {
    if value.is_string() {
        return vec![Named { kind: "AWS".to_owned(), name: "*".to_owned() }];
    }
    let empty = Map::new();
    let kinds = value.as_object().unwrap_or(&empty);
    kinds
        .iter()
        .flat_map(|(kind, names)| texts(names).into_iter().map(|name| Named { kind: kind.clone(), name }))
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(several) => several.iter().flat_map(texts).collect(),
        // `true` and `10` may stand without quotes.
        other => vec![other.to_string()],
    }
}
