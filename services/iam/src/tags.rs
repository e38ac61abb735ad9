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

/// The most tags of one user, role or policy.
const TAGS_MAX: usize = 50;

/// Adds tags, in the order of their keys. One whose key differs by case alone is replaced.
pub fn put(own: &mut Vec<(String, String)>, tags: &[Tag]) -> Result<(), Fault> {
    for tag in tags {
        match own.iter_mut().find(|(key, _)| key.to_lowercase() == tag.key.to_lowercase()) {
            Some(old) => *old = (tag.key.clone(), tag.value.clone()),
            None => own.push((tag.key.clone(), tag.value.clone())),
        }
    }
    own.sort();
    if own.len() > TAGS_MAX {
        return Err(Fault::LimitExceeded("The number of tags has reached the maximum limit.".to_owned()));
    }
    Ok(())
}

/// Takes tags away, by their keys. One that is not there does no harm.
pub fn remove(own: &mut Vec<(String, String)>, keys: &[String]) {
    own.retain(|(key, _)| !keys.iter().any(|gone| gone.to_lowercase() == key.to_lowercase()));
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

/// `aws:TagKeys`, of tags that go.
pub fn key_facts(demands: Demands, keys: &[String]) -> Demands {
    demands.fact("aws:tagkeys", Fact::Many(keys.iter().map(|key| key.clone().into()).collect()))
}
