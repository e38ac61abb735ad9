//! Tags: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>. Keys do not distinguish case.

use crate::fault::Fault;
use kernel::Demands;
use policy::Fact;
use shapes_iam::Tag;

/// At most 50 come, which the model says.
pub fn check(tags: &[Tag]) -> Result<(), Fault> {
    let invalid = |text: &str| Err(Fault::InvalidInput(text.to_owned()));
    for (index, tag) in tags.iter().enumerate() {
        let key = tag.key.to_lowercase();
        if key.starts_with("aws:") {
            return invalid("Tag keys that begin with aws: are reserved for system use.");
        }
        if tags.iter().take(index).any(|other| other.key.to_lowercase() == key) {
            return invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        }
    }
    Ok(())
}

pub fn pairs(tags: &[Tag]) -> Vec<(String, String)> {
    tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect()
}

/// `aws:RequestTag/<key>` and `aws:TagKeys`.
pub fn facts(demands: Demands, tags: &[Tag]) -> Demands {
    let mut demands = demands;
    for tag in tags {
        let value = Fact::One(tag.value.clone().into());
        demands = demands.fact(format!("aws:requesttag/{}", tag.key.to_lowercase()), value);
    }
    if tags.is_empty() {
        return demands;
    }
    demands.fact("aws:tagkeys", Fact::Many(tags.iter().map(|tag| tag.key.clone().into()).collect()))
}
