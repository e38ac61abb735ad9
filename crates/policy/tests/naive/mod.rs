//! A second evaluator, written straight from AWS's prose: slow, obvious, and without a line of the first one's code.
//!
//! It reads JSON values as they are, at each question anew. `Flaw` makes it wrong on purpose, to prove that a
//! comparison finds it.

use crate::common::{Caller, Case, Given, Side, account, role_arn, user_arn};
use serde_json::Value;

/// A mistake that somebody could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    None,
    DenyIsIgnored,
    /// IAM's Allow counts on a key whose policy does not delegate.
    KeyPolicyIsPlainOr,
    /// A role that is named escapes its session's policies.
    RoleIsLikeSession,
    /// Another account's principal needs no Allow of its own account.
    OneSideIsEnough,
    BoundaryIsIgnored,
    /// The text put in place of a variable may hold wildcards.
    VariablesMayBeWild,
    NegatedNeedsTheKey,
    ForAllValuesNeedsTheKey,
    ValuesIgnoreCase,
    ActionsMindCase,
    NotPrincipalNeedsOnlyTheUser,
    GuardrailLevelsAreUnited,
}

/// Whether the request is allowed.
pub fn allows(case: &Case, flaw: Flaw) -> bool {
    let naive = Naive { case, flaw };
    if naive.anything_denies() && flaw != Flaw::DenyIsIgnored {
        return false;
    }
    let Some(caller_account) = case.caller.account() else {
        return naive.resource_allows(How::Himself) || case.grant;
    };
    if !naive.guardrails_allow() {
        return false;
    }
    if case.grant {
        return true;
    }
    if case.owner.is_none_or(|owner| owner == caller_account) {
        naive.allowed_within_account()
    } else {
        naive.allowed_across_accounts()
    }
}

/// How a principal is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Himself,
    HisRole,
    HisAccount,
}

struct Naive<'a> {
    case: &'a Case,
    flaw: Flaw,
}

