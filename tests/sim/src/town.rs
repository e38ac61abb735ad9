//! One house on one disk, from its founding over all its starts, and those who call it.

use crate::ask::{Ask, Told, Who};
use crate::asking::{SERVICES, question, told};
use crate::dice::Dice;
use crate::disk::{Disk, Platter};
use crate::network::{Cut, exchange};
use crate::planted::{Credulous, Lenient, Planted, Repeating};
use crate::sealings::Sealings;
use crate::sight::{Mismatch, Sight, must};
use crate::signing::{REGION, Wallet};
use crate::witness::Witness;
use cipher::{Barrier, DangerSeededEntropy, Entropy};
use house::{ACCOUNT, Hands, keys};
use kagiban::answer::Edge;
use kernel::{Event, Opened, Rate, Setting, Wiring};
use names::{AccountId, COMMERCIAL_REGIONS, Clock, Region, Time};
use secret::Secret;
use shape::Empty;
use shapes_iam::CreateAccessKeyOutput;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Store, WARM_BYTES_MAX_DEFAULT};
use tokio::runtime::Handle;
use vault::{InProcess, Keyring, Seal, Standing, Vault};

/// 2026-11-24T12:00:00Z.
const FOUNDED: Time = Time::from_seconds(1_795_521_600);
const INSTALLATION: [u8; 16] = [7; 16];
/// How often a task may be given its turn before the house does not come to rest.
const TURNS_MAX: usize = 100_000;
/// What each service says while nothing can be recorded.
const UNAVAILABLE: [&str; 4] =
    ["KMSInternalException", "ServiceFailure", "ServiceUnavailable", "ServiceUnavailableException"];
/// With these a request is refused by which nobody makes himself known.
const STRANGERS: [&str; 4] =
    ["InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException"];

/// What outlives a start of the house, and the house that runs now.
pub struct Town {
    pub clock: Arc<Hands>,
    pub dice: Arc<Dice>,
    pub running: Running,
    /// By how many microseconds the wall clock is wrong.
    pub jumped: i64,
    pub wallet: Wallet,
    pub sealings: Arc<Sealings>,
    pub witness: Witness,
    pub planted: Planted,
    /// The access key of the administrator.
    administrator: String,
    entropy: Arc<dyn Entropy>,
    keyring: Vec<u8>,
    /// Events that the witness has heard and nobody has asked him for.
    heard: Vec<(u64, Event)>,
    asked: AtomicU64,
}

/// A house that was started.
pub struct Running {
    pub door: Arc<kernel::House>,
    pub store: Arc<Store>,
    pub disk: Arc<Disk>,
    edge: Arc<Edge>,
}

/// A call as its caller sees it.
pub struct Heard {
    /// The caller's own name for the call: his user agent, which stands in the event.
    pub agent: String,
    /// The house's name for it, if there was a reply.
    pub request: Option<String>,
    pub cut: Option<Cut>,
    pub ended: Ended,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Nobody knows the caller. There is no event.
    Unadmitted,
    /// No reply came.
    Unheard,
    /// The disk is full. Nothing is done, and there is no event.
    Unserved,
    Refused(String),
    Done(Told),
}

impl Town {
    pub async fn found(seed: u64, planted: Planted) -> Self {
        let entropy: Arc<dyn Entropy> = Arc::new(DangerSeededEntropy::new(seed));
        let reuses = planted == Planted::ReusedNonce;
        let entropy = if reuses { Arc::new(Repeating::new(entropy)) } else { entropy };
        let (_, keyring) = Keyring::initialise(&seal(), INSTALLATION, Arc::clone(&entropy), &keys().opener).unwrap();
        let (clock, dice) = (Arc::new(Hands::at(FOUNDED)), Arc::new(Dice::new(seed)));
        let sealings = Arc::new(Sealings::default());
        let start =
            Start { keyring: &keyring, entropy: &entropy, clock: &clock, dice: &dice, sealings: &sealings, planted };
        let (disk, store) = start.disk(Platter::default()).await;
        let running = start.house(disk, store, Standing::BEGINNING).await;
        let mut town = Self {
            running,
            jumped: 0,
            wallet: Wallet::default(),
            witness: Witness::default(),
            administrator: String::new(),
            heard: Vec::new(),
            asked: AtomicU64::new(0),
            clock,
            dice,
            sealings,
            planted,
            entropy,
            keyring,
        };
        let founded = town.rounds("iam").recorded::<iam::FoundAccount>(account(), region(), Empty).await.unwrap();
        if let Opened::Answer(answer) = founded.open(&keys().exit) {
            let key = &answer.output::<CreateAccessKeyOutput>().unwrap().access_key;
            town.wallet.put(&key.access_key_id, key.secret_access_key.open(&keys().opener));
            town.administrator.clone_from(&key.access_key_id);
        }
        town
    }

    /// The power goes, and the house is started from what is left. All that was ever heard of the trail is there.
    pub async fn restart(&mut self) -> Result<(), Mismatch> {
        let platter = self.running.disk.cut();
        let (disk, store) = self.start().disk(platter).await;
        let lost = || "what was on the trail is there no longer".to_owned();
        must(self.witness.finds_again(&store).await, Sight::Event, lost)?;
        self.heard.extend(self.witness.hear(&store).await);
        self.running = self.start().house(disk, store, self.witness.standing()).await;
        Ok(())
    }

