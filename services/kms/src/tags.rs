//! Tags: <https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html>.

use crate::fault::Fault;
use kernel::Demands;
use policy::Fact;
use shapes_kms::Tag;

const TAGS_PER_KEY_MAX: usize = 50;

/// What a key has after `new` tags have come to those it has. A tag whose key is there already replaces it.
pub fn check(old: &[(String, String)], new: &[Tag]) -> Result<Vec<(String, String)>, Fault> {
    let mut tags = old.to_vec();
    for (index, tag) in new.iter().enumerate() {
        unreserved(&tag.tag_key)?;
        if new.iter().take(index).any(|other| other.tag_key == tag.tag_key) {
            return Err(Fault::Tag("Duplicate tag keys"));
        }
        tags.retain(|(key, _)| *key != tag.tag_key);
        tags.push((tag.tag_key.clone(), tag.tag_value.clone()));
    }
    if tags.len() > TAGS_PER_KEY_MAX { Err(Fault::Tag("Too many tags")) } else { Ok(tags) }
}

pub fn unreserved(key: &str) -> Result<(), Fault> {
    match key.to_lowercase().starts_with("aws:") {
        true => Err(Fault::Tag("Tags beginning with aws: are reserved")),
        false => Ok(()),
    }
}

pub fn pairs(tags: &[Tag]) -> Vec<(String, String)> {
    tags.iter().map(|tag| (tag.tag_key.clone(), tag.tag_value.clone())).collect()
}

/// `aws:RequestTag/<key>` and `aws:TagKeys`.
pub fn facts(demands: Demands, tags: &[Tag]) -> Demands {
    let one = |text: &str| Fact::One(text.to_owned().into());
    let mut demands = demands;
    for tag in tags {
        demands = demands.fact(format!("aws:requesttag/{}", tag.tag_key.to_lowercase()), one(&tag.tag_value));
    }
    keys(demands, tags.iter().map(|tag| &tag.tag_key))
}

/// `aws:TagKeys`.
pub fn keys<'a>(demands: Demands, keys: impl Iterator<Item = &'a String>) -> Demands {
    let keys: Vec<_> = keys.map(|key| key.clone().into()).collect();
    if keys.is_empty() { demands } else { demands.fact("aws:tagkeys", Fact::Many(keys)) }
}
