//! Who stands behind a credential or a name, and which policies bear on that user: what the rest of the house asks IAM.

use crate::Iam;
use crate::managed_policy;
use crate::roles::{ROLES, ROLES_BY_NAME, SESSIONS, session_arn};
use crate::tables::{ACCESS_KEYS, ACCOUNTS, BY_NAME, USERS, name_key};
use kernel::{AssumedRole, Breakage, Caller, Credential, Credentials, Documents, Policies, Principal, Principals};
use kernel::{ReadSet, Reads, Resolved, Session, Temporary, Wait};
use names::{Arn, Time};
use std::sync::Arc;
use vault::WrappedAccessKey;

/// The three upward traits over IAM's tables. It has no state: all is read for each call, through the call's own read
/// set, so that what changes between reading and commit is a conflict.
#[derive(Clone, Copy, Default)]
pub struct Directory;

/// Longer than `accessKeyIdType` of the model, which no key's id can be.
const ACCESS_KEY_ID_BYTES_MAX: usize = 128;

impl Credentials for Directory {
    fn find<'a>(
        &'a self,
        access_key_id: &'a str,
        reads: &'a mut ReadSet,
    ) -> Wait<'a, Result<Option<Credential>, Breakage>> {
        Box::pin(async move { credential(access_key_id, reads.of()).await })
    }
}

impl Principals for Directory {
    fn resolve<'a>(&'a self, arn: &'a Arn, reads: &'a mut ReadSet) -> Wait<'a, Result<Resolved, Breakage>> {
        Box::pin(async move { resolved(arn, reads.of()).await })
    }

    fn name<'a>(
        &'a self,
        id: &'a str,
        last: &'a Arn,
        reads: &'a mut ReadSet,
    ) -> Wait<'a, Result<Option<Arn>, Breakage>> {
        Box::pin(async move { named(id, last, reads.of()).await })
    }
}

impl Documents for Directory {
    fn of<'a>(&'a self, caller: &'a Caller, reads: &'a mut ReadSet) -> Wait<'a, Result<Arc<Policies>, Breakage>> {
        Box::pin(async move { policies(caller, reads.of()).await })
    }
}

/// How the ids of temporary keys begin:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>.
const TEMPORARY: &str = "ASIA";

async fn credential(access_key_id: &str, mut reads: Reads<'_, Iam>) -> Result<Option<Credential>, Breakage> {
    if access_key_id.len() > ACCESS_KEY_ID_BYTES_MAX {
        return Ok(None);
    }
    let temporary = access_key_id.starts_with(TEMPORARY);
    if temporary { in_role(access_key_id, &mut reads).await } else { of_user(access_key_id, &mut reads).await }
}

/// A session whose role is gone is nobody's, though another role has its name by now.
async fn in_role(access_key_id: &str, reads: &mut Reads<'_, Iam>) -> Result<Option<Credential>, Breakage> {
    let Some(session) = reads.row(&SESSIONS, &access_key_id.to_owned()).await? else { return Ok(None) };
    let place = session.role_place().ok_or(Breakage::Unreadable)?;
    let Some(role) = reads.row(&ROLES, &place).await? else { return Ok(None) };
    let wrapped = WrappedAccessKey::read(&session.wrapped).map_err(|_| Breakage::Unreadable)?;
    let (account, role_id) = place;
    let principal = AssumedRole {
        unique_id: [&role_id, ":", &session.name].concat(),
        role_id,
        role_name: role.name.clone(),
        role_arn: role.arn(account),
        arn: session_arn(account, &role.name, &session.name),
    };
    let temporary = Temporary {
        token: session.token,
        expires: Time::from_micros(session.expires),
        session: Session {
            issued: Time::from_micros(session.created),
            second_factor: None,
            source_identity: session.source_identity.clone(),
        },
    };
    let principal = Principal::AssumedRole(Arc::new(principal));
    Ok(Some(Credential { account, principal, wrapped, temporary: Some(temporary) }))
}

