//! A managed policy as calls meet it, AWS's or the customer's, and what those to whom it is attached need of it.

use crate::Iam;
use crate::fault::Fault;
use crate::managed::{self, Managed};
use crate::own_policies::{POLICIES, PolicyPlace, PolicyRecord, place};
use crate::roles::{ROLES, ROLES_BY_POLICY};
use crate::tables::{BY_POLICY, USERS};
use kernel::{Aim, Breakage, Caller, Policies, Reads, Scene, Side, Stop, Thing};
use names::{AccountId, Arn, Time};
use policy::{Document, Fact};
use secret::Identity;
use shapes_iam::{Policy as Described, PolicyVersion, Tag};
use std::borrow::Cow;
use std::sync::Arc;
use store::{Index, Record, SCAN_ROWS_MAX, Span, Table};

pub enum ManagedPolicy {
    /// One that is there in every account and that nobody can change.
    Aws(&'static Managed, Arn),
    Own(AccountId, Arc<PolicyRecord>),
}

/// Aims at the policy of that ARN.
pub fn at(text: &str) -> Result<Aim<ManagedPolicy>, Fault> {
    managed::arn(text).map(Aim::at)
}

/// Path and name, of which the ARN of a policy is made: `("/division/", "reader")`.
pub fn path_and_name(arn: &str) -> Option<(&str, &str)> {
    let (_, resource) = arn.split_once(":policy/")?;
    let name = resource.rsplit('/').next()?;
    let path = arn.strip_suffix(name)?.split_once(":policy").map(|(_, path)| path)?;
    Some((path, name))
}

/// The customer's policy of that ARN. Path and case are part of it.
async fn own(arn: &Arn, reads: &mut Reads<'_, Iam>) -> Result<Option<(AccountId, Arc<PolicyRecord>)>, Breakage> {
    let (Some(account), Some((_, name))) = (arn.account_id(), path_and_name(arn.as_str())) else { return Ok(None) };
    let record = reads.row(&POLICIES, &place(account, name)).await?;
    Ok(record.filter(|record| record.arn(account) == *arn).map(|record| (account, record)))
}

/// Whether users, groups and roles of the account can have the policy.
pub async fn check_attachable(text: &str, account: AccountId, reads: &mut Reads<'_, Iam>) -> Result<(), Stop<Fault>> {
    let arn = managed::arn(text)?;
    if managed::find(text).is_some() || own(&arn, reads).await?.is_some_and(|(owner, _)| owner == account) {
        return Ok(());
    }
    Err(Fault::NoSuchEntity(format!("Policy {text} does not exist or is not attachable.")).into())
}

/// Adds what is attached of the account's own policies, as they are at this moment, to policies that have the rest.
pub async fn with_own(
    policies: Arc<Policies>,
    attached: &[String],
    reads: &mut Reads<'_, Iam>,
) -> Result<Arc<Policies>, Breakage> {
    if attached.iter().all(|arn| managed::is_aws(arn)) {
        return Ok(policies);
    }
    let mut all = Policies::clone(&policies);
    all.identity.extend(own_documents(attached, reads).await?);
    Ok(Arc::new(all))
}

/// The default versions of those of the policies that are the account's own, as they are at this moment.
pub async fn own_documents(
    arns: &[String],
    reads: &mut Reads<'_, Iam>,
) -> Result<Vec<(String, Arc<Document>)>, Breakage> {
    let mut documents = Vec::new();
    for text in arns.iter().filter(|arn| !managed::is_aws(arn)) {
        let arn = Arn::parse(text).map_err(|_| Breakage::Unreadable)?;
        // INVARIANT: a policy that is attached is not deleted. If one is missing, it cannot be told what it denied.
        let (_, record) = own(&arn, reads).await?.ok_or(Breakage::Unreadable)?;
        documents.push((text.clone(), record.document().ok_or(Breakage::Unreadable)?));
    }
    Ok(documents)
}

/// How many users and roles of the account have the policy.
pub async fn attachments(arn: &str, account: AccountId, reads: &mut Reads<'_, Iam>) -> Result<i64, Breakage> {
    let users = counted(&USERS, &BY_POLICY, arn, account, reads).await?;
    Ok(users + counted(&ROLES, &ROLES_BY_POLICY, arn, account, reads).await?)
}

async fn counted<V: Record>(
    table: &Table<Iam, (AccountId, String), V>,
    index: &Index<Iam, (AccountId, String), (AccountId, String), V>,
    arn: &str,
    account: AccountId,
    reads: &mut Reads<'_, Iam>,
) -> Result<i64, Breakage> {
    let all = Span::exactly(&(account, arn.to_owned()));
    let (mut count, mut span) = (0, all.clone());
    loop {
        let page = reads.by_index(table, index, &span, SCAN_ROWS_MAX).await?;
        count += page.rows.len() as i64;
        let Some(next) = page.next else { return Ok(count) };
        span = all.clone().after(&next);
    }
}

/// AWS's own policy as ListPolicies shows it.
pub fn listed_aws(policy: &Managed, count: i64) -> Described {
    Described {
        policy_name: Some(policy.name.to_owned()),
        policy_id: Some(policy.id.to_owned()),
        arn: Some(policy.arn.to_owned()),
        path: Some(policy.path.to_owned()),
        default_version_id: Some(policy.version.to_owned()),
        attachment_count: Some(count),
        permissions_boundary_usage_count: Some(0),
        is_attachable: Some(true),
        description: None,
        create_date: Some(policy.created()),
        update_date: Some(policy.updated()),
        tags: None,
    }
}

/// A customer's policy as ListPolicies shows it: without description and tags.
pub fn listed_own(account: AccountId, record: &PolicyRecord, count: i64) -> Described {
    Described {
        policy_name: Some(record.name.clone()),
        policy_id: Some(record.id.clone()),
        arn: Some(record.arn(account).to_string()),
        path: Some(record.path.clone()),
        default_version_id: Some(format!("v{}", record.default)),
        attachment_count: Some(count),
        permissions_boundary_usage_count: Some(0),
        is_attachable: Some(true),
        description: None,
        create_date: Some(Time::from_micros(record.created)),
        update_date: Some(Time::from_micros(record.updated)),
        tags: None,
    }
}

pub fn tags(pairs: &[(String, String)]) -> Vec<Tag> {
    pairs.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

impl ManagedPolicy {
    /// As GetPolicy shows it.
    pub fn described(&self, count: i64) -> Described {
        match self {
            Self::Aws(policy, _) => Described {
                description: Some(policy.description.to_owned()),
                tags: Some(Vec::new()),
                ..listed_aws(policy, count)
            },
            Self::Own(account, record) => Described {
                description: record.description.clone(),
                tags: Some(tags(&record.tags)),
                ..listed_own(*account, record, count)
            },
        }
    }

    /// Where the policy stands and what it is, for those who change it. AWS's policies are another account's, and what is in the way of a
    /// change is told as a missing permission.
    pub fn own(&self, caller: &Caller, action: &str) -> Result<(PolicyPlace, &PolicyRecord), Fault> {
        match self {
            Self::Own(account, record) => Ok((place(*account, &record.name), record)),
            Self::Aws(_, arn) => Err(Fault::AccessDenied(format!(
                "User: {} is not authorized to perform: {action} on resource: policy {arn}",
                caller.arn()
            ))),
        }
    }

    /// The version of this id without its document, and that.
    pub fn version(&self, id: &str) -> Result<(PolicyVersion, String), Fault> {
        let found = match self {
            Self::Aws(policy, _) => (policy.version == id).then(|| (policy.listed(), policy.text.to_owned())),
            Self::Own(_, record) => {
                record.version(id).map(|version| (version.listed(record.default), version.text.clone()))
            }
        };
        found.ok_or_else(|| self.no_such_version(id))
    }

    pub fn no_such_version(&self, version: &str) -> Fault {
        let text = format!("Policy {} version {version} does not exist or is not attachable.", self.arn());
        Fault::NoSuchEntity(text)
    }
}

impl Thing for ManagedPolicy {
    type Service = Iam;
    type Name = Arn;
    type Fault = Fault;
    const TYPE: &'static str = "AWS::IAM::Policy";

    async fn find(arn: &Arn, _: &Scene, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        if let Some(policy) = managed::find(arn.as_str()) {
            return Ok(Some(Self::Aws(policy, arn.clone())));
        }
        Ok(own(arn, reads).await?.map(|(account, record)| Self::Own(account, record)))
    }

    fn arn(&self) -> Arn {
        match self {
            Self::Aws(_, arn) => arn.clone(),
            Self::Own(account, record) => record.arn(*account),
        }
    }

    fn named(arn: &Arn, _: &Scene) -> Arn {
        arn.clone()
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    /// AWS's policies were never born here and never go, so their ids will do.
    fn identity(&self) -> Identity {
        match self {
            Self::Aws(policy, _) => Identity(policy.id.bytes().fold(0, |number, byte| number << 8 | u128::from(byte))),
            Self::Own(_, record) => Identity(u128::from_be_bytes(record.identity)),
        }
    }

    fn not_found(arn: &Arn, _: &Scene) -> Fault {
        Fault::no_such_policy(arn.as_str())
    }

    /// `aws:ResourceTag/<key>`, and IAM's older name for it.
    fn fact(&self, key: &str, _: &Caller) -> Option<Fact<'_>> {
        let Self::Own(_, record) = self else { return None };
        let wanted = key.strip_prefix("aws:resourcetag/").or_else(|| key.strip_prefix("iam:resourcetag/"))?;
        let tag = record.tags.iter().find(|(name, _)| name.to_lowercase() == wanted);
        tag.map(|(_, value)| Fact::One(Cow::Borrowed(value.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_name_are_read_from_the_arn() {
        for (arn, expected) in [
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", Some(("/", "ReadOnlyAccess"))),
            ("arn:aws:iam::111122223333:policy/a/b/a", Some(("/a/b/", "a"))),
            ("arn:aws:iam::111122223333:user/a", None),
        ] {
            assert_eq!(path_and_name(arn), expected);
        }
    }
}
