//! Callers that are no signed request: the tasks of the services.

use crate::house::Wait;
use crate::{Breakage, Caller, Failure, House, Origin, Principal, ReadSet, Reads, Recorded, RequestId, Service};
use shape::OperationShape;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use store::Draft;

/// The house calling as one of its services and as no one else. It finds work by reading that service's tables, and does it by calling
/// operations, through the gate as everybody.
pub struct Rounds {
    house: Arc<House>,
    service: &'static Service,
}

/// A task that comes round.
pub trait Chore: Send + Sync + 'static {
    /// The marker of the owning service.
    type Service: Send + Sync + 'static;
    const NAME: &'static str;

    fn run(rounds: &Rounds) -> impl Future<Output = Result<(), Breakage>> + Send;
}

/// A chore in its service's table.
pub struct Task {
    pub name: &'static str,
    pub period: Duration,
    run: for<'a> fn(&'a Rounds) -> Wait<'a, Result<(), Breakage>>,
}

impl Task {
    pub const fn of<C: Chore>(period: Duration) -> Self {
        Self { name: C::NAME, period, run: |rounds| Box::pin(C::run(rounds)) }
    }

    pub async fn run(&self, rounds: &Rounds) -> Result<(), Breakage> {
        (self.run)(rounds).await
    }
}

impl Rounds {
    pub(crate) fn of(house: Arc<House>, service: &'static Service) -> Self {
        Self { house, service }
    }

    pub fn now(&self) -> names::Time {
        self.house.clock.wall()
    }

    /// A look at the tables of service `S`, as of now.
    pub fn reading<S>(&self) -> Reading<S> {
        Reading { set: ReadSet::new(Draft::new(Arc::clone(&self.house.store))), service: PhantomData }
    }

    /// Calls an operation as this service, in the Region and account that the work belongs to.
    pub async fn call<S: OperationShape>(
        &self,
        account: names::AccountId,
        region: names::Region,
        input: S::Input,
    ) -> Result<Result<(), Failure>, Breakage> {
        Ok(self.recorded::<S>(account, region, input).await?.ending())
    }

    /// As [`Rounds::call`], with the answer, for the program that writes it somewhere: only the edge can open it.
    pub async fn recorded<S: OperationShape>(
        &self,
        account: names::AccountId,
        region: names::Region,
        input: S::Input,
    ) -> Result<Recorded, Breakage> {
        let caller = self.caller(account, region).await?;
        self.house.call::<S>(caller, input).await
    }

    /// Whether the clock may be believed in what cannot be undone. Wall time that leads the time that has passed since boot by more than
    /// [`crate::CLOCK_LEAD_SECONDS_MAX`], or that at boot was further from when the clock was last believed than
    /// [`crate::CLOCK_GAP_SECONDS_MAX`], has jumped: then destructive work holds, and the log says so once. What releases it is the right
    /// time and a start, or a start with which the operator accepts the clock.
    pub fn clock_is_sound(&self) -> bool {
        self.house.watch.is_sound(self.house.clock.as_ref())
    }

    /// Notes that the work about to be done deletes rows whose bytes must not stay in the store's files.
    pub async fn owe_scrub(&self) -> Result<(), Breakage> {
        Ok(self.house.store.owe_scrub().await?)
    }

    /// Erases what deleted rows have left in the store's files, if that is owed. It costs as much as writing all rows once.
    pub async fn scrub(&self) -> Result<(), Breakage> {
        if !self.house.store.owes_scrub().await? {
            return Ok(());
        }
        // A reader that keeps old pages alive is gone soon. The debt stays, and the next round tries again.
        match self.house.store.scrub().await {
            Ok(()) | Err(store::ScrubError::Busy) => Ok(()),
            Err(store::ScrubError::Stopped(fault)) => Err(fault.into()),
        }
    }

    async fn caller(&self, account: names::AccountId, region: names::Region) -> Result<Caller, Breakage> {
        let now = self.house.clock.wall();
        let name = self.service.name;
        let ticket = self.house.vault.rounds(self.house.mint, name, now).await?;
        let mut random = [0; 16];
        self.house.entropy.fill(&mut random)?;
        let origin = Origin {
            region,
            source: None,
            user_agent: format!("{name}.amazonaws.com"),
            host: String::new(),
            tls: None,
            request_id: RequestId::of(random),
            arrived: now,
        };
        Ok(Caller::assertion(Principal::Service(name), account, None, None, ticket, origin, Vec::new()))
    }
}

/// See [`Rounds::reading`].
pub struct Reading<S> {
    set: ReadSet,
    service: PhantomData<fn() -> S>,
}

impl<S> Reading<S> {
    pub fn reads(&mut self) -> Reads<'_, S> {
        self.set.of()
    }
}
