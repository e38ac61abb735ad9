//! iam:ListUsers <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html>

use crate::Iam;
use crate::fault::Fault;
use crate::pages::{self, Paging};
use crate::place::Under;
use crate::tables::{BY_NAME, USERS, name_key};
use crate::user;
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{ListUsersInput, ListUsersOutput};
use store::{Cursor, SCAN_ROWS_MAX, Span, TableKey};

pub struct ListUsers;

impl Operation for ListUsers {
    type Shape = shapes_iam::ListUsers;
    type Service = Iam;
    type Target = Option<Under>;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListUsersInput) -> Result<Aim<Option<Under>>, Fault> {
        Ok(Aim::at(prefix(input).to_owned()))
    }

    fn demands(_: &ListUsersInput, under: &Found<Option<Under>>) -> Demands {
        Demands::on(Action("iam:ListUsers"), under.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[prefix(call.input())], &call.input().marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<ListUsersOutput, Stop<Fault>> {
        let (account, prefix) = (call.scene().account, prefix(call.input()));
        let wanted = pages::items(call.input().max_items);
        // Where all users match, one more than wanted tells whether there are more.
        let examined_max = if prefix == "/" { wanted + 1 } else { SCAN_ROWS_MAX };
        let all = Span::under(&account);
        let span = paging.after().map_or(all.clone(), |after| all.after(after));
        let page = desk.reads().by_index(&USERS, &BY_NAME, &span, examined_max).await?;
        let (mut users, mut last, mut more) = (Vec::new(), None, page.next.is_some());
        for (place, record) in &page.rows {
            if users.len() == wanted {
                more = true;
                break;
            }
            last = Some(Cursor(name_key(account, &record.name).to_bytes()));
            if record.path.starts_with(prefix) {
                users.push(user::listed(place, record));
            }
        }
        let marker = last.filter(|_| more).map(|last| paging.seal(&last)).transpose()?;
        Ok(ListUsersOutput { users, is_truncated: Some(marker.is_some()), marker })
    }
}

fn prefix(input: &ListUsersInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}
