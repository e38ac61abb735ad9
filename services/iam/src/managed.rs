//! AWS managed policies, which are there in every account and which nobody can change.
//! <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>

use crate::fault::Fault;
use names::{Arn, Time};
use policy::{Document, Kind};
use shapes_iam::PolicyVersion;
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

/// In the order of their ARNs.
pub fn all() -> impl Iterator<Item = &'static Managed> {
    POLICIES.iter()
}

/// Whether the policy is one of AWS's, by its ARN.
pub fn is_aws(arn: &str) -> bool {
    arn.starts_with("arn:aws:iam::aws:")
}

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

    /// When its default version was published.
    pub fn updated(&self) -> Time {
        self.created()
    }

    /// As ListPolicyVersions shows the version that is known: without the document.
    pub fn listed(&self) -> PolicyVersion {
        PolicyVersion {
            document: None,
            version_id: Some(self.version.to_owned()),
            is_default_version: Some(true),
            create_date: Some(self.updated()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_is_one_and_stands_under_its_arn() {
        assert!(all().is_sorted_by_key(|policy| policy.arn));
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
