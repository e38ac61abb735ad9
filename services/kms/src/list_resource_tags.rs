//! kms:ListResourceTags <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html>

use crate::fault::Fault;
use crate::key::Key;
use crate::pages::{self, Turn};
use crate::{Kms, asked};
use kernel::{Action, Aim, Authorized, Class, Demands, Desk, Found, Operation, Outside, Stop};
use shapes_kms::{ListResourceTagsInput, ListResourceTagsOutput, Tag};
use std::collections::BTreeMap;

const TAGS_PER_PAGE_MAX: usize = 50;

pub struct ListResourceTags;

impl Operation for ListResourceTags {
    type Shape = shapes_kms::ListResourceTags;
    type Service = Kms;
    type Target = Key;
    type Staged = Turn;
    type Fault = Fault;
    const TRAIL: Class = Class::Management { read_only: true };

    fn aim(input: &ListResourceTagsInput) -> Result<Aim<Key>, Fault> {
        asked::own(&input.key_id)
    }

    fn demands(_: &ListResourceTagsInput, key: &Found<Key>) -> Demands {
        Demands::on(Action("kms:ListResourceTags"), key.look())
    }

    fn check(call: &Authorized<'_, Self>) -> Result<(), Fault> {
        rows_max(call.input()).map(|_| ())
    }

    async fn prepare(call: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<Turn, Stop<Fault>> {
        let (input, key) = (call.input(), call.target());
        Ok(Turn::begin(outside, input.marker.as_deref(), rows_max(input)?, &[key.id.as_str()])?)
    }

    async fn apply(
        call: &Authorized<'_, Self>,
        turn: &Turn,
        _: &mut Desk<'_, Kms>,
    ) -> Result<ListResourceTagsOutput, Stop<Fault>> {
        let key = call.target();
        let tags: BTreeMap<_, _> = key.record.tags.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let (names, next_marker) = turn.names(tags.keys().copied())?;
        let value = |name| tags.get(name).map_or_else(String::new, |value| (*value).clone());
        let tags = names.into_iter().map(|name| Tag { tag_key: name.to_owned(), tag_value: value(name) });
        Ok(ListResourceTagsOutput { tags: Some(tags.collect()), truncated: Some(next_marker.is_some()), next_marker })
    }
}

fn rows_max(input: &ListResourceTagsInput) -> Result<usize, Fault> {
    pages::rows_max(input.limit, TAGS_PER_PAGE_MAX, TAGS_PER_PAGE_MAX)
}
