//! The vault of this process, through its face.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a measurement looks at the clock")]

use super::*;
use crate::testing::{Hands, Key, binding, key_file, keyring, keys, now, secret};
use crate::{KeyState, Keyed, Purpose, Unusable, Use};
use cipher::hmac_sha256;
use secret::Allowed;
use std::time::Instant;

const START: i64 = 1_795_555_200;
const SCOPE: Scope<'static> = Scope { date: "20261124", region: "ap-northeast-1", service: "kms" };
const STRING_TO_SIGN: &[u8] = b"AWS4-HMAC-SHA256\n20261124T212000Z\n20261124/ap-northeast-1/kms/aws4_request\nabc";

/// A vault with a first user.
struct House {
    vault: InProcess,
    hands: Hands,
    user: NewAccessKey,
    account: AccountId,
}

const USER: &str = "AKIAIOSFODNN7EXAMPLE";

impl House {
    fn new() -> Self {
        let hands = Hands::at(START);
        let vault = InProcess::new(keyring(), Arc::new(hands.clone()), Standing::BEGINNING).unwrap();
        let account = AccountId::from_number(111_122_223_333);
        let user = now(vault.first_access_key(&keys().mint, account, USER)).unwrap().value;
        Self { vault, hands, user, account }
    }

    /// What the user would send.
    fn claim(&self) -> Identify<'_> {
        Identify { signature: sign(&self.user.secret, SCOPE), ..self.unsigned() }
    }

    /// The same with a wrong signature.
    fn unsigned(&self) -> Identify<'_> {
        Identify {
            access_key_id: USER,
            wrapped: Some(&self.user.wrapped),
            string_to_sign: STRING_TO_SIGN,
            scope: SCOPE,
            signature: [0; 32],
            request: [7; 32],
            now: self.hands.wall(),
            expires: self.hands.wall() + Duration::from_secs(300),
            account: self.account,
            principal: "arn:aws:iam::111122223333:user/alice",
        }
    }

    fn ticket(&self) -> Ticket {
        now(self.vault.identify(self.claim())).unwrap()
    }

    fn rounds(&self) -> Ticket {
        now(self.vault.rounds(&keys().mint, "kms", self.hands.wall())).unwrap()
    }

    fn key(&self, number: u8) -> Key {
        let binding = binding(111_122_223_333, number);
        let made = now(self.vault.create(&self.ticket(), &binding)).unwrap().value;
        Key { binding, state: KeyState::Enabled, backing: vec![(made.id, made.wrapped)] }
    }

    fn encrypt(&self, key: &Key, plaintext: &[u8]) -> Result<Vec<u8>, VaultError> {
        let context = EncryptionContext::empty();
        let answer = now(self.vault.encrypt(&self.ticket(), usable(key), &secret(plaintext), &context));
        answer.map(|used| used.value.into_bytes())
    }

    fn decrypt(&self, key: &Key, blob: &[u8]) -> Result<Vec<u8>, VaultError> {
        let context = EncryptionContext::empty();
        let answer = now(self.vault.decrypt(&self.ticket(), usable(key), blob, &context));
        answer.map(|used| used.value.open(&keys().opener).to_vec())
    }

    fn standing(&self) -> Standing {
        now(self.vault.standing()).unwrap()
    }
}

fn sign(secret: &Secret, scope: Scope<'_>) -> [u8; 32] {
    hmac_sha256(signing_key(secret, scope, &keys().opener).open(&keys().opener), STRING_TO_SIGN)
}

fn usable<P: Purpose>(key: &Key) -> Usable<'_, P> {
    Usable::of(Allowed::assertion(&keys().mint, key)).unwrap()
}

#[test]
fn who_signs_is_given_a_ticket_for_this_request() {
    let house = House::new();
    for _ in 0..2 {
        let ticket = house.ticket();
        let Holder::Caller { access_key_id, account, principal } = ticket.holder() else { unreachable!() };
        assert_eq!((&**access_key_id, *account), (USER, house.account));
        assert_eq!(&**principal, "arn:aws:iam::111122223333:user/alice");
        assert_eq!((ticket.request(), ticket.expires()), (&[7; 32], Time::from_seconds(START + 300)));
    }
}