/// A key that is inactive counts as unknown, and so does one whose user is gone.
async fn of_user(access_key_id: &str, reads: &mut Reads<'_, Iam>) -> Result<Option<Credential>, Breakage> {
    let Some(key) = reads.row(&ACCESS_KEYS, &access_key_id.to_owned()).await? else { return Ok(None) };
    if !key.active {
        return Ok(None);
    }
    let place = key.owner_place().ok_or(Breakage::Unreadable)?;
    let Some(user) = reads.row(&USERS, &place).await? else { return Ok(None) };
    let wrapped = WrappedAccessKey::read(&key.wrapped).map_err(|_| Breakage::Unreadable)?;
    let (account, id) = place;
    let principal = Principal::User { id, name: user.name.clone(), arn: user.arn(account) };
    Ok(Some(Credential { account, principal, wrapped, temporary: None }))
}

/// Users and roles have ids in this house; of its accounts it knows who is there, of all others nothing.
async fn resolved(arn: &Arn, mut reads: Reads<'_, Iam>) -> Result<Resolved, Breakage> {
    let Some(account) = arn.account_id() else { return Ok(Resolved::Missing) };
    if arn.service() == "iam" && arn.resource() == "root" {
        return Ok(Resolved::Elsewhere);
    }
    if reads.row(&ACCOUNTS, &account).await?.is_none() {
        return Ok(Resolved::Elsewhere);
    }
    if arn.service() != "iam" {
        return Ok(Resolved::Missing);
    }
    let last = |path: &str| path.rsplit('/').next().map(|name| name_key(account, name));
    if let Some(name) = arn.resource().strip_prefix("role/").and_then(last) {
        let found = reads.by_unique(&ROLES, &ROLES_BY_NAME, &name).await?;
        let same = found.filter(|(_, role)| role.arn(account) == *arn);
        return Ok(same.map_or(Resolved::Missing, |((_, id), _)| Resolved::Id(id)));
    }
    let Some(name) = arn.resource().strip_prefix("user/").and_then(last) else { return Ok(Resolved::Missing) };
    let found = reads.by_unique(&USERS, &BY_NAME, &name).await?;
    // Path and case are part of the ARN.
    let same = found.filter(|(_, user)| user.arn(account) == *arn);
    Ok(same.map_or(Resolved::Missing, |((_, id), _)| Resolved::Id(id)))
}

/// A user may have been renamed or moved since.
async fn named(id: &str, last: &Arn, mut reads: Reads<'_, Iam>) -> Result<Option<Arn>, Breakage> {
    let Some(account) = last.account_id() else { return Ok(None) };
    if last.resource().starts_with("role/") {
        let role = reads.row(&ROLES, &(account, id.to_owned())).await?;
        return Ok(role.map(|role| role.arn(account)));
    }
    let user = reads.row(&USERS, &(account, id.to_owned())).await?;
    Ok(user.map(|user| user.arn(account)))
}

/// A user who is gone has no policies, so nothing is allowed to him any more; and so with a role.
async fn policies(caller: &Caller, mut reads: Reads<'_, Iam>) -> Result<Arc<Policies>, Breakage> {
    match caller.principal() {
        Principal::User { id, .. } => {
            let Some(user) = reads.row(&USERS, &(caller.account(), id.clone())).await? else {
                return Ok(Arc::default());
            };
            let policies = user.policies().ok_or(Breakage::Unreadable)?;
            managed_policy::with_own(policies, &user.attached, &mut reads).await
        }
        Principal::AssumedRole(role) => of_role(role, caller, &mut reads).await,
        Principal::Root | Principal::Service(_) => Ok(Arc::default()),
    }
}

