//! A small language for questions to the evaluator: a caller, a call, documents, and the answer.

#![expect(dead_code, reason = "each test binary uses its own part")]
#![expect(clippy::expect_used, reason = "a test's own document that does not parse must stop it")]

use names::AccountId;
use policy::{
    Decision, Document, Fact, Facts, Kind, Place, Principal, Request, ResourceSide, Source, Sources, evaluate,
};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub const OURS: u64 = 111_122_223_333;
pub const THEIRS: u64 = 444_455_556_666;
pub const KEY: &str = "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Root(u64),
    User(u64, String),
    /// Account, role, session.
    Session(u64, String, String),
    /// Account, user who asked, name.
    Federated(u64, String, String),
    Provider(String),
    Service(String),
    Nobody,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    One(String),
    Many(Vec<String>),
}

/// All that is handed to `evaluate`.
#[derive(Debug, Clone)]
pub struct Case {
    pub caller: Caller,
    pub action: String,
    pub resource: String,
    pub owner: Option<u64>,
    pub facts: BTreeMap<String, Given>,
    pub identity: Vec<Value>,
    pub boundary: Option<Value>,
    pub session: Option<Vec<Value>>,
    pub guardrails: Vec<Vec<Value>>,
    pub side: Side,
    pub grant: bool,
}

#[derive(Debug, Clone)]
pub enum Side {
    None,
    Implicit(Option<Value>),
    KeyPolicy(Value),
    Trust(Value),
}

pub fn user(name: &str) -> Caller {
    Caller::User(OURS, name.to_owned())
}

pub fn stranger(name: &str) -> Caller {
    Caller::User(THEIRS, name.to_owned())
}

pub fn session(role: &str, name: &str) -> Caller {
    Caller::Session(OURS, role.to_owned(), name.to_owned())
}

/// A document of version 2012-10-17.
pub fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// An identity policy of one statement.
pub fn policy(effect: &str, action: &str, resource: &str) -> Value {
    document(json!({"Effect": effect, "Action": action, "Resource": resource}))
}

/// A resource policy of one statement over every resource.
pub fn resource_policy(effect: &str, principal: Value, action: &str) -> Value {
    document(json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}))
}

pub fn account(number: u64) -> String {
    AccountId::from_number(number).to_string()
}

pub fn root(number: u64) -> Value {
    json!({"AWS": format!("arn:aws:iam::{}:root", account(number))})
}

impl Caller {
    pub fn account(&self) -> Option<u64> {
        match self {
            Self::Root(number) | Self::User(number, _) | Self::Session(number, ..) | Self::Federated(number, ..) => {
                Some(*number)
            }
            Self::Provider(_) | Self::Service(_) | Self::Nobody => None,
        }
    }

    /// The ARN by which the caller is known: of a role's session, the session's.
    pub fn arn(&self) -> String {
        match self {
            Self::Root(number) => format!("arn:aws:iam::{}:root", account(*number)),
            Self::User(number, name) => user_arn(*number, name),
            Self::Session(number, role, name) => {
                format!("arn:aws:sts::{}:assumed-role/{role}/{name}", account(*number))
            }
            Self::Federated(number, _, name) => format!("arn:aws:sts::{}:federated-user/{name}", account(*number)),
            Self::Provider(name) | Self::Service(name) => name.clone(),
            Self::Nobody => "anonymous".to_owned(),
        }
    }
}

pub fn user_arn(number: u64, name: &str) -> String {
    format!("arn:aws:iam::{}:user/{name}", account(number))
}

pub fn role_arn(number: u64, name: &str) -> String {
    format!("arn:aws:iam::{}:role/{name}", account(number))
}

pub fn user_id(name: &str) -> String {
    format!("AIDA{:0>16}", name.to_uppercase())
}

pub fn role_id(name: &str) -> String {
    format!("AROA{:0>16}", name.to_uppercase())
}

impl Case {
    /// A call of an account's own key, of whose policy nothing is said yet.
    pub fn new(caller: Caller, action: &str, resource: &str) -> Self {
        Self {
            caller,
            action: action.to_owned(),
            resource: resource.to_owned(),
            owner: Some(OURS),
            facts: BTreeMap::new(),
            identity: Vec::new(),
            boundary: None,
            session: None,
            guardrails: Vec::new(),
            side: Side::None,
            grant: false,
        }
    }

    pub fn identity(mut self, document: Value) -> Self {
        self.identity.push(document);
        self
    }

    pub fn boundary(mut self, document: Value) -> Self {
        self.boundary = Some(document);
        self
    }

    pub fn session(mut self, documents: &[Value]) -> Self {
        self.session = Some(documents.to_vec());
        self
    }

    pub fn guardrail(mut self, level: &[Value]) -> Self {
        self.guardrails.push(level.to_vec());
        self
    }

    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    pub fn grant(mut self) -> Self {
        self.grant = true;
        self
    }

    pub fn fact(mut self, key: &str, value: &str) -> Self {
        self.facts.insert(key.to_lowercase(), Given::One(value.to_owned()));
        self
    }

