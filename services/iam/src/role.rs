//! A role as calls meet one: found by name in the caller's account, or by its ARN in any.

use crate::Iam;
use crate::fault::Fault;
use crate::percent;
use crate::roles::{ROLES, ROLES_BY_NAME, Read, RolePlace, RoleRecord, role_arn};
use crate::tables::name_key;
use kernel::{Aim, Breakage, Caller, Reads, Scene, Side, Thing};
use names::{AccountId, Arn, Time};
use policy::Fact;
use secret::Identity;
use shapes_iam::{Role as Described, Tag};
use std::borrow::Cow;
use std::sync::Arc;

/// A role of this house. As the target of IAM's own operations it has no policy of its own: who may change a role is decided by identity
/// policies alone. Whoever wants to be in it meets it as an [`Assumable`].
pub struct Role {
    pub account: AccountId,
    pub id: String,
    pub record: Arc<RoleRecord>,
    read: Arc<Read>,
}

/// A role as `sts:AssumeRole` meets it: its trust policy has its say.
pub struct Assumable(pub Role);

/// Aims at the role of that name.
pub fn at(name: &str) -> Aim<Role> {
    Aim::at(name.to_owned())
}

impl Role {
    pub fn place(&self) -> RolePlace {
        (self.account, self.id.clone())
    }

    /// The document of the inline policy of this name.
    pub fn inline(&self, policy: &str) -> Result<&str, Fault> {
        let found = self.record.inline.iter().find(|(name, _)| *name == *policy);
        found
            .map(|(_, text)| text.as_str())
            .ok_or_else(|| Fault::NoSuchEntity(format!("The role policy with name {policy} cannot be found.")))
    }

    /// As GetRole and CreateRole show it. `trust` is the trust policy in today's names, if these are others than when it was put.
    pub fn shown(place: &RolePlace, record: &RoleRecord, trust: Option<&str>) -> Described {
        let tags = record.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        let tags: Vec<_> = tags.collect();
        Described { tags: (!tags.is_empty()).then_some(tags), ..listed(place, record, trust) }
    }

    /// The trust policy, with the unique ids behind the names in it.
    pub fn trust(&self) -> &Arc<policy::Document> {
        &self.read.trust
    }

    async fn by_name(account: AccountId, name: &str, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        let found = reads.by_unique(&ROLES, &ROLES_BY_NAME, &name_key(account, name)).await?;
        let Some(((account, id), record)) = found.filter(|(_, record)| record.name == *name) else { return Ok(None) };
        let read = record.read().ok_or(Breakage::Unreadable)?;
        Ok(Some(Self { account, id, record, read }))
    }

    fn tag(&self, wanted: &str) -> Option<Fact<'_>> {
        let tag = self.record.tags.iter().find(|(name, _)| name.to_lowercase() == wanted);
        tag.map(|(_, value)| Fact::One(Cow::Borrowed(value.as_str())))
    }
}

/// As ListRoles shows a role: without its tags.
pub fn listed((account, id): &RolePlace, record: &RoleRecord, trust: Option<&str>) -> Described {
    let mut role = Described::new(
        record.path.clone(),
        record.name.clone(),
        id.clone(),
        record.arn(*account).to_string(),
        Time::from_micros(record.created),
    );
    role.assume_role_policy_document = Some(percent::encode(trust.unwrap_or(&record.trust)));
    role.description = record.description.clone();
    role.max_session_duration = Some(record.session_seconds_max);
    role
}

impl Thing for Role {
    type Service = Iam;
    type Name = String;
    type Fault = Fault;
    const TYPE: &'static str = "AWS::IAM::Role";

    async fn find(name: &String, scene: &Scene, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        Self::by_name(scene.account, name, reads).await
    }

    fn arn(&self) -> Arn {
        self.record.arn(self.account)
    }

    fn named(name: &String, scene: &Scene) -> Arn {
        role_arn(scene.account, "/", name)
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(u128::from_be_bytes(self.record.identity))
    }

    fn not_found(name: &String, _: &Scene) -> Fault {
        Fault::no_such_role(name)
    }

    /// `aws:ResourceTag/<key>`, and IAM's older name for it.
    fn fact(&self, key: &str, _: &Caller) -> Option<Fact<'_>> {
        self.tag(key.strip_prefix("aws:resourcetag/").or_else(|| key.strip_prefix("iam:resourcetag/"))?)
    }
}

impl Thing for Assumable {
    type Service = Iam;
    /// The role's ARN.
    type Name = Arn;
    type Fault = Fault;
    const TYPE: &'static str = Role::TYPE;

    async fn find(arn: &Arn, _: &Scene, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        let named = arn.resource().strip_prefix("role/").and_then(|path| path.rsplit('/').next());
        let (Some(name), Some(account)) = (named.filter(|_| arn.service() == "iam"), arn.account_id()) else {
            return Ok(None);
        };
        // The path is part of the ARN.
        let role = Role::by_name(account, name, reads).await?;
        Ok(role.filter(|role| role.arn() == *arn).map(Self))
    }

    fn arn(&self) -> Arn {
        self.0.arn()
    }

    fn named(arn: &Arn, _: &Scene) -> Arn {
        arn.clone()
    }

    fn policy(&self) -> Side {
        Side::Explicit(Arc::clone(&self.0.read.trust))
    }

    fn identity(&self) -> Identity {
        self.0.identity()
    }

    /// As if it were there and trusted nobody: AWS does not tell the one from the other.
    fn not_found(arn: &Arn, scene: &Scene) -> Fault {
        let who = scene.caller.arn();
        Fault::AccessDenied(format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}"))
    }

    fn fact(&self, key: &str, _: &Caller) -> Option<Fact<'_>> {
        self.0.tag(key.strip_prefix("aws:resourcetag/").or_else(|| key.strip_prefix("iam:resourcetag/"))?)
    }
}
