//! Key policies: the default one, and what is asked of one before it is kept.

use crate::fault::Fault;
use crate::key::Key;
use kernel::{Action, Bindings, Breakage, Demands, Outside, Side, Stop, Unbound};
use names::{AccountId, Arn};
use policy::{Class, Document, Fact, KEY_POLICY_BYTES_MAX, Kind};
use std::sync::Arc;

/// The name of the one policy that a key's owner writes.
pub const NAME: &str = "default";
/// The name of the policy that AWS RAM writes. No key has one here.
pub const SHARED_NAME: &str = "AWS_RAM";

/// A policy that may be kept, with the unique ids behind the names in it.
pub struct Sound {
    pub text: String,
    pub bindings: Bindings,
}

/// What a key gets that is made without a policy:
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>.
pub fn default_for(account: AccountId) -> String {
    format!(
        r#"{{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:aws:iam::{account}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}}"#
    )
}

pub fn no_such() -> Fault {
    Fault::NotFound("No such policy exists".to_owned())
}

/// `kms:PolicyName`.
pub fn named(demands: Demands, name: &Option<String>) -> Demands {
    let name = name.as_deref().unwrap_or(NAME).to_owned();
    demands.fact("kms:policyname", Fact::One(name.into()))
}

/// Parses; the caller hears what is wrong and where.
pub fn parse(text: &str) -> Result<Document, Fault> {
    Document::parse(text, Kind::KeyPolicy).map_err(|malformed| match malformed.class() {
        Class::TooLarge => {
            Fault::LimitExceeded(format!("Key policy exceeds the size limit of {KEY_POLICY_BYTES_MAX} bytes"))
        }
        _ => Fault::MalformedPolicy(malformed.text().to_owned()),
    })
}

/// Every principal must exist, and the caller must be able to put a policy again, unless the call asks to skip that check.
pub async fn vet(text: &str, key: &Arn, bypass: bool, outside: &mut Outside<'_>) -> Result<Sound, Stop<Fault>> {
    let document = parse(text)?;
    let bindings = outside.bind(&document).await.map_err(|unbound| match unbound {
        Unbound::Nobody(_) => invalid_principals(),
        Unbound::Broken(breakage) => breakage.into(),
    })?;
    let id_of = |arn: &Arn| bindings.iter().find(|(name, _)| name == arn.as_str()).map(|(_, id)| id.clone());
    let document = Arc::new(document.bind(&id_of));
    let side = Side::Explicit(document);
    if !bypass && !outside.would_allow(Action("kms:PutKeyPolicy"), key, side, Vec::new()).await? {
        let text = "The new key policy will not allow you to update the key policy in the future.";
        return Err(Fault::MalformedPolicy(text.to_owned()).into());
    }
    Ok(Sound { text: text.to_owned(), bindings })
}

/// The policy as its readers see it.
pub async fn shown(key: &Key, outside: &mut Outside<'_>) -> Result<String, Breakage> {
    let respelled = outside.respelled(key.document(), &key.record.bindings).await?;
    Ok(respelled.unwrap_or_else(|| key.record.policy.clone()))
}

fn invalid_principals() -> Stop<Fault> {
    Fault::MalformedPolicy("Policy contains a statement with one or more invalid principals.".to_owned()).into()
}
