//! A user together with his access keys, for the operations that must know them all.

use crate::Iam;
use crate::fault::Fault;
use crate::tables::{ACCESS_KEYS, AccessKeyRecord, BY_OWNER};
use crate::user::{Named, User};
use kernel::{Breakage, Caller, Reads, Scene, Side, Thing};
use names::Arn;
use policy::Fact;
use secret::Identity;
use std::sync::Arc;
use store::Span;

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const ACCESS_KEYS_PER_USER_MAX: usize = 2;

/// A user and his access keys in the order of their ids.
pub struct Keyholder {
    pub user: User,
    pub keys: Vec<(String, Arc<AccessKeyRecord>)>,
}

impl Keyholder {
    /// The key of this id, if it is one of his.
    pub fn key(&self, id: &str) -> Result<&AccessKeyRecord, Fault> {
        let found = self.keys.iter().find(|(own, _)| *own == *id);
        found
            .map(|(_, record)| record.as_ref())
            .ok_or_else(|| Fault::NoSuchEntity(format!("The Access Key with id {id} cannot be found.")))
    }
}

impl Thing for Keyholder {
    type Service = Iam;
    type Name = Named;
    type Fault = Fault;
    const TYPE: &'static str = User::TYPE;

    async fn find(name: &Named, scene: &Scene, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        let Some(user) = User::find(name, scene, reads).await? else { return Ok(None) };
        // One more than there can be, so that the commit learns of any that comes.
        let span = Span::exactly(&user.place());
        let page = reads.by_index(&ACCESS_KEYS, &BY_OWNER, &span, ACCESS_KEYS_PER_USER_MAX + 1).await?;
        Ok(Some(Self { user, keys: page.rows }))
    }

    fn arn(&self) -> Arn {
        self.user.arn()
    }

    fn named(name: &Named, scene: &Scene) -> Arn {
        User::named(name, scene)
    }

    fn policy(&self) -> Side {
        self.user.policy()
    }

    fn identity(&self) -> Identity {
        self.user.identity()
    }

    fn not_found(name: &Named, scene: &Scene) -> Fault {
        User::not_found(name, scene)
    }

    fn fact(&self, key: &str, caller: &Caller) -> Option<Fact<'_>> {
        self.user.fact(key, caller)
    }
}
