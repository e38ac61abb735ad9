//! Who calls, from where, and through whom.

use names::{AccountId, Arn, Region, Time};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use vault::Ticket;

/// A caller whose signature was checked, or a task of the house. Only [`crate::House::admit`] and [`crate::Rounds`] make one.
///
/// It keeps the ticket of the vault under which keys may be used, and what the credential was read at, so that a credential that is revoked
/// between reading and commit is a conflict.
#[derive(Clone)]
pub struct Caller {
    known: Arc<Known>,
    /// The services through which the call came, the first one first.
    via: Arc<[&'static str]>,
}

struct Known {
    principal: Principal,
    account: AccountId,
    access_key_id: Option<String>,
    session: Option<Session>,
    ticket: Ticket,
    origin: Origin,
    read_at: Vec<store::Check>,
}

/// The one that a credential stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The account's root user.
    Root,
    User {
        id: String,
        name: String,
        arn: Arn,
    },
    /// Somebody in a role.
    AssumedRole(Arc<AssumedRole>),
    /// A service of the house, on its rounds.
    Service(&'static str),
}

/// A role, and the session that somebody has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumedRole {
    /// `AROA…`
    pub role_id: String,
    pub role_name: String,
    /// With the role's path.
    pub role_arn: Arn,
    /// `arn:aws:sts::123456789012:assumed-role/Role/session`: without it.
    pub arn: Arn,
    /// `AROA…:session`
    pub unique_id: String,
}

/// How a temporary credential came to be: what conditions and the trail know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub issued: Time,
    /// When a second factor was shown, if one was.
    pub second_factor: Option<Time>,
    pub source_identity: Option<String>,
}

/// Where a call came from.
#[derive(Clone, Debug)]
pub struct Origin {
    pub region: Region,
    pub source: Option<IpAddr>,
    pub user_agent: String,
    pub host: String,
    pub tls: Option<Tls>,
    pub request_id: RequestId,
    pub arrived: Time,
}

/// What TLS agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub version: String,
    pub cipher_suite: String,
}

/// The id under which a caller can ask about a request: a UUID.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A UUID (version 4, RFC 9562) out of 16 random bytes.
    pub fn of(random: [u8; 16]) -> Self {
        let id = uuid::Builder::from_random_bytes(random).into_uuid();
        Self(Arc::from(&*id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Caller {
    pub(crate) fn assertion(
        principal: Principal,
        account: AccountId,
        access_key_id: Option<String>,
        session: Option<Session>,
        ticket: Ticket,
        origin: Origin,
        read_at: Vec<store::Check>,
    ) -> Self {
        let known = Known { principal, account, access_key_id, session, ticket, origin, read_at };
        Self { known: Arc::new(known), via: Arc::from([]) }
    }

    /// The same caller, one service further in.
    pub(crate) fn through(&self, service: &'static str) -> Self {
        let via = self.via.iter().copied().chain([service]).collect();
        Self { known: Arc::clone(&self.known), via }
    }

    pub fn principal(&self) -> &Principal {
        &self.known.principal
    }

    pub fn account(&self) -> AccountId {
        self.known.account
    }

    pub(crate) fn account_text(&self) -> &str {
        self.known.account.as_str()
    }

    pub fn access_key_id(&self) -> Option<&str> {
        self.known.access_key_id.as_deref()
    }

    /// How the caller's credential came to be, if it is a temporary one.
    pub fn session(&self) -> Option<&Session> {
        self.known.session.as_ref()
    }

    /// The vault's ticket for this call.
    pub fn ticket(&self) -> &Ticket {
        &self.known.ticket
    }

    pub fn origin(&self) -> &Origin {
        &self.known.origin
    }

    pub fn region(&self) -> &Region {
        &self.known.origin.region
    }

    /// The service that calls on behalf of the caller, the nearest one.
    pub fn via(&self) -> Option<&'static str> {
        self.via.last().copied()
    }

    pub(crate) fn chain(&self) -> &[&'static str] {
        &self.via
    }

    pub(crate) fn read_at(&self) -> &[store::Check] {
        &self.known.read_at
    }

    /// The caller's ARN: `arn:aws:iam::123456789012:user/alice`, `…:root`, `arn:aws:sts::123456789012:assumed-role/Role/session`. A task
    /// has its service's host name.
    pub fn arn(&self) -> Cow<'_, str> {
        match self.principal() {
            Principal::Root => Arn::of("iam", "", self.account(), "root").to_string().into(),
            Principal::User { arn, .. } => arn.as_str().into(),
            Principal::AssumedRole(role) => role.arn.as_str().into(),
            Principal::Service(name) => format!("{name}.amazonaws.com").into(),
        }
    }

    /// The unique id: `AIDA…` for users, `AROA…:session` for roles, the account id for root.
    pub fn unique_id(&self) -> &str {
        match self.principal() {
            Principal::Root => self.known.account.as_str(),
            Principal::User { id, .. } => id,
            Principal::AssumedRole(role) => &role.unique_id,
            Principal::Service(name) => name,
        }
    }
}
