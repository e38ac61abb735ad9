//! An alias as calls meet it: a name of the caller's own account and Region.

use crate::fault::Fault;
use crate::tables::{ALIASES, AliasRecord};
use crate::{Kms, asked};
use kernel::{Breakage, Reads, Scene, Side, Thing};
use names::{AccountId, AliasName, Arn, KeyName, KeyRef, Region};
use secret::Identity;
use std::sync::Arc;

/// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>
pub const ALIASES_PER_KEY_MAX: usize = 50;

pub struct Alias {
    account: AccountId,
    region: Region,
    pub name: AliasName,
    pub record: Arc<AliasRecord>,
}

/// The name of an alias that is there or may be. What the model's pattern lets pass is judged here, for everybody alike.
pub fn name(text: &str) -> Result<AliasName, Fault> {
    AliasName::parse(text).ok_or_else(|| match text {
        "alias/" => invalid(text),
        _ => Fault::Validation(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
                .to_owned(),
        ),
    })
}

/// The name of an alias that is to be made.
pub fn new_name(text: &str) -> Result<AliasName, Fault> {
    let name = name(text)?;
    if text.starts_with("alias/aws/") {
        return Err(Fault::NotAuthorized("The prefix alias/aws/ is reserved for AWS managed keys.".to_owned()));
    }
    let sound = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '-');
    if text.chars().all(sound) { Ok(name) } else { Err(invalid(text)) }
}

/// What an alias is to stand for: a key by id or ARN.
pub fn target(key: &KeyRef) -> Result<(), Fault> {
    match key.name() {
        KeyName::Alias(_) | KeyName::AliasArn { .. } => {
            Err(Fault::Validation("Aliases must refer to keys. Not aliases".to_owned()))
        }
        _ => asked::sound(key),
    }
}

fn invalid(text: &str) -> Fault {
    Fault::InvalidAliasName(format!("{text} contains invalid characters for an alias"))
}

impl Thing for Alias {
    type Service = Kms;
    type Name = AliasName;
    type Fault = Fault;
    /// CloudTrail lists aliases under the type of keys: <https://docs.aws.amazon.com/kms/latest/developerguide/ct-updatealias.html>.
    const TYPE: &'static str = "AWS::KMS::Key";

    async fn find(name: &AliasName, scene: &Scene, reads: &mut Reads<'_, Kms>) -> Result<Option<Self>, Breakage> {
        let (account, region, name) = (scene.account, scene.region.clone(), name.clone());
        let place = (account, region.clone(), name.clone());
        Ok(reads.row(&ALIASES, &place).await?.map(|record| Self { account, region, name, record }))
    }

    fn arn(&self) -> Arn {
        asked::alias_arn(&self.region, self.account, self.name.as_str())
    }

    fn named(name: &AliasName, scene: &Scene) -> Arn {
        asked::alias_arn(&scene.region, scene.account, name.as_str())
    }

    /// Aliases bear no policy: identity policies, and the policies of the keys that one is moved between, say who may touch it.
    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(u128::from_be_bytes(self.record.identity))
    }

    fn not_found(name: &AliasName, scene: &Scene) -> Fault {
        asked::alias_not_found(name, scene)
    }
}
