//! Boots a house, and watches over its trail.

use crate::directory::{Holder, KEYS, Key, USERS, User};
use crate::{Actor, Answered, Directory, Hands, HookedEngine, Rows};
use cipher::{DangerSeededEntropy, Entropy, SystemEntropy};
use kernel::{Credentials, Documents, Event, Principals, Rate, Recorded, Rounds, Row, Service, Setting, Wiring};
use names::{AccountId, Arn, COMMERCIAL_REGIONS, Region, Time};
use secret::{Keys, Secret, cut_keys};
use shape::OperationShape;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use store::{Draft, Store, Terms, Verdict, WARM_BYTES_MAX_DEFAULT};
use vault::{InProcess, Keyring, Seal, Standing, Vault};

/// The account that every house is made with.
pub const ACCOUNT: &str = "111122223333";
/// An account beside it.
pub const OTHER_ACCOUNT: &str = "444455556666";

const REGION: &str = "ap-northeast-1";
/// 2026-11-24T12:00:00Z.
const BOOTED: Time = Time::from_seconds(1_795_521_600);
/// The name of the harness's own events: what it arranges without a call.
const ARRANGED: &str = "Arrange";
const EVENTS_PER_PAGE: usize = 1_000;
/// How often a test gives others a turn before it gives up.
const TURNS_MAX: usize = 100_000;

/// The keys of this process, shared by all its houses.
#[expect(clippy::disallowed_methods, reason = "the one place that cuts the keys of a test process")]
pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<&'static Keys> = OnceLock::new();
    KEYS.get_or_init(|| cut_keys().unwrap())
}

/// One booted house.
pub struct House {
    door: Arc<kernel::House>,
    store: Arc<Store>,
    engine: Arc<HookedEngine>,
    vault: Arc<dyn Vault>,
    clock: Arc<Hands>,
    entropy: Arc<dyn Entropy>,
    region: Region,
    answered: Mutex<Vec<Told>>,
}

/// What is still to be compared with the trail: a call that was answered.
struct Told {
    request_id: String,
    operation: &'static str,
    /// The code of a call that failed, as the caller heard it.
    failure: Option<String>,
    /// Where its receipt says that the record is.
    sequence: u64,
}

/// The upward traits, where the service under test implements them.
pub struct Upward {
    pub credentials: Box<dyn Credentials>,
    pub principals: Box<dyn Principals>,
    pub documents: Box<dyn Documents>,
}

/// A house that is still to be booted.
pub struct Plan {
    services: Vec<&'static Service>,
    entropy: Arc<dyn Entropy>,
    rate: Rate,
    believed: Option<Time>,
    upward: Upward,
}

impl Plan {
    /// Every random byte follows from the seed.
    pub fn seeded(mut self, seed: u64) -> Self {
        self.entropy = Arc::new(DangerSeededEntropy::new(seed));
        self
    }

    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = rate;
        self
    }

    /// The clock was last believed at this time.
    pub fn believed(mut self, time: Time) -> Self {
        self.believed = Some(time);
        self
    }

    /// Callers are found by these, instead of by the harness's [`Directory`].
    pub fn upward(mut self, upward: Upward) -> Self {
        self.upward = upward;
        self
    }

    pub async fn boot(self) -> Arc<House> {
        let (entropy, clock) = (self.entropy, Arc::new(Hands::at(BOOTED)));
        let seal = Seal::KeyFile(Secret::fill(32, |bytes| bytes.fill(7)));
        let (keyring, _) = Keyring::initialise(&seal, [7; 16], Arc::clone(&entropy), &keys().opener).unwrap();
        let engine = Arc::new(HookedEngine::default());
        let barrier = Arc::new(keyring.barrier());
        let store = Arc::new(Store::new(engine.clone(), barrier, Arc::clone(&entropy), WARM_BYTES_MAX_DEFAULT));
        let vault: Arc<dyn Vault> = Arc::new(InProcess::new(keyring, clock.clone(), Standing::BEGINNING).unwrap());
        let region = Region::parse(REGION).unwrap();
        let door = kernel::House::open(Wiring {
            store: Arc::clone(&store),
            vault: Arc::clone(&vault),
            clock: clock.clone(),
            entropy: Arc::clone(&entropy),
            mint: &keys().mint,
            services: self.services,
            credentials: self.upward.credentials,
            principals: self.upward.principals,
            documents: self.upward.documents,
            setting: Setting {
                account: AccountId::parse(ACCOUNT).unwrap(),
                region: region.clone(),
                regions: COMMERCIAL_REGIONS.iter().map(|name| Region::parse(name).unwrap()).collect(),
            },
            rate: self.rate,
            believed: self.believed,
        });
        Arc::new(House { door, store, engine, vault, clock, entropy, region, answered: Mutex::default() })
    }
}

impl House {
    /// A house with these services, the harness's directory, the system's randomness and no throttling to speak of.
    pub async fn boot(services: impl IntoIterator<Item = &'static Service>) -> Arc<Self> {
        Self::plan(services).boot().await
    }

