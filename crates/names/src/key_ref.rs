//! The four ways to name a KMS key: <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id>.

use crate::{AccountId, Arn};
use std::fmt;
use std::sync::Arc;

/// A key's id: a UUID, or `mrk-` and 32 hexadecimal digits for a multi-Region key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Arc<str>);

/// An alias with its prefix `alias/`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasName(Arc<str>);

/// What a caller wrote where a key is wanted: the text as it stands, for the trail, and what it means.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRef {
    raw: Arc<str>,
    name: KeyName,
}

/// What the text of a [`KeyRef`] means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyName {
    Id(KeyId),
    Alias(AliasName),
    /// A key's ARN.
    Arn {
        region: Arc<str>,
        account: AccountId,
        id: KeyId,
    },
    /// An alias's ARN.
    AliasArn {
        region: Arc<str>,
        account: AccountId,
        alias: AliasName,
    },
    /// It begins as an ARN and is none of KMS.
    BadArn,
    /// Neither.
    Malformed,
}

/// A UUID as text: groups of 8, 4, 4, 4 and 12 digits.
const UUID_BYTES: usize = 36;
const UUID_HYPHENS: [usize; 4] = [8, 13, 18, 23];

impl KeyId {
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let multi_region = text.strip_prefix("mrk-").is_some_and(|rest| rest.len() == 32 && rest.bytes().all(hex));
        let fits = |(place, byte)| if UUID_HYPHENS.contains(&place) { byte == b'-' } else { hex(byte) };
        let uuid = || text.len() == UUID_BYTES && text.bytes().enumerate().all(fits);
        (multi_region || uuid()).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AliasName {
    /// `alias/` and at least one character. Which characters are allowed is the operations' question: they answer differently.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix("alias/").is_some_and(|rest| !rest.is_empty()).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl KeyRef {
    /// Never fails: a text that names nothing is an operation's own error (KMS answers NotFoundException), not the parser's.
    pub fn parse(text: &str) -> Self {
        Self { raw: text.into(), name: KeyName::parse(text) }
    }

    /// The key whose ARN this is, by its ARN: what [`KeyRef::parse`] makes of it.
    pub fn to_key(arn: &Arn, account: AccountId, id: &KeyId) -> Self {
        let name = KeyName::Arn { region: arn.region().into(), account, id: id.clone() };
        Self { raw: arn.as_str().into(), name }
    }

    /// What the caller wrote.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    pub fn name(&self) -> &KeyName {
        &self.name
    }
}

impl KeyName {
    fn parse(text: &str) -> Self {
        if text.starts_with("arn:") {
            return Self::parse_arn(text).unwrap_or(Self::BadArn);
        }
        if let Some(alias) = AliasName::parse(text) {
            return Self::Alias(alias);
        }
        KeyId::parse(text).map_or(Self::Malformed, Self::Id)
    }

    fn parse_arn(text: &str) -> Option<Self> {
        // Only `aws` is ours: in another partition the same account and key are other things.
        let arn = Arn::parse(text).ok().filter(|arn| arn.partition() == "aws" && arn.service() == "kms")?;
        let (region, account) = (Arc::from(arn.region()), arn.account_id()?);
        if let Some(id) = arn.resource().strip_prefix("key/") {
            return Some(Self::Arn { region, account, id: KeyId::parse(id)? });
        }
        Some(Self::AliasArn { region, account, alias: AliasName::parse(arn.resource())? })
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AliasName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn the_four_ways_and_the_two_that_are_none() {
        let arn = format!("arn:aws:kms:ap-northeast-1:111122223333:key/{ID}");
        assert!(matches!(KeyRef::parse(ID).name(), KeyName::Id(_)));
        assert!(matches!(KeyRef::parse(&arn).name(), KeyName::Arn { .. }));
        assert!(matches!(KeyRef::parse("alias/payroll").name(), KeyName::Alias(_)));
        assert!(matches!(KeyRef::parse("arn:aws:kms:r:111122223333:alias/a").name(), KeyName::AliasArn { .. }));
        for bad in ["arn:aws:s3:::bucket", "arn:aws:kms:r:111122223333:key/short", "arn:aws:kms:r:x:alias/a"] {
            assert_eq!(KeyRef::parse(bad).name(), &KeyName::BadArn, "{bad}");
        }
        for partition in ["aws-cn", "aws-us-gov", "AWS"] {
            let foreign = arn.replacen("aws", partition, 1);
            assert_eq!(KeyRef::parse(&foreign).name(), &KeyName::BadArn, "{foreign}");
        }
        for bad in ["", "nope", "alias/", &ID.to_uppercase(), &format!("{ID}0")] {
            assert_eq!(KeyRef::parse(bad).name(), &KeyName::Malformed, "{bad}");
        }
    }

    #[test]
    fn a_reference_made_of_a_key_is_the_one_that_is_read() {
        let (id, account) = (KeyId::parse(ID).unwrap(), AccountId::from_number(1));
        let arn = Arn::of("kms", "ap-northeast-1", account, &format!("key/{ID}"));
        assert_eq!(Arn::parse(arn.as_str()).map(|arn| arn.resource().to_owned()), Ok(arn.resource().to_owned()));
        assert!(KeyRef::to_key(&arn, account, &id) == KeyRef::parse(arn.as_str()));
    }

    #[test]
    fn ids_are_uuids_or_those_of_many_regions() {
        let multi = format!("mrk-{}", ID.replace('-', ""));
        assert!(KeyId::parse(&multi).is_some() && KeyId::parse(ID).is_some());
        let moved = ID.replacen("d-1", "-d1", 1);
        for bad in [
            &moved,
            &ID.replace('-', "0"),
            &ID.replace('a', "g"),
            &ID.replace("ab-", "\u{e9}-"),
            &multi.replace("mrk-", "mrk"),
        ] {
            assert!(KeyId::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_text_is_kept_as_it_was_written() {
        assert_eq!(KeyRef::parse("nope").as_str(), "nope");
    }
}
