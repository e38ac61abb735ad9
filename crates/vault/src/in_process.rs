//! The vault in the process that asks it: for tests, and until the guarded child stands.

use crate::access_key::{check_id, draw_secret, signing_key};
use crate::blob::BackingKey;
use crate::bounded::Bounded;
use crate::chain::Chain;
use crate::ticket::TicketDesk;
use crate::wrapped::BACKING_KEY_BYTES;
use crate::{
    Answer, BackingKeyId, Binding, Blob, BlobHeader, DOMAIN_KEYS_MAX, DataKey, Decrypting, Destroying, Encrypting,
    EncryptionContext, HeadSeal, Holder, Identify, Keyring, NewAccessKey, NewBackingKey, Origin, RANDOM_BYTES_MAX,
    ROUNDS_SECONDS_MAX, Scope, Standing, TICKET_SECONDS_MAX, Ticket, Usable, Used, Vault, VaultError, Verb, Wrapped,
    WrappedAccessKey,
};
use cipher::sha256;
use names::{AccountId, Clock, Time};
use secret::{Mint, Opener, Secret};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many backing keys are kept unwrapped; about 400 bytes each.
pub const BACKING_KEYS_CACHED_MAX: usize = 65_536;
/// How many signing keys (one for each access key, day, Region and service) are kept; about 500 bytes each.
pub const SIGNING_KEYS_CACHED_MAX: usize = 16_384;

/// What is left for secrets in flight when all that is kept lies in locked memory.
const SLOTS_IN_FLIGHT_MIN: usize = 16_384;
const _: () = assert!(
    BACKING_KEYS_CACHED_MAX + SIGNING_KEYS_CACHED_MAX + DOMAIN_KEYS_MAX + SLOTS_IN_FLIGHT_MIN <= locked::SLOTS_MAX,
    "every key that is kept has a place in locked memory"
);

const SERVICE_BYTES_MAX: usize = 64;
const NO_ACCOUNT: u64 = 0;
const NO_ACCESS_KEY_ID: &str = "AKIA0000000000000000";

/// [`Vault`] over a [`Keyring`].
pub struct InProcess {
    keyring: Keyring,
    clock: Arc<dyn Clock>,
    desk: TicketDesk,
    decoy: Decoy,
    signing: Mutex<Bounded<Box<[u8]>, SigningKey>>,
    backing: Mutex<Unwrapped>,
    chain: Mutex<Chain>,
}

/// What stands in for an access key that does not exist.
struct Decoy {
    wrapped: WrappedAccessKey,
    signing_key: Secret,
}

/// A derived signing key, with what it was derived from.
struct SigningKey {
    account: AccountId,
    wrapped: WrappedAccessKey,
    key: Secret,
}

/// The unwrapped backing keys.
struct Unwrapped {
    keys: Bounded<BackingKeyId, UnwrappedKey>,
    /// Counts destructions, so that an unwrapping that began before one does not put back what it took away.
    destructions: u64,
}

/// An unwrapped backing key, with what it was unwrapped from.
struct UnwrappedKey {
    binding: Binding,
    wrapped: Wrapped,
    key: Secret,
}

/// A ticket that was looked at, for one verb, at one time: what a use is recorded with.
struct Admitted {
    verb: Verb,
    ticket: [u8; 32],
    time: Time,
}

impl InProcess {
    /// The chain of uses goes on from `since`: [`Standing::BEGINNING`], or what [`Keyring::check_head`] yielded.
    pub fn new(keyring: Keyring, clock: Arc<dyn Clock>, since: Standing) -> Result<Self, VaultError> {
        let (entropy, opener) = (keyring.entropy(), keyring.opener());
        let ticket_key = Secret::try_fill(32, |bytes| entropy.fill(bytes))?;
        let decoy = draw_secret(entropy)?;
        let decoy = Decoy {
            wrapped: keyring.wrap_access_key(AccountId::from_number(NO_ACCOUNT), NO_ACCESS_KEY_ID, &decoy)?,
            signing_key: signing_key(&decoy, Scope { date: "19700101", region: "none", service: "none" }, opener),
        };
        Ok(Self {
            desk: TicketDesk::new(&ticket_key, opener),
            decoy,
            signing: Mutex::new(Bounded::new(SIGNING_KEYS_CACHED_MAX)),
            backing: Mutex::new(Unwrapped { keys: Bounded::new(BACKING_KEYS_CACHED_MAX), destructions: 0 }),
            chain: Mutex::new(Chain::from(since)),
            keyring,
            clock,
        })
    }

