//! kms:UpdateAlias <https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html>

use crate::Kms;
use crate::alias::{self, Alias};
use crate::fault::Fault;
use crate::key::{Key, Named};
use crate::tables::{ALIASES, AliasRecord, KEYS};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::Empty;
use shapes_kms::UpdateAliasInput;

pub struct UpdateAlias;

/// The alias, the key that it stands for, and the key that it is to stand for. The alias may be moved by another call meanwhile, so the
/// middle one binds nothing.
type Target = (Alias, Option<Key>, Key);

impl Operation for UpdateAlias {
    type Shape = shapes_kms::UpdateAlias;
    type Service = Kms;
    type Target = Target;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UpdateAliasInput) -> Result<Aim<Target>, Fault> {
        let name = alias::name(&input.alias_name)?;
        alias::target(&input.target_key_id)?;
        Ok(Aim::at((name.clone(), Named::Behind(name), Named::Own(input.target_key_id.clone()))))
    }

    fn demands(_: &UpdateAliasInput, all: &Found<Target>) -> Demands {
        let action = Action("kms:UpdateAlias");
        Demands::on(action, all.first()).and(action, all.second()).and(action, all.third())
    }

    /// The old key may be about to be deleted; the new one may not. All keys are symmetric, so there is no pair that does not fit.
    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (alias, _, new) = call.target();
        new.refuse_pending()?;
        if alias.record.target == new.id.as_str() { Ok(()) } else { new.refuse_more_aliases() }
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let (alias, old, new) = call.target();
        if let Some(old) = old.filter(|old| old.id != new.id) {
            desk.put(&KEYS, &old.place(), old.record.without_alias(&alias.name)).await?;
            desk.put(&KEYS, &new.place(), new.record.with_alias(&alias.name)).await?;
        }
        let (target, updated) = (new.id.as_str().to_owned(), call.scene().now.micros());
        let record = AliasRecord { target, updated, ..AliasRecord::clone(&alias.record) };
        desk.put(&ALIASES, &(new.account, new.region.clone(), alias.name.clone()), record).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.target().2.remarks()
    }
}
