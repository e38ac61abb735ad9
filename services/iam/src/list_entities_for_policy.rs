//! iam:ListEntitiesForPolicy <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html>

use crate::Iam;
use crate::fault::Fault;
use crate::managed_policy::{self, ManagedPolicy};
use crate::pages::{self, Paging};
use crate::roles::{ROLES, ROLES_BY_POLICY};
use crate::tables::{BY_POLICY, USERS};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop, Thing};
use shapes_iam::{
    EntityType, ListEntitiesForPolicyInput, ListEntitiesForPolicyOutput, PolicyRole, PolicyUsageType, PolicyUser,
};
use store::{Cursor, Span};

pub struct ListEntitiesForPolicy;

impl Operation for ListEntitiesForPolicy {
    type Shape = shapes_iam::ListEntitiesForPolicy;
    type Service = Iam;
    type Target = ManagedPolicy;
    type Staged = Paging;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListEntitiesForPolicyInput) -> Result<Aim<ManagedPolicy>, Fault> {
        managed_policy::at(&input.policy_arn)
    }

    fn demands(_: &ListEntitiesForPolicyInput, policy: &Found<ManagedPolicy>) -> Demands {
        Demands::on(Action("iam:ListEntitiesForPolicy"), policy.look())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Paging, Stop<Fault>> {
        let input = call.input();
        Paging::open(outside, &[call.target().arn().as_str(), prefix(input)], &input.marker)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        paging: &Paging,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<ListEntitiesForPolicyOutput, Stop<Fault>> {
        let input = call.input();
        let mut output = ListEntitiesForPolicyOutput {
            policy_groups: Some(Vec::new()),
            policy_users: Some(Vec::new()),
            policy_roles: Some(Vec::new()),
            is_truncated: Some(false),
            marker: None,
        };
        let key = (call.scene().account, call.target().arn().to_string());
        let (stage, after) = paging.after().map_or((USERS_FIRST, None), split);
        let mut room = pages::items(input.max_items);
        let mut next = None;
        if stage == USERS_FIRST && wanted(input, &EntityType::User) {
            let span = after.clone().map_or(Span::exactly(&key), |after| Span::exactly(&key).after(&after));
            let page = desk.reads().by_index(&USERS, &BY_POLICY, &span, room).await?;
            room -= page.rows.len();
            let under = page.rows.into_iter().filter(|(_, user)| user.path.starts_with(prefix(input)));
            let shown =
                under.map(|((_, id), user)| PolicyUser { user_name: Some(user.name.clone()), user_id: Some(id) });
            output.policy_users = Some(shown.collect());
            next = page.next.map(|next| marked(USERS_FIRST, &next));
        }
        if next.is_none() && wanted(input, &EntityType::Role) {
            let after = after.filter(|_| stage == ROLES_THEN);
            let span = after.map_or(Span::exactly(&key), |after| Span::exactly(&key).after(&after));
            // With no room left one row tells whether there are any.
            let page = desk.reads().by_index(&ROLES, &ROLES_BY_POLICY, &span, room.max(1)).await?;
            if room == 0 {
                next = page.rows.first().map(|_| Cursor(vec![ROLES_THEN]));
            } else {
                let under = page.rows.into_iter().filter(|(_, role)| role.path.starts_with(prefix(input)));
                let shown =
                    under.map(|((_, id), role)| PolicyRole { role_name: Some(role.name.clone()), role_id: Some(id) });
                output.policy_roles = Some(shown.collect());
                next = page.next.map(|next| marked(ROLES_THEN, &next));
            }
        }
        output.marker = next.map(|next| paging.seal(&next)).transpose()?;
        output.is_truncated = Some(output.marker.is_some());
        Ok(output)
    }
}

/// What markers begin with: users come first, roles after them.
const USERS_FIRST: u8 = b'U';
const ROLES_THEN: u8 = b'R';

fn marked(stage: u8, cursor: &Cursor) -> Cursor {
    Cursor([&[stage], cursor.0.as_slice()].concat())
}

/// The stage, and where it goes on; nothing where it begins.
fn split(cursor: &Cursor) -> (u8, Option<Cursor>) {
    cursor
        .0
        .split_first()
        .map_or((USERS_FIRST, None), |(stage, rest)| (*stage, (!rest.is_empty()).then(|| Cursor(rest.to_vec()))))
}

/// Nobody has a permissions boundary in this house yet.
fn wanted(input: &ListEntitiesForPolicyInput, kind: &EntityType) -> bool {
    input.entity_filter.as_ref().is_none_or(|filter| filter == kind)
        && input.policy_usage_filter != Some(PolicyUsageType::PermissionsBoundary)
}

fn prefix(input: &ListEntitiesForPolicyInput) -> &str {
    input.path_prefix.as_deref().unwrap_or("/")
}
