//! A new access key: what is made of it once, the row it becomes, and the one answer in which its secret leaves.

use crate::fault::Fault;
use crate::tables::{ACCESS_KEYS, AccessKeyRecord};
use crate::{Iam, ids};
use kernel::{Breakage, Desk, Outside, Stop};
use names::{AccountId, Time};
use shapes_iam::{AccessKey, CreateAccessKeyOutput, StatusType};
use vault::{NewAccessKey, Used};

pub struct NewKey {
    pub identity: [u8; 16],
    pub id: String,
    pub key: Used<NewAccessKey>,
}

impl NewKey {
    /// One that nobody has asked for by name: the program's, for somebody who has no other.
    pub async fn first(outside: &mut Outside<'_>) -> Result<Self, Stop<Fault>> {
        let (identity, id) = (outside.birth()?.0.to_be_bytes(), ids::access_key(outside)?);
        let key = outside.first_access_key(&id).await?;
        Ok(Self { identity, id, key })
    }

    /// Writes its row. `owner` is the unique id of its user.
    pub async fn put(
        &self,
        account: AccountId,
        owner: &str,
        now: Time,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<(), Breakage> {
        let record = AccessKeyRecord {
            identity: self.identity,
            created: now.micros(),
            account: account.to_string(),
            owner: owner.to_owned(),
            active: true,
            wrapped: self.key.value.wrapped.as_bytes().to_vec(),
        };
        desk.put(&ACCESS_KEYS, &self.id, record).await
    }

    /// The answer of CreateAccessKey.
    pub fn shown(&self, user: String, now: Time) -> CreateAccessKeyOutput {
        let secret = self.key.value.secret.share();
        let mut access_key = AccessKey::new(user, self.id.clone(), StatusType::Active, secret);
        access_key.create_date = Some(now);
        CreateAccessKeyOutput { access_key }
    }
}
