//! Lists in pages, and their markers.

use crate::rig::{Town, alias, refused, schedule, town};
use house::Tree;
use shapes_kms::{
    DeleteAlias, DeleteAliasInput, ListAliases, ListAliasesInput, ListKeyPolicies, ListKeyPoliciesInput, ListKeys,
    ListKeysInput, ListResourceTags, ListResourceTagsInput, ResourceOwnerType, Tag, TagResource, TagResourceInput,
};
use std::collections::BTreeSet;

async fn keys(town: &Town, limit: Option<i64>, marker: Option<String>) -> (Vec<String>, Option<String>) {
    let answered = town.root.call::<ListKeys>(ListKeysInput { limit, marker, resource_owners: None }).await;
    let output = answered.output();
    assert_eq!(output.truncated, Some(output.next_marker.is_some()));
    let ids = output.keys.iter().flatten().flat_map(|one| one.key_id.as_ref()).map(|id| id.as_str().to_owned());
    (ids.collect(), output.next_marker.clone())
}

#[tokio::test]
async fn every_key_once() {
    let town = town().await;
    let mut made = BTreeSet::new();
    for _ in 0..6 {
        made.insert(town.key().await.id.as_str().to_owned());
    }
    for limit in [1, 2, 3, 4, 6, 7] {
        let (mut seen, mut marker, mut pages) = (Vec::new(), None, 0);
        loop {
            let (page, next) = keys(&town, Some(limit), marker).await;
            assert!(page.len() <= usize::try_from(limit).unwrap() && !page.is_empty());
            seen.extend(page);
            pages += 1;
            marker = next;
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(pages, 6_i64.div_euclid(limit) + i64::from(6 % limit != 0), "no empty page behind the last one");
        assert_eq!((seen.len(), seen.into_iter().collect::<BTreeSet<_>>()), (6, made.clone()));
    }
    assert_eq!(keys(&town, None, None).await.0.len(), 6);
}

#[tokio::test]
async fn a_marker_tells_nothing_and_stays_good() {
    let town = town().await;
    for _ in 0..4 {
        town.key().await;
    }
    let (first, marker) = keys(&town, Some(2), None).await;
    let marker = marker.unwrap();
    assert!(first.iter().all(|id| !marker.contains(id.as_str())) && marker.len() <= 1024);
    assert_ne!(keys(&town, Some(2), None).await.1.as_ref(), Some(&marker), "the same place is another text each time");
    let rest = keys(&town, None, Some(marker.clone())).await.0;
    // The key at which the page ended goes.
    schedule(&town.root, &crate::rig::key(first.last().unwrap()), Some(7)).await.output();
    town.house.clock().pass(std::time::Duration::from_secs(7 * 24 * 60 * 60));
    town.rounds().await;
    assert_eq!(keys(&town, None, Some(marker)).await.0, rest);
}

#[tokio::test]
async fn markers_of_other_lists_are_foreign() {
    let town = town().await;
    let (one, two) = (town.key().await, town.key().await);
    for made in [&one, &two] {
        for name in ["a", "b"] {
            alias(&town.root, &format!("alias/{name}-{}", made.id.as_str()), &made.id).await.output();
        }
    }
    let marker = keys(&town, Some(1), None).await.1;
    let list = |resource_owners, marker: &Option<String>| {
        town.root.call::<ListKeys>(ListKeysInput { resource_owners, marker: marker.clone(), limit: None })
    };
    list(Some(vec![ResourceOwnerType::Itself]), &marker).await.output();
    let others = list(Some(vec![ResourceOwnerType::OtherAccountsViaRam]), &marker).await;
    refused(&others, "InvalidMarkerException", "");
    for nonsense in ["nonsense", "", "AAAA", "é"] {
        refused(&list(None, &Some(nonsense.to_owned())).await, "InvalidMarkerException", "");
    }
    let elsewhere = town.root.clone().in_region("us-west-2");
    let input = ListKeysInput { marker: marker.clone(), ..ListKeysInput::default() };
    refused(&elsewhere.call::<ListKeys>(input).await, "InvalidMarkerException", "");
    let input = ListAliasesInput { marker: marker.clone(), ..ListAliasesInput::default() };
    refused(&town.root.call::<ListAliases>(input).await, "InvalidMarkerException", "");
    let input = ListKeyPoliciesInput { marker, ..ListKeyPoliciesInput::new(one.id.clone()) };
    refused(&town.root.call::<ListKeyPolicies>(input).await, "ValidationException", "marker");

    let of = |key: &names::KeyRef, limit, marker| {
        town.root.call::<ListAliases>(ListAliasesInput { key_id: Some(key.clone()), limit, marker })
    };
    let marker = of(&one.id, Some(1), None).await.output().next_marker.clone();
    assert_eq!(of(&one.arn, None, marker.clone()).await.output().aliases.as_ref().map(Vec::len), Some(1));
    refused(&of(&two.id, None, marker).await, "InvalidMarkerException", "");
}

#[tokio::test]
async fn keys_that_others_share_are_none() {
    let town = town().await;
    town.key().await;
    let owners = Some(vec![ResourceOwnerType::OtherAccountsViaRam]);
    let answered =
        town.root.call::<ListKeys>(ListKeysInput { resource_owners: owners, ..ListKeysInput::default() }).await;
    assert_eq!(answered.output().keys.as_ref().map(Vec::len), Some(0));
}

#[tokio::test]
async fn limits_have_bounds() {
    let town = town().await;
    let made = town.key().await;
    let words = |value: i64, bound: &str| {
        format!(
            "1 validation error detected: Value '{value}' at 'limit' failed to satisfy constraint: Member must have value {bound}"
        )
    };
    for (limit, bound) in [(0, "greater than or equal to 1"), (1001, "less than or equal to 1000")] {
        let answer = town.root.enter::<ListKeys>(Tree::map([("Limit", Tree::Number(limit))])).await;
        refused(&answer, "ValidationException", &words(limit, bound));
    }
    for (limit, bound) in [(0, "greater than or equal to 1"), (101, "less than or equal to 100")] {
        let answer = town.root.enter::<ListAliases>(Tree::map([("Limit", Tree::Number(limit))])).await;
        refused(&answer, "ValidationException", &words(limit, bound));
    }
    let input = ListResourceTagsInput { limit: Some(51), ..ListResourceTagsInput::new(made.id.clone()) };
    let answer = town.root.call::<ListResourceTags>(input).await;
    refused(&answer, "ValidationException", &words(51, "less than or equal to 50"));
}

#[tokio::test]
async fn aliases_in_pages() {
    let town = town().await;
    let made = town.key().await;
    for name in ["e", "b", "d", "a", "c"] {
        alias(&town.root, &format!("alias/{name}"), &made.id).await.output();
    }
    for key_id in [None, Some(made.id.clone())] {
        let list =
            |limit, marker| town.root.call::<ListAliases>(ListAliasesInput { key_id: key_id.clone(), limit, marker });
        let (mut seen, mut marker) = (Vec::new(), None);
        loop {
            let answered = list(Some(2), marker).await;
            let output = answered.output();
            seen.extend(output.aliases.iter().flatten().flat_map(|one| one.alias_name.clone()));
            marker = output.next_marker.clone();
            assert_eq!(output.truncated, Some(marker.is_some()));
            if marker.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["alias/a", "alias/b", "alias/c", "alias/d", "alias/e"]);
    }
    let input = ListAliasesInput { key_id: Some(made.id.clone()), limit: Some(3), marker: None };
    let marker = town.root.call::<ListAliases>(input).await.output().next_marker.clone();
    for name in ["alias/c", "alias/d"] {
        town.root.call::<DeleteAlias>(DeleteAliasInput { alias_name: name.to_owned() }).await.output();
    }
    let input = ListAliasesInput { key_id: Some(made.id.clone()), limit: None, marker };
    let answered = town.root.call::<ListAliases>(input).await;
    let names: Vec<_> = answered.output().aliases.iter().flatten().flat_map(|one| one.alias_name.clone()).collect();
    assert_eq!(names, ["alias/e"]);
    let nobody = Some(crate::rig::key(crate::rig::NOBODY));
    let answer = town.root.call::<ListAliases>(ListAliasesInput { key_id: nobody, ..Default::default() }).await;
    refused(&answer, "NotFoundException", "does not exist");
    let named = Some(crate::rig::key("alias/a"));
    let answer = town.root.call::<ListAliases>(ListAliasesInput { key_id: named, ..Default::default() }).await;
    refused(&answer, "NotFoundException", "Invalid keyId 'alias/a'");
}

#[tokio::test]
async fn tags_in_pages() {
    let town = town().await;
    let made = town.key().await;
    let tag = |number: usize| Tag { tag_key: format!("k{number}"), tag_value: number.to_string() };
    let input = TagResourceInput { key_id: made.id.clone(), tags: (0..7).map(tag).collect() };
    town.root.call::<TagResource>(input).await.output();
    let (mut seen, mut marker) = (Vec::new(), None);
    for _ in 0..3 {
        let input = ListResourceTagsInput { limit: Some(3), marker, ..ListResourceTagsInput::new(made.id.clone()) };
        let answered = town.root.call::<ListResourceTags>(input).await;
        let output = answered.output();
        seen.extend(output.tags.iter().flatten().map(|tag| (tag.tag_key.clone(), tag.tag_value.clone())));
        marker = output.next_marker.clone();
    }
    assert!(marker.is_none());
    assert_eq!(seen, (0..7).map(|number| (format!("k{number}"), number.to_string())).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_policy_is_listed() {
    let town = town().await;
    let made = town.key().await;
    let answered = town.root.call::<ListKeyPolicies>(ListKeyPoliciesInput::new(made.arn.clone())).await;
    let output = answered.output();
    assert_eq!(output.policy_names.as_deref(), Some(&["default".to_owned()][..]));
    assert_eq!((output.truncated, output.next_marker.as_ref()), (Some(false), None));
}
