//! kms:TagResource <https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::tables::{KEYS, KeyRecord};
use crate::{Kms, asked, tags};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::Empty;
use shapes_kms::TagResourceInput;

pub struct TagResource;

impl Operation for TagResource {
    type Shape = shapes_kms::TagResource;
    type Service = Kms;
    type Target = Key;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &TagResourceInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(input: &TagResourceInput, key: &Found<Key>) -> Demands {
        tags::facts(Demands::on(Action("kms:TagResource"), key.look()), &input.tags)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let key = call.target();
        key.refuse_pending()?;
        tags::check(&key.record.tags, &call.input().tags).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let key = call.target();
        let tags = tags::check(&key.record.tags, &call.input().tags)?;
        desk.put(&KEYS, &key.place(), KeyRecord { tags, ..key.record.edit() }).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.target().remarks()
    }
}
