//! The house's own table: what the program itself puts on the trail.

use crate::prune::PruneTrail;
use crate::restored::Restore;
use kernel::{
    Aim, Authorized, Breakage, Class, Codes, Demands, Desk, Found, House, Never, Nothing, Operation, Outside, Remarks,
    Row, Service, Stop, Validation,
};
use shape::{
    EMPTY, Empty, Malformed, Model, OperationModel, OperationShape, Read, Report, Schema, Sink, Source, Write,
};
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
        Row::internal::<Room<false>>(),
        Row::internal::<Room<true>>(),
        Row::internal::<PruneTrail>(),
        Row::internal::<Restore>(),
        Row::internal::<Start>(),
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

/// The program has started. What is dangerous in its configuration stands on the trail with it.
pub struct Start;

/// What an operation of the house's own tells. CloudTrail shows a service's own events without parameters, and their details in a place of
/// their own; so the parameters are none.
pub struct Details(pub Vec<(&'static str, String)>);

impl Details {
    pub fn remarks(&self) -> Remarks {
        Remarks { service_details: Some(self.0.clone()), ..Remarks::default() }
    }
}

impl Write for Details {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        sink.begin(schema, 0);
        sink.end();
    }
}

/// No wire leads here, so nothing is ever read.
impl Read for Details {
    fn read(_: &'static Schema, _: &mut dyn Source, _: &mut Report) -> Result<Option<Self>, Malformed> {
        Err(Malformed::Syntax)
    }
}

static START: OperationModel =
    OperationModel { name: "Start", input: &EMPTY, output: None, result_wrapper: "", errors: &[] };

impl OperationShape for Start {
    const NAME: &'static str = "Start";
    type Input = Details;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        &START
    }
}

impl Operation for Start {
    type Shape = Self;
    type Service = Own;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Details) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Details, _: &Found<Nothing>) -> Demands {
        Demands::internal("kagiban", "the program tells the trail that it has started, and with which dangers")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Own>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.input().remarks()
    }
}

/// The disk is full (`false`), or is so no longer.
pub struct Room<const THERE: bool>;

/// Puts it on the trail. For the first of the two the store keeps space back.
pub async fn record_room(house: &Arc<House>, there: bool) -> Result<(), Breakage> {
    let (rounds, setting) = (house.rounds(&SERVICE), house.setting());
    let (account, region) = (setting.account, setting.region.clone());
    let ended = match there {
        true => rounds.call::<Room<true>>(account, region, Empty).await?,
        false => rounds.call::<Room<false>>(account, region, Empty).await?,
    };
    ended.map_err(|_| Breakage::Stopped)
}

impl<const THERE: bool> OperationShape for Room<THERE> {
    const NAME: &'static str = if THERE { "DiskHasRoom" } else { "DiskFull" };
    type Input = Empty;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        static ROOM: OperationModel =
            OperationModel { name: "DiskHasRoom", input: &EMPTY, output: None, result_wrapper: "", errors: &[] };
        static FULL: OperationModel =
            OperationModel { name: "DiskFull", input: &EMPTY, output: None, result_wrapper: "", errors: &[] };
        if THERE { &ROOM } else { &FULL }
    }
}

impl<const THERE: bool> Operation for Room<THERE> {
    type Shape = Self;
    type Service = Own;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Empty) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Empty, _: &Found<Nothing>) -> Demands {
        Demands::internal("kagiban", "the program tells the trail that the disk is full, or is so no longer")
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Own>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }
}
