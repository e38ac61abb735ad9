//! Who is who: access keys, users and their policies, kept in tables of the harness's own and shown to the house by its three upward
//! traits.

use kernel::{
    Breakage, Caller, Credential, Credentials, Documents, Policies, Principal, Principals, ReadSet, Resolved, Wait,
};
use minicbor::{Decode, Encode};
use names::{AccountId, Arn};
use policy::{Document, Kind};
use std::sync::Arc;
use store::{NoPrevious, Record, Table};
use vault::WrappedAccessKey;

/// The marker of the directory's tables, and the implementation of `Credentials`, `Principals` and `Documents` over them.
pub struct Directory;

/// Access key ids, and whose they are.
pub(crate) static KEYS: Table<Directory, String, Key> = Table::new("house/keys");
/// ARNs of users. One row holds all that decides about a user, so that a new policy is a change of what was read.
pub(crate) static USERS: Table<Directory, String, User> = Table::new("house/users");

#[derive(Encode, Decode, Clone)]
pub(crate) struct Key {
    #[n(0)]
    pub account: String,
    /// Whose it is; nothing for the account's root. Policies are not here: a new one is no change of the credential.
    #[n(1)]
    pub user: Option<Holder>,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
}

#[derive(Encode, Decode, Clone)]
pub(crate) struct Holder {
    #[n(0)]
    pub arn: String,
    #[n(1)]
    pub id: String,
    #[n(2)]
    pub name: String,
}

#[derive(Encode, Decode, Clone)]
pub(crate) struct User {
    #[n(0)]
    pub id: String,
    /// The inline policies: name and text.
    #[n(1)]
    pub policies: Vec<(String, String)>,
}

impl Record for Key {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl Record for User {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl Credentials for Directory {
    fn find<'a>(
        &'a self,
        access_key_id: &'a str,
        reads: &'a mut ReadSet,
    ) -> Wait<'a, Result<Option<Credential>, Breakage>> {
        Box::pin(async move {
            let Some(key) = reads.of::<Self>().row(&KEYS, &access_key_id.to_owned()).await? else { return Ok(None) };
            let principal = match &key.user {
                None => Principal::Root,
                Some(Holder { arn, id, name }) => {
                    let arn = Arn::parse(arn).map_err(|_| Breakage::Unreadable)?;
                    Principal::User { id: id.clone(), name: name.clone(), arn }
                }
            };
            Ok(Some(Credential {
                account: AccountId::parse(&key.account).map_err(|_| Breakage::Unreadable)?,
                principal,
                wrapped: WrappedAccessKey::read(&key.wrapped).map_err(|_| Breakage::Unreadable)?,
                temporary: None,
            }))
        })
    }
}

impl Principals for Directory {
    fn resolve<'a>(&'a self, arn: &'a Arn, reads: &'a mut ReadSet) -> Wait<'a, Result<Resolved, Breakage>> {
        Box::pin(async move {
            if arn.resource() == "root" {
                return Ok(Resolved::Elsewhere);
            }
            let user = reads.of::<Self>().row(&USERS, &arn.to_string()).await?;
            Ok(user.map_or(Resolved::Missing, |user| Resolved::Id(user.id.clone())))
        })
    }
}

impl Documents for Directory {
    fn of<'a>(&'a self, caller: &'a Caller, reads: &'a mut ReadSet) -> Wait<'a, Result<Arc<Policies>, Breakage>> {
        Box::pin(async move {
            let Principal::User { arn, id, .. } = caller.principal() else { return Ok(Arc::default()) };
            let user = reads.of::<Self>().row(&USERS, &arn.to_string()).await?;
            // Another user of the same name is another user.
            let Some(user) = user.filter(|user| user.id == *id) else { return Ok(Arc::default()) };
            let read = |(name, text): &(String, String)| {
                let document = Document::parse(text, Kind::Identity).map_err(|_| Breakage::Unreadable)?;
                Ok((format!("inline:{name}"), Arc::new(document)))
            };
            let identity = user.policies.iter().map(read).collect::<Result<_, Breakage>>()?;
            Ok(Arc::new(Policies { identity, ..Policies::default() }))
        })
    }
}
