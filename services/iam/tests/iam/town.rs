//! A house that was founded, its administrator, and users beside him.

use house::{ACCOUNT, Actor, Answered, House, Upward, keys};
use iam::{Directory, FoundAccount};
use kernel::{Opened, Recorded};
use names::AccountId;
use shape::{Empty, OperationShape};
use shapes_iam as iam_shapes;
use shapes_iam::{CreateAccessKeyInput, CreateUserInput, PutUserPolicyInput};
use std::sync::Arc;

pub struct Town {
    pub house: Arc<House>,
    pub admin: Actor,
}

/// What every call of `S` fails with here: code, status and text.
pub type Refusal = (String, u16, String);

impl Town {
    pub async fn new() -> Self {
        let house = unfounded().await;
        let recorded = found(&house).await;
        let admin = actor_of(&house, &format!("arn:aws:iam::{ACCOUNT}:user/administrator"), &recorded);
        Self { house, admin }
    }

    /// A user with an access key, and an inline policy if one is given.
    pub async fn user(&self, name: &str, policy: Option<&str>) -> Actor {
        self.admin.call::<iam_shapes::CreateUser>(CreateUserInput::new(name.to_owned())).await.output();
        if let Some(text) = policy {
            self.put(name, "inline", text).await;
        }
        self.key_of(name).await
    }

    /// The user once more, with a new access key.
    pub async fn key_of(&self, name: &str) -> Actor {
        let input = CreateAccessKeyInput { user_name: Some(name.to_owned()) };
        let made = self.admin.call::<iam_shapes::CreateAccessKey>(input).await;
        self.holder(&self.arn(name), &made)
    }

    /// Whoever holds the access key that was made.
    pub fn holder(&self, arn: &str, made: &Answered<iam_shapes::CreateAccessKey>) -> Actor {
        let key = &made.output().access_key;
        self.house.holder(account(), arn, &key.access_key_id, &key.secret_access_key)
    }

    pub async fn put(&self, user: &str, policy: &str, text: &str) {
        self.admin.call::<iam_shapes::PutUserPolicy>(put(user, policy, text)).await.output();
    }

    pub fn arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:user/{name}")
    }
}

/// A house with IAM, before its account is founded.
pub async fn unfounded() -> Arc<House> {
    let upward =
        Upward { credentials: Box::new(Directory), principals: Box::new(Directory), documents: Box::new(Directory) };
    House::plan([&iam::SERVICE]).upward(upward).boot().await
}

pub async fn found(house: &Arc<House>) -> Recorded {
    let rounds = house.rounds("iam");
    rounds.recorded::<FoundAccount>(account(), house.region().clone(), Empty).await.unwrap()
}

/// Whoever holds the access key in the answer.
pub fn actor_of(house: &Arc<House>, arn: &str, recorded: &Recorded) -> Actor {
    let key = match recorded.open(&keys().exit) {
        Opened::Answer(answer) => Ok(&answer.output::<iam_shapes::CreateAccessKeyOutput>().unwrap().access_key),
        Opened::Failure(failure) => Err(failure),
    }
    .unwrap();
    house.holder(account(), arn, &key.access_key_id, &key.secret_access_key)
}

pub fn account() -> AccountId {
    AccountId::parse(ACCOUNT).unwrap()
}

pub fn put(user: &str, policy: &str, text: &str) -> PutUserPolicyInput {
    PutUserPolicyInput { user_name: user.to_owned(), policy_name: policy.to_owned(), policy_document: text.to_owned() }
}

/// A policy with one statement upon everything.
pub fn statement(effect: &str, actions: &str) -> String {
    on(effect, actions, "*")
}

/// A policy with one statement.
pub fn on(effect: &str, actions: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{actions}","Resource":"{resource}"}}}}"#
    )
}

/// How the call was refused. Fails the test if it was not.
pub async fn refused<S: OperationShape>(actor: &Actor, input: S::Input) -> Refusal {
    let failure = actor.call::<S>(input).await.failure();
    (failure.code.into_owned(), failure.status, failure.text)
}

pub fn refusal(code: &str, status: u16, text: impl Into<String>) -> Refusal {
    (code.to_owned(), status, text.into())
}

pub fn no_user(name: &str) -> Refusal {
    refusal("NoSuchEntity", 404, format!("The user with name {name} cannot be found."))
}
