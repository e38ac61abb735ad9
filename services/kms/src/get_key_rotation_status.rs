//! kms:GetKeyRotationStatus <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::{Kms, asked};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use names::KeyRef;
use shapes_kms::{GetKeyRotationStatusInput, GetKeyRotationStatusOutput};

pub struct GetKeyRotationStatus;

impl Operation for GetKeyRotationStatus {
    type Shape = shapes_kms::GetKeyRotationStatus;
    type Service = Kms;
    type Target = Key;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &GetKeyRotationStatusInput) -> Result<Aim<Key>, Fault> {
        asked::across(&input.key_id)
    }

    fn demands(_: &GetKeyRotationStatusInput, key: &Found<Key>) -> Demands {
        Demands::on(Action("kms:GetKeyRotationStatus"), key.look())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    /// No key rotates yet: there is no operation that would turn it on. The id is bare here, unlike in most answers:
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html#API_GetKeyRotationStatus_Examples>.
    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        _: &mut Desk<'_, Kms>,
    ) -> Result<GetKeyRotationStatusOutput, Stop<Fault>> {
        Ok(GetKeyRotationStatusOutput {
            key_rotation_enabled: Some(false),
            key_id: Some(KeyRef::parse(call.target().id.as_str())),
            ..GetKeyRotationStatusOutput::default()
        })
    }
}
