//! iam:DeleteAccessKey <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html>

use crate::Iam;
use crate::fault::Fault;
use crate::keyholder::Keyholder;
use crate::tables::ACCESS_KEYS;
use crate::user::Named;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::DeleteAccessKeyInput;

pub struct DeleteAccessKey;

impl Operation for DeleteAccessKey {
    type Shape = shapes_iam::DeleteAccessKey;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteAccessKeyInput) -> Result<Aim<Keyholder>, Fault> {
        Ok(Aim::at(Named::of(&input.user_name)))
    }

    fn demands(_: &DeleteAccessKeyInput, user: &Found<Keyholder>) -> Demands {
        Demands::on(Action("iam:DeleteAccessKey"), user.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().key(&call.input().access_key_id).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        desk.delete(&ACCESS_KEYS, &call.input().access_key_id).await?;
        Ok(Empty)
    }
}
