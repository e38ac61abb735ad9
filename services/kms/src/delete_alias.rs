//! kms:DeleteAlias <https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html>

use crate::Kms;
use crate::alias::{self, Alias};
use crate::fault::Fault;
use crate::key::{Key, Named};
use crate::tables::{ALIASES, KEYS};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::Empty;
use shapes_kms::DeleteAliasInput;

pub struct DeleteAlias;

/// The alias, and the key that it stands for. The alias may be moved by another call meanwhile, so the key binds nothing.
type Target = (Alias, Option<Key>);

impl Operation for DeleteAlias {
    type Shape = shapes_kms::DeleteAlias;
    type Service = Kms;
    type Target = Target;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &DeleteAliasInput) -> Result<Aim<Target>, Fault> {
        let name = alias::name(&input.alias_name)?;
        Ok(Aim::at((name.clone(), Named::Behind(name))))
    }

    fn demands(_: &DeleteAliasInput, both: &Found<Target>) -> Demands {
        let action = Action("kms:DeleteAlias");
        Demands::on(action, both.first()).and(action, both.second())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let (alias, key) = call.target();
        if let Some(key) = key {
            desk.put(&KEYS, &key.place(), key.record.without_alias(&alias.name)).await?;
        }
        let scene = call.scene();
        desk.delete(&ALIASES, &(scene.account, scene.region.clone(), alias.name.clone())).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        call.target().1.map_or_else(Remarks::default, |key| key.remarks())
    }
}
