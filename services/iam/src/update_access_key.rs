//! iam:UpdateAccessKey <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html>

use crate::Iam;
use crate::fault::Fault;
use crate::keyholder::Keyholder;
use crate::tables::ACCESS_KEYS;
use crate::user::Named;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::{StatusType, UpdateAccessKeyInput};

pub struct UpdateAccessKey;

impl Operation for UpdateAccessKey {
    type Shape = shapes_iam::UpdateAccessKey;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UpdateAccessKeyInput) -> Result<Aim<Keyholder>, Fault> {
        Ok(Aim::at(Named::of(&input.user_name)))
    }

    fn demands(_: &UpdateAccessKeyInput, user: &Found<Keyholder>) -> Demands {
        Demands::on(Action("iam:UpdateAccessKey"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        if call.input().status == StatusType::Expired {
            return Err(Fault::InvalidInput(
                "The status of an access key can be set to Active or Inactive.".to_owned(),
            ));
        }
        call.target().key(&call.input().access_key_id).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let input = call.input();
        let mut record = call.target().key(&input.access_key_id)?.clone();
        record.active = input.status == StatusType::Active;
        desk.put(&ACCESS_KEYS, &input.access_key_id, record).await?;
        Ok(Empty)
    }
}
