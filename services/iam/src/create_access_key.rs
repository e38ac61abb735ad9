//! iam:CreateAccessKey <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>

use crate::Iam;
use crate::fault::Fault;
use crate::ids;
use crate::keyholder::{ACCESS_KEYS_PER_USER_MAX, Keyholder};
use crate::new_key::NewKey;
use crate::user::Named;
use kernel::{Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shapes_iam::{CreateAccessKeyInput, CreateAccessKeyOutput};
use std::sync::Arc;
use vault::Vault;

pub struct CreateAccessKey;

impl Operation for CreateAccessKey {
    type Shape = shapes_iam::CreateAccessKey;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = NewKey;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreateAccessKeyInput) -> Result<Aim<Keyholder>, Fault> {
        Ok(Aim::at(Named::of(&input.user_name)))
    }

    fn demands(_: &CreateAccessKeyInput, user: &Found<Keyholder>) -> Demands {
        Demands::on(Action("iam:CreateAccessKey"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        if call.target().keys.len() >= ACCESS_KEYS_PER_USER_MAX {
            return Err(Fault::quota("AccessKeysPerUser", ACCESS_KEYS_PER_USER_MAX));
        }
        Ok(())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<NewKey, Stop<Fault>> {
        let id = ids::access_key(outside)?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let made = vault.create_access_key(call.caller().ticket(), call.scene().account, &id).await;
        let key = made.map_err(Breakage::from)?;
        Ok(NewKey { id, identity: outside.birth()?.0.to_be_bytes(), key })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &NewKey,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateAccessKeyOutput, Stop<Fault>> {
        let (user, now) = (&call.target().user, call.scene().now);
        made.put(user.account, &user.id, now, desk).await?;
        Ok(made.shown(user.record.name.clone(), now))
    }

    fn remarks(_: &Authorized<'_, Self>, made: &NewKey, _: &CreateAccessKeyOutput) -> Remarks {
        Remarks { uses: vec![made.key.link], ..Remarks::default() }
    }
}
