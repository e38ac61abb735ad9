//! A user as calls meet one: found by name, or as the caller.

use crate::Iam;
use crate::fault::Fault;
use crate::tables::{BY_NAME, USERS, UserPlace, UserRecord, name_key, user_arn};
use kernel::{Aim, Breakage, Caller, Principal, Reads, Scene, Side, Thing};
use names::{AccountId, Arn, Time};
use policy::Fact;
use secret::Identity;
use shapes_iam::{Tag, User as Described};
use std::borrow::Cow;
use std::sync::Arc;

/// A user of this house.
pub struct User {
    pub account: AccountId,
    pub id: String,
    pub record: Arc<UserRecord>,
}

/// What a call may name a user by.
pub enum Named {
    /// As he was written: names are found in their own case only, though no two differ by case alone.
    Name(String),
    /// A call that names nobody means the caller.
    Caller,
}

impl Named {
    pub fn of(name: &Option<String>) -> Self {
        name.clone().map_or(Self::Caller, Self::Name)
    }
}

/// Aims at the user of that name.
pub fn at<T: Thing<Name = Named>>(name: &str) -> Aim<T> {
    Aim::at(Named::Name(name.to_owned()))
}

impl User {
    pub fn place(&self) -> UserPlace {
        (self.account, self.id.clone())
    }

    /// The document of the inline policy of this name.
    pub fn inline(&self, policy: &str) -> Result<&str, Fault> {
        let found = self.record.inline.iter().find(|(name, _)| *name == *policy);
        found
            .map(|(_, text)| text.as_str())
            .ok_or_else(|| Fault::NoSuchEntity(format!("The user policy with name {policy} cannot be found.")))
    }

    /// As GetUser and CreateUser show him.
    pub fn described(&self) -> Described {
        let tags = self.record.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
        let tags: Vec<_> = tags.collect();
        Described { tags: (!tags.is_empty()).then_some(tags), ..listed(&self.place(), &self.record) }
    }

    async fn by_name(account: AccountId, name: &str, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        let found = reads.by_unique(&USERS, &BY_NAME, &name_key(account, name)).await?;
        let found = found.filter(|(_, record)| record.name == *name);
        Ok(found.map(|((account, id), record)| Self { account, id, record }))
    }
}

/// As ListUsers shows a user: without his tags.
pub fn listed((account, id): &UserPlace, record: &UserRecord) -> Described {
    Described::new(
        record.path.clone(),
        record.name.clone(),
        id.clone(),
        record.arn(*account).to_string(),
        Time::from_micros(record.created),
    )
}

impl Thing for User {
    type Service = Iam;
    type Name = Named;
    type Fault = Fault;
    const TYPE: &'static str = "AWS::IAM::User";

    async fn find(name: &Named, scene: &Scene, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        match (name, scene.caller.principal()) {
            (Named::Name(name), _) => Self::by_name(scene.account, name, reads).await,
            (Named::Caller, Principal::User { id, .. }) => {
                let place = (scene.account, id.clone());
                let record = reads.row(&USERS, &place).await?;
                Ok(record.map(|record| Self { account: place.0, id: place.1, record }))
            }
            (Named::Caller, Principal::Root | Principal::AssumedRole(_) | Principal::Service(_)) => Ok(None),
        }
    }

    fn arn(&self) -> Arn {
        self.record.arn(self.account)
    }

    fn named(name: &Named, scene: &Scene) -> Arn {
        match (name, scene.caller.principal()) {
            (Named::Name(name), _) => user_arn(scene.account, "/", name),
            (Named::Caller, Principal::User { arn, .. }) => arn.clone(),
            (Named::Caller, Principal::AssumedRole(role)) => role.role_arn.clone(),
            (Named::Caller, Principal::Root | Principal::Service(_)) => Arn::of("iam", "", scene.account, "root"),
        }
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(u128::from_be_bytes(self.record.identity))
    }

    fn not_found(name: &Named, scene: &Scene) -> Fault {
        match (name, scene.caller.principal()) {
            (Named::Name(name), _) | (Named::Caller, Principal::User { name, .. }) => Fault::no_such_user(name),
            (Named::Caller, Principal::Root | Principal::AssumedRole(_) | Principal::Service(_)) => {
                Fault::Validation("Must specify userName when calling with non-User credentials".to_owned())
            }
        }
    }

    /// `aws:ResourceTag/<key>`, and IAM's older name for it.
    fn fact(&self, key: &str, _: &Caller) -> Option<Fact<'_>> {
        let wanted = key.strip_prefix("aws:resourcetag/").or_else(|| key.strip_prefix("iam:resourcetag/"))?;
        let tag = self.record.tags.iter().find(|(name, _)| name.to_lowercase() == wanted);
        tag.map(|(_, value)| Fact::One(Cow::Borrowed(value.as_str())))
    }
}