    /// All refusals take the same steps, whether the key exists, and whether it was used today or not: the steps that a first success
    /// takes. Only a success with a signing key of the day is shorter.
    fn check_signature(&self, claim: &Identify<'_>) -> Result<Ticket, VaultError> {
        if !claim.is_within_bounds() {
            return Err(VaultError::OutOfBounds);
        }
        if claim.expires <= claim.now {
            return Err(VaultError::TicketExpired);
        }
        let place = claim.place();
        let kept = self.kept_signing_key(&place, claim);
        let is_kept = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.signing_key.share());
        if claim.is_signed_with(&kept, self.opener()) & is_kept {
            return Ok(self.ticket_for(claim));
        }
        let (account, id, wrapped) = match claim.wrapped {
            Some(wrapped) => (claim.account, claim.access_key_id, wrapped),
            None => (AccountId::from_number(NO_ACCOUNT), NO_ACCESS_KEY_ID, &self.decoy.wrapped),
        };
        let secret = self.keyring.unwrap_access_key(account, id, wrapped)?;
        let key = signing_key(&secret, claim.scope, self.opener());
        let is_signed = claim.is_signed_with(&key, self.opener());
        if !(is_signed & claim.wrapped.is_some()) {
            return Err(VaultError::SignatureMismatch);
        }
        // Only a caller whose signature was right can fill the cache.
        lock(&self.signing).insert(place.into(), SigningKey { account, wrapped: wrapped.clone(), key });
        Ok(self.ticket_for(claim))
    }

    /// The signing key of the day, if it was derived from this very record.
    fn kept_signing_key(&self, place: &[u8], claim: &Identify<'_>) -> Option<Secret> {
        let mut signing = lock(&self.signing);
        let kept = signing.get(place)?;
        (Some(&kept.wrapped) == claim.wrapped && kept.account == claim.account).then(|| kept.key.share())
    }

    fn ticket_for(&self, claim: &Identify<'_>) -> Ticket {
        let holder = Holder::Caller {
            access_key_id: claim.access_key_id.into(),
            account: claim.account,
            principal: claim.principal.into(),
        };
        self.desk.issue(holder, claim.request, claim.expires.min(after(claim.now, TICKET_SECONDS_MAX)))
    }

    /// Looks at a ticket. Every verb begins here.
    fn admit(&self, ticket: &Ticket, verb: Verb) -> Result<Admitted, VaultError> {
        if !self.desk.knows(ticket) {
            return Err(VaultError::TicketForeign);
        }
        let time = self.clock.wall();
        if time >= ticket.expires() {
            return Err(VaultError::TicketExpired);
        }
        if !ticket.holder().may(verb) {
            return Err(VaultError::VerbRefused);
        }
        Ok(Admitted { verb, ticket: *ticket.digest(), time })
    }

    /// Enters a use into the chain. A use that yields nothing is not entered: its caller learns nothing from the key.
    fn record<T>(&self, admitted: Admitted, backing_key: BackingKeyId, value: T) -> Used<T> {
        let Admitted { verb, ticket, time } = admitted;
        Used { value, link: lock(&self.chain).append(verb, backing_key, ticket, time) }
    }

    fn make_access_key(
        &self,
        admitted: Admitted,
        account: AccountId,
        access_key_id: &str,
    ) -> Result<Used<NewAccessKey>, VaultError> {
        check_id(access_key_id)?;
        let secret = draw_secret(self.keyring.entropy())?;
        let wrapped = self.keyring.wrap_access_key(account, access_key_id, &secret)?;
        let digest = sha256(access_key_id.as_bytes());
        let subject = BackingKeyId(*digest.first_chunk().unwrap_or(&[0; 16]));
        Ok(self.record(admitted, subject, NewAccessKey { secret, wrapped }))
    }

    fn make_backing_key(&self, admitted: Admitted, binding: &Binding) -> Result<Used<NewBackingKey>, VaultError> {
        if binding.origin != Origin::AwsKms {
            return Err(VaultError::OutOfBounds);
        }
        let entropy = self.keyring.entropy();
        let mut id = BackingKeyId([0; 16]);
        entropy.fill(&mut id.0)?;
        let key = Secret::try_fill(BACKING_KEY_BYTES, |bytes| entropy.fill(bytes))?;
        let wrapped = self.keyring.wrap_backing_key(binding, id, &key)?;
        Ok(self.record(admitted, id, NewBackingKey { id, wrapped }))
    }

    fn seal_under(
        &self,
        key: &Usable<'_, Encrypting>,
        plaintext: &Secret,
        context: &EncryptionContext,
    ) -> Result<(BackingKeyId, Blob), VaultError> {
        let id = key.current();
        let wrapped = key.wrapped(id).ok_or(VaultError::RecordRefused)?;
        let backing = self.backing_key(key.binding(), id, wrapped)?;
        let under = BackingKey { id, key: &backing, opener: self.opener() };
        Ok((id, Blob::seal(under, plaintext, context, self.keyring.entropy())?))
    }

    fn open_under(
        &self,
        key: &Usable<'_, Decrypting>,
        blob: &[u8],
        context: &EncryptionContext,
    ) -> Result<(BackingKeyId, Secret), VaultError> {
        let id = BlobHeader::read(blob).map_err(|_| VaultError::CiphertextRefused)?.backing_key();
        let wrapped = key.wrapped(id).ok_or(VaultError::AnotherKey)?;
        let backing = self.backing_key(key.binding(), id, wrapped)?;
        let under = BackingKey { id, key: &backing, opener: self.opener() };
        Ok((id, under.open(blob, context)?))
    }

    /// The unwrapped backing key, kept or unwrapped now. A kept one answers for the very record and binding it came from only.
    fn backing_key(&self, binding: Binding, id: BackingKeyId, wrapped: &Wrapped) -> Result<Secret, VaultError> {
        let destructions = {
            let mut unwrapped = lock(&self.backing);
            let kept = unwrapped.keys.get(&id).filter(|kept| kept.wrapped == *wrapped && kept.binding == binding);
            if let Some(kept) = kept {
                return Ok(kept.key.share());
            }
            unwrapped.destructions
        };
        let key = self.keyring.unwrap_backing_key(&binding, id, wrapped)?;
        let unwrapped = UnwrappedKey { binding, wrapped: wrapped.clone(), key: key.share() };
        lock(&self.backing).keep(id, unwrapped, destructions);
        Ok(key)
    }

    fn draw(&self, length_bytes: usize) -> Result<Secret, VaultError> {
        if !(1..=RANDOM_BYTES_MAX).contains(&length_bytes) {
            return Err(VaultError::OutOfBounds);
        }
        Ok(Secret::try_fill(length_bytes, |bytes| self.keyring.entropy().fill(bytes))?)
    }

    fn opener(&self) -> &'static Opener {
        self.keyring.opener()
    }
}

