//! iam:CreateRole <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>

use crate::Iam;
use crate::fault::Fault;
use crate::role::Role;
use crate::role_place::NewRole;
use crate::roles::{ROLES, ROLES_BY_NAME, RoleRecord};
use crate::tables::name_key;
use crate::{ids, policies, tags};
use kernel::{Action, Aim, Authorized, Bindings, Class, Demands, Desk, Found, Operation, Outside, Stop};
use policy::Fact;
use shapes_iam::{CreateRoleInput, CreateRoleOutput};

pub struct CreateRole;

/// What is drawn and looked up once for a new role.
pub struct Made {
    id: String,
    identity: [u8; 16],
    bindings: Bindings,
}

/// How long a session may last where nothing is said.
const SESSION_SECONDS_DEFAULT: i64 = 3_600;

impl Operation for CreateRole {
    type Shape = shapes_iam::CreateRole;
    type Service = Iam;
    type Target = Option<NewRole>;
    type Staged = Made;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(input: &CreateRoleInput) -> Result<Aim<Option<NewRole>>, Fault> {
        Ok(Aim::at((path(input), input.role_name.clone())))
    }

    fn demands(input: &CreateRoleInput, place: &Found<Option<NewRole>>) -> Demands {
        let given = input.tags.as_deref().unwrap_or_default();
        let mut demands = tags::facts(Demands::on(Action("iam:CreateRole"), place.look()), given);
        if let Some(boundary) = &input.permissions_boundary {
            demands = demands.fact("iam:permissionsboundary", Fact::One(boundary.clone().into()));
        }
        if given.is_empty() {
            return demands;
        }
        tags::facts(demands.and(Action("iam:TagRole"), place.look()), given)
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        let input = call.input();
        if input.permissions_boundary.is_some() {
            return Err(Fault::InvalidInput("The PermissionsBoundary parameter is not supported.".to_owned()));
        }
        policies::parse_trust(&input.assume_role_policy_document)?;
        tags::check(input.tags.as_deref().unwrap_or_default())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Made, Stop<Fault>> {
        let bindings = policies::bind_trust(&call.input().assume_role_policy_document, outside).await?;
        Ok(Made { id: ids::role(outside)?, identity: outside.birth()?.0.to_be_bytes(), bindings })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &Made,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateRoleOutput, Stop<Fault>> {
        let (input, scene) = (call.input(), call.scene());
        let key = name_key(scene.account, &input.role_name);
        if desk.reads().by_unique(&ROLES, &ROLES_BY_NAME, &key).await?.is_some() {
            return Err(Fault::role_exists(&input.role_name).into());
        }
        let record = RoleRecord {
            identity: made.identity,
            created: scene.now.micros(),
            name: input.role_name.clone(),
            path: path(input),
            description: input.description.clone(),
            session_seconds_max: input.max_session_duration.unwrap_or(SESSION_SECONDS_DEFAULT),
            trust: input.assume_role_policy_document.clone(),
            bindings: made.bindings.clone(),
            tags: tags::pairs(input.tags.as_deref().unwrap_or_default()),
            ..RoleRecord::default()
        };
        let place = (scene.account, made.id.clone());
        let output = CreateRoleOutput { role: Role::shown(&place, &record, None) };
        desk.put(&ROLES, &place, record).await?;
        Ok(output)
    }
}

fn path(input: &CreateRoleInput) -> String {
    input.path.clone().unwrap_or_else(|| "/".to_owned())
}
