//! AWS managed policies, which are there in every account and which nobody can change.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use crate::Iam;
use crate::fault::Fault;
use kernel::{Breakage, Reads, Scene, Side, Thing};
use names::{Arn, Time};
use policy::{Document, Kind};
use secret::Identity;
use std::sync::{Arc, OnceLock};

/// One policy, in the version that is its default, which is its only one.
pub struct Managed {
    pub arn: &'static str,
    pub name: &'static str,
    pub id: &'static str,
    pub path: &'static str,
    pub description: &'static str,
    pub version: &'static str,
    /// Seconds since 1970: when AWS published it.
    created: i64,
    pub text: &'static str,
    parsed: OnceLock<Option<Arc<Document>>>,
}

/// What an administrator has.
pub const ADMINISTRATOR_ACCESS: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

static POLICIES: [Managed; 1] = [Managed {
    arn: ADMINISTRATOR_ACCESS,
    name: "AdministratorAccess",
    id: "ANPAIWMBCKSKIEE64ZLYK",
    path: "/",
    description: "Provides full access to AWS services and resources.",
    version: "v1",
    // 2015-02-06T18:39:46Z
    created: 1_423_247_986,
    text: r#"{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*"
        }
    ]
}"#,
    parsed: OnceLock::new(),
}];

pub fn find(arn: &str) -> Option<&'static Managed> {
    POLICIES.iter().find(|policy| policy.arn == arn)
}

/// The ARN of a policy, of whatever account.
pub fn arn(text: &str) -> Result<Arn, Fault> {
    let arn = Arn::parse(text).ok();
    arn.filter(|arn| arn.service() == "iam" && arn.region().is_empty() && arn.resource().starts_with("policy/"))
        .ok_or_else(|| Fault::InvalidInput(format!("ARN {text} is not valid.")))
}

impl Managed {
    /// Parsed once. `None` only if the text above is no policy, which a test rules out.
    pub fn document(&self) -> Option<Arc<Document>> {
        let parse = || Document::parse(self.text, Kind::Managed).ok().map(Arc::new);
        self.parsed.get_or_init(parse).clone()
    }

    pub fn created(&self) -> Time {
        Time::from_seconds(self.created)
    }
}

/// A managed policy as calls meet it.
pub struct ManagedPolicy {
    pub policy: &'static Managed,
    arn: Arn,
}

impl Thing for ManagedPolicy {
    type Service = Iam;
    type Name = Arn;
    type Fault = Fault;
    const TYPE: &'static str = "AWS::IAM::Policy";

    async fn find(arn: &Arn, _: &Scene, _: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        Ok(find(arn.as_str()).map(|policy| Self { policy, arn: arn.clone() }))
    }

    fn arn(&self) -> Arn {
        self.arn.clone()
    }

    fn named(arn: &Arn, _: &Scene) -> Arn {
        arn.clone()
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    /// It was never born here and never goes, so its id will do.
    fn identity(&self) -> Identity {
        Identity(self.policy.id.bytes().fold(0, |number, byte| number << 8 | u128::from(byte)))
    }

    fn not_found(arn: &Arn, _: &Scene) -> Fault {
        Fault::no_such_policy(arn.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_is_one_and_stands_under_its_arn() {
        for policy in &POLICIES {
            assert!(policy.document().is_some(), "{}", policy.arn);
            assert_eq!(arn(policy.arn).map(|arn| arn.to_string()).as_deref(), Ok(policy.arn));
            assert!(policy.arn.ends_with(&format!(":policy{}{}", policy.path, policy.name)));
        }
        assert_eq!(
            find(ADMINISTRATOR_ACCESS).map(|policy| policy.created().iso()).as_deref(),
            Some("2015-02-06T18:39:46Z")
        );
    }

    #[test]
    fn what_is_no_arn_of_a_policy() {
        for bad in ["nonsense-that-is-no-arn", "arn:aws:iam::111122223333:user/alice", "arn:aws:s3:::policy/aaaaaaaaaa"]
        {
            assert_eq!(arn(bad), Err(Fault::InvalidInput(format!("ARN {bad} is not valid."))));
        }
    }
}
