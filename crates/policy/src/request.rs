//! What is asked: who calls, what he wants to do to which resource, and the facts of the call.

use crate::Document;
use names::AccountId;
use std::borrow::Cow;

/// The calling principal, as the credentials say.
///
/// Not `non_exhaustive`: a new kind of caller must break those who match on it.
#[derive(Debug, Clone)]
pub enum Principal<'a> {
    /// The account's root user.
    Root { account: AccountId },
    /// An IAM user. `id` is its unique id (AIDA…), `name` its name without the path.
    User { account: AccountId, arn: &'a str, id: &'a str, name: &'a str },
    /// A session of a role. `role_arn` has the role's path, `session_arn` (`arn:aws:sts::…:assumed-role/Role/session`)
    /// has not.
    AssumedRole { account: AccountId, role_arn: &'a str, role_id: &'a str, session_arn: &'a str },
    /// A session of GetFederationToken. `arn` is `arn:aws:sts::…:federated-user/name`; `user_arn` and `user_id` are the
    /// IAM user who asked for it and whose policies it has.
    FederatedUser { account: AccountId, arn: &'a str, user_arn: &'a str, user_id: &'a str },
    /// Somebody an identity provider vouches for, before he has a role: `sts:AssumeRoleWithWebIdentity`,
    /// `sts:AssumeRoleWithSAML`.
    Federated { provider: &'a str },
    /// An AWS service on its own behalf, such as `cloudtrail.amazonaws.com`.
    Service { name: &'a str },
    /// Nobody: the request bears no signature.
    Anonymous,
}

/// The condition keys of a call. Asked lazily: only for the keys that a statement names.
///
/// `key` comes in lower case, context-key and tag names included (`kms:encryptioncontext:purpose`,
/// `aws:resourcetag/team`), because names of condition keys do not distinguish case. Values do. A key that the call
/// does not have is `None`.
///
/// The keys that describe the caller (see [`Principal::fact`]) are never asked here.
pub trait Facts {
    fn fact(&self, key: &str) -> Option<Fact<'_>>;
}

/// A call without facts of its own.
#[derive(Debug, Clone, Copy)]
pub struct NoFacts;

/// The value of a condition key. Whether it is one or many is a property of the key, not of the call: `aws:TagKeys` is
/// `Many` even with one tag. `Many` of nothing is the same as absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

/// One question to [`crate::evaluate`].
pub struct Request<'a> {
    pub principal: Principal<'a>,
    /// `kms:Decrypt`, in any case.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for an action without one.
    pub resource: &'a str,
    /// The account that owns the resource. `None` for an action without a resource: it concerns the caller's own
    /// account.
    pub resource_account: Option<AccountId>,
    pub facts: &'a dyn Facts,
}

/// A document, and the name by which decisions refer to it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// `inline:Decrypt`, `arn:aws:iam::aws:policy/AdministratorAccess`, `key-policy`.
    pub name: &'a str,
    pub document: &'a Document,
}

/// All documents that bear on a request.
pub struct Sources<'a> {
    /// Of the user and his groups, or of the role; for a federated user, of the user who asked.
    pub identity: &'a [Source<'a>],
    pub boundary: Option<Source<'a>>,
    /// The policies passed when the session began; `None` if there were none.
    pub session: Option<&'a [Source<'a>]>,
    /// The service control policies on the caller's account, one slice for each level from the root of the organization
    /// down. Each level must allow. Empty for an account outside an organization.
    pub guardrails: &'a [&'a [Source<'a>]],
    pub resource: ResourceSide<'a>,
    /// The id of a live KMS grant whose grantee is this very caller and whose operations and constraints fit.
    pub grant: Option<&'a str>,
}

/// What the resource itself has to say.
#[derive(Debug, Clone, Copy)]
pub enum ResourceSide<'a> {
    /// This type of resource has no policy: identity policies decide in its account, other accounts are out.
    None,
    /// The account delegates to its own without writing it, as for S3's buckets.
    Implicit(Option<Source<'a>>),
    /// The delegation must be written, as in a key policy and a role's trust policy.
    Explicit(Source<'a>),
}

/// The caller and the facts, as conditions and variables see them.
pub(crate) struct Context<'a> {
    principal: &'a Principal<'a>,
    facts: &'a dyn Facts,
}

