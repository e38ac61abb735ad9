//! kms:CancelKeyDeletion <https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::tables::{KEYS, KeyRecord};
use crate::{Kms, asked};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_kms::{CancelKeyDeletionInput, CancelKeyDeletionOutput};

pub struct CancelKeyDeletion;

impl Operation for CancelKeyDeletion {
    type Shape = shapes_kms::CancelKeyDeletion;
    type Service = Kms;
    type Target = Key;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CancelKeyDeletionInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(_: &CancelKeyDeletionInput, key: &Found<Key>) -> Demands {
        Demands::on(Action("kms:CancelKeyDeletion"), key.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        match call.target().record.deletion {
            Some(_) => Ok(()),
            None => Err(call.target().not_pending()),
        }
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    /// The key is disabled afterwards, whatever it was before.
    async fn apply(
        call: &Authorized<'_, Self>,
        (): &(),
        desk: &mut Desk<'_, Kms>,
    ) -> Result<CancelKeyDeletionOutput, Stop<Fault>> {
        let key = call.target();
        let record = KeyRecord { deletion: None, enabled: false, ..key.record.edit() };
        desk.put(&KEYS, &key.place(), record).await?;
        Ok(CancelKeyDeletionOutput { key_id: Some(key.arn_ref()) })
    }
}