impl Unwrapped {
    /// Keeps a key whose unwrapping began when there had been so many destructions, unless there were more since.
    fn keep(&mut self, id: BackingKeyId, key: UnwrappedKey, destructions: u64) {
        if self.destructions == destructions {
            self.keys.insert(id, key);
        }
    }

    /// Drops all versions of a key.
    fn forget(&mut self, binding: &Binding) {
        self.destructions += 1;
        self.keys.retain(|kept| (kept.binding.account, &kept.binding.key) != (binding.account, &binding.key));
    }
}

impl Vault for InProcess {
    fn identify<'a>(&'a self, claim: Identify<'a>) -> Answer<'a, Ticket> {
        Box::pin(async move { self.check_signature(&claim) })
    }

    fn rounds<'a>(&'a self, _: &'a Mint, service: &'a str, now: Time) -> Answer<'a, Ticket> {
        Box::pin(async move {
            if service.len() > SERVICE_BYTES_MAX {
                return Err(VaultError::OutOfBounds);
            }
            let holder = Holder::Rounds { service: service.into() };
            Ok(self.desk.issue(holder, [0; 32], after(now, ROUNDS_SECONDS_MAX)))
        })
    }

    fn create_access_key<'a>(
        &'a self,
        ticket: &'a Ticket,
        account: AccountId,
        access_key_id: &'a str,
    ) -> Answer<'a, Used<NewAccessKey>> {
        Box::pin(async move {
            let admitted = self.admit(ticket, Verb::CreateAccessKey)?;
            self.make_access_key(admitted, account, access_key_id)
        })
    }

    fn first_access_key<'a>(
        &'a self,
        _: &'a Mint,
        account: AccountId,
        access_key_id: &'a str,
    ) -> Answer<'a, Used<NewAccessKey>> {
        Box::pin(async move {
            let ticket = self.desk.issue(Holder::FirstBoot, [0; 32], after(self.clock.wall(), TICKET_SECONDS_MAX));
            let admitted = self.admit(&ticket, Verb::CreateAccessKey)?;
            self.make_access_key(admitted, account, access_key_id)
        })
    }

    fn create<'a>(&'a self, ticket: &'a Ticket, binding: &'a Binding) -> Answer<'a, Used<NewBackingKey>> {
        Box::pin(async move {
            let admitted = self.admit(ticket, Verb::Create)?;
            self.make_backing_key(admitted, binding)
        })
    }

    fn encrypt<'a>(
        &'a self,
        ticket: &'a Ticket,
        key: Usable<'a, Encrypting>,
        plaintext: &'a Secret,
        context: &'a EncryptionContext,
    ) -> Answer<'a, Used<Blob>> {
        Box::pin(async move {
            let admitted = self.admit(ticket, Verb::Encrypt)?;
            let (id, blob) = self.seal_under(&key, plaintext, context)?;
            Ok(self.record(admitted, id, blob))
        })
    }

    fn decrypt<'a>(
        &'a self,
        ticket: &'a Ticket,
        key: Usable<'a, Decrypting>,
        blob: &'a [u8],
        context: &'a EncryptionContext,
    ) -> Answer<'a, Used<Secret>> {
        Box::pin(async move {
            let admitted = self.admit(ticket, Verb::Decrypt)?;
            let (id, plaintext) = self.open_under(&key, blob, context)?;
            Ok(self.record(admitted, id, plaintext))
        })
    }

    fn generate<'a>(
        &'a self,
        ticket: &'a Ticket,
        key: Usable<'a, Encrypting>,
        length_bytes: usize,
        context: &'a EncryptionContext,
    ) -> Answer<'a, Used<DataKey>> {
        Box::pin(async move {
            let admitted = self.admit(ticket, Verb::Generate)?;
            let plaintext = self.draw(length_bytes)?;
            let (id, blob) = self.seal_under(&key, &plaintext, context)?;
            Ok(self.record(admitted, id, DataKey { plaintext, blob }))
        })
    }

    fn random<'a>(&'a self, ticket: &'a Ticket, length_bytes: usize) -> Answer<'a, Secret> {
        Box::pin(async move {
            self.admit(ticket, Verb::Random)?;
            self.draw(length_bytes)
        })
    }

    fn destroy<'a>(&'a self, ticket: &'a Ticket, key: Usable<'a, Destroying>) -> Answer<'a, Used<()>> {
        Box::pin(async move {
            let admitted = self.admit(ticket, Verb::Destroy)?;
            lock(&self.backing).forget(&key.binding());
            Ok(self.record(admitted, key.current(), ()))
        })
    }

    fn standing(&self) -> Answer<'_, Standing> {
        Box::pin(async { Ok(lock(&self.chain).standing()) })
    }

    fn seal_head<'a>(&'a self, trail_head: &'a [u8]) -> Answer<'a, HeadSeal> {
        Box::pin(async move {
            let standing = lock(&self.chain).standing();
            Ok(self.keyring.seal_head(trail_head, standing))
        })
    }
}

fn after(time: Time, seconds: i64) -> Time {
    time + Duration::from_secs(seconds.unsigned_abs())
}

/// What the locks guard is never half changed, so a thread that died with one in hand has broken nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
