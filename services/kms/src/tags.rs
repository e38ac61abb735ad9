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
        if tag.tag_key.to_lowercase().starts_with("aws:") {
            return Err(Fault::Tag("Tags beginning with aws: are reserved"));
        }
        if new.iter().take(index).any(|other| other.tag_key == tag.tag_key) {
            return Err(Fault::Tag("Duplicate tag keys"));
        }
        tags.retain(|(key, _)| *key != tag.tag_key);
        tags.push((tag.tag_key.clone(), tag.tag_value.clone()));
    }
    if tags.len() > TAGS_PER_KEY_MAX { Err(Fault::Tag("Too many tags")) } else { Ok(tags) }
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
    if tags.is_empty() {
        return demands;
    }
    demands.fact("aws:tagkeys", Fact::Many(tags.iter().map(|tag| tag.tag_key.clone().into()).collect()))
}
