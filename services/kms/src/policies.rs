//! Key policies: the default one, and what is asked of one before it is kept.

use crate::fault::Fault;
use crate::key::Key;
use kernel::{Action, Breakage, Demands, Outside, Resolved, Side, Stop};
use names::{AccountId, Arn};
use policy::{Class, Document, Fact, KEY_POLICY_BYTES_MAX, Kind, PrincipalName};
use std::sync::Arc;

/// The name of the one policy that a key's owner writes.
pub const NAME: &str = "default";
/// The name of the policy that AWS RAM writes. No key has one here.
pub const SHARED_NAME: &str = "AWS_RAM";

/// A policy that may be kept, with the unique ids behind the names in it.
pub struct Sound {
    pub text: String,
    pub bindings: Vec<(String, String)>,
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
    let bindings = bind(&document, outside).await?;
    let id_of = |arn: &Arn| bindings.iter().find(|(name, _)| name == arn.as_str()).map(|(_, id)| id.clone());
    let document = Arc::new(document.bind(&id_of));
    let side = Side::Explicit(document);
    if !bypass && !outside.would_allow(Action("kms:PutKeyPolicy"), key, side, Vec::new()).await? {
        let text = "The new key policy will not allow you to update the key policy in the future.";
        return Err(Fault::MalformedPolicy(text.to_owned()).into());
    }
    Ok(Sound { text: text.to_owned(), bindings })
}

/// The policy as its readers see it. A user who was renamed since it was put stands in it under the new name, and one who is gone under the
/// unique id: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>. So whoever reads it
/// and puts it again gives nothing to a newcomer who has the old name.
pub async fn shown(key: &Key, outside: &mut Outside<'_>) -> Result<String, Breakage> {
    let mut changed = Vec::new();
    for (last, id) in &key.record.bindings {
        let last = Arn::parse(last).map_err(|_| Breakage::Unreadable)?;
        let name = outside.name(id, &last).await?;
        if name.as_ref() != Some(&last) {
            changed.push((last, name.map_or_else(|| id.clone(), |name| name.to_string())));
        }
    }
    if changed.is_empty() {
        return Ok(key.record.policy.clone());
    }
    let name_of = |arn: &Arn| changed.iter().find(|(last, _)| last == arn).map(|(_, name)| name.clone());
    Ok(key.document().respelled(&name_of))
}

async fn bind(document: &Document, outside: &mut Outside<'_>) -> Result<Vec<(String, String)>, Stop<Fault>> {
    let mut bindings = Vec::new();
    for principal in document.principals() {
        let arn = match principal {
            PrincipalName::User(arn) | PrincipalName::Role(arn) => arn,
            // A unique id in a policy is what is left of somebody who is gone: AWS does not take it back in.
            PrincipalName::Id(_) => return Err(invalid_principals()),
            _ => continue,
        };
        match outside.resolve(arn).await? {
            Resolved::Id(id) => bindings.push((arn.to_string(), id)),
            Resolved::Elsewhere => {}
            Resolved::Missing => return Err(invalid_principals()),
        }
    }
    Ok(bindings)
}

fn invalid_principals() -> Stop<Fault> {
    Fault::MalformedPolicy("Policy contains a statement with one or more invalid principals.".to_owned()).into()
}
