//! Calls that come through another service: the caller stays who he is, and `kms:ViaService` names the way.

use crate::rig::{allow, denied, document, encrypt, key, open_if, owner, plain, put_policy, town};
use house::{ACCOUNT, House};
use kernel::{
    Action, Aim, Authorized, Class, Codes, Demands, Desk, Found, Never, Nothing, Operation, Outside, Row, Service,
    Stop, Validation,
};
use shape::{EMPTY, Empty, Inward, Model, OperationModel, OperationShape};
use shapes_kms::{Encrypt, EncryptInput};

/// A service that encrypts for its caller, as S3 does.
static STORAGE: Service = Service {
    name: "s3",
    endpoints: &["s3"],
    model: &Model {
        name: "s3",
        signing_name: "s3",
        endpoint_prefix: "s3",
        api_version: "2006-03-01",
        target_prefix: "",
        xml_namespace: "",
        protocols: &[],
        operations: &[],
        errors: &[],
        known: &[],
    },
    validation: Validation::JSON,
    codes: Codes::JSON,
    clock_window_seconds: 900,
    global: false,
    fact: |_, _| None,
    rows: &[Row::of::<Keep>()],
    tasks: &[],
};

struct Storage;
struct Keep;
struct KeepShape;
struct KeepInput {
    key: String,
}

static KEEP: OperationModel =
    OperationModel { name: "Keep", input: &EMPTY, output: None, result_wrapper: "", errors: &[] };

impl OperationShape for KeepShape {
    const NAME: &'static str = "Keep";
    type Input = Inward<KeepInput>;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        &KEEP
    }
}

impl Operation for Keep {
    type Shape = KeepShape;
    type Service = Storage;
    type Target = Nothing;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Inward<KeepInput>) -> Result<Aim<Nothing>, Never> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Inward<KeepInput>, all: &Found<Nothing>) -> Demands {
        Demands::on(Action("s3:PutObject"), all.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        outside.call::<Encrypt>(EncryptInput::new(key(&call.input().0.key), plain(b"x"))).await?;
        Ok(())
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), _: &mut Desk<'_, Storage>) -> Result<Empty, Stop<Never>> {
        Ok(Empty)
    }
}

#[tokio::test]
async fn through_the_service_and_no_other_way() {
    let mut town = town().await;
    town.house = House::boot([&kms::SERVICE, &STORAGE]).await;
    town.root = town.house.root().await;
    let made = town.key().await;
    let user = town.user("alice", &[&allow(r#""s3:PutObject""#)]).await;
    let keep = || user.call::<KeepShape>(Inward(KeepInput { key: made.id.as_str().to_owned() }));
    assert_eq!(keep().await.code(), "AccessDeniedException", "a service gives its caller no rights");
    let through = |service: &str| {
        let way = format!(r#""kms:ViaService":"{service}.ap-northeast-1.amazonaws.com""#);
        let condition = format!(r#"{{"StringEquals":{{{way},"kms:CallerAccount":"{ACCOUNT}"}}}}"#);
        open_if("kms:Encrypt", &condition)
    };
    put_policy(&town.root, &made.id, &document(&[&owner(), &through("rds")])).await.output();
    assert_eq!(keep().await.code(), "AccessDeniedException");
    put_policy(&town.root, &made.id, &document(&[&owner(), &through("s3")])).await.output();
    keep().await.output();
    denied(&encrypt(&user, &made.id).await);
    let service =
        r#"{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"kms:Encrypt","Resource":"*"}"#;
    put_policy(&town.root, &made.id, &document(&[&owner(), service])).await.output();
    assert_eq!(keep().await.code(), "AccessDeniedException", "the service calls as its caller, not as itself");
}
