//! The house: what the program wires together at boot, and the way in.

use crate::clockwork::ClockWatch;
use crate::gate::{self, Call};
use crate::rounds::Rounds;
use crate::tally::Tallies;
use crate::throttle::Throttle;
use crate::underway::{Calls, Host};
use crate::{Breakage, Caller, Credentials, Failure, Rate, ReadSet, Recorded, Row, Service, Underway};
use cipher::Entropy;
use names::{AccountId, Arn, Clock, Region, Time};
use policy::Document;
use secret::Mint;
use shape::{Malformed, OperationShape, Report, Source};
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use vault::Vault;

/// What a trait object promises to answer.
pub type Wait<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How long the end of the house waits for calls that nobody awaits any more. What they do takes milliseconds, but for a disk that hangs.
const REST_SECONDS_MAX: u64 = 10;

/// Everything behind the door.
pub struct House {
    pub(crate) store: Arc<Store>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) mint: &'static Mint,
    pub(crate) credentials: Box<dyn Credentials>,
    pub(crate) principals: Box<dyn Principals>,
    pub(crate) documents: Box<dyn Documents>,
    pub(crate) setting: Setting,
    pub(crate) throttle: Throttle,
    pub(crate) tallies: Tallies,
    pub(crate) watch: ClockWatch,
    pub(crate) calls: Calls,
    services: Vec<&'static Service>,
    by_shape: HashMap<TypeId, (&'static Service, &'static Row)>,
    tools: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

/// What the program hands in at boot.
pub struct Wiring {
    pub store: Arc<Store>,
    pub vault: Arc<dyn Vault>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub mint: &'static Mint,
    pub services: Vec<&'static Service>,
    pub credentials: Box<dyn Credentials>,
    pub principals: Box<dyn Principals>,
    pub documents: Box<dyn Documents>,
    pub setting: Setting,
    pub rate: Rate,
    /// When the clock was last believed: see [`crate::last_believed`]. `None` where there is nothing to compare it with, or where the
    /// operator accepts it as it is.
    pub believed: Option<Time>,
}

/// What is configured and every service may know.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The account that was made at the first start.
    pub account: AccountId,
    pub region: Region,
    /// The Regions that are served.
    pub regions: Vec<Region>,
}

/// The identity side of a decision: the caller's own documents, as they are now. What stands behind them is read for each call.
pub trait Documents: Send + Sync {
    fn of<'a>(&'a self, caller: &'a Caller, reads: &'a mut ReadSet) -> Wait<'a, Result<Arc<Policies>, Breakage>>;
}

/// The policies that bear on a caller, each with the name by which decisions refer to it.
#[derive(Clone, Default)]
pub struct Policies {
    pub identity: Vec<(String, Arc<Document>)>,
    pub boundary: Option<(String, Arc<Document>)>,
    pub session: Option<Vec<(String, Arc<Document>)>>,
    /// The caller's own tags (`aws:PrincipalTag/<key>`). No two keys differ by case alone.
    pub tags: Vec<(String, String)>,
}

/// Names of users and roles, and the unique ids behind them.
pub trait Principals: Send + Sync {
    fn resolve<'a>(&'a self, arn: &'a Arn, reads: &'a mut ReadSet) -> Wait<'a, Result<Resolved, Breakage>>;

    /// The ARN that the bearer of a unique id has by now; `None` when the bearer is gone. `last` is the one that was known last.
    fn name<'a>(
        &'a self,
        id: &'a str,
        last: &'a Arn,
        reads: &'a mut ReadSet,
    ) -> Wait<'a, Result<Option<Arn>, Breakage>> {
        Box::pin(async move {
            let same = self.resolve(last, reads).await? == Resolved::Id(id.to_owned());
            Ok(same.then(|| last.clone()))
        })
    }
}

/// What stands behind the ARN of a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A user or role of this house, by its unique id.
    Id(String),
    /// An account, the root of one, or somebody of an account that this house does not keep and therefore cannot know.
    Elsewhere,
    /// Nobody.
    Missing,
}

impl House {
    pub fn open(wiring: Wiring) -> Arc<Self> {
        let rows = wiring.services.iter().flat_map(|service| service.rows.iter().map(move |row| (*service, row)));
        let by_shape = rows.map(|(service, row)| (row.steps.shape(), (service, row))).collect();
        let watch = ClockWatch::begin(wiring.clock.as_ref(), wiring.believed);
        let mut house = Self {
            store: wiring.store,
            vault: wiring.vault,
            clock: wiring.clock,
            entropy: wiring.entropy,
            mint: wiring.mint,
            credentials: wiring.credentials,
            principals: wiring.principals,
            documents: wiring.documents,
            setting: wiring.setting,
            throttle: Throttle::new(wiring.rate),
            tallies: Tallies::default(),
            watch,
            calls: Calls::default(),
            services: wiring.services,
            by_shape,
            tools: HashMap::new(),
        };
        house.lend(Arc::clone(&house.vault));
        house.lend(crate::TrailReader::new(Arc::clone(&house.store)));
        Arc::new(house)
    }