#[test]
fn any_other_signature_string_scope_or_key_is_refused_alike() {
    let house = House::new();
    let refuse = |claim: Identify<'_>| {
        assert_eq!(now(house.vault.identify(claim)).err(), Some(VaultError::SignatureMismatch));
    };
    let all = || {
        let bytes = 0..32_usize;
        for place in bytes {
            let mut claim = house.claim();
            *claim.signature.get_mut(place).unwrap() ^= 1;
            refuse(claim);
        }
        refuse(Identify { string_to_sign: b"another", ..house.claim() });
        refuse(Identify { scope: Scope { date: "20261125", ..SCOPE }, ..house.claim() });
        refuse(Identify { scope: Scope { region: "us-east-1", ..SCOPE }, ..house.claim() });
        refuse(Identify { scope: Scope { service: "s3", ..SCOPE }, ..house.claim() });
        refuse(Identify { wrapped: None, ..house.claim() });
        refuse(Identify { wrapped: None, access_key_id: NO_ACCESS_KEY_ID, ..house.claim() });
    };
    all();
    house.ticket();
    all();
}

/// Not even who knows the decoy's secret is let in by it.
#[test]
fn the_decoy_lets_nobody_in() {
    let house = House::new();
    let (account, id) = (AccountId::from_number(NO_ACCOUNT), NO_ACCESS_KEY_ID);
    let decoy = house.vault.keyring.unwrap_access_key(account, id, &house.vault.decoy.wrapped).unwrap();
    let claim = Identify { wrapped: None, signature: sign(&decoy, SCOPE), ..house.claim() };
    assert_eq!(now(house.vault.identify(claim)).err(), Some(VaultError::SignatureMismatch));
    let signature = hmac_sha256(house.vault.decoy.signing_key.open(&keys().opener), STRING_TO_SIGN);
    let claim = Identify { signature, ..house.claim() };
    assert_eq!(now(house.vault.identify(claim)).err(), Some(VaultError::SignatureMismatch));
}

#[test]
fn the_record_of_another_access_key_is_a_breakage() {
    let house = House::new();
    let other = now(house.vault.create_access_key(&house.ticket(), house.account, "AKIAOTHER")).unwrap().value;
    let swapped = Identify { wrapped: Some(&other.wrapped), signature: sign(&other.secret, SCOPE), ..house.claim() };
    assert_eq!(now(house.vault.identify(swapped)).err(), Some(VaultError::RecordRefused));
    let moved = Identify { account: AccountId::from_number(2), ..house.claim() };
    assert_eq!(now(house.vault.identify(moved)).err(), Some(VaultError::RecordRefused));
    let theirs = Identify { access_key_id: "AKIAOTHER", ..house.claim() };
    let theirs = Identify { wrapped: Some(&other.wrapped), signature: sign(&other.secret, SCOPE), ..theirs };
    assert!(now(house.vault.identify(theirs)).is_ok());
}

#[test]
fn a_record_that_changes_ends_the_signing_key_of_the_day() {
    let house = House::new();
    house.ticket();
    let renewed = now(house.vault.create_access_key(&house.ticket(), house.account, USER)).unwrap().value;
    let former = Identify { wrapped: Some(&renewed.wrapped), ..house.claim() };
    assert_eq!(now(house.vault.identify(former)).err(), Some(VaultError::SignatureMismatch));
    let latter = Identify { wrapped: Some(&renewed.wrapped), ..house.claim() };
    assert!(now(house.vault.identify(Identify { signature: sign(&renewed.secret, SCOPE), ..latter })).is_ok());
    assert_eq!(lock(&house.vault.signing).len(), 1);
}

#[test]
fn only_who_signs_fills_the_cache() {
    let house = House::new();
    for _ in 0..3 {
        let wrong = Identify { signature: [0; 32], ..house.claim() };
        assert!(now(house.vault.identify(wrong)).is_err());
        let unknown = Identify { wrapped: None, ..house.claim() };
        assert!(now(house.vault.identify(unknown)).is_err());
    }
    assert_eq!(lock(&house.vault.signing).len(), 0);
    house.ticket();
    house.ticket();
    assert_eq!(lock(&house.vault.signing).len(), 1);
}

