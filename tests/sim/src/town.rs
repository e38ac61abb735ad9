//! One house on one disk, from its founding over all its starts, and those who call it.

use crate::dice::Dice;
use crate::disk::{Disk, Durable};
use crate::planted::{Credulous, Lenient, Planted};
use cipher::{DangerSeededEntropy, Entropy, hmac_sha256, sha256};
use house::{ACCOUNT, Hands, keys};
use kernel::{Caller, Claim, Event, Opened, Origin, Rate, Recorded, RequestId, Setting, Testimony, Unadmitted, Wiring};
use names::{AccountId, COMMERCIAL_REGIONS, Clock, Region, Time};
use secret::Secret;
use shape::{Empty, OperationShape};
use shapes_iam::CreateAccessKeyOutput;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Store, WARM_BYTES_MAX_DEFAULT};
use vault::{InProcess, Keyring, Seal, Standing, Vault};

/// 2026-11-24T12:00:00Z.
const FOUNDED: Time = Time::from_seconds(1_795_521_600);
const REGION: &str = "ap-northeast-1";
const INSTALLATION: [u8; 16] = [7; 16];
const SIGNATURE_SECONDS: u64 = 300;
const EVENTS_PER_PAGE: usize = 1_000;

/// What outlives a start of the house, and the house that runs now.
pub struct Town {
    pub clock: Arc<Hands>,
    pub dice: Arc<Dice>,
    pub door: Arc<kernel::House>,
    pub store: Arc<Store>,
    pub disk: Arc<Disk>,
    /// By how many microseconds the wall clock is wrong.
    pub jumped: i64,
    /// The access key of the administrator.
    pub administrator: String,
    entropy: Arc<dyn Entropy>,
    keyring: Vec<u8>,
    planted: Planted,
    /// The secrets of access keys, as their holders keep them.
    wallet: Arc<Mutex<HashMap<String, Secret>>>,
}

/// A call as its caller sees it.
pub struct Heard<T> {
    pub request: String,
    pub ended: Ended<T>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended<T> {
    /// Nobody knows the caller. There is no event.
    Unadmitted,
    /// The house has nothing to answer.
    Broken,
    /// The code, and the event's place.
    Refused(String, u64),
    Done(T, u64),
}

impl<T> Ended<T> {
    /// The event's place on the trail, if there is one.
    pub fn sequence(&self) -> Option<u64> {
        match self {
            Self::Refused(_, sequence) | Self::Done(_, sequence) => Some(*sequence),
            Self::Unadmitted | Self::Broken => None,
        }
    }
}

impl Town {
    pub async fn found(seed: u64, planted: Planted) -> Self {
        let entropy: Arc<dyn Entropy> = Arc::new(DangerSeededEntropy::new(seed));
        let (_, keyring) = Keyring::initialise(&seal(), INSTALLATION, Arc::clone(&entropy), &keys().opener).unwrap();
        let (clock, dice) = (Arc::new(Hands::at(FOUNDED)), Arc::new(Dice::new(seed)));
        let (door, store, disk) = start(&keyring, &entropy, &clock, &dice, planted, Durable::default()).await;
        let wallet = Arc::default();
        let administrator = String::new();
        let mut town =
            Self { clock, dice, door, store, disk, jumped: 0, administrator, entropy, keyring, planted, wallet };
        let rounds = town.rounds("iam");
        let founded = rounds.recorded::<iam::FoundAccount>(account(), region(), Empty).await.unwrap();
        town.administrator = town.keep(&founded).unwrap();
        town
    }

    /// The power goes, and the house is started from what is left.
    pub async fn restart(&mut self) {
        let durable = self.disk.cut();
        let started = start(&self.keyring, &self.entropy, &self.clock, &self.dice, self.planted, durable).await;
        (self.door, self.store, self.disk) = started;
    }

    pub fn rounds(&self, service: &str) -> kernel::Rounds {
        self.door.rounds(self.door.service(service).unwrap())
    }

    /// The events from a place on, with their places.
    pub async fn events(&self, from: u64) -> Vec<(u64, Event)> {
        let (mut events, mut from) = (Vec::new(), from);
        loop {
            let page = self.store.trail(from, EVENTS_PER_PAGE).await.unwrap();
            let Some(last) = page.last() else { return events };
            from = last.sequence + 1;
            events.extend(page.iter().map(|one| (one.sequence, Event::decode(&one.bytes).unwrap())));
        }
    }

    /// A call by whoever holds the access key, with what he sees in the answer.
    pub async fn call<S: OperationShape, T>(
        &self,
        access_key: &str,
        input: S::Input,
        look: impl FnOnce(&S::Output) -> T,
    ) -> Heard<T> {
        let id = self.random();
        let request = RequestId::of(id).as_str().to_owned();
        let caller = match self.caller(access_key, RequestId::of(id)).await {
            Ok(caller) => caller,
            Err(Unadmitted::Broken(_)) => return Heard { request, ended: Ended::Broken },
            Err(_) => return Heard { request, ended: Ended::Unadmitted },
        };
        let Ok(recorded) = self.door.call::<S>(caller, input).await else {
            return Heard { request, ended: Ended::Broken };
        };
        let ended = match recorded.open(&keys().exit) {
            Opened::Answer(answer) => Ended::Done(look(answer.output().unwrap()), recorded.sequence()),
            Opened::Failure(failure) => Ended::Refused(failure.code.to_string(), recorded.sequence()),
        };
        Heard { request, ended }
    }

