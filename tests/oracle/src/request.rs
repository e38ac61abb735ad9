//! Who asks, for what, and what is known of the call.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    Root {
        account: String,
    },
    User {
        account: String,
        name: String,
        id: String,
    },
    /// A session of a role. `role` has the role's path, `/` for none being left out: `App`, `team/App`.
    Session {
        account: String,
        role: String,
        id: String,
        session: String,
    },
    /// A session of GetFederationToken.
    Federated {
        account: String,
        name: String,
        user: String,
        user_id: String,
    },
    /// Somebody an identity provider vouches for, who has no role yet.
    Vouched {
        provider: String,
    },
    Service {
        name: String,
    },
    Anonymous,
}

/// The values of a key: one, or any number, by the key and not by the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Clone)]
pub struct Asked {
    pub caller: Caller,
    pub action: String,
    pub resource: String,
    /// None where an action has no resource.
    pub owner: Option<String>,
    /// Keys in lower case.
    pub facts: BTreeMap<String, Values>,
}

impl Caller {
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::Session { account, .. }
            | Self::Federated { account, .. } => Some(account),
            Self::Vouched { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// The ARN that calls: the session's, not the role's.
    pub fn arn(&self) -> Option<String> {
        Some(match self {
            Self::Root { account } => format!("arn:aws:iam::{account}:root"),
            Self::User { account, name, .. } => format!("arn:aws:iam::{account}:user/{name}"),
            Self::Session { account, role, session, .. } => {
                format!("arn:aws:sts::{account}:assumed-role/{}/{session}", last(role))
            }
            Self::Federated { account, name, .. } => format!("arn:aws:sts::{account}:federated-user/{name}"),
            Self::Vouched { .. } | Self::Service { .. } | Self::Anonymous => return None,
        })
    }

    /// The role of a session, the user behind a federated user.
    pub fn arn_behind(&self) -> Option<String> {
        match self {
            Self::Session { account, role, .. } => Some(format!("arn:aws:iam::{account}:role/{role}")),
            Self::Federated { account, user, .. } => Some(format!("arn:aws:iam::{account}:user/{user}")),
            _ => None,
        }
    }

    /// The unique id of the user or role that calls, or that stands behind the session.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::User { id, .. } | Self::Session { id, .. } => Some(id),
            Self::Federated { user_id, .. } => Some(user_id),
            _ => None,
        }
    }
}

impl Asked {
    /// The values of a key; none if it is not there. A key of many values without one is not there either.
    pub fn values(&self, key: &str) -> Option<Values> {
        let of_caller = self.of_caller(key);
        let found = if of_caller.is_some() { of_caller } else { self.facts.get(key).cloned() };
        found.filter(|values| *values != Values::Many(Vec::new()))
    }

    /// "Principal key values", at
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>, and each key's own entry in
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
    fn of_caller(&self, key: &str) -> Option<Values> {
        let caller = &self.caller;
        let value = match (key, caller) {
            ("aws:username", Caller::User { name, .. }) => last(name).to_owned(),
            ("aws:userid", Caller::Root { account }) => account.clone(),
            ("aws:userid", Caller::User { id, .. }) => id.clone(),
            ("aws:userid", Caller::Session { id, session, .. }) => format!("{id}:{session}"),
            ("aws:userid", Caller::Federated { account, name, .. }) => format!("{account}:{name}"),
            // "For an IAM role, the request context returns the ARN of the role, not the ARN of the user that assumed the role."
            ("aws:principalarn", Caller::Session { .. }) => caller.arn_behind()?,
            ("aws:principalarn", _) => caller.arn()?,
            ("aws:principalaccount", _) => caller.account()?.to_owned(),
            ("aws:principaltype", Caller::Root { .. }) => "Account".to_owned(),
            ("aws:principaltype", Caller::User { .. }) => "User".to_owned(),
            ("aws:principaltype", Caller::Session { .. }) => "AssumedRole".to_owned(),
            ("aws:principaltype", Caller::Federated { .. }) => "FederatedUser".to_owned(),
            ("aws:principaltype", Caller::Anonymous) => "Anonymous".to_owned(),
            // "Present for all signed requests. Anonymous requests do not include this key."
            ("aws:principalisawsservice", Caller::Anonymous) => return None,
            ("aws:principalisawsservice", Caller::Service { .. }) => "true".to_owned(),
            ("aws:principalisawsservice", _) => "false".to_owned(),
            ("aws:principalservicename", Caller::Service { name }) => name.clone(),
            _ => return None,
        };
        Some(Values::One(value))
    }
}

/// The friendly name, without its path.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
