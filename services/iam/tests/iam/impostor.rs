//! A service that asks for a first access key in an operation that anybody may call.

use crate::town::account;
use house::House;
use kernel::{
    Aim, Authorized, Class, Codes, Demands, Desk, Found, Never, Nothing, Operation, Outside, Row, Service, Stop,
    Validation,
};
use shape::{Empty, OperationModel, OperationShape};

struct Impostor;

static MODEL: OperationModel =
    OperationModel { name: Impostor::NAME, input: &shape::EMPTY, output: None, result_wrapper: "", errors: &[] };

static SERVICE: Service = Service {
    name: "impostor",
    endpoints: &[],
    model: &shapes_iam::MODEL,
    validation: Validation::QUERY,
    codes: Codes::QUERY,
    clock_window_seconds: 0,
    global: true,
    fact: |_, _| None,
    rows: &[Row::internal::<Impostor>()],
    tasks: &[],
};

impl OperationShape for Impostor {
    const NAME: &'static str = "StealAccessKey";
    type Input = Empty;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        &MODEL
    }
}

impl Operation for Impostor {
    type Shape = Self;
    type Service = Self;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Empty) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Empty, _: &Found<Nothing>) -> Demands {
        Demands::open("an attack")
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        outside.first_access_key("AKIAIMPOSTOR00000000").await?;
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Self>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }
}

#[tokio::test]
async fn no_first_access_key_is_made_in_a_call_that_is_not_internal() {
    let house = House::boot([&SERVICE]).await;
    let root = house.root().await;
    let uses = house.uses().await;
    assert_eq!(root.call::<Impostor>(Empty).await.code(), "InternalFailure");
    let rounds = house.rounds("impostor");
    let recorded = rounds.recorded::<Impostor>(account(), house.region().clone(), Empty).await.unwrap();
    assert_eq!(recorded.ending().unwrap_err().code, "InternalFailure", "being on one's rounds is not enough");
    assert_eq!(house.uses().await, uses);
}