impl Naive<'_> {
    fn anything_denies(&self) -> bool {
        let case = self.case;
        let own = case
            .identity
            .iter()
            .chain(&case.boundary)
            .chain(case.session.iter().flatten())
            .chain(case.guardrails.iter().flatten());
        let has_identity = case.caller.account().is_some();
        let own_denies = has_identity && own.into_iter().any(|document| self.identity_says(document, "Deny"));
        own_denies
            || self.resource_policy().is_some_and(|document| {
                self.statements(document).iter().any(|statement| {
                    statement["Effect"] == "Deny"
                        && self.deny_concerns_caller(statement)
                        && self.fits(document, statement)
                })
            })
    }

    fn guardrails_allow(&self) -> bool {
        let level_allows = |level: &Vec<Value>| level.iter().any(|document| self.identity_says(document, "Allow"));
        if self.flaw == Flaw::GuardrailLevelsAreUnited && !self.case.guardrails.is_empty() {
            return self.case.guardrails.iter().any(level_allows);
        }
        self.case.guardrails.iter().all(level_allows)
    }

    fn allowed_within_account(&self) -> bool {
        let must_delegate =
            matches!(self.case.side, Side::KeyPolicy(_) | Side::Trust(_)) && self.flaw != Flaw::KeyPolicyIsPlainOr;
        let delegated = !must_delegate || self.resource_allows(How::HisAccount);
        let limited = self.boundary_allows() && (self.session_allows() || self.flaw == Flaw::RoleIsLikeSession);
        self.resource_allows(How::Himself)
            || (self.resource_allows(How::HisRole) && limited)
            || (delegated && self.identity_allows() && self.boundary_allows() && self.session_allows())
    }

    fn allowed_across_accounts(&self) -> bool {
        let resource = [How::Himself, How::HisRole, How::HisAccount].into_iter().any(|how| self.resource_allows(how));
        let own = self.identity_allows() && self.boundary_allows() && self.session_allows();
        resource && (own || self.flaw == Flaw::OneSideIsEnough)
    }

    fn identity_allows(&self) -> bool {
        matches!(self.case.caller, Caller::Root(_))
            || self.case.identity.iter().any(|document| self.identity_says(document, "Allow"))
    }

    fn boundary_allows(&self) -> bool {
        let ignored = self.flaw == Flaw::BoundaryIsIgnored;
        ignored || self.case.boundary.as_ref().is_none_or(|document| self.identity_says(document, "Allow"))
    }

    fn session_allows(&self) -> bool {
        match &self.case.session {
            Some(documents) => documents.iter().any(|document| self.identity_says(document, "Allow")),
            None => !matches!(self.case.caller, Caller::Federated(..)),
        }
    }

    fn identity_says(&self, document: &Value, effect: &str) -> bool {
        self.statements(document)
            .iter()
            .any(|statement| statement["Effect"] == effect && self.fits(document, statement))
    }

    fn resource_policy(&self) -> Option<&Value> {
        match &self.case.side {
            Side::None => None,
            Side::Implicit(document) => document.as_ref(),
            Side::KeyPolicy(document) | Side::Trust(document) => Some(document),
        }
    }

    fn resource_allows(&self, how: How) -> bool {
        self.resource_policy().is_some_and(|document| {
            self.statements(document).iter().any(|statement| {
                statement["Effect"] == "Allow"
                    && self.allow_names_caller(statement, how)
                    && self.fits(document, statement)
            })
        })
    }

    fn statements(&self, document: &Value) -> Vec<Value> {
        list(&document["Statement"])
    }

    // Principals.

    fn allow_names_caller(&self, statement: &Value, how: How) -> bool {
        if statement.get("NotPrincipal").is_some() {
            let listed = [How::Himself, How::HisRole, How::HisAccount]
                .iter()
                .any(|how| self.names(&statement["NotPrincipal"], *how));
            return how == How::Himself && !listed;
        }
        self.names(&statement["Principal"], how)
    }

    fn deny_concerns_caller(&self, statement: &Value) -> bool {
        let named = |how| self.names(&statement["NotPrincipal"], how);
        if statement.get("NotPrincipal").is_none() {
            return [How::Himself, How::HisRole, How::HisAccount]
                .iter()
                .any(|how| self.names(&statement["Principal"], *how));
        }
        if self.case.boundary.is_some() && self.case.caller.account().is_some() {
            return true;
        }
        if mentions(&statement["NotPrincipal"], "AWS", "*") {
            return false;
        }
        let account = self.flaw == Flaw::NotPrincipalNeedsOnlyTheUser || named(How::HisAccount);
        match self.case.caller {
            Caller::Root(_) => !named(How::HisAccount),
            Caller::User(..) | Caller::Federated(..) => !(named(How::Himself) && account),
            Caller::Session(..) => !(named(How::Himself) && named(How::HisRole) && account),
            Caller::Provider(_) | Caller::Service(_) => !named(How::Himself),
            Caller::Nobody => true,
        }
    }

    fn names(&self, principal: &Value, how: How) -> bool {
        let caller = &self.case.caller;
        let aws = |name: &str| mentions(principal, "AWS", name);
        match how {
            How::Himself => {
                aws("*")
                    || match caller {
                        Caller::User(..) | Caller::Session(..) | Caller::Federated(..) => aws(&caller.arn()),
                        Caller::Service(name) => mentions(principal, "Service", name),
                        Caller::Provider(name) => mentions(principal, "Federated", name),
                        Caller::Root(_) | Caller::Nobody => false,
                    }
            }
            How::HisRole => match caller {
                Caller::Session(number, role, _) => aws(&role_arn(*number, role)),
                Caller::Federated(number, user, _) => aws(&user_arn(*number, user)),
                _ => false,
            },
            How::HisAccount => caller
                .account()
                .is_some_and(|number| aws(&account(number)) || aws(&format!("arn:aws:iam::{}:root", account(number)))),
        }
    }

    // Statements.

    fn fits(&self, document: &Value, statement: &Value) -> bool {
        let variables = document["Version"] == "2012-10-17";
        self.action_fits(statement)
            && self.resource_fits(statement, variables)
            && self.conditions_hold(statement, variables)
    }

    fn action_fits(&self, statement: &Value) -> bool {
        let fits = |pattern: &Value| {
            let (pattern, action) = (text(pattern), self.case.action.clone());
            if self.flaw == Flaw::ActionsMindCase {
                wild(&symbols(&pattern), &chars(&action))
            } else {
                wild(&symbols(&pattern.to_lowercase()), &chars(&action.to_lowercase()))
            }
        };
        if let Some(patterns) = statement.get("NotAction") {
            return !list(patterns).is_empty() && !list(patterns).iter().any(fits);
        }
        statement.get("Action").is_some_and(|patterns| list(patterns).iter().any(fits))
    }

    fn resource_fits(&self, statement: &Value, variables: bool) -> bool {
        let fits = |pattern: &Value| {
            self.substitute(&text(pattern), variables)
                .is_some_and(|symbols| arn_wild(&symbols, &chars(&self.case.resource), 0))
        };
        if let Some(patterns) = statement.get("NotResource") {
            return !list(patterns).is_empty() && !list(patterns).iter().any(fits);
        }
        match statement.get("Resource") {
            Some(patterns) => list(patterns).iter().any(fits),
            None => matches!(self.case.side, Side::Trust(_)) && statement.get("Principal").is_some(),
        }
    }

    // Conditions.

    fn conditions_hold(&self, statement: &Value, variables: bool) -> bool {
        let Some(Value::Object(blocks)) = statement.get("Condition") else { return true };
        blocks.iter().all(|(operator, keys)| {
            keys.as_object().is_none_or(|keys| {
                keys.iter().all(|(key, values)| self.condition_holds(operator, key, &list(values), variables))
            })
        })
    }

    fn condition_holds(&self, operator: &str, key: &str, wanted: &[Value], variables: bool) -> bool {
        let (set, operator) = operator.split_once(':').unwrap_or(("", operator));
        let (operator, if_exists) = operator.strip_suffix("IfExists").map_or((operator, false), |rest| (rest, true));
        let negated = operator.contains("Not");
        let operator = operator.replace("Not", "");
        let found = self.fact(key);
        if operator == "Null" {
            return wanted.iter().any(|wanted| text(wanted) == if found.is_none() { "true" } else { "false" });
        }
        let Some(found) = found else {
            let negated = negated && self.flaw != Flaw::NegatedNeedsTheKey;
            let for_all = set == "ForAllValues" && self.flaw != Flaw::ForAllValuesNeedsTheKey;
            return if_exists || for_all || (set.is_empty() && negated);
        };
        let values = match found {
            Given::One(value) => vec![value],
            Given::Many(values) => values,
        };
        let nothing = values.iter().all(String::is_empty);
        let equal =
            |value: &String| wanted.iter().any(|wanted| self.compare(&operator, value, &text(wanted), variables));
        match set {
            "ForAllValues" => nothing || values.iter().all(|value| equal(value) != negated),
            "ForAnyValue" => !nothing && values.iter().any(|value| equal(value) != negated),
            _ if negated => !values.iter().any(equal),
            _ => values.iter().any(equal),
        }
    }

    fn compare(&self, operator: &str, value: &str, wanted: &str, variables: bool) -> bool {
        let plain = |symbols: Vec<Symbol>| symbols.into_iter().map(Symbol::spelling).collect::<String>();
        match operator {
            "StringEquals" => self.substitute(wanted, variables).is_some_and(|wanted| {
                let wanted = plain(wanted);
                wanted == value || (self.flaw == Flaw::ValuesIgnoreCase && wanted.eq_ignore_ascii_case(value))
            }),
            "StringEqualsIgnoreCase" => self
                .substitute(wanted, variables)
                .is_some_and(|wanted| plain(wanted).to_lowercase() == value.to_lowercase()),
            "StringLike" => self.substitute(wanted, variables).is_some_and(|wanted| wild(&wanted, &chars(value))),
            "ArnEquals" | "ArnLike" => {
                self.substitute(wanted, variables).is_some_and(|wanted| arn_alike(&wanted, value))
            }
            "Bool" => {
                wanted.to_lowercase() == value.to_lowercase() && ["true", "false"].contains(&&*value.to_lowercase())
            }
            "BinaryEquals" => wanted == value,
            "IpAddress" => in_network(value, wanted).unwrap_or(false),
            _ => {
                // The generator makes whole numbers, and times in one form, in which the order of texts is the order of
                // times.
                let ordering = if operator.starts_with("Numeric") {
                    value.parse::<i64>().ok().zip(wanted.parse::<i64>().ok()).map(|(value, wanted)| value.cmp(&wanted))
                } else {
                    (value.ends_with('Z') && wanted.ends_with('Z')).then(|| value.cmp(wanted))
                };
                ordering.is_some_and(|ordering| {
                    match operator.trim_start_matches("Numeric").trim_start_matches("Date") {
                        "Equals" => ordering.is_eq(),
                        "LessThan" => ordering.is_lt(),
                        "LessThanEquals" => ordering.is_le(),
                        "GreaterThan" => ordering.is_gt(),
                        "GreaterThanEquals" => ordering.is_ge(),
                        _ => false,
                    }
                })
            }
        }
    }

    // Facts and variables.

    fn fact(&self, key: &str) -> Option<Given> {
        let key = key.to_lowercase();
        let caller = &self.case.caller;
        let one = |value: Option<String>| value.map(Given::One);
        match key.as_str() {
            "aws:username" => one(if let Caller::User(_, name) = caller { Some(name.clone()) } else { None }),
            "aws:principalaccount" => one(caller.account().map(account)),
            "aws:principalarn" => one(match caller {
                Caller::Session(number, role, _) => Some(role_arn(*number, role)),
                Caller::Service(_) | Caller::Provider(_) | Caller::Nobody => None,
                _ => Some(caller.arn()),
            }),
            _ => match self.case.facts.get(&key)? {
                Given::Many(values) if values.is_empty() => None,
                found => Some(found.clone()),
            },
        }
    }

    /// Puts values in the place of variables. `None` if one has none.
    fn substitute(&self, pattern: &str, variables: bool) -> Option<Vec<Symbol>> {
        let mut out = Vec::new();
        let mut rest = pattern.to_owned();
        while let Some(start) = rest.find("${").filter(|_| variables) {
            let end = start + rest.split_at(start).1.find('}')?;
            let (before, variable_and_after) = rest.split_at(start);
            let (variable, after) = variable_and_after.split_at(end - start);
            let name = variable.trim_start_matches("${");
            out.extend(symbols(before));
            if ["*", "?", "$"].contains(&name) {
                out.extend(name.chars().map(Symbol::Char));
            } else {
                let (key, default) = name.split_once(", ").map_or((name, None), |(key, default)| (key, Some(default)));
                let value = match self.fact(key) {
                    Some(Given::One(value)) => value,
                    Some(Given::Many(_)) => return None,
                    None => default?.trim_matches('\'').to_owned(),
                };
                if self.flaw == Flaw::VariablesMayBeWild {
                    out.extend(symbols(&value));
                } else {
                    out.extend(value.chars().map(Symbol::Char));
                }
            }
            rest = after.trim_start_matches('}').to_owned();
        }
        out.extend(symbols(&rest));
        Some(out)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Char(char),
    Star,
    Question,
}

