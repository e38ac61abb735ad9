//! iam:ListGroupsForUser <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html>

use crate::Iam;
use crate::fault::Fault;
use crate::pages::Paging;
use crate::user::{self, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_iam::{ListGroupsForUserInput, ListGroupsForUserOutput};

pub struct ListGroupsForUser;

impl Operation for ListGroupsForUser {
    type Shape = shapes_iam::ListGroupsForUser;
    type Service = Iam;
    type Target = User;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListGroupsForUserInput) -> Result<Aim<User>, Fault> {
        Ok(user::at(&input.user_name))
    }

    fn demands(_: &ListGroupsForUserInput, user: &Found<User>) -> Demands {
        Demands::on(Action("iam:ListGroupsForUser"), user.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        Paging::open(outside, &[&call.target().id], &call.input().marker)
    }

    async fn apply(
        _: &Authorized<'_, Self>,
        _: &Paging,
        _: &mut Desk<'_, Iam>,
    ) -> Result<ListGroupsForUserOutput, Stop<Fault>> {
        // There are no groups in this house yet, so nobody is in one.
        let mut output = ListGroupsForUserOutput::new(Vec::new());
        output.is_truncated = Some(false);
        Ok(output)
    }
}