#[test]
fn claims_outside_their_limits_are_refused() {
    let house = House::new();
    let long = "x".repeat(2049);
    let string = vec![b'x'; crate::STRING_TO_SIGN_BYTES_MAX + 1];
    let claims = [
        Identify { access_key_id: &long, ..house.claim() },
        Identify { string_to_sign: &string, ..house.claim() },
        Identify { principal: &long, ..house.claim() },
        Identify { scope: Scope { date: "2026112", ..SCOPE }, ..house.claim() },
        Identify { scope: Scope { date: "2026112x", ..SCOPE }, ..house.claim() },
        Identify { scope: Scope { region: &long, ..SCOPE }, ..house.claim() },
        Identify { scope: Scope { service: &long, ..SCOPE }, ..house.claim() },
    ];
    for claim in claims {
        assert_eq!(now(house.vault.identify(claim)).err(), Some(VaultError::OutOfBounds));
    }
}

#[test]
fn a_ticket_ends_with_its_signature_or_after_the_limit() {
    let house = House::new();
    let late = Identify { expires: house.hands.wall(), ..house.claim() };
    assert_eq!(now(house.vault.identify(late)).err(), Some(VaultError::TicketExpired));
    let week = Identify { expires: house.hands.wall() + Duration::from_secs(7 * 86_400), ..house.claim() };
    let ticket = now(house.vault.identify(week)).unwrap();
    assert_eq!(ticket.expires(), Time::from_seconds(START + TICKET_SECONDS_MAX));
    house.hands.advance(TICKET_SECONDS_MAX - 1);
    assert!(now(house.vault.random(&ticket, 1)).is_ok());
    house.hands.advance(1);
    assert_eq!(now(house.vault.random(&ticket, 1)).err(), Some(VaultError::TicketExpired));
}

#[test]
fn an_expired_ticket_uses_no_key() {
    let house = House::new();
    let (key, ticket, rounds) = (house.key(1), house.ticket(), house.rounds());
    let pending = Key { state: KeyState::PendingDeletion, ..house.key(2) };
    let (context, blob) = (EncryptionContext::empty(), house.encrypt(&key, b"x").unwrap());
    house.hands.advance(TICKET_SECONDS_MAX);
    let before = house.standing();
    let (vault, account, expired) = (&house.vault, house.account, Some(VaultError::TicketExpired));
    assert_eq!(now(vault.create_access_key(&ticket, account, "AKIA")).err(), expired);
    assert_eq!(now(vault.create(&ticket, &binding(1, 1))).err(), expired);
    assert_eq!(now(vault.encrypt(&ticket, usable(&key), &secret(b"x"), &context)).err(), expired);
    assert_eq!(now(vault.decrypt(&ticket, usable(&key), &blob, &context)).err(), expired);
    assert_eq!(now(vault.generate(&ticket, usable(&key), 32, &context)).err(), expired);
    assert_eq!(now(vault.random(&ticket, 32)).err(), expired);
    assert_eq!(now(vault.destroy(&rounds, usable(&pending))).err(), expired);
    assert_eq!(house.standing(), before);
}

#[test]
fn the_ticket_of_another_vault_is_no_ticket() {
    let (house, other) = (House::new(), House::new());
    assert_eq!(now(house.vault.random(&other.ticket(), 1)).err(), Some(VaultError::TicketForeign));
    assert_eq!(now(house.vault.random(&other.rounds(), 1)).err(), Some(VaultError::TicketForeign));
}

#[test]
fn a_task_may_create_and_destroy_and_nothing_else() {
    let house = House::new();
    let (rounds, caller, key, context) = (house.rounds(), house.ticket(), house.key(1), EncryptionContext::empty());
    let blob = house.encrypt(&key, b"x").unwrap();
    let (vault, refused) = (&house.vault, Some(VaultError::VerbRefused));
    assert_eq!(now(vault.encrypt(&rounds, usable(&key), &secret(b"x"), &context)).err(), refused);
    assert_eq!(now(vault.decrypt(&rounds, usable(&key), &blob, &context)).err(), refused);
    assert_eq!(now(vault.generate(&rounds, usable(&key), 32, &context)).err(), refused);
    assert_eq!(now(vault.random(&rounds, 1)).err(), refused);
    assert_eq!(now(vault.create_access_key(&rounds, house.account, "AKIA")).err(), refused);
    assert!(now(vault.create(&rounds, &key.binding)).is_ok());
    let pending = Key { state: KeyState::PendingDeletion, ..key };
    assert_eq!(now(vault.destroy(&caller, usable(&pending))).err(), refused);
    assert!(now(vault.destroy(&rounds, usable(&pending))).is_ok());
}