impl<'a> Principal<'a> {
    /// The caller's account. None for a service, a provider's subject, and nobody.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Root { account }
            | Self::User { account, .. }
            | Self::AssumedRole { account, .. }
            | Self::FederatedUser { account, .. } => Some(*account),
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// The condition keys that follow from the caller alone:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.
    ///
    /// `aws:username`, `aws:userid`, `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`,
    /// `aws:PrincipalIsAWSService`, `aws:PrincipalServiceName`. For a session of a role, `aws:PrincipalArn` is the
    /// role's ARN.
    pub fn fact(&self, key: &str) -> Option<Fact<'a>> {
        let value = match key {
            "aws:username" => match self {
                Self::User { name, .. } => Some(Cow::Borrowed(*name)),
                _ => None,
            },
            "aws:userid" => self.user_id(),
            "aws:principalarn" => match self {
                Self::Root { account } => Some(Cow::Owned(format!("arn:aws:iam::{account}:root"))),
                Self::User { arn, .. } | Self::FederatedUser { arn, .. } => Some(Cow::Borrowed(*arn)),
                Self::AssumedRole { role_arn, .. } => Some(Cow::Borrowed(*role_arn)),
                Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
            },
            "aws:principalaccount" => self.account().map(|account| Cow::Owned(account.to_string())),
            "aws:principaltype" => self.kind().map(Cow::Borrowed),
            "aws:principalisawsservice" => match self {
                Self::Service { .. } => Some(Cow::Borrowed("true")),
                Self::Anonymous => None,
                _ => Some(Cow::Borrowed("false")),
            },
            "aws:principalservicename" => match self {
                Self::Service { name } => Some(Cow::Borrowed(*name)),
                _ => None,
            },
            _ => None,
        };
        value.map(Fact::One)
    }

    fn user_id(&self) -> Option<Cow<'a, str>> {
        let last = |arn: &'a str| arn.rsplit_once('/').map_or("", |(_, name)| name);
        match self {
            Self::Root { account } => Some(Cow::Owned(account.to_string())),
            Self::User { id, .. } => Some(Cow::Borrowed(*id)),
            Self::AssumedRole { role_id, session_arn, .. } => {
                Some(Cow::Owned(format!("{role_id}:{}", last(session_arn))))
            }
            Self::FederatedUser { account, arn, .. } => Some(Cow::Owned(format!("{account}:{}", last(arn)))),
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Root { .. } => Some("Account"),
            Self::User { .. } => Some("User"),
            Self::AssumedRole { .. } => Some("AssumedRole"),
            Self::FederatedUser { .. } => Some("FederatedUser"),
            Self::Anonymous => Some("Anonymous"),
            Self::Federated { .. } | Self::Service { .. } => None,
        }
    }
}

/// Whether `key`, in lower case, is one of those that [`Principal::fact`] alone may answer.
fn is_of_principal(key: &str) -> bool {
    matches!(
        key,
        "aws:username"
            | "aws:userid"
            | "aws:principalarn"
            | "aws:principalaccount"
            | "aws:principaltype"
            | "aws:principalisawsservice"
            | "aws:principalservicename"
    )
}

impl Facts for NoFacts {
    fn fact(&self, _: &str) -> Option<Fact<'_>> {
        None
    }
}

impl<'a> Context<'a> {
    pub(crate) fn new(principal: &'a Principal<'a>, facts: &'a dyn Facts) -> Self {
        Self { principal, facts }
    }

    /// What describes the caller comes from the caller: a service cannot answer it otherwise by mistake.
    pub(crate) fn fact(&self, key: &str) -> Option<Fact<'a>> {
        let fact = if is_of_principal(key) { self.principal.fact(key) } else { self.facts.fact(key) };
        fact.filter(|fact| !matches!(fact, Fact::Many(values) if values.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(principal: &Principal<'_>, key: &str) -> Option<String> {
        match principal.fact(key)? {
            Fact::One(value) => Some(value.into_owned()),
            Fact::Many(_) => None,
        }
    }

    #[test]
    fn a_session_shows_its_role() {
        let account = AccountId::from_number(111_122_223_333);
        let session = Principal::AssumedRole {
            account,
            role_arn: "arn:aws:iam::111122223333:role/path/App",
            role_id: "AROAEXAMPLE",
            session_arn: "arn:aws:sts::111122223333:assumed-role/App/build",
        };
        assert_eq!(one(&session, "aws:principalarn").as_deref(), Some("arn:aws:iam::111122223333:role/path/App"));
        assert_eq!(one(&session, "aws:userid").as_deref(), Some("AROAEXAMPLE:build"));
        assert_eq!(one(&session, "aws:username"), None);
        assert_eq!(one(&session, "aws:principalaccount").as_deref(), Some("111122223333"));
        assert_eq!(
            one(&Principal::Root { account }, "aws:principalarn").as_deref(),
            Some("arn:aws:iam::111122223333:root")
        );
        assert_eq!(
            one(&Principal::Service { name: "s3.amazonaws.com" }, "aws:principalisawsservice").as_deref(),
            Some("true")
        );
        assert_eq!(one(&Principal::Anonymous, "aws:principalaccount"), None);
    }
}
