//! What comes out of an evaluation: the grounds of an Allow, or the cause of a denial with AWS's words for it.

use crate::Kind;
use crate::request::Source;
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// The answer. There is no third.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    Allow(Grounds),
    Deny(Denial),
}

/// Why a request is allowed. The trail keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    how: How,
    statements: Vec<StatementRef>,
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Identity policies, with the account's delegation where the resource must write one.
    Identity,
    /// The resource's policy alone.
    Resource,
    /// Both sides of a call between accounts.
    Both,
    /// A KMS grant, by its id.
    Grant(Box<str>),
    /// The root user needs no policy of his own.
    Root,
}

/// A statement of one of the documents that were judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementRef {
    /// The name of the source, such as `inline:Decrypt` or a managed policy's ARN.
    pub source: Box<str>,
    /// Counted from 0.
    pub index: usize,
    pub sid: Option<Arc<str>>,
}

/// Why a request is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    place: Place,
    /// None: nothing denies, but something that must allow is silent.
    statement: Option<StatementRef>,
    /// Whether the caller belongs to another account than the resource.
    foreign: bool,
}

/// A kind of source.
///
/// Not `non_exhaustive`: each has its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// A service control policy.
    Guardrail,
    /// A bucket's, topic's, … policy.
    Resource,
    KeyPolicy,
    Trust,
    Identity,
    Boundary,
    Session,
}

impl Grounds {
    pub(crate) fn new(how: How, statements: Vec<StatementRef>) -> Self {
        Self { how, statements }
    }

    pub fn how(&self) -> &How {
        &self.how
    }

    /// The statements that allowed, one for each source that had to.
    pub fn statements(&self) -> &[StatementRef] {
        &self.statements
    }

    pub fn into_statements(self) -> Vec<StatementRef> {
        self.statements
    }
}

impl Denial {
    pub(crate) fn new(place: Place, statement: Option<StatementRef>, foreign: bool) -> Self {
        Self { place, statement, foreign }
    }

    pub fn is_explicit(&self) -> bool {
        self.statement.is_some()
    }

    /// The Deny that matched, if one did.
    pub fn statement(&self) -> Option<&StatementRef> {
        self.statement.as_ref()
    }

    /// Where the Deny stands, or which side had nothing that allows.
    pub fn place(&self) -> Place {
        self.place
    }

    /// AWS's words: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>. `action` as the
    /// API spells it (`kms:Decrypt`). A policy of the caller's own side that denies and has an ARN is named, as AWS
    /// does (<https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns>).
    ///
    /// Of another account's key or role, the caller does not hear whether it exists: all that its side can object has
    /// one text.
    pub fn text(&self, principal_arn: &str, action: &str, resource: &str) -> String {
        let who = format!("User: {principal_arn} is not authorized to perform: {action}");
        let on = format!("{who} on resource: {}", spoken(action, resource));
        match self.veil(action) {
            Veil::None => {}
            Veil::Key => {
                return format!(
                    "{who} on this resource because the resource does not exist in this Region, no resource-based \
                     policies allow access, or a resource-based policy explicitly denies access"
                );
            }
            Veil::Role => return on,
        }
        let Some(statement) = &self.statement else {
            return format!("{on} because no {} allows the {action} action", self.place.words());
        };
        let article = match self.place {
            Place::Identity => "an",
            Place::Trust => "the",
            Place::Guardrail | Place::Resource | Place::KeyPolicy | Place::Boundary | Place::Session => "a",
        };
        let text = format!("{on} with an explicit deny in {article} {}", self.place.words());
        let own = matches!(self.place, Place::Guardrail | Place::Identity | Place::Boundary | Place::Session);
        if own && statement.source.starts_with("arn:") { format!("{text}: {}", statement.source) } else { text }
    }

    fn veil(&self, action: &str) -> Veil {
        let theirs = matches!(self.place, Place::Resource | Place::KeyPolicy | Place::Trust);
        match action.split_once(':') {
            Some((vendor, _)) if self.foreign && theirs && vendor.eq_ignore_ascii_case("kms") => Veil::Key,
            Some((vendor, _)) if self.foreign && theirs && vendor.eq_ignore_ascii_case("sts") => Veil::Role,
            _ => Veil::None,
        }
    }
}

/// What IAM calls its own: `user alice`, `policy arn:aws:iam::aws:policy/AdministratorAccess`. A user who is to be made, and the list of
/// them, it calls by ARN. So it stands in the answers of AWS that people quote.
fn spoken<'a>(action: &str, resource: &'a str) -> Cow<'a, str> {
    let own = action.strip_prefix("iam:").filter(|name| !matches!(*name, "CreateUser" | "ListUsers"));
    let Some(("iam", entity)) = own.and_then(|_| {
        let mut parts = resource.strip_prefix("arn:")?.splitn(5, ':').skip(1);
        let service = parts.next()?;
        Some((service, parts.nth(2)?))
    }) else {
        return Cow::Borrowed(resource);
    };
    match entity.split_once('/') {
        Some(("policy", _)) => Cow::Owned(format!("policy {resource}")),
        Some(("user", path)) => Cow::Owned(format!("user {}", path.rsplit('/').next().unwrap_or(path))),
        _ => Cow::Borrowed(resource),
    }
}

/// What the caller must not hear.
enum Veil {
    None,
    Key,
    Role,
}

impl Place {
    /// Where a resource's policy of this kind stands.
    pub(crate) fn of_resource(kind: Kind) -> Self {
        match kind {
            Kind::KeyPolicy => Self::KeyPolicy,
            Kind::Trust => Self::Trust,
            Kind::Identity | Kind::Managed | Kind::Resource => Self::Resource,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Guardrail => "service control policy",
            Self::Resource | Self::KeyPolicy => "resource-based policy",
            Self::Trust => "role trust policy",
            Self::Identity => "identity-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

impl StatementRef {
    pub(crate) fn new(source: &Source<'_>, index: usize) -> Self {
        let sid = source.document.statements().get(index).and_then(|statement| statement.sid.clone());
        Self { source: source.name.into(), index, sid }
    }

    /// `inline:Decrypt#0`: how the trail names the statement.
    pub fn into_text(self) -> String {
        let mut text = String::from(self.source);
        let _ = write!(text, "#{}", self.index);
        text
    }
}
