//! iam:ListAccessKeys <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html>

use crate::Iam;
use crate::fault::Fault;
use crate::keyholder::Keyholder;
use crate::pages::Paging;
use crate::user::Named;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use names::Time;
use shapes_iam::{AccessKeyMetadata, ListAccessKeysInput, ListAccessKeysOutput, StatusType};

pub struct ListAccessKeys;

impl Operation for ListAccessKeys {
    type Shape = shapes_iam::ListAccessKeys;
    type Service = Iam;
    type Target = Keyholder;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListAccessKeysInput) -> Result<Aim<Keyholder>, Fault> {
        Ok(Aim::at(Named::of(&input.user_name)))
    }

    fn demands(_: &ListAccessKeysInput, user: &Found<Keyholder>) -> Demands {
        Demands::on(Action("iam:ListAccessKeys"), user.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().user.id], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListAccessKeysOutput, Stop<Fault>> {
        let holder = call.target();
        let page = paging.cut(&holder.thing().keys, |(id, _)| id, call.input().max_items)?;
        let described = page.items.into_iter().map(|(id, key)| AccessKeyMetadata {
            user_name: Some(holder.user.record.name.clone()),
            access_key_id: Some(id.clone()),
            status: Some(if key.active { StatusType::Active } else { StatusType::Inactive }),
            create_date: Some(Time::from_micros(key.created)),
        });
        Ok(ListAccessKeysOutput {
            access_key_metadata: described.collect(),
            is_truncated: Some(page.marker.is_some()),
            marker: page.marker,
        })
    }
}