    pub fn plan(services: impl IntoIterator<Item = &'static Service>) -> Plan {
        Plan {
            services: services.into_iter().collect(),
            entropy: Arc::new(SystemEntropy),
            rate: Rate::DEFAULT,
            believed: None,
            upward: Upward {
                credentials: Box::new(Directory),
                principals: Box::new(Directory),
                documents: Box::new(Directory),
            },
        }
    }

    /// The root user of [`ACCOUNT`], with a new access key.
    pub async fn root(self: &Arc<Self>) -> Actor {
        self.root_of(ACCOUNT).await
    }

    /// The root user of any account.
    pub async fn root_of(self: &Arc<Self>, account: &str) -> Actor {
        let account = AccountId::parse(account).unwrap();
        let arn = Arn::of("iam", "", account, "root").to_string();
        self.with_key(account, arn, None).await
    }

    /// A user of [`ACCOUNT`], made anew (an older one of the name loses his policies and his id), with these inline policies.
    pub async fn user(self: &Arc<Self>, name: &str, policies: &[&str]) -> Actor {
        self.user_of(ACCOUNT, name, policies).await
    }

    /// A user of any account.
    pub async fn user_of(self: &Arc<Self>, account: &str, name: &str, policies: &[&str]) -> Actor {
        let account = AccountId::parse(account).unwrap();
        let arn = Arn::of("iam", "", account, &format!("user/{name}")).to_string();
        let id = format!("AIDA{}", self.letters());
        let policies =
            policies.iter().enumerate().map(|(place, text)| (place.to_string(), (*text).to_owned())).collect();
        self.put_user(&arn, User { id: id.clone(), policies }).await;
        let holder = Holder { arn: arn.clone(), id, name: name.to_owned() };
        self.with_key(account, arn, Some(holder)).await
    }

    /// Gives a user exactly these inline policies, and keeps his id.
    pub async fn set_policies(&self, user: &Actor, policies: &[&str]) {
        let arn = user.arn().to_owned();
        let former = self.store.get(&USERS, &arn).await.unwrap().unwrap().value;
        let policies =
            policies.iter().enumerate().map(|(place, text)| (place.to_string(), (*text).to_owned())).collect();
        self.put_user(&arn, User { policies, ..User::clone(&former) }).await;
    }

    /// Deletes the actor's access key.
    pub async fn revoke(&self, actor: &Actor) {
        let key = actor.access_key_id().to_owned();
        let mut draft = Draft::new(Arc::clone(&self.store));
        assert!(draft.delete(&KEYS, &key).await.unwrap(), "the key was there");
        self.arrange(draft).await;
    }

    /// An actor for an access key that a service under test has made. `secret` is the secret access key.
    pub fn holder(self: &Arc<Self>, account: AccountId, arn: &str, access_key_id: &str, secret: &Secret) -> Actor {
        let secret = Arc::new(secret.share());
        Actor::new(Arc::clone(self), account, arn.to_owned(), access_key_id.to_owned(), secret)
    }

    async fn with_key(self: &Arc<Self>, account: AccountId, arn: String, user: Option<Holder>) -> Actor {
        let access_key_id = format!("AKIA{}", self.letters());
        let made = self.vault.first_access_key(&keys().mint, account, &access_key_id).await.unwrap().value;
        let key = Key { account: account.to_string(), user, wrapped: made.wrapped.as_bytes().to_vec() };
        let mut draft = Draft::new(Arc::clone(&self.store));
        draft.put(&KEYS, &access_key_id, Arc::new(key)).await.unwrap();
        self.arrange(draft).await;
        Actor::new(Arc::clone(self), account, arn, access_key_id, Arc::new(made.secret))
    }

    async fn put_user(&self, arn: &str, user: User) {
        let mut draft = Draft::new(Arc::clone(&self.store));
        draft.put(&USERS, &arn.to_owned(), Arc::new(user)).await.unwrap();
        self.arrange(draft).await;
    }

    /// Commits what the harness changes by itself. Even that has an event.
    async fn arrange(&self, draft: Draft) {
        let id = self.random();
        let event = Event { id, name: ARRANGED.to_owned(), time: self.clock.now().micros(), ..Event::default() };
        let bytes = event.encode().unwrap();
        let batch = draft.into_batch(Vec::new(), vec![store::Event { id, bytes, terms: Terms::none() }]).unwrap();
        self.store.commit(batch).await.unwrap();
    }

    pub fn door(&self) -> &Arc<kernel::House> {
        &self.door
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.vault
    }

    pub fn clock(&self) -> &Hands {
        &self.clock
    }

    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The rounds of a service, by its name.
    pub fn rounds(&self, service: &str) -> Rounds {
        let service = self.door.service(service).unwrap();
        self.door.rounds(service)
    }

    /// How often the vault has used a key. It counts by itself, so it tells how often a `prepare` ran.
    pub async fn uses(&self) -> u64 {
        self.vault.standing().await.unwrap().uses
    }

