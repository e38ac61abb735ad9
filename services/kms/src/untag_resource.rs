//! kms:UntagResource <https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::tables::KEYS;
use crate::{Kms, asked, tags};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::Empty;
use shapes_kms::UntagResourceInput;

pub struct UntagResource;

impl Operation for UntagResource {
    type Shape = shapes_kms::UntagResource;
    type Service = Kms;
    type Target = Key;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UntagResourceInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(input: &UntagResourceInput, key: &Found<Key>) -> Demands {
        tags::keys(Demands::on(Action("kms:UntagResource"), key.look()), input.tag_keys.iter())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        call.target().refuse_pending()?;
        call.input().tag_keys.iter().try_for_each(|key| tags::unreserved(key))
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    /// A tag that is not there is no error.
    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let key = call.target();
        let mut record = key.record.edit();
        record.tags.retain(|(name, _)| !call.input().tag_keys.contains(name));
        desk.put(&KEYS, &key.place(), record).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.target().remarks()
    }
}
