//! kms:EnableKey <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::tables::{KEYS, KeyRecord};
use crate::{Kms, asked};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::Empty;
use shapes_kms::EnableKeyInput;

pub struct EnableKey;

impl Operation for EnableKey {
    type Shape = shapes_kms::EnableKey;
    type Service = Kms;
    type Target = Key;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &EnableKeyInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(_: &EnableKeyInput, key: &Found<Key>) -> Demands {
        Demands::on(Action("kms:EnableKey"), key.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().refuse_pending()
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let key = call.target();
        let record = KeyRecord { enabled: true, ..key.record.edit() };
        desk.put(&KEYS, &key.place(), record).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.target().remarks()
    }
}
