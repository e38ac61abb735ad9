//! Tickets: who may ask the vault, for which request, until when, and with which verbs.

use cipher::{Frames, MacKey, same};
use names::{AccountId, Time};
use secret::{Opener, Secret};

/// The longest life of a caller's ticket, whatever its signature still allows: a presigned URL may hold for days, a call does not.
pub const TICKET_SECONDS_MAX: i64 = 15 * 60;
/// The life of a ticket for an in-house task.
pub const ROUNDS_SECONDS_MAX: i64 = 15 * 60;

/// Bound to its holder, to one request and to a time. It cannot be cloned, and none but a vault makes one.
pub struct Ticket {
    holder: Holder,
    request: [u8; 32],
    expires: Time,
    /// A MAC over all of the above under a key that the vault draws at start.
    digest: [u8; 32],
}

/// Who holds a ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holder {
    /// Someone who signed a request with an access key.
    Caller { access_key_id: Box<str>, account: AccountId, principal: Box<str> },
    /// A task of a service, on its rounds.
    Rounds { service: Box<str> },
    /// The making of the first access key, or of one in place of lost ones, when no caller can exist.
    FirstBoot,
}

/// What a ticket is shown for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    CreateAccessKey,
    Create,
    Encrypt,
    Decrypt,
    Generate,
    Random,
    Destroy,
}

impl Ticket {
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// The digest of the request that was signed; zeros for a ticket without one.
    pub fn request(&self) -> &[u8; 32] {
        &self.request
    }

    /// From this time on the ticket is refused.
    pub fn expires(&self) -> Time {
        self.expires
    }

    /// What the chain of uses calls this ticket.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

impl Holder {
    /// The verbs of each kind of ticket. Tasks rotate and destroy keys; they neither read nor write under them.
    pub fn may(&self, verb: Verb) -> bool {
        use Verb::{Create, CreateAccessKey, Decrypt, Destroy, Encrypt, Generate, Random};
        match self {
            Self::Caller { .. } => match verb {
                CreateAccessKey | Create | Encrypt | Decrypt | Generate | Random => true,
                Destroy => false,
            },
            Self::Rounds { .. } => match verb {
                Create | Destroy => true,
                CreateAccessKey | Encrypt | Decrypt | Generate | Random => false,
            },
            Self::FirstBoot => match verb {
                CreateAccessKey => true,
                Create | Encrypt | Decrypt | Generate | Random | Destroy => false,
            },
        }
    }

    fn frames(&self) -> Frames {
        let frames = Frames::with_capacity(256);
        match self {
            Self::Caller { access_key_id, account, principal } => frames
                .part(b"caller")
                .part(access_key_id.as_bytes())
                .part(account.as_str().as_bytes())
                .part(principal.as_bytes()),
            Self::Rounds { service } => frames.part(b"rounds").part(service.as_bytes()),
            Self::FirstBoot => frames.part(b"first boot"),
        }
    }
}

impl Verb {
    /// Its number in the chain of uses: never given again.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::CreateAccessKey => 1,
            Self::Create => 2,
            Self::Encrypt => 3,
            Self::Decrypt => 4,
            Self::Generate => 5,
            Self::Random => 6,
            Self::Destroy => 7,
        }
    }
}

/// The desk where tickets are made and looked at.
pub(crate) struct TicketDesk {
    key: MacKey,
}

impl TicketDesk {
    pub(crate) fn new(key: &Secret, opener: &Opener) -> Self {
        Self { key: MacKey::new(key, opener) }
    }

    /// The one constructor of tickets.
    pub(crate) fn issue(&self, holder: Holder, request: [u8; 32], expires: Time) -> Ticket {
        let digest = self.digest(&holder, &request, expires);
        Ticket { holder, request, expires, digest }
    }

    /// Was it issued here?
    pub(crate) fn knows(&self, ticket: &Ticket) -> bool {
        same(&ticket.digest, &self.digest(&ticket.holder, &ticket.request, ticket.expires))
    }

    fn digest(&self, holder: &Holder, request: &[u8; 32], expires: Time) -> [u8; 32] {
        let frames = holder.frames().part(request).part(&expires.micros().to_be_bytes());
        self.key.mac(frames.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{keys, secret};

    #[test]
    fn a_ticket_with_another_field_is_unknown_to_its_desk() {
        let desk = TicketDesk::new(&secret(&[1; 32]), &keys().opener);
        let caller = |id: &str, account, principal: &str| Holder::Caller {
            access_key_id: id.into(),
            account: AccountId::from_number(account),
            principal: principal.into(),
        };
        let (request, expires) = ([7; 32], Time::from_seconds(1));
        let digest = *desk.issue(caller("AKIA", 1, "alice"), request, expires).digest();
        let knows = |holder, request, expires| desk.knows(&Ticket { holder, request, expires, digest });
        assert!(knows(caller("AKIA", 1, "alice"), request, expires));
        assert!(!knows(caller("AKIB", 1, "alice"), request, expires));
        assert!(!knows(caller("AKIA", 2, "alice"), request, expires));
        assert!(!knows(caller("AKIA", 1, "bob"), request, expires));
        assert!(!knows(Holder::Rounds { service: "kms".into() }, request, expires));
        assert!(!knows(Holder::FirstBoot, request, expires));
        assert!(!knows(caller("AKIA", 1, "alice"), [8; 32], expires));
        assert!(!knows(caller("AKIA", 1, "alice"), request, Time::from_seconds(2)));
    }
}