    /// A house of which nothing lasts, on this platter, beside the one that runs.
    pub async fn aside(&self, platter: Platter) -> Running {
        let (disk, store) = self.start().disk(platter).await;
        self.start().house(disk, store, self.witness.standing()).await
    }

    fn start(&self) -> Start<'_> {
        Start {
            keyring: &self.keyring,
            entropy: &self.entropy,
            clock: &self.clock,
            dice: &self.dice,
            sealings: &self.sealings,
            planted: self.planted,
        }
    }

    pub fn barrier(&self) -> Barrier {
        self.start().unsealed().barrier()
    }

    pub fn rounds(&self, service: &str) -> kernel::Rounds {
        self.running.door.rounds(self.running.door.service(service).unwrap())
    }

    /// The events that have come since this was last asked, with their places.
    pub async fn events(&mut self) -> Vec<(u64, Event)> {
        let more = self.witness.hear(&self.running.store).await;
        let mut events = std::mem::take(&mut self.heard);
        events.extend(more);
        events
    }

    /// A call over the network, to the house that runs or to one beside it.
    pub async fn ask(&self, of: &Running, who: &Who, ask: &Ask, cut: Option<Cut>) -> Heard {
        let access_key = match who {
            Who::Administrator => &self.administrator,
            Who::Holder(id) => id,
        };
        let agent = format!("sim/{}", self.asked.fetch_add(1, Ordering::Relaxed));
        let time = self.clock.now().iso_basic().to_string();
        let request = self.wallet.request(access_key, &time, &agent, &question(ask));
        let Some(reply) = exchange(&of.edge, &request, cut, &self.dice).await else {
            return Heard { agent, request: None, cut, ended: Ended::Unheard };
        };
        let ended = match reply.code() {
            None => Ended::Done(told(ask, &reply, &self.wallet)),
            Some(code) if STRANGERS.contains(&code.as_str()) => Ended::Unadmitted,
            Some(code) if UNAVAILABLE.contains(&code.as_str()) => Ended::Unserved,
            Some(code) => Ended::Refused(code),
        };
        Heard { agent, request: Some(reply.request_id), cut, ended }
    }

    /// Waits until nothing is in flight: calls run to their commit even if nobody waits for them.
    pub async fn rest(&self) -> Result<(), Mismatch> {
        for _ in 0..TURNS_MAX {
            if Handle::current().metrics().num_alive_tasks() == 0 {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
        must(false, Sight::House, || "the house does not come to rest".to_owned())
    }
}

/// What every start of a house needs.
struct Start<'a> {
    keyring: &'a [u8],
    entropy: &'a Arc<dyn Entropy>,
    clock: &'a Arc<Hands>,
    dice: &'a Arc<Dice>,
    sealings: &'a Arc<Sealings>,
    planted: Planted,
}

impl Start<'_> {
    fn unsealed(&self) -> Keyring {
        Keyring::unseal(self.keyring, &seal(), INSTALLATION, Arc::clone(self.entropy), &keys().opener).unwrap()
    }

    async fn disk(&self, platter: Platter) -> (Arc<Disk>, Arc<Store>) {
        let disk = Disk::new(Arc::clone(self.dice), self.planted, Arc::clone(self.sealings), platter);
        // Without warm rows every read comes to the disk. Half of the starts are so.
        let warm = if self.dice.below(2) == 0 { 0 } else { WARM_BYTES_MAX_DEFAULT };
        let barrier = Arc::new(self.unsealed().barrier());
        let store = Arc::new(Store::new(disk.clone(), barrier, Arc::clone(self.entropy), warm));
        disk.load(&store).await;
        (disk, store)
    }

    async fn house(&self, disk: Arc<Disk>, store: Arc<Store>, standing: Standing) -> Running {
        let jumps = self.planted == Planted::BelievedJump;
        let believed = if jumps { None } else { kernel::last_believed(&store).await.unwrap() };
        let hands = self.clock.clone();
        let clock: Arc<dyn Clock> =
            if jumps { Arc::new(Credulous { start: hands.wall(), clock: hands }) } else { hands };
        let vault = InProcess::new(self.unsealed(), Arc::clone(&clock), standing).unwrap();
        let vault: Arc<dyn Vault> = Arc::new(vault);
        let lenient = self.planted == Planted::IgnoredDeny;
        let door = kernel::House::open(Wiring {
            store: Arc::clone(&store),
            vault,
            clock,
            entropy: Arc::clone(self.entropy),
            mint: &keys().mint,
            services: SERVICES.to_vec(),
            credentials: Box::new(iam::Directory),
            principals: Box::new(iam::Directory),
            documents: if lenient { Box::new(Lenient) } else { Box::new(iam::Directory) },
            setting: Setting {
                account: account(),
                region: region(),
                regions: COMMERCIAL_REGIONS.iter().map(|name| Region::parse(name).unwrap()).collect(),
            },
            rate: Rate::DEFAULT,
            believed,
        });
        let edge = Arc::new(Edge::new(Arc::clone(&door), &keys().exit, Arc::clone(self.entropy)));
        Running { door, store, disk, edge }
    }
}

fn seal() -> Seal {
    Seal::KeyFile(Secret::fill(32, |bytes| bytes.fill(7)))
}

fn account() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

fn region() -> Region {
    Region::parse(REGION).unwrap()
}
