//! iam:ListRoles <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>

use crate::Iam;
use crate::fault::Fault;
use crate::pages::{self, Paging};
use crate::role;
use crate::role_place::RolesUnder;
use crate::roles::{ROLES, ROLES_BY_NAME};
use crate::tables::name_key;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{ListRolesInput, ListRolesOutput};
use store::{Cursor, SCAN_ROWS_MAX, Span, TableKey};

pub struct ListRoles;

impl Operation for ListRoles {
    type Shape = shapes_iam::ListRoles;
    type Service = Iam;
    type Target = Option<RolesUnder>;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListRolesInput) -> Result<Aim<Option<RolesUnder>>, Fault> {
        Ok(Aim::at(prefix(input).to_owned()))
    }

    fn demands(_: &ListRolesInput, under: &Found<Option<RolesUnder>>) -> Demands {
        Demands::on(Action("iam:ListRoles"), under.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[prefix(call.input())], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<ListRolesOutput, Stop<Fault>> {
        let (account, prefix) = (call.scene().account, prefix(call.input()));
        let wanted = pages::items(call.input().max_items);
        // Where all roles match, one more than wanted tells whether there are more.
        let examined_max = if prefix == "/" { wanted + 1 } else { SCAN_ROWS_MAX };
        let all = Span::under(&account);
        let span = paging.after().map_or(all.clone(), |after| all.after(after));
        let page = desk.reads().by_index(&ROLES, &ROLES_BY_NAME, &span, examined_max).await?;
        let (mut roles, mut last, mut more) = (Vec::new(), None, page.next.is_some());
        for (place, record) in &page.rows {
            if roles.len() == wanted {
                more = true;
                break;
            }
            last = Some(Cursor(name_key(account, &record.name).to_bytes()));
            if record.path.starts_with(prefix) {
                roles.push(role::listed(place, record, None));
            }
        }
        let marker = last.filter(|_| more).map(|last| paging.seal(&last)).transpose()?;
        Ok(ListRolesOutput { roles, is_truncated: Some(marker.is_some()), marker })
    }
}

fn prefix(input: &ListRolesInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}