#[test]
fn what_a_key_encrypts_only_that_key_decrypts() {
    let house = House::new();
    let (one, two) = (house.key(1), house.key(2));
    let blob = house.encrypt(&one, b"attack at dawn").unwrap();
    assert_eq!(house.decrypt(&one, &blob), Ok(b"attack at dawn".to_vec()));
    assert_eq!(house.decrypt(&two, &blob), Err(VaultError::AnotherKey));
    assert_eq!(house.decrypt(&one, b"kagi"), Err(VaultError::CiphertextRefused));
    assert_eq!(house.decrypt(&one, &[]), Err(VaultError::CiphertextRefused));
    let context = EncryptionContext::of([("a".to_owned(), "b".to_owned())]).unwrap();
    let bound = now(house.vault.decrypt(&house.ticket(), usable(&one), &blob, &context));
    assert_eq!(bound.err(), Some(VaultError::CiphertextRefused));
}

#[test]
fn records_swapped_between_keys_do_not_open_even_when_they_are_cached() {
    let house = House::new();
    let (one, two) = (house.key(1), house.key(2));
    let blob = house.encrypt(&one, b"x").unwrap();
    house.encrypt(&two, b"x").unwrap();
    let stolen = Key { backing: one.backing.clone(), ..two };
    assert_eq!(house.decrypt(&stolen, &blob), Err(VaultError::RecordRefused));
    assert_eq!(house.encrypt(&stolen, b"x"), Err(VaultError::RecordRefused));
}

#[test]
fn a_record_that_was_damaged_does_not_open_even_when_it_is_cached() {
    let house = House::new();
    let mut key = house.key(1);
    let blob = house.encrypt(&key, b"x").unwrap();
    let (id, sound) = key.backing.pop().unwrap();
    let mut damaged = sound.as_bytes().to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    key.backing.push((id, Wrapped::read(&damaged).unwrap()));
    assert_eq!(house.decrypt(&key, &blob), Err(VaultError::RecordRefused));
}

#[test]
fn a_former_version_still_decrypts_and_the_current_one_encrypts() {
    let house = House::new();
    let mut key = house.key(1);
    let former = house.encrypt(&key, b"former").unwrap();
    let made = now(house.vault.create(&house.rounds(), &key.binding)).unwrap().value;
    key.backing.push((made.id, made.wrapped));
    let latter = house.encrypt(&key, b"latter").unwrap();
    assert!(BlobHeader::read(&latter).unwrap().backing_key() == made.id);
    assert_eq!(house.decrypt(&key, &former), Ok(b"former".to_vec()));
    assert_eq!(house.decrypt(&key, &latter), Ok(b"latter".to_vec()));
}

#[test]
fn a_vault_that_starts_again_opens_what_it_made() {
    let hands = Hands::at(START);
    let entropy: Arc<dyn cipher::Entropy> = Arc::new(cipher::SystemEntropy);
    let installation = *b"one installation";
    let (ring, file) = Keyring::initialise(&key_file(1), installation, Arc::clone(&entropy), &keys().opener).unwrap();
    let account = AccountId::from_number(111_122_223_333);
    let vault = InProcess::new(ring, Arc::new(hands.clone()), Standing::BEGINNING).unwrap();
    let user = now(vault.first_access_key(&keys().mint, account, USER)).unwrap().value;
    let mut house = House { vault, hands: hands.clone(), user, account };
    let key = house.key(1);
    let (blob, ticket) = (house.encrypt(&key, b"x").unwrap(), house.ticket());
    let mark = now(house.vault.seal_head(b"trail")).unwrap();

    let ring = Keyring::unseal(&file, &key_file(1), installation, entropy, &keys().opener).unwrap();
    let since = ring.check_head(b"trail", &mark).unwrap();
    house.vault = InProcess::new(ring, Arc::new(hands), since).unwrap();
    assert_eq!(house.standing(), mark.standing);
    assert_eq!(house.decrypt(&key, &blob), Ok(b"x".to_vec()));
    assert_eq!(now(house.vault.random(&ticket, 1)).err(), Some(VaultError::TicketForeign));
}

