//! A new access key for a user whose keys are lost, made at the host by the operator, who has the root. Nobody needs a policy for it, since
//! nobody may be left who could ask. No wire leads to it, and the trail has it as what it is.

use crate::fault::Fault;
use crate::keyholder::{ACCESS_KEYS_PER_USER_MAX, Keyholder};
use crate::tables::{ACCESS_KEYS, AccessKeyRecord};
use crate::user::Named;
use crate::{Iam, ids};
use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::{EMPTY, Malformed, OperationModel, OperationShape, Read, Report, Schema, Shape, Sink, Source, Write};
use shapes_iam::{AccessKey, CreateAccessKeyOutput, StatusType};
use std::sync::LazyLock;
use vault::{NewAccessKey, Used};

/// Makes an access key for a user, and deletes one of his in the same commit if that is named. The answer is that of CreateAccessKey.
/// Refused: `NoSuchEntity`, where there is no such user, or the key that is named is not his; `LimitExceeded`, where he has two and none is
/// named.
pub struct RecoverAccessKey;

/// For whom, and in place of which.
pub struct RecoverAccessKeyInput {
    pub user: String,
    /// The id of the access key that is deleted.
    pub replaced: Option<String>,
}

static MODEL: LazyLock<OperationModel> = LazyLock::new(|| OperationModel {
    name: RecoverAccessKey::NAME,
    input: &EMPTY,
    output: Some(CreateAccessKeyOutput::schema()),
    result_wrapper: "",
    errors: &[],
});

/// A service's own events are shown without parameters; what there is to tell stands in their details.
impl Write for RecoverAccessKeyInput {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        sink.begin(schema, 0);
        sink.end();
    }
}

/// No wire leads here, so nothing is ever read.
impl Read for RecoverAccessKeyInput {
    fn read(_: &'static Schema, _: &mut dyn Source, _: &mut Report) -> Result<Option<Self>, Malformed> {
        Err(Malformed::Syntax)
    }
}

impl OperationShape for RecoverAccessKey {
    const NAME: &'static str = "RecoverAccessKey";
    type Input = RecoverAccessKeyInput;
    type Output = CreateAccessKeyOutput;

    fn model() -> &'static OperationModel {
        &MODEL
    }
}

/// What is made once for the new key.
pub struct Made {
    identity: [u8; 16],
    id: String,
    key: Used<NewAccessKey>,
}

impl Operation for RecoverAccessKey {
    type Shape = Self;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = Made;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &RecoverAccessKeyInput) -> Result<Aim<Keyholder>, Fault> {
        Ok(Aim::at(Named::Name(input.user.clone())))
    }

    fn demands(_: &RecoverAccessKeyInput, _: &Found<Keyholder>) -> Demands {
        Demands::internal("iam", "the operator has the root and no access key, and nobody else may be left")
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let holder = call.target();
        match &call.input().replaced {
            Some(id) => holder.key(id).map(|_| ()),
            None if holder.keys.len() < ACCESS_KEYS_PER_USER_MAX => Ok(()),
            None => {
                let ids: Vec<_> = holder.keys.iter().map(|(id, _)| id.as_str()).collect();
                let quota = format!("Cannot exceed quota for AccessKeysPerUser: {ACCESS_KEYS_PER_USER_MAX}");
                Err(Fault::LimitExceeded(format!("{quota} ({})", ids.join(", "))))
            }
        }
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Made, Stop<Fault>> {
        let (identity, id) = (outside.birth()?.0.to_be_bytes(), ids::access_key(outside)?);
        let key = outside.first_access_key(&id).await?;
        Ok(Made { identity, id, key })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &Made,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateAccessKeyOutput, Stop<Fault>> {
        let (user, created) = (&call.target().user, call.scene().now);
        if let Some(replaced) = &call.input().replaced {
            desk.delete(&ACCESS_KEYS, replaced).await?;
        }
        let record = AccessKeyRecord {
            identity: made.identity,
            created: created.micros(),
            account: user.account.to_string(),
            owner: user.id.clone(),
            active: true,
            wrapped: made.key.value.wrapped.as_bytes().to_vec(),
        };
        desk.put(&ACCESS_KEYS, &made.id, record).await?;
        let (name, secret) = (user.record.name.clone(), made.key.value.secret.share());
        let mut access_key = AccessKey::new(name, made.id.clone(), StatusType::Active, secret);
        access_key.create_date = Some(created);
        Ok(CreateAccessKeyOutput { access_key })
    }

    fn remarks(call: &Authorized<'_, Self>, made: &Made, _: &CreateAccessKeyOutput) -> Remarks {
        let user = &call.target().user;
        let mut details = vec![
            ("accountId", user.account.to_string()),
            ("userName", user.record.name.clone()),
            ("userId", user.id.clone()),
            ("accessKeyId", made.id.clone()),
        ];
        details.extend(call.input().replaced.clone().map(|id| ("deletedAccessKeyId", id)));
        Remarks { uses: vec![made.key.link], service_details: Some(details), ..Remarks::default() }
    }
}
