//! kms:CreateAlias <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html>

use crate::Kms;
use crate::alias::{self, Alias};
use crate::fault::Fault;
use crate::key::{Key, Named};
use crate::tables::{ALIASES, AliasRecord, KEYS};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop, Thing};
use shape::Empty;
use shapes_kms::CreateAliasInput;

pub struct CreateAlias;

/// The identity of the alias that comes to be.
pub struct Birth([u8; 16]);

impl Operation for CreateAlias {
    type Shape = shapes_kms::CreateAlias;
    type Service = Kms;
    type Target = (Key, Option<Alias>);
    type Staged = Birth;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreateAliasInput) -> Result<Aim<(Key, Option<Alias>)>, Fault> {
        let name = alias::new_name(&input.alias_name)?;
        alias::target(&input.target_key_id)?;
        Ok(Aim::at((Named::Own(input.target_key_id.clone()), name)))
    }

    /// On the alias by identity policies, and on the key.
    fn demands(_: &CreateAliasInput, both: &Found<(Key, Option<Alias>)>) -> Demands {
        let action = Action("kms:CreateAlias");
        Demands::on(action, both.first()).and(action, both.second())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let (key, alias) = call.target();
        if let Some(alias) = alias {
            return Err(Fault::AlreadyExists(format!("An alias with the name {} already exists", alias.arn())));
        }
        key.refuse_pending()?;
        key.refuse_more_aliases()
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Birth, Stop<Fault>> {
        Ok(Birth(outside.birth()?.0.to_be_bytes()))
    }

    async fn apply(call: &Authorized<'_, Self>, birth: &Birth, desk: &mut Desk<'_, Kms>) -> Result<Empty, Stop<Fault>> {
        let ((key, _), name) = (call.target(), alias::new_name(&call.input().alias_name)?);
        let now = call.scene().now.micros();
        let alias = AliasRecord { identity: birth.0, target: key.id.as_str().to_owned(), created: now, updated: now };
        desk.put(&KEYS, &key.place(), key.record.with_alias(&name)).await?;
        desk.put(&ALIASES, &(key.account, key.region.clone(), name), alias).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, _: &Birth, _: &Empty) -> Remarks {
        call.target().0.remarks()
    }
}
