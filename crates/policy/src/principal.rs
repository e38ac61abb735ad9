//! The Principal element:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>.

use crate::request::Principal;
use names::{AccountId, Arn};

/// A principal that a policy names.
///
/// Not `non_exhaustive`: who checks that principals exist must think of every kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalName {
    /// `*`: everybody, the anonymous included.
    Everyone,
    /// Twelve digits, or the account's root ARN: the account as a whole, which may delegate to its own.
    Account(AccountId),
    User(Arn),
    Role(Arn),
    /// `arn:aws:sts::…:assumed-role/Role/session`.
    Session(Arn),
    /// `arn:aws:sts::…:federated-user/name`.
    FederatedUser(Arn),
    /// A unique id, AIDA… or AROA…: what AWS shows for a principal that has been deleted.
    Id(Box<str>),
    /// `kms.amazonaws.com`.
    Service(Box<str>),
    /// An identity provider: its ARN, or its name as `accounts.google.com`.
    Provider(Box<str>),
}

/// A named principal, and what became of the name when the document was bound.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) name: PrincipalName,
    pub(crate) binding: Binding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// Not bound: users and roles are known by their ARNs.
    ByName,
    /// The unique id that the name had.
    Id(Box<str>),
    /// Nobody bore the name. Whoever gets it later is another one.
    Nobody,
}

/// How a policy's Allow reaches the caller, which decides how far it carries. In the order of strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The caller himself, or everybody: nothing that is merely silent elsewhere matters.
    Direct,
    /// The role (or the user behind a federated session): its boundary and the session's policies still limit it.
    Limited,
    /// The caller's account: it delegates, and the account's own policies decide.
    Account,
}

/// The letters before the digits of unique ids:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>.
const USER_ID_PREFIX: &str = "AIDA";
const ROLE_ID_PREFIX: &str = "AROA";
const ID_BYTES_MIN: usize = 16;
const ID_BYTES_MAX: usize = 128;

impl PrincipalName {
    /// A value under `AWS`. `None` if it can name nobody: a group, a wildcard that is not alone, another service's ARN.
    pub(crate) fn aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        if let Ok(account) = AccountId::parse(text) {
            return Some(Self::Account(account));
        }
        if is_unique_id(text) {
            return Some(Self::Id(text.into()));
        }
        let arn = Arn::parse(text).ok().filter(|_| !text.contains(['*', '?']))?;
        let account = arn.account_id()?;
        if !arn.region().is_empty() {
            return None;
        }
        let named = |prefix: &str| {
            arn.resource().strip_prefix(prefix).is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
        };
        match arn.service() {
            "iam" if arn.resource() == "root" => Some(Self::Account(account)),
            "iam" if named("user/") => Some(Self::User(arn)),
            "iam" if named("role/") => Some(Self::Role(arn)),
            "sts" if named("assumed-role/") && arn.resource().matches('/').count() == 2 => Some(Self::Session(arn)),
            "sts" if named("federated-user/") => Some(Self::FederatedUser(arn)),
            _ => None,
        }
    }

    /// A value under `Service`.
    pub(crate) fn service(text: &str) -> Option<Self> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        (text.contains('.') && text.bytes().all(legal)).then(|| Self::Service(text.into()))
    }

    /// A value under `Federated`.
    pub(crate) fn provider(text: &str) -> Option<Self> {
        let arn = || Arn::parse(text).is_ok_and(|arn| arn.service() == "iam" && arn.resource().contains("-provider/"));
        let plain = !text.contains(['*', '?']) && text.contains('.') && !text.starts_with("arn:");
        (plain || arn()).then(|| Self::Provider(text.into()))
    }
}

fn is_unique_id(text: &str) -> bool {
    let prefixed = text.starts_with(USER_ID_PREFIX) || text.starts_with(ROLE_ID_PREFIX);
    let plain = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    prefixed && plain && (ID_BYTES_MIN..=ID_BYTES_MAX).contains(&text.len())
}

impl Named {
    pub(crate) fn new(name: PrincipalName) -> Self {
        Self { name, binding: Binding::ByName }
    }

