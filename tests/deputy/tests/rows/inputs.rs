//! Places in an input, and inputs with one place changed.

use house::Tree;
use shape::{Kind, Schema};

/// A place in an input: which entry or item, level by level.
#[derive(Clone)]
pub struct Place {
    pub path: Vec<usize>,
    pub schema: &'static Schema,
    /// A member of a structure that has to be there.
    pub required: bool,
}

/// Every place of an input, the whole first.
pub fn places(schema: &'static Schema, input: &Tree) -> Vec<Place> {
    let mut places = Vec::new();
    walk(Place { path: Vec::new(), schema, required: false }, input, &mut places);
    places
}

fn walk(place: Place, value: &Tree, places: &mut Vec<Place>) {
    places.push(place.clone());
    let below = |index: usize, schema, required| {
        let mut path = place.path.clone();
        path.push(index);
        Place { path, schema, required }
    };
    match (&place.schema.kind, value) {
        (Kind::Structure { members }, Tree::Map(entries)) => {
            for (index, (name, value)) in entries.iter().enumerate() {
                let member = members.iter().find(|member| member.name == name).unwrap();
                walk(below(index, member.schema, member.required), value, places);
            }
        }
        (Kind::Map { value: schema, .. }, Tree::Map(entries)) => {
            for (index, (_, value)) in entries.iter().enumerate() {
                walk(below(index, schema, false), value, places);
            }
        }
        (Kind::List { item, .. }, Tree::List(items)) => {
            for (index, value) in items.iter().enumerate() {
                walk(below(index, item, false), value, places);
            }
        }
        _ => {}
    }
}

/// The value at a place.
pub fn at<'a>(input: &'a Tree, path: &[usize]) -> &'a Tree {
    let Some((index, rest)) = path.split_first() else { return input };
    match input {
        Tree::Map(entries) => at(&entries.get(*index).unwrap().1, rest),
        Tree::List(items) => at(items.get(*index).unwrap(), rest),
        _ => panic!("a leaf has no places"),
    }
}

/// The input with another value at a place; without the member, where there is none.
pub fn with(input: &Tree, path: &[usize], value: Option<Tree>) -> Tree {
    let mut changed = input.clone();
    let Some((last, above)) = path.split_last() else { return value.unwrap_or(Tree::Garbage) };
    let mut parent = &mut changed;
    for index in above {
        parent = match parent {
            Tree::Map(entries) => &mut entries.get_mut(*index).unwrap().1,
            Tree::List(items) => items.get_mut(*index).unwrap(),
            _ => panic!("a leaf has no places"),
        };
    }
    match (parent, value) {
        (Tree::Map(entries), Some(value)) => entries.get_mut(*last).unwrap().1 = value,
        (Tree::List(items), Some(value)) => *items.get_mut(*last).unwrap() = value,
        (Tree::Map(entries), None) => drop(entries.remove(*last)),
        (Tree::List(items), None) => drop(items.remove(*last)),
        _ => panic!("a leaf has no places"),
    }
    changed
}
