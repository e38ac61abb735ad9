//! iam:UpdateUser <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>

use crate::Iam;
use crate::fault::Fault;
use crate::place::{Place, Wanted};
use crate::tables::{BY_NAME, USERS, name_key};
use crate::user::{Named, User};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shape::Empty;
use shapes_iam::UpdateUserInput;

pub struct UpdateUser;

impl Operation for UpdateUser {
    type Shape = shapes_iam::UpdateUser;
    type Service = Iam;
    type Target = (User, Option<Place>);
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &UpdateUserInput) -> Result<Aim<(User, Option<Place>)>, Fault> {
        let (user, path, name) = (input.user_name.clone(), input.new_path.clone(), input.new_user_name.clone());
        Ok(Aim::at((Named::Name(user.clone()), Wanted::Moved { user, path, name })))
    }

    /// The permission is needed where the user is and where he will be.
    fn demands(_: &UpdateUserInput, found: &Found<(User, Option<Place>)>) -> Demands {
        let action = Action("iam:UpdateUser");
        Demands::on(action, found.first()).and(action, found.second())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        let (input, (user, _)) = (call.input(), call.target());
        let mut record = user.record.edit();
        if let Some(name) = &input.new_user_name {
            let holder = desk.reads().by_unique(&USERS, &BY_NAME, &name_key(user.account, name)).await?;
            if holder.is_some_and(|((_, id), _)| id != user.id) {
                return Err(Fault::user_exists(name).into());
            }
            record.name.clone_from(name);
        }
        if let Some(path) = &input.new_path {
            record.path.clone_from(path);
        }
        desk.put(&USERS, &user.place(), record).await?;
        Ok(Empty)
    }
}
