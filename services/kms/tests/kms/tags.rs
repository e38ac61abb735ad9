//! Tags of keys: <https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html>.

use crate::rig::{Town, key, refused, town};
use house::{Answered, Tree};
use names::KeyRef;
use shapes_kms::{
    CreateKey, CreateKeyInput, ListResourceTags, ListResourceTagsInput, Tag, TagResource, TagResourceInput,
    UntagResource, UntagResourceInput,
};

fn tags(pairs: &[(&str, &str)]) -> Vec<Tag> {
    pairs.iter().map(|(key, value)| Tag { tag_key: (*key).to_owned(), tag_value: (*value).to_owned() }).collect()
}

fn many(count: usize) -> Vec<Tag> {
    (0..count).map(|number| Tag { tag_key: format!("k{number}"), tag_value: String::new() }).collect()
}

async fn tag(town: &Town, key: &KeyRef, tags: Vec<Tag>) -> Answered<TagResource> {
    town.root.call::<TagResource>(TagResourceInput { key_id: key.clone(), tags }).await
}

async fn untag(town: &Town, key: &KeyRef, keys: &[&str]) -> Answered<UntagResource> {
    let tag_keys = keys.iter().map(|key| (*key).to_owned()).collect();
    town.root.call::<UntagResource>(UntagResourceInput { key_id: key.clone(), tag_keys }).await
}

async fn tags_of(town: &Town, key: &KeyRef) -> Vec<(String, String)> {
    let answered = town.root.call::<ListResourceTags>(ListResourceTagsInput::new(key.clone())).await;
    answered.output().tags.iter().flatten().map(|tag| (tag.tag_key.clone(), tag.tag_value.clone())).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[tokio::test]
async fn tags_come_change_and_go() {
    let town = town().await;
    let made = town.key_of(CreateKeyInput { tags: Some(tags(&[("a", "1")])), ..CreateKeyInput::default() }).await;
    assert_eq!(tags_of(&town, &made.id).await, [pair("a", "1")]);
    tag(&town, &made.arn, tags(&[("a", "2"), ("b", "")])).await.output();
    assert_eq!(tags_of(&town, &made.id).await, [pair("a", "2"), pair("b", "")]);
    untag(&town, &made.id, &["b", "never-there"]).await.output();
    assert_eq!(tags_of(&town, &made.arn).await, [pair("a", "2")]);
}

#[tokio::test]
async fn fifty_tags_and_no_more() {
    let town = town().await;
    let made = town.key().await;
    tag(&town, &made.id, many(50)).await.output();
    refused(&tag(&town, &made.id, tags(&[("more", "")])).await, "TagException", "Too many tags");
    tag(&town, &made.id, tags(&[("k0", "changed")])).await.output();
    assert_eq!(tags_of(&town, &made.id).await.len(), 50);
    let create = |count| town.root.call::<CreateKey>(CreateKeyInput { tags: Some(many(count)), ..Default::default() });
    refused(&create(51).await, "TagException", "Too many tags");
    create(50).await.output();
}

#[tokio::test]
async fn keys_of_tags_that_are_refused() {
    let town = town().await;
    let made = town.key().await;
    let twice = tags(&[("a", "1"), ("a", "2")]);
    refused(&tag(&town, &made.id, twice).await, "TagException", "Duplicate tag keys");
    let reserved = "Tags beginning with aws: are reserved";
    for name in ["aws:mine", "AWS:mine"] {
        refused(&tag(&town, &made.id, tags(&[(name, "1")])).await, "TagException", reserved);
        refused(&untag(&town, &made.id, &[name]).await, "TagException", reserved);
        let input = CreateKeyInput { tags: Some(tags(&[(name, "1")])), ..CreateKeyInput::default() };
        refused(&town.root.call::<CreateKey>(input).await, "TagException", reserved);
    }
    let wire = |name: String, value: String| {
        let tag = Tree::map([("TagKey", Tree::text(name)), ("TagValue", Tree::text(value))]);
        Tree::map([("KeyId", Tree::text(made.id.as_str())), ("Tags", Tree::List(vec![tag]))])
    };
    let answer = town.root.enter::<TagResource>(wire("k".repeat(129), String::new())).await;
    refused(&answer, "ValidationException", "at 'tags.1.member.tagKey' failed to satisfy constraint");
    let answer = town.root.enter::<TagResource>(wire("k".to_owned(), "v".repeat(257))).await;
    refused(&answer, "ValidationException", "at 'tags.1.member.tagValue' failed to satisfy constraint");
    assert_eq!(tags_of(&town, &made.id).await, []);
    refused(&tag(&town, &key(crate::rig::NOBODY), tags(&[("a", "1")])).await, "NotFoundException", "");
}
