//! The delivery of an account's first access key. Its secret leaves the house once, into a file of the program's; if the
//! program dies before that file is durable, nobody could ever call. So from its founding on the account notes that
//! the key is not delivered, and as long as that note stands, each start of the program replaces the key by another one.
//!
//! Both operations are internal: no wire leads to them. They do nothing once the delivery is confirmed, and it is
//! confirmed before the first request is served.

use crate::fault::Fault;
use crate::founding::{ADMINISTRATOR, Account};
use crate::tables::{ACCESS_KEYS, ACCOUNTS, AccessKeyRecord, AccountRecord};
use crate::{Iam, ids};
use kernel::{Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::{Empty, OperationModel, OperationShape, Shape};
use shapes_iam::{AccessKey, CreateAccessKeyOutput, StatusType};
use std::sync::LazyLock;
use store::{Broken, Span, Store};
use vault::{NewAccessKey, Used};

/// The id of the first access key whose secret may never have arrived; `None` when there is none.
pub async fn undelivered(store: &Store) -> Result<Option<String>, Broken> {
    let page = store.scan(&ACCOUNTS, &Span::all(), 1).await?;
    Ok(page.rows.into_iter().next().and_then(|(_, account)| account.value.undelivered.clone()))
}

/// Replaces the first access key that was not delivered. Refused (`NoSuchEntity`) when it was. The answer is that of
/// CreateAccessKey.
pub struct ReplaceFirstAccessKey;

/// Notes that the first access key has been delivered. Refused (`NoSuchEntity`) when that is known already.
pub struct ConfirmFirstAccessKey;

static REPLACE_MODEL: LazyLock<OperationModel> = LazyLock::new(|| OperationModel {
    name: ReplaceFirstAccessKey::NAME,
    input: Empty::schema(),
    output: Some(CreateAccessKeyOutput::schema()),
    result_wrapper: "",
    errors: &[],
});

static CONFIRM_MODEL: LazyLock<OperationModel> = LazyLock::new(|| OperationModel {
    name: ConfirmFirstAccessKey::NAME,
    input: Empty::schema(),
    output: None,
    result_wrapper: "",
    errors: &[],
});

impl OperationShape for ReplaceFirstAccessKey {
    const NAME: &'static str = "ReplaceFirstAccessKey";
    type Input = Empty;
    type Output = CreateAccessKeyOutput;

    fn model() -> &'static OperationModel {
        &REPLACE_MODEL
    }
}

impl OperationShape for ConfirmFirstAccessKey {
    const NAME: &'static str = "ConfirmFirstAccessKey";
    type Input = Empty;
    type Output = Empty;

    fn model() -> &'static OperationModel {
        &CONFIRM_MODEL
    }
}

/// What is made once in place of the lost key.
pub struct Anew {
    identity: [u8; 16],
    access_key: String,
    key: Used<NewAccessKey>,
}

impl Operation for ReplaceFirstAccessKey {
    type Shape = Self;
    type Service = Iam;
    type Target = Account;
    type Staged = Anew;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Empty) -> Result<Aim<Account>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Empty, _: &Found<Account>) -> Demands {
        Demands::internal("iam", "nobody has the first access key, so nobody could ask for another one")
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        pending(&call.target()).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Anew, Stop<Fault>> {
        let identity = outside.birth()?.0.to_be_bytes();
        let access_key = ids::access_key(outside)?;
        let key = outside.first_access_key(&access_key).await?;
        Ok(Anew { identity, access_key, key })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        anew: &Anew,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateAccessKeyOutput, Stop<Fault>> {
        let (account, now) = (call.scene().account, call.scene().now);
        let lost = pending(&call.target()).map_err(Stop::Fault)?.to_owned();
        let owner = desk.row(&ACCESS_KEYS, &lost).await?.ok_or(Breakage::Unreadable)?.owner.clone();
        desk.delete(&ACCESS_KEYS, &lost).await?;
        let key = AccessKeyRecord {
            identity: anew.identity,
            created: now.micros(),
            account: account.to_string(),
            owner,
            active: true,
            wrapped: anew.key.value.wrapped.as_bytes().to_vec(),
        };
        desk.put(&ACCESS_KEYS, &anew.access_key, key).await?;
        note(account, Some(anew.access_key.clone()), desk).await?;
        let (id, secret) = (anew.access_key.clone(), anew.key.value.secret.share());
        let mut access_key = AccessKey::new(ADMINISTRATOR.to_owned(), id, StatusType::Active, secret);
        access_key.create_date = Some(now);
        Ok(CreateAccessKeyOutput { access_key })
    }

    fn remarks(call: &Authorized<'_, Self>, anew: &Anew, _: &CreateAccessKeyOutput) -> Remarks {
        let details = vec![
            ("accountId", call.scene().account.to_string()),
            ("userName", ADMINISTRATOR.to_owned()),
            ("accessKeyId", anew.access_key.clone()),
            ("replacedAccessKeyId", call.target().undelivered.clone().unwrap_or_default()),
        ];
        Remarks { uses: vec![anew.key.link], service_details: Some(details), ..Remarks::default() }
    }
}

impl Operation for ConfirmFirstAccessKey {
    type Shape = Self;
    type Service = Iam;
    type Target = Account;
    type Staged = ();
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Empty) -> Result<Aim<Account>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Empty, _: &Found<Account>) -> Demands {
        Demands::internal("iam", "the program has written the file with the first access key")
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        pending(&call.target()).map(|_| ())
    }

    async fn prepare(_: &Authorized<'_, Self>, _: &mut Outside<'_>) -> Result<(), Stop<Fault>> {
        Ok(())
    }

    async fn apply(call: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Iam>) -> Result<Empty, Stop<Fault>> {
        note(call.scene().account, None, desk).await?;
        Ok(Empty)
    }

    fn remarks(call: &Authorized<'_, Self>, (): &(), _: &Empty) -> Remarks {
        let details = vec![
            ("accountId", call.scene().account.to_string()),
            ("accessKeyId", call.target().undelivered.clone().unwrap_or_default()),
        ];
        Remarks { service_details: Some(details), ..Remarks::default() }
    }
}

/// The id of the key that waits for its delivery.
fn pending(account: &Account) -> Result<&str, Fault> {
    let none = || Fault::NoSuchEntity(format!("The first access key of the account {} was delivered.", account.id));
    account.undelivered.as_deref().ok_or_else(none)
}

async fn note(
    account: names::AccountId,
    undelivered: Option<String>,
    desk: &mut Desk<'_, Iam>,
) -> Result<(), Breakage> {
    let record = desk.row(&ACCOUNTS, &account).await?.ok_or(Breakage::Unreadable)?;
    desk.put(&ACCOUNTS, &account, AccountRecord { undelivered, ..AccountRecord::clone(&record) }).await
}