    pub fn facts(mut self, key: &str, values: &[&str]) -> Self {
        self.facts.insert(key.to_lowercase(), Given::Many(values.iter().map(|value| (*value).to_owned()).collect()));
        self
    }

    pub fn decide(&self) -> Decision {
        self.decide_bound(&|document| document)
    }

    pub fn allows(&self) -> bool {
        matches!(self.decide(), Decision::Allow(_))
    }

    /// The place and whether it was an explicit Deny; `None` for an Allow.
    pub fn denial(&self) -> Option<(Place, bool)> {
        match self.decide() {
            Decision::Allow(_) => None,
            Decision::Deny(denial) => Some((denial.place(), denial.is_explicit())),
        }
    }

    /// The refusal in words.
    pub fn text(&self) -> String {
        match self.decide() {
            Decision::Allow(_) => String::new(),
            Decision::Deny(denial) => denial.text(&self.caller.arn(), &self.action, &self.resource),
        }
    }

    pub fn decide_bound(&self, bind: &dyn Fn(Document) -> Document) -> Decision {
        let read = |value: &Value, kind: Kind| {
            bind(Document::parse(&value.to_string(), kind).expect("a test's document is well formed"))
        };
        let all = |values: &[Value]| values.iter().map(|value| read(value, Kind::Identity)).collect::<Vec<_>>();
        let identity = all(&self.identity);
        let boundary = self.boundary.as_ref().map(|value| read(value, Kind::Identity));
        let session = self.session.as_ref().map(|values| all(values));
        let guardrails: Vec<Vec<Document>> = self.guardrails.iter().map(|level| all(level)).collect();
        let resource = match &self.side {
            Side::None | Side::Implicit(None) => None,
            Side::Implicit(Some(value)) => Some(read(value, Kind::Resource)),
            Side::KeyPolicy(value) => Some(read(value, Kind::KeyPolicy)),
            Side::Trust(value) => Some(read(value, Kind::Trust)),
        };
        let session = session.as_ref().map(|documents| named("session", documents));
        let guardrails: Vec<Vec<Source<'_>>> = guardrails.iter().map(|level| named("guardrail", level)).collect();
        let levels: Vec<&[Source<'_>]> = guardrails.iter().map(Vec::as_slice).collect();
        let source = resource.as_ref().map(|document| Source { name: "resource", document });
        let sources = Sources {
            identity: &named("identity", &identity),
            boundary: boundary.as_ref().map(|document| Source { name: "boundary", document }),
            session: session.as_deref(),
            guardrails: &levels,
            resource: match (&self.side, source) {
                (Side::None, _) => ResourceSide::None,
                (Side::KeyPolicy(_) | Side::Trust(_), Some(source)) => ResourceSide::Explicit(source),
                (_, source) => ResourceSide::Implicit(source),
            },
            grant: self.grant.then_some("grant-id"),
        };
        let strings = Strings::of(&self.caller);
        evaluate(
            &Request {
                principal: strings.principal(&self.caller),
                action: &self.action,
                resource: &self.resource,
                resource_account: self.owner.map(AccountId::from_number),
                facts: self,
            },
            &sources,
        )
    }
}

fn named<'a>(name: &'a str, documents: &'a [Document]) -> Vec<Source<'a>> {
    documents.iter().map(|document| Source { name, document }).collect()
}

impl Facts for Case {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        Some(match self.facts.get(key)? {
            Given::One(value) => Fact::One(Cow::Borrowed(value)),
            Given::Many(values) => Fact::Many(values.iter().map(|value| Cow::Borrowed(value.as_str())).collect()),
        })
    }
}

/// What a `Principal` borrows.
struct Strings {
    arn: String,
    entity_arn: String,
    entity_id: String,
}

impl Strings {
    fn of(caller: &Caller) -> Self {
        let (entity_arn, entity_id) = match caller {
            Caller::User(number, name) | Caller::Federated(number, name, _) => (user_arn(*number, name), user_id(name)),
            Caller::Session(number, role, _) => (role_arn(*number, role), role_id(role)),
            Caller::Root(_) | Caller::Provider(_) | Caller::Service(_) | Caller::Nobody => {
                (String::new(), String::new())
            }
        };
        Self { arn: caller.arn(), entity_arn, entity_id }
    }

    fn principal<'a>(&'a self, caller: &'a Caller) -> Principal<'a> {
        let Self { arn, entity_arn, entity_id } = self;
        match caller {
            Caller::Root(number) => Principal::Root { account: AccountId::from_number(*number) },
            Caller::User(number, name) => {
                Principal::User { account: AccountId::from_number(*number), arn, id: entity_id, name }
            }
            Caller::Session(number, ..) => Principal::AssumedRole {
                account: AccountId::from_number(*number),
                role_arn: entity_arn,
                role_id: entity_id,
                session_arn: arn,
            },
            Caller::Federated(number, ..) => Principal::FederatedUser {
                account: AccountId::from_number(*number),
                arn,
                user_arn: entity_arn,
                user_id: entity_id,
            },
            Caller::Provider(name) => Principal::Federated { provider: name },
            Caller::Service(name) => Principal::Service { name },
            Caller::Nobody => Principal::Anonymous,
        }
    }
}