/// The role's policies, the session's own limits, and the tags of both: the session's hide the role's.
async fn of_role(role: &AssumedRole, caller: &Caller, reads: &mut Reads<'_, Iam>) -> Result<Arc<Policies>, Breakage> {
    let Some(record) = reads.row(&ROLES, &(caller.account(), role.role_id.clone())).await? else {
        return Ok(Arc::default());
    };
    let key = caller.access_key_id().unwrap_or_default().to_owned();
    let Some(session) = reads.row(&SESSIONS, &key).await? else { return Ok(Arc::default()) };
    let own = record.read().ok_or(Breakage::Unreadable)?;
    let limits = session.limits().ok_or(Breakage::Unreadable)?;
    let policies = managed_policy::with_own(Arc::clone(&own.policies), &record.attached, reads).await?;
    if limits.is_none() && session.tags.is_empty() {
        return Ok(policies);
    }
    let mut policies = Policies::clone(&policies);
    if let Some(limits) = limits {
        let own = managed_policy::own_documents(&session.policy_arns, reads).await?;
        policies.session = Some(limits.iter().cloned().chain(own).collect());
    }
    policies.tags.retain(|(key, _)| !session.tags.iter().any(|(own, _)| own.to_lowercase() == key.to_lowercase()));
    policies.tags.extend(session.tags.iter().cloned());
    Ok(Arc::new(policies))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{FoundAccount, SERVICE};
    use house::{ACCOUNT, House, OTHER_ACCOUNT, Upward, keys};
    use kernel::Opened;
    use names::AccountId;
    use shape::Empty;
    use shapes_iam::{CreateAccessKeyOutput, CreateUser, CreateUserInput, DeleteUser, DeleteUserInput};
    use std::sync::Arc;

    async fn resolve(house: &House, arn: &str) -> Resolved {
        let mut reading = house.rounds("iam").reading::<Iam>();
        resolved(&Arn::parse(arn).unwrap(), reading.reads()).await.unwrap()
    }

    /// A founded house, and its administrator.
    async fn founded() -> (Arc<House>, house::Actor) {
        let upward = Upward {
            credentials: Box::new(Directory),
            principals: Box::new(Directory),
            documents: Box::new(Directory),
        };
        let house = House::plan([&SERVICE]).upward(upward).boot().await;
        let account = AccountId::parse(ACCOUNT).unwrap();
        let founding = house.rounds("iam").recorded::<FoundAccount>(account, house.region().clone(), Empty).await;
        let founding = founding.unwrap();
        let Opened::Answer(answer) = founding.open(&keys().exit) else { unreachable!("the account is founded") };
        let key = &answer.output::<CreateAccessKeyOutput>().unwrap().access_key;
        let admin = house.holder(account, "", &key.access_key_id, &key.secret_access_key);
        (house, admin)
    }

    #[tokio::test]
    async fn a_user_who_comes_again_under_a_name_is_another_one() {
        let (house, admin) = founded().await;
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/team/Alice");
        let create = || CreateUserInput { path: Some("/team/".to_owned()), ..CreateUserInput::new("Alice".to_owned()) };
        let made = admin.call::<CreateUser>(create()).await;
        let id = Resolved::Id(made.output().user.as_ref().unwrap().user_id.clone());
        assert_eq!(resolve(&house, &arn).await, id);
        admin.call::<DeleteUser>(DeleteUserInput { user_name: "Alice".to_owned() }).await.output();
        assert_eq!(resolve(&house, &arn).await, Resolved::Missing);
        admin.call::<CreateUser>(create()).await.output();
        let again = resolve(&house, &arn).await;
        assert!(matches!(again, Resolved::Id(_)) && again != id);
    }

    #[tokio::test]
    async fn an_arn_is_the_whole_of_a_name() {
        let (house, _) = founded().await;
        for (arn, expected) in [
            (format!("arn:aws:iam::{ACCOUNT}:user/Administrator"), Resolved::Missing),
            (format!("arn:aws:iam::{ACCOUNT}:user/path/administrator"), Resolved::Missing),
            (format!("arn:aws:iam::{ACCOUNT}:role/administrator"), Resolved::Missing),
            (format!("arn:aws:sts::{ACCOUNT}:federated-user/administrator"), Resolved::Missing),
            (format!("arn:aws:s3::{ACCOUNT}:user/administrator"), Resolved::Missing),
            (format!("arn:aws:iam::{ACCOUNT}:root"), Resolved::Elsewhere),
            (format!("arn:aws:iam::{OTHER_ACCOUNT}:root"), Resolved::Elsewhere),
            (format!("arn:aws:iam::{OTHER_ACCOUNT}:user/administrator"), Resolved::Elsewhere),
        ] {
            assert_eq!(resolve(&house, &arn).await, expected, "{arn}");
        }
        let administrator = resolve(&house, &format!("arn:aws:iam::{ACCOUNT}:user/administrator")).await;
        assert!(matches!(administrator, Resolved::Id(_)));
    }
}
