//! The house's own table: what the program itself puts on the trail.

use crate::prune::PruneTrail;
use crate::restored::Restore;
use kernel::{
    Aim, Authorized, Breakage, Class, Codes, Demands, Desk, Found, House, Never, Nothing, Operation, Outside, Recorded,
    Remarks, Row, Service, Stop, Validation,
};
use shape::{EMPTY, Empty, Inward, Model, OperationModel, OperationShape};
use std::marker::PhantomData;
use std::sync::Arc;

/// The marker of the house's own service. It has no tables.
pub struct Own;

pub static SERVICE: Service = Service {
    name: "kagiban",
    endpoints: &[],
    model: &MODEL,
    validation: Validation::JSON,
    codes: Codes::JSON,
    clock_window_seconds: 0,
    global: true,
    fact: |_, _| None,
    rows: &[
        Row::internal::<Tell<DiskFull>>(),
        Row::internal::<Tell<DiskHasRoom>>(),
        Row::internal::<Tell<PruneTrail>>(),
        Row::internal::<Tell<Restore>>(),
        Row::internal::<Tell<Start>>(),
    ],
    tasks: &[],
};

static MODEL: Model = Model {
    name: "kagiban",
    signing_name: "kagiban",
    endpoint_prefix: "kagiban",
    api_version: "",
    target_prefix: "",
    xml_namespace: "",
    protocols: &[],
    operations: &[],
    known: &[],
    errors: &[],
};

/// What the program tells the trail of itself: an event of the house's own service, which writes no row.
pub trait News: Send + Sync + 'static {
    /// The event's name.
    const NAME: &'static str;

    /// The internal demand, with its reason: nobody's policy is asked.
    fn demands() -> Demands;

    /// What there is to tell. CloudTrail shows a service's own events without parameters, and their details in a place of their own.
    fn remarks(&self) -> Remarks;
}

/// Remarks of these details, and of nothing else.
pub fn details(details: Vec<(&'static str, String)>) -> Remarks {
    Remarks { service_details: Some(details), ..Remarks::default() }
}

/// Puts it on the trail of this installation.
pub async fn tell<N: News>(house: &Arc<House>, news: N) -> Result<Recorded, Breakage> {
    let (rounds, setting) = (house.rounds(&SERVICE), house.setting());
    rounds.recorded::<Tell<N>>(setting.account, setting.region.clone(), Inward(news)).await
}

/// The operation that tells it.
pub struct Tell<N>(PhantomData<N>);

impl<N: News> OperationShape for Tell<N> {
    const NAME: &'static str = N::NAME;
    type Input = Inward<N>;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        const { &OperationModel { name: N::NAME, input: &EMPTY, output: None, result_wrapper: "", errors: &[] } }
    }
}

impl<N: News> Operation for Tell<N> {
    type Shape = Self;
    type Service = Own;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Inward<N>) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Inward<N>, _: &Found<Nothing>) -> Demands {
        N::demands()
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Own>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.input().0.remarks()
    }
}

/// The program has started. What is dangerous in its configuration stands on the trail with it.
pub struct Start {
    pub dangers: Vec<&'static str>,
}

impl News for Start {
    const NAME: &'static str = "Start";

    fn demands() -> Demands {
        Demands::internal("kagiban", "the program tells the trail that it has started, and with which dangers")
    }

    fn remarks(&self) -> Remarks {
        details(vec![("version", env!("CARGO_PKG_VERSION").to_owned()), ("dangers", self.dangers.join(", "))])
    }
}

/// The disk is full. For this event the store keeps space back.
pub struct DiskFull;

impl News for DiskFull {
    const NAME: &'static str = "DiskFull";

    fn demands() -> Demands {
        about_space()
    }

    fn remarks(&self) -> Remarks {
        Remarks::default()
    }
}

/// The disk is full no longer.
pub struct DiskHasRoom;

impl News for DiskHasRoom {
    const NAME: &'static str = "DiskHasRoom";

    fn demands() -> Demands {
        about_space()
    }

    fn remarks(&self) -> Remarks {
        Remarks::default()
    }
}

fn about_space() -> Demands {
    Demands::internal("kagiban", "the program tells the trail that the disk is full, or is so no longer")
}