#[test]
fn a_key_in_another_state_is_not_usable() {
    let house = House::new();
    let disabled = Key { state: KeyState::Disabled, ..house.key(1) };
    let judged = || Allowed::assertion(&keys().mint, &disabled);
    assert_eq!(Usable::<Encrypting>::of(judged()).err(), Some(Unusable::Disabled));
    assert_eq!(Usable::<Decrypting>::of(judged()).err(), Some(Unusable::Disabled));
    assert_eq!(Usable::<Destroying>::of(judged()).err(), Some(Unusable::State(KeyState::Disabled)));
}

#[test]
fn a_destroyed_key_is_forgotten_and_the_others_stay() {
    let house = House::new();
    let (one, two) = (house.key(1), house.key(2));
    let blob = house.encrypt(&one, b"x").unwrap();
    house.encrypt(&two, b"x").unwrap();
    assert_eq!(lock(&house.vault.backing).keys.len(), 2);
    let pending = Key { state: KeyState::PendingDeletion, ..one };
    let tombstone = now(house.vault.destroy(&house.rounds(), usable(&pending))).unwrap().link;
    assert_eq!((tombstone.verb, tombstone.backing_key), (Verb::Destroy, pending.current()));
    assert_eq!(lock(&house.vault.backing).keys.len(), 1);
    let bare = Key { backing: two.backing.clone(), ..two };
    assert_eq!(house.decrypt(&bare, &blob), Err(VaultError::AnotherKey));
}

/// A use that began before the destruction ends after it.
#[test]
fn what_was_destroyed_is_not_put_back() {
    let house = House::new();
    let key = house.key(1);
    let (id, wrapped) = key.backing.first().unwrap().clone();
    let late = || UnwrappedKey { binding: key.binding.clone(), wrapped: wrapped.clone(), key: secret(&[1; 32]) };
    let mut unwrapped = lock(&house.vault.backing);
    let began = unwrapped.destructions;
    unwrapped.forget(&key.binding);
    unwrapped.keep(id, late(), began);
    assert_eq!(unwrapped.keys.len(), 0);
    let began = unwrapped.destructions;
    unwrapped.keep(id, late(), began);
    assert_eq!(unwrapped.keys.len(), 1);
}

#[test]
fn each_use_is_a_link_and_refusals_and_signatures_are_none() {
    let house = House::new();
    let (key, ticket, context) = (house.key(1), house.ticket(), EncryptionContext::empty());
    let (vault, from) = (&house.vault, house.standing());
    let encrypted = now(vault.encrypt(&ticket, usable(&key), &secret(b"x"), &context)).unwrap();
    let generated = now(vault.generate(&ticket, usable(&key), 32, &context)).unwrap();
    let foreign = now(vault.decrypt(&ticket, usable(&key), b"none", &context));
    assert_eq!(foreign.err(), Some(VaultError::CiphertextRefused));
    house.ticket();
    let decrypted = now(vault.decrypt(&ticket, usable(&key), generated.value.blob.as_bytes(), &context)).unwrap();
    assert!(decrypted.value.same(&generated.value.plaintext));
    let made = now(vault.create_access_key(&ticket, house.account, "AKIATWO")).unwrap();
    let links: [Use; 4] = [encrypted.link, generated.link, decrypted.link, made.link];
    let mut previous = from;
    for (link, verb) in links.iter().zip([Verb::Encrypt, Verb::Generate, Verb::Decrypt, Verb::CreateAccessKey]) {
        assert!(link.follows(&previous.head));
        assert_eq!((link.verb, link.number, &link.ticket), (verb, previous.uses + 1, ticket.digest()));
        assert_eq!(link.time, house.hands.wall());
        previous = Standing { uses: link.number, head: link.digest };
    }
    assert_eq!(encrypted.link.backing_key, key.current());
    assert_eq!(house.standing(), previous);
}