impl Symbol {
    fn spelling(self) -> char {
        match self {
            Self::Char(char) => char,
            Self::Star => '*',
            Self::Question => '?',
        }
    }
}

fn symbols(pattern: &str) -> Vec<Symbol> {
    let symbol = |char| match char {
        '*' => Symbol::Star,
        '?' => Symbol::Question,
        other => Symbol::Char(other),
    };
    pattern.chars().map(symbol).collect()
}

fn wild(pattern: &[Symbol], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some((Symbol::Star, rest)), None) => wild(rest, text),
        (Some((Symbol::Star, rest)), Some((_, after))) => wild(rest, text) || wild(pattern, after),
        (Some((Symbol::Question, rest)), Some((_, after))) => wild(rest, after),
        (Some((Symbol::Char(wanted), rest)), Some((char, after))) => wanted == char && wild(rest, after),
        (Some(_), None) => false,
    }
}

/// As `wild`, but before the fifth colon of the pattern a wildcard keeps off colons, unless it is a star at the end of
/// its part.
fn arn_wild(pattern: &[Symbol], text: &[char], colons: usize) -> bool {
    let free = colons >= 5;
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some((Symbol::Star, rest)), None) => arn_wild(rest, text, colons),
        (Some((Symbol::Star, rest)), Some((char, after))) => {
            // Stars in a row are one star, which ends its part if the last of them does.
            let next = rest.iter().find(|symbol| **symbol != Symbol::Star);
            let ends_part = matches!(next, None | Some(Symbol::Char(':')));
            arn_wild(rest, text, colons) || ((free || ends_part || *char != ':') && arn_wild(pattern, after, colons))
        }
        (Some((Symbol::Question, rest)), Some((char, after))) => {
            (free || *char != ':') && arn_wild(rest, after, colons)
        }
        (Some((Symbol::Char(wanted), rest)), Some((char, after))) => {
            wanted == char && arn_wild(rest, after, colons + usize::from(*char == ':'))
        }
        (Some(_), None) => false,
    }
}

/// Each of the six parts alone.
fn arn_alike(pattern: &[Symbol], arn: &str) -> bool {
    let patterns: Vec<&[Symbol]> = pattern.splitn(6, |symbol| *symbol == Symbol::Char(':')).collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    patterns.len() == 6
        && parts.len() == 6
        && patterns.iter().zip(parts).all(|(pattern, part)| wild(pattern, &chars(part)))
}

/// Dotted quads only.
fn in_network(address: &str, network: &str) -> Option<bool> {
    let number = |text: &str| -> Option<u64> {
        let parts: Vec<u64> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        (parts.len() == 4).then(|| parts.iter().fold(0, |number, part| number * 256 + part))
    };
    let (network, length) = network.split_once('/').unwrap_or((network, "32"));
    let size = 2_u64.pow(32 - length.parse::<u32>().ok()?);
    Some(number(address)? / size == number(network)? / size)
}

fn mentions(principal: &Value, family: &str, name: &str) -> bool {
    if principal.is_string() {
        return principal == "*" && name == "*";
    }
    list(&principal[family]).iter().any(|listed| listed == name)
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}