    /// Whoever has asked for an access key keeps its secret.
    pub fn pocket(&self, output: &CreateAccessKeyOutput) -> String {
        let key = &output.access_key;
        self.wallet.lock().unwrap().insert(key.access_key_id.clone(), key.secret_access_key.share());
        key.access_key_id.clone()
    }

    pub fn has_secret(&self, access_key: &str) -> bool {
        self.wallet.lock().unwrap().contains_key(access_key)
    }

    fn keep(&self, recorded: &Recorded) -> Option<String> {
        match recorded.open(&keys().exit) {
            Opened::Answer(answer) => answer.output().map(|output| self.pocket(output)),
            Opened::Failure(_) => None,
        }
    }

    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.entropy.fill(&mut bytes).unwrap();
        bytes
    }

    /// Signs as SigV4 signs, and is let in.
    async fn caller(&self, access_key: &str, request_id: RequestId) -> Result<Caller, Unadmitted> {
        let now = self.clock.now();
        let date = now.format("%Y%m%d");
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{}\n{}", now.iso_basic(), request_id.as_str());
        let secret = self.wallet.lock().unwrap().get(access_key).unwrap().share();
        let secret = [b"AWS4", secret.open(&keys().opener)].concat();
        let parts = [date.as_str(), REGION, "kms", "aws4_request", &string_to_sign];
        let signature = parts.iter().fold(secret, |key, part| hmac_sha256(&key, part.as_bytes()).to_vec());
        let claim = Claim {
            access_key_id: access_key.to_owned(),
            token: None,
            second_string: None,
            date,
            region: REGION.to_owned(),
            service: "kms".to_owned(),
            signature: signature.try_into().unwrap(),
            request: sha256(string_to_sign.as_bytes()),
            string_to_sign,
            expires: now + Duration::from_secs(SIGNATURE_SECONDS),
        };
        let origin = Origin {
            region: region(),
            source: None,
            user_agent: "sim".to_owned(),
            host: "house".to_owned(),
            tls: None,
            request_id,
            arrived: now,
        };
        self.door.admit(claim, origin).await
    }
}

/// Starts a house on what is on the disk.
async fn start(
    keyring: &[u8],
    entropy: &Arc<dyn Entropy>,
    hands: &Arc<Hands>,
    dice: &Arc<Dice>,
    planted: Planted,
    durable: Durable,
) -> (Arc<kernel::House>, Arc<Store>, Arc<Disk>) {
    let keyring = Keyring::unseal(keyring, &seal(), INSTALLATION, Arc::clone(entropy), &keys().opener).unwrap();
    let disk = Arc::new(Disk::new(Arc::clone(dice), planted));
    // Without warm rows every read comes to the disk. Half of the starts are so.
    let warm = if dice.below(2) == 0 { 0 } else { WARM_BYTES_MAX_DEFAULT };
    let barrier = Arc::new(keyring.barrier());
    let store = Arc::new(Store::new(disk.clone(), barrier, Arc::clone(entropy), warm));
    disk.load(durable, &store).await;
    let jumps = planted == Planted::BelievedJump;
    let believed = if jumps { None } else { kernel::last_believed(&store).await.unwrap() };
    let clock: Arc<dyn Clock> =
        if jumps { Arc::new(Credulous { clock: hands.clone(), start: hands.wall() }) } else { hands.clone() };
    let standing = standing(&store).await;
    let vault: Arc<dyn Vault> = Arc::new(InProcess::new(keyring, Arc::clone(&clock), standing).unwrap());
    let door = kernel::House::open(Wiring {
        store: Arc::clone(&store),
        vault,
        clock,
        entropy: Arc::clone(entropy),
        mint: &keys().mint,
        services: vec![&cloudtrail::SERVICE, &iam::SERVICE, &kms::SERVICE, &sts::SERVICE],
        credentials: Box::new(iam::Directory),
        principals: Box::new(iam::Directory),
        documents: if planted == Planted::IgnoredDeny { Box::new(Lenient) } else { Box::new(iam::Directory) },
        setting: Setting {
            account: account(),
            region: region(),
            regions: COMMERCIAL_REGIONS.iter().map(|name| Region::parse(name).unwrap()).collect(),
        },
        rate: Rate::DEFAULT,
        believed,
    });
    (door, store, disk)
}

/// How far the vault's chain of uses has come, as far as the trail knows.
async fn standing(store: &Store) -> Standing {
    let mut testimony = Testimony::new(None);
    let heard = store.verify(None, |recorded| {
        if let Some(event) = Event::decode(&recorded.bytes) {
            testimony.hear(&event);
        }
    });
    heard.await.unwrap();
    testimony.uses().standing
}

fn seal() -> Seal {
    Seal::KeyFile(Secret::fill(32, |bytes| bytes.fill(7)))
}

pub fn account() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

fn region() -> Region {
    Region::parse(REGION).unwrap()
}