#[test]
fn a_mark_carries_the_standing_of_its_moment() {
    let house = House::new();
    let mark = now(house.vault.seal_head(b"trail")).unwrap();
    assert_eq!(mark.standing, house.standing());
}

#[test]
fn lengths_outside_their_limits_are_refused() {
    let house = House::new();
    let (key, ticket, context) = (house.key(1), house.ticket(), EncryptionContext::empty());
    for length in [0, RANDOM_BYTES_MAX + 1, usize::MAX] {
        assert_eq!(now(house.vault.random(&ticket, length)).err(), Some(VaultError::OutOfBounds));
        let generated = now(house.vault.generate(&ticket, usable(&key), length, &context));
        assert_eq!(generated.err(), Some(VaultError::OutOfBounds));
    }
    for length in [1, RANDOM_BYTES_MAX] {
        assert_eq!(now(house.vault.random(&ticket, length)).unwrap().len(), length);
        assert_eq!(
            now(house.vault.generate(&ticket, usable(&key), length, &context)).unwrap().value.plaintext.len(),
            length
        );
    }
    assert_eq!(house.encrypt(&key, &[]), Err(VaultError::OutOfBounds));
    assert_eq!(house.encrypt(&key, &[0; 4097]), Err(VaultError::OutOfBounds));
    let external = Binding { origin: Origin::External, ..key.binding };
    assert_eq!(now(house.vault.create(&ticket, &external)).err(), Some(VaultError::OutOfBounds));
    for id in [String::new(), "x".repeat(129)] {
        let made = now(house.vault.create_access_key(&ticket, house.account, &id));
        assert_eq!(made.err(), Some(VaultError::OutOfBounds));
    }
    let service = "x".repeat(65);
    assert_eq!(
        now(house.vault.rounds(&keys().mint, &service, house.hands.wall())).err(),
        Some(VaultError::OutOfBounds)
    );
}

/// `cargo nextest run -p vault --run-ignored only --no-capture`. Of each, the best of many short turns, taken in rotation.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn microseconds_of_the_frequent_messages() {
    const TURNS: usize = 200;
    const MESSAGES: u32 = 200;
    let house = House::new();
    let (vault, key, ticket) = (&house.vault, house.key(1), house.ticket());
    let context = EncryptionContext::of([("department".to_owned(), "payroll".to_owned())]).unwrap();
    let plaintext = secret(&[7; 256]);
    let blob = now(vault.encrypt(&ticket, usable(&key), &plaintext, &context)).unwrap().value;
    let good = Identify { signature: sign(&house.user.secret, SCOPE), ..house.unsigned() };
    let identify = |claim: Identify<'_>| now(vault.identify(claim)).is_ok();
    let cold = Scope { date: "20261123", ..SCOPE };
    let work: [(&str, &dyn Fn() -> bool); 7] = [
        ("identify", &|| identify(Identify { signature: good.signature, ..house.unsigned() })),
        ("refuse, key used today", &|| !identify(house.unsigned())),
        ("refuse, key not used today", &|| !identify(Identify { scope: cold, ..house.unsigned() })),
        ("refuse, no such key", &|| {
            !identify(Identify { wrapped: None, access_key_id: "AKIANONE", ..house.unsigned() })
        }),
        ("encrypt 256 bytes", &|| now(vault.encrypt(&ticket, usable(&key), &plaintext, &context)).is_ok()),
        ("decrypt 256 bytes", &|| now(vault.decrypt(&ticket, usable(&key), blob.as_bytes(), &context)).is_ok()),
        ("generate 32 bytes", &|| now(vault.generate(&ticket, usable(&key), 32, &context)).is_ok()),
    ];
    let mut best = [f64::MAX; 7];
    for _ in 0..TURNS {
        for ((_, message), best) in work.iter().zip(&mut best) {
            let start = Instant::now();
            assert!((0..MESSAGES).all(|_| message()));
            *best = best.min(start.elapsed().as_secs_f64() * 1e6 / f64::from(MESSAGES));
        }
    }
    for ((name, _), best) in work.iter().zip(best) {
        println!("{name:<28} {best:6.2} us");
    }
}