    /// The ARN of the user or role, if it names one.
    pub(crate) fn entity(&self) -> Option<&Arn> {
        match &self.name {
            PrincipalName::User(arn) | PrincipalName::Role(arn) => Some(arn),
            _ => None,
        }
    }

    pub(crate) fn bind(&mut self, resolve: &dyn Fn(&Arn) -> Option<String>) {
        if let Some(arn) = self.entity() {
            self.binding = resolve(arn).map_or(Binding::Nobody, |id| Binding::Id(id.into_boxed_str()));
        }
    }

    /// How this name reaches the caller, if it does.
    pub(crate) fn reach(&self, caller: &Principal<'_>) -> Option<Reach> {
        let is = |arn: &Arn, caller_arn: &str, caller_id: &str| match &self.binding {
            Binding::ByName => arn.as_str() == caller_arn,
            Binding::Id(id) => **id == *caller_id,
            Binding::Nobody => false,
        };
        let (reaches, reach) = match (&self.name, caller) {
            (PrincipalName::Everyone, _) => (true, Reach::Direct),
            (PrincipalName::Account(account), caller) => (caller.account() == Some(*account), Reach::Account),
            (PrincipalName::User(name), Principal::User { arn, id, .. }) => (is(name, arn, id), Reach::Direct),
            (PrincipalName::User(name), Principal::FederatedUser { user_arn, user_id, .. }) => {
                (is(name, user_arn, user_id), Reach::Limited)
            }
            (PrincipalName::Role(name), Principal::AssumedRole { role_arn, role_id, .. }) => {
                (is(name, role_arn, role_id), Reach::Limited)
            }
            (PrincipalName::Session(name), Principal::AssumedRole { session_arn, .. }) => {
                (name.as_str() == *session_arn, Reach::Direct)
            }
            (PrincipalName::FederatedUser(name), Principal::FederatedUser { arn, .. }) => {
                (name.as_str() == *arn, Reach::Direct)
            }
            (PrincipalName::Id(name), Principal::User { id, .. }) => (**name == **id, Reach::Direct),
            (PrincipalName::Id(name), Principal::FederatedUser { user_id, .. }) => {
                (**name == **user_id, Reach::Limited)
            }
            (PrincipalName::Id(name), Principal::AssumedRole { role_id, .. }) => (**name == **role_id, Reach::Limited),
            (PrincipalName::Service(named), Principal::Service { name }) => (**named == **name, Reach::Direct),
            (PrincipalName::Provider(named), Principal::Federated { provider }) => {
                (**named == **provider, Reach::Direct)
            }
            (
                PrincipalName::User(_)
                | PrincipalName::Role(_)
                | PrincipalName::Session(_)
                | PrincipalName::FederatedUser(_)
                | PrincipalName::Id(_)
                | PrincipalName::Service(_)
                | PrincipalName::Provider(_),
                _,
            ) => (false, Reach::Direct),
        };
        reaches.then_some(reach)
    }
}

/// Whether a Deny with `NotPrincipal` spares the caller: every identity he has must be listed, his account's too.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>: for a user the
/// user and the account; for a session of a role the session, the role and the account.
pub(crate) fn spares(listed: &[Named], caller: &Principal<'_>) -> bool {
    let has =
        |wanted: &dyn Fn(&Named) -> bool| listed.iter().any(|named| named.reach(caller).is_some() && wanted(named));
    let account = || has(&|named| matches!(named.name, PrincipalName::Account(_)));
    let direct = || has(&|named| named.reach(caller) == Some(Reach::Direct));
    let limited = || has(&|named| named.reach(caller) == Some(Reach::Limited));
    if has(&|named| named.name == PrincipalName::Everyone) {
        return true;
    }
    match caller {
        Principal::Root { .. } => account(),
        Principal::User { .. } | Principal::FederatedUser { .. } => account() && direct(),
        Principal::AssumedRole { .. } => account() && limited() && direct(),
        Principal::Federated { .. } | Principal::Service { .. } => direct(),
        Principal::Anonymous => false,
    }
}
