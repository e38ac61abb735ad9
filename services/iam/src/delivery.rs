//! The delivery of an account's first access key. Its secret leaves the house once, into a file of the program's; if the
//! program dies before that file is durable, nobody could ever call. So from its founding on the account notes that
//! the key is not delivered, and as long as that note stands, each start of the program replaces the key by another one.
//!
//! Both operations are internal: no wire leads to them. They do nothing once the delivery is confirmed, and it is
//! confirmed before the first request is served.

use crate::Iam;
use crate::fault::Fault;
use crate::founding::{ADMINISTRATOR, Account};
use crate::new_key::NewKey;
use crate::tables::{ACCESS_KEYS, ACCOUNTS, AccountRecord};
use kernel::{Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Remarks, Stop};
use shape::{Empty, OperationModel, OperationShape, Shape};
use shapes_iam::CreateAccessKeyOutput;
use std::sync::LazyLock;
use store::{Broken, Span, Store};

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

impl Operation for ReplaceFirstAccessKey {
    type Shape = Self;
    type Service = Iam;
    type Target = Account;
    type Staged = NewKey;
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

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<NewKey, Stop<Fault>> {
        NewKey::first(outside).await
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        anew: &NewKey,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateAccessKeyOutput, Stop<Fault>> {
        let (account, now) = (call.scene().account, call.scene().now);
        let lost = pending(&call.target()).map_err(Stop::Fault)?.to_owned();
        let owner = desk.row(&ACCESS_KEYS, &lost).await?.ok_or(Breakage::Unreadable)?.owner.clone();
        desk.delete(&ACCESS_KEYS, &lost).await?;
        anew.put(account, &owner, now, desk).await?;
        note(account, Some(anew.id.clone()), desk).await?;
        Ok(anew.shown(ADMINISTRATOR.to_owned(), now))
    }

    fn remarks(call: &Authorized<'_, Self>, anew: &NewKey, _: &CreateAccessKeyOutput) -> Remarks {
        let details = vec![
            ("accountId", call.scene().account.to_string()),
            ("userName", ADMINISTRATOR.to_owned()),
            ("accessKeyId", anew.id.clone()),
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
