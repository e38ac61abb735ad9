//! Amazon Resource Names: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

use crate::AccountId;
use std::fmt;
use std::sync::Arc;

/// `arn:partition:service:region:account:resource`, kept as one text with the places of its colons.
#[derive(Clone)]
pub struct Arn {
    text: Arc<str>,
    colons: [u16; 5],
}

/// A text that is not an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an ARN has six parts between colons and begins with `arn`")]
pub struct MalformedArn;

/// The longest ARN that any AWS API takes.
const ARN_BYTES_MAX: usize = 2048;

impl Arn {
    pub fn parse(text: &str) -> Result<Self, MalformedArn> {
        if text.len() > ARN_BYTES_MAX || !text.starts_with("arn:") {
            return Err(MalformedArn);
        }
        let mut colons = [0; 5];
        let mut places = text.bytes().enumerate().filter(|(_, byte)| *byte == b':');
        for colon in &mut colons {
            *colon = places.next().and_then(|(place, _)| u16::try_from(place).ok()).ok_or(MalformedArn)?;
        }
        let arn = Self { text: text.into(), colons };
        if arn.partition().is_empty() || arn.service().is_empty() || arn.resource().is_empty() {
            return Err(MalformedArn);
        }
        Ok(arn)
    }

    /// An ARN in the partition `aws`. `region` may be empty, as it is for IAM.
    pub fn of(service: &str, region: &str, account: AccountId, resource: &str) -> Self {
        let parts = ["arn", "aws", service, region, account.as_str()];
        let bytes = parts.iter().map(|part| part.len() + 1).sum::<usize>() + resource.len();
        let (mut text, mut colons) = (String::with_capacity(bytes), [0; 5]);
        for (part, colon) in parts.iter().zip(&mut colons) {
            text.push_str(part);
            *colon = u16::try_from(text.len()).unwrap_or(u16::MAX);
            text.push(':');
        }
        text.push_str(resource);
        Self { text: text.into(), colons }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn partition(&self) -> &str {
        self.part(0)
    }

    pub fn service(&self) -> &str {
        self.part(1)
    }

    pub fn region(&self) -> &str {
        self.part(2)
    }

    /// The account part as it stands: empty for S3's buckets, `aws` for AWS managed policies.
    pub fn account(&self) -> &str {
        self.part(3)
    }

    pub fn account_id(&self) -> Option<AccountId> {
        AccountId::parse(self.account()).ok()
    }

    /// All that follows the fifth colon.
    pub fn resource(&self) -> &str {
        self.part(4)
    }

    /// The part that follows the colon number `index`, counted from 0.
    fn part(&self, index: usize) -> &str {
        let start = self.colons.get(index).map_or(0, |colon| usize::from(*colon) + 1);
        let end = self.colons.get(index + 1).map_or(self.text.len(), |colon| usize::from(*colon));
        self.text.get(start..end).unwrap_or_default()
    }
}

impl PartialEq for Arn {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Arn {}

impl std::hash::Hash for Arn {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_arn() {
        let arn = Arn::parse("arn:aws:logs:eu-west-1:123456789012:log-group:a:b");
        assert_eq!(arn.as_ref().map(Arn::resource), Ok("log-group:a:b"));
        assert_eq!(arn.as_ref().map(Arn::service), Ok("logs"));
        assert_eq!(arn.as_ref().map(|arn| arn.account_id().is_some()), Ok(true));
    }

    #[test]
    fn what_is_composed_parses_to_itself() {
        let arn = Arn::of("iam", "", AccountId::from_number(7), "user/division/alice");
        assert_eq!(Arn::parse(arn.as_str()), Ok(arn.clone()));
        assert_eq!((arn.region(), arn.resource()), ("", "user/division/alice"));
    }

    #[test]
    fn what_is_not_an_arn() {
        for bad in ["", "arn", "arn:aws:kms", "arn:aws:kms:r:a:", "key/arn:aws:kms:r:a:b", "arn:::::x"] {
            assert_eq!(Arn::parse(bad), Err(MalformedArn), "{bad}");
        }
        assert_eq!(Arn::parse(&format!("arn:aws:kms:r:a:{}", "x".repeat(ARN_BYTES_MAX))), Err(MalformedArn));
    }
}