    /// Before each of the next `times` commits that validate what they have read, `act` runs to its end: the state changes under the
    /// call's feet. What `act` commits itself passes.
    pub fn before_commits<F: Future<Output = ()> + Send + 'static>(
        &self,
        times: u64,
        act: impl FnMut() -> F + Send + 'static,
    ) {
        self.engine.hook(times, act);
    }

    /// How many commits were tried.
    pub fn commit_attempts(&self) -> u64 {
        self.engine.attempts()
    }

    /// All rows of the store, to be compared with those of another moment.
    pub async fn rows(&self) -> Rows {
        self.engine.rows().await
    }

    /// From now on the store acknowledges nothing.
    pub fn stop_store(&self) {
        self.engine.stop();
    }

    /// From now on the disk is full, or has space again. What the engine keeps back for the house's own records is endless.
    pub fn fill_disk(&self, full: bool) {
        self.engine.fill(full);
    }

    /// The next commits find the disk full, of which nobody knew before. After them there is space again.
    pub fn fill_disk_under(&self, commits: u64) {
        self.engine.fill_under(commits);
    }

    /// All events of calls, in the order of the trail.
    pub async fn events(&self) -> Vec<Event> {
        self.placed_events().await.into_iter().map(|(_, event)| event).collect()
    }

    /// All events of calls, with their places on the trail.
    pub async fn placed_events(&self) -> Vec<(u64, Event)> {
        let mut events = Vec::new();
        let mut from = 1;
        loop {
            let page = self.store.trail(from, EVENTS_PER_PAGE).await.unwrap();
            let Some(last) = page.last() else { return events };
            from = last.sequence + 1;
            let decoded = page.iter().map(|one| (one.sequence, decoded(&one.bytes)));
            events.extend(decoded.filter(|(_, event)| event.name != ARRANGED));
        }
    }

    /// The event that was committed last.
    pub async fn last_event(&self) -> Event {
        self.events().await.pop().unwrap()
    }

    /// Waits until the trail has at least this many events of calls: for calls whose connection is gone.
    pub async fn until_events(&self, count: usize) -> Vec<Event> {
        for _ in 0..TURNS_MAX {
            let events = self.events().await;
            if events.len() >= count {
                return events;
            }
            tokio::task::yield_now().await;
        }
        panic!("the trail does not come to {count} events");
    }

    pub(crate) fn row<S: OperationShape>(&self) -> (&'static Service, &'static Row) {
        let rows = self.door.services().iter().flat_map(|service| service.rows.iter().map(move |row| (*service, row)));
        rows.into_iter().find(|(_, row)| std::ptr::eq(row.model(), S::model())).unwrap()
    }

    pub(crate) fn note<S: OperationShape>(&self, recorded: Recorded) -> Answered<S> {
        let answered = Answered::<S>::of(recorded);
        let request_id = answered.request_id().to_owned();
        let (failure, sequence) = (Some(answered.code()).filter(|code| !code.is_empty()), answered.sequence());
        self.answered.lock().unwrap().push(Told { request_id, operation: S::NAME, failure, sequence });
        answered
    }

    pub(crate) fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes).unwrap();
        bytes
    }

    fn letters(&self) -> String {
        self.random().iter().map(|byte| char::from(b'A' + byte % 26)).collect()
    }

    /// The trail is whole, and each answered call has one event of its own, where its receipt says; a refusal among many may share one.
    async fn audit(&self) {
        let verdict = self.store.verify(None, |_| {}).await.unwrap();
        assert!(matches!(verdict, Verdict::Whole { .. }), "the trail is broken: {verdict:?}");
        let events = self.placed_events().await;
        for told in self.answered.lock().unwrap().iter() {
            let own = |event: &Event| {
                let via = event.identity.kind != "AWSService" && event.identity.invoked_by.is_some();
                event.request_id == told.request_id && event.name == told.operation && !via
            };
            let places: Vec<u64> = events.iter().filter(|(_, event)| own(event)).map(|(place, _)| *place).collect();
            let receipted = events.iter().find(|(place, _)| *place == told.sequence).map(|(_, event)| event);
            let receipted = receipted.unwrap_or_else(|| panic!("the receipt of {} names no event", told.operation));
            let code = told.failure.as_deref().map(|code| code.replace("AccessDeniedException", "AccessDenied"));
            assert_eq!(
                (receipted.name.as_str(), &receipted.error_code),
                (told.operation, &code),
                "it tells of the call"
            );
            let shares = told.failure.is_some() && places.len() <= 1;
            assert!(places == [told.sequence] || shares, "{} has its own events at {places:?}", told.operation);
        }
    }
}

/// The kernel writes events of what calls have and reads them as structures: both are the same bytes.
fn decoded(bytes: &[u8]) -> Event {
    let event = Event::decode(bytes).unwrap();
    assert_eq!(event.encode().as_deref(), Some(bytes), "an event is not written as it is read: {event:?}");
    event
}

impl Hands {
    /// The wall time.
    pub fn now(&self) -> Time {
        names::Clock::wall(self)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // The memory engine never waits, so one poll is the whole of it.
        let mut audit = pin!(self.audit());
        match audit.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(()) => {}
            Poll::Pending => panic!("the memory engine waited"),
        }
    }
}
