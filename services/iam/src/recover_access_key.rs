//! A new access key for a user whose keys are lost, made at the host by the operator, who has the root. Nobody needs a policy for it, since
//! nobody may be left who could ask. No wire leads to it, and the trail has it as what it is.

use crate::Iam;
use crate::fault::Fault;
use crate::keyholder::{ACCESS_KEYS_PER_USER_MAX, Keyholder};
use crate::new_key::NewKey;
use crate::tables::ACCESS_KEYS;
use crate::user::Named;
use kernel::{Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::{EMPTY, Inward, OperationModel, OperationShape, Shape};
use shapes_iam::CreateAccessKeyOutput;
use std::sync::LazyLock;

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

impl OperationShape for RecoverAccessKey {
    const NAME: &'static str = "RecoverAccessKey";
    type Input = Inward<RecoverAccessKeyInput>;
    type Output = CreateAccessKeyOutput;

    fn model() -> &'static OperationModel {
        &MODEL
    }
}

impl Operation for RecoverAccessKey {
    type Shape = Self;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = NewKey;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(Inward(input): &Inward<RecoverAccessKeyInput>) -> Result<Aim<Keyholder>, Fault> {
        Ok(Aim::at(Named::Name(input.user.clone())))
    }

    fn demands(_: &Inward<RecoverAccessKeyInput>, _: &Found<Keyholder>) -> Demands {
        Demands::internal("iam", "the operator has the root and no access key, and nobody else may be left")
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let holder = call.target();
        match &call.input().0.replaced {
            Some(id) => holder.key(id).map(|_| ()),
            None if holder.keys.len() < ACCESS_KEYS_PER_USER_MAX => Ok(()),
            None => {
                let ids: Vec<_> = holder.keys.iter().map(|(id, _)| id.as_str()).collect();
                let quota = format!("Cannot exceed quota for AccessKeysPerUser: {ACCESS_KEYS_PER_USER_MAX}");
                Err(Fault::LimitExceeded(format!("{quota} ({})", ids.join(", "))))
            }
        }
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<NewKey, Stop<Fault>> {
        NewKey::first(outside).await
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &NewKey,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateAccessKeyOutput, Stop<Fault>> {
        let (user, now) = (&call.target().user, call.scene().now);
        if let Some(replaced) = &call.input().0.replaced {
            desk.delete(&ACCESS_KEYS, replaced).await?;
        }
        made.put(user.account, &user.id, now, desk).await?;
        Ok(made.shown(user.record.name.clone(), now))
    }

    fn remarks(call: &Authorized<'_, Self>, made: &NewKey, _: &CreateAccessKeyOutput) -> Remarks {
        let user = &call.target().user;
        let mut details = vec![
            ("accountId", user.account.to_string()),
            ("userName", user.record.name.clone()),
            ("userId", user.id.clone()),
            ("accessKeyId", made.id.clone()),
        ];
        details.extend(call.input().0.replaced.clone().map(|id| ("deletedAccessKeyId", id)));
        Remarks { uses: vec![made.key.link], service_details: Some(details), ..Remarks::default() }
    }
}