    fn lend<T: Send + Sync + 'static>(&mut self, tool: T) {
        self.tools.insert(TypeId::of::<T>(), Box::new(tool));
    }

    pub(crate) fn tool<T: 'static>(&self) -> Option<&T> {
        self.tools.get(&TypeId::of::<T>()).and_then(|tool| tool.downcast_ref())
    }

    pub fn services(&self) -> &[&'static Service] {
        &self.services
    }

    pub fn setting(&self) -> &Setting {
        &self.setting
    }

    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The service that answers to a credential scope or host label.
    pub fn service(&self, name: &str) -> Option<&'static Service> {
        self.services.iter().copied().find(|service| service.name == name || service.endpoints.contains(&name))
    }

    pub(crate) fn row_of(&self, shape: TypeId) -> Option<(&'static Service, &'static Row)> {
        self.by_shape.get(&shape).copied()
    }

    /// A call from the wire: `reader` opens the body's source and hands it to what it is given. Reading happens at once; after it the call
    /// belongs to the house and comes to its commit, even if the returned future is dropped with its connection.
    ///
    /// # Errors
    /// `Stopped`, when the store has stopped and nothing can be recorded: then nothing may be answered either.
    pub fn enter(
        self: &Arc<Self>,
        caller: Caller,
        service: &'static Service,
        row: &'static Row,
        reader: impl FnOnce(&mut Reading<'_>) -> Result<(), Malformed>,
    ) -> Underway {
        let mut report = Report::new();
        let mut input = None;
        let outcome = reader(&mut |source| {
            input = row.steps.read(source, &mut report)?;
            Ok(())
        });
        let read = match (outcome, input) {
            (Err(malformed), _) => Err(malformed_input(service, malformed, &report)),
            (Ok(()), Some(input)) if report.is_clean() => Ok(input),
            (Ok(()), _) => {
                let text = shape::violations_text(&report.violations(), service.validation.quoted);
                Err(Failure { code: service.validation.code.into(), status: 400, text })
            }
        };
        let call = Call { caller, service, row };
        let house = Host::of(self);
        Underway::begin(async move { gate::answer(&house, call, read).await })
    }

    /// A call from inside the process, with its input ready.
    pub async fn call<S: OperationShape>(
        self: &Arc<Self>,
        caller: Caller,
        input: S::Input,
    ) -> Result<Recorded, Breakage> {
        let (service, row) = self.row_of(TypeId::of::<S>()).ok_or(Breakage::NoSuchRow)?;
        let house = Host::of(self);
        let call = Call { caller, service, row };
        Underway::begin(async move { gate::answer(&house, call, Ok(Box::new(input))).await }).await
    }

    /// What was committed so far, for the operator.
    pub fn commits(&self) -> store::Commits {
        self.store.commits()
    }

    /// Whether there is space to record calls. While there is none, every call of theirs ends with [`Breakage::Full`]: no record, no
    /// answer.
    pub fn has_room(&self) -> bool {
        !self.store.is_short()
    }

    /// What has to come round about once a second: space is looked for if the disk was full, counts of refusals go durable, and the clock,
    /// if it is believed, is noted.
    pub async fn upkeep(&self) -> Result<(), Breakage> {
        if !self.has_room() && !self.store.regain().await? {
            return Ok(());
        }
        Tallies::tell(self, false).await?;
        self.watch.note(self.clock.as_ref(), &self.store).await
    }

    /// The last upkeep, when nobody is served any more. Calls whose connections were closed come to their end first, as long as that takes
    /// no more than ten seconds.
    pub async fn rest(&self) -> Result<(), Breakage> {
        let ended = tokio::time::timeout(Duration::from_secs(REST_SECONDS_MAX), self.calls.none()).await;
        if ended.is_err() {
            tracing::warn!(calls = self.calls.count(), "some calls did not end in time");
        }
        Tallies::tell(self, true).await
    }

    /// The rounds of one service: the house calling as that service and as nobody else.
    pub fn rounds(self: &Arc<Self>, service: &'static Service) -> Rounds {
        Rounds::of(Arc::clone(self), service)
    }
}

/// What reads a call's input out of an opened source.
pub type Reading<'a> = dyn FnMut(&mut dyn Source) -> Result<(), Malformed> + 'a;

fn malformed_input(service: &Service, malformed: Malformed, report: &Report) -> Failure {
    let (code, status) = service.codes.malformed;
    Failure { code: code.into(), status, text: malformed.text(report) }
}
