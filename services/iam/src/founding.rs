//! The founding of an account, before anybody can call: it gets an administrator with one access key.
//!
//! It is an operation like all others, so that it is on the trail and done as a whole or not at all; it is internal, so
//! that no wire leads to it; and the secret leaves the house by receipt and exit only.

use crate::fault::Fault;
use crate::managed::ADMINISTRATOR_ACCESS;
use crate::new_key::NewKey;
use crate::tables::{ACCOUNTS, AccountRecord, USERS, UserRecord};
use crate::{Iam, ids};
use kernel::{
    Aim, Authorized, Breakage, Class, Demands, Desk, Found, Operation, Outside, Reads, Remarks, Scene, Side, Stop,
    Thing,
};
use names::{AccountId, Arn};
use secret::Identity;
use shape::{Empty, OperationModel, OperationShape, Shape};
use shapes_iam::CreateAccessKeyOutput;
use std::sync::LazyLock;
use store::{Broken, Span, Store};

/// The name of an account's first user.
pub const ADMINISTRATOR: &str = "administrator";

/// Founds the account in which it is called. Refused (`EntityAlreadyExists`) when it is there already. The answer is
/// that of CreateAccessKey; until [`crate::ConfirmFirstAccessKey`] says that its secret has arrived, it counts as lost.
pub struct FoundAccount;

/// The account of this installation; `None` before its founding. The program asks before a house can be opened.
pub async fn founded(store: &Store) -> Result<Option<AccountId>, Broken> {
    let page = store.scan(&ACCOUNTS, &Span::all(), 1).await?;
    Ok(page.rows.into_iter().next().map(|(account, _)| account))
}

static MODEL: LazyLock<OperationModel> = LazyLock::new(|| OperationModel {
    name: FoundAccount::NAME,
    input: Empty::schema(),
    output: Some(CreateAccessKeyOutput::schema()),
    result_wrapper: "",
    errors: &[],
});

impl OperationShape for FoundAccount {
    const NAME: &'static str = "FoundAccount";
    type Input = Empty;
    type Output = CreateAccessKeyOutput;

    fn model() -> &'static OperationModel {
        &MODEL
    }
}

/// What is made once for a new account.
pub struct Made {
    /// The births of account and administrator.
    identities: [[u8; 16]; 2],
    user: String,
    key: NewKey,
}

impl Operation for FoundAccount {
    type Shape = Self;
    type Service = Iam;
    type Target = Option<Account>;
    type Staged = Made;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Empty) -> Result<Aim<Option<Account>>, Fault> {
        Ok(Aim::at(()))
    }

    fn demands(_: &Empty, _: &Found<Option<Account>>) -> Demands {
        Demands::internal("iam", "an account is founded before anybody has a policy")
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        match call.target() {
            None => Ok(()),
            Some(account) => Err(Fault::AlreadyExists(format!("The account {} already exists.", account.id))),
        }
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Made, Stop<Fault>> {
        let birth = || Ok::<_, Breakage>(outside.birth()?.0.to_be_bytes());
        let identities = [birth()?, birth()?];
        Ok(Made { identities, user: ids::user(outside)?, key: NewKey::first(outside).await? })
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        made: &Made,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<CreateAccessKeyOutput, Stop<Fault>> {
        let (account, now) = (call.scene().account, call.scene().now);
        let [of_account, of_user] = made.identities;
        let created = now.micros();
        let undelivered = Some(made.key.id.clone());
        desk.put(&ACCOUNTS, &account, AccountRecord { identity: of_account, created, undelivered }).await?;
        let user = UserRecord {
            identity: of_user,
            created,
            name: ADMINISTRATOR.to_owned(),
            path: "/".to_owned(),
            attached: vec![ADMINISTRATOR_ACCESS.to_owned()],
            ..UserRecord::default()
        };
        desk.put(&USERS, &(account, made.user.clone()), user).await?;
        made.key.put(account, &made.user, now, desk).await?;
        Ok(made.key.shown(ADMINISTRATOR.to_owned(), now))
    }

    fn remarks(call: &Authorized<'_, Self>, made: &Made, _: &CreateAccessKeyOutput) -> Remarks {
        let details = vec![
            ("accountId", call.scene().account.to_string()),
            ("userName", ADMINISTRATOR.to_owned()),
            ("userId", made.user.clone()),
            ("accessKeyId", made.key.id.clone()),
        ];
        Remarks { uses: vec![made.key.key.link], service_details: Some(details), ..Remarks::default() }
    }
}

/// An account that is there.
pub struct Account {
    pub(crate) id: AccountId,
    identity: [u8; 16],
    /// See [`AccountRecord::undelivered`].
    pub(crate) undelivered: Option<String>,
}

impl Thing for Account {
    type Service = Iam;
    /// The account in which the call is made.
    type Name = ();
    type Fault = Fault;
    const TYPE: &'static str = "";

    async fn find((): &(), scene: &Scene, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        let record = reads.row(&ACCOUNTS, &scene.account).await?;
        Ok(record.map(|record| Self {
            id: scene.account,
            identity: record.identity,
            undelivered: record.undelivered.clone(),
        }))
    }

    fn arn(&self) -> Arn {
        Arn::of("iam", "", self.id, "root")
    }

    fn named((): &(), scene: &Scene) -> Arn {
        Arn::of("iam", "", scene.account, "root")
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(u128::from_be_bytes(self.identity))
    }

    fn not_found((): &(), scene: &Scene) -> Fault {
        Fault::NoSuchEntity(format!("The account {} cannot be found.", scene.account))
    }
}
