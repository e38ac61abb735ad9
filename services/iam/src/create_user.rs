//! iam:CreateUser <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>

use crate::Iam;
use crate::fault::Fault;
use crate::place::{Place, Wanted};
use crate::tables::{BY_NAME, USERS, UserRecord, name_key};
use crate::user::User;
use crate::{ids, tags};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use policy::Fact;
use shapes_iam::{CreateUserInput, CreateUserOutput};
use std::sync::Arc;

pub struct CreateUser;

/// What is drawn once for a new user.
pub struct Made {
    id: String,
    identity: [u8; 16],
}

impl Operation for CreateUser {
    type Shape = shapes_iam::CreateUser;
    type Service = Iam;
    type Target = Option<Place>;
    type Staged = Made;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreateUserInput) -> Result<Aim<Option<Place>>, Fault> {
        Ok(Aim::at(Wanted::New { path: path(input), name: input.user_name.clone() }))
    }

    fn demands(input: &CreateUserInput, place: &Found<Option<Place>>) -> Demands {
        let given = input.tags.as_deref().unwrap_or_default();
        let mut demands = tags::facts(Demands::on(Action("iam:CreateUser"), place.look()), given);
        if let Some(boundary) = &input.permissions_boundary {
            demands = demands.fact("iam:permissionsboundary", Fact::One(boundary.clone().into()));
        }
        if given.is_empty() {
            return demands;
        }
        tags::facts(demands.and(Action("iam:TagUser"), place.look()), given)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        if call.input().permissions_boundary.is_some() {
            return Err(Fault::InvalidInput("The PermissionsBoundary parameter is not supported.".to_owned()));
        }
        tags::check(call.input().tags.as_deref().unwrap_or_default())
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Made, Stop<Fault>> {
        Ok(Made { id: ids::user(outside)?, identity: outside.birth()?.0.to_be_bytes() })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &Made,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateUserOutput, Stop<Fault>> {
        let (input, scene) = (call.input(), call.scene());
        let key = name_key(scene.account, &input.user_name);
        if desk.reads().by_unique(&USERS, &BY_NAME, &key).await?.is_some() {
            return Err(Fault::user_exists(&input.user_name).into());
        }
        let record = UserRecord {
            identity: made.identity,
            created: scene.now.micros(),
            name: input.user_name.clone(),
            path: path(input),
            tags: tags::pairs(input.tags.as_deref().unwrap_or_default()),
            ..UserRecord::default()
        };
        let user = User { account: scene.account, id: made.id.clone(), record: Arc::new(record.clone()) };
        desk.put(&USERS, &user.place(), record).await?;
        Ok(CreateUserOutput { user: Some(user.described()) })
    }
}

fn path(input: &CreateUserInput) -> String {
    input.path.clone().unwrap_or_else(|| "/".to_owned())
}
