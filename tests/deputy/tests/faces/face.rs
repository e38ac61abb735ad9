//! The public face of a crate, item by item, as its sources say it.

use crate::{differences, overwriting, root, snapshot, sources};
use std::path::Path;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, ImplItem, Item, TraitItem, Visibility};

#[test]
fn the_face_of_secret_is_the_reviewed_one() {
    compare("secret");
}

#[test]
fn the_face_of_kernel_is_the_reviewed_one() {
    compare("kernel");
}

fn compare(name: &str) {
    let current = face(&root().join("crates").join(name).join("src"));
    assert!(current.lines().count() > 10, "a crate without a face was read wrongly");
    let file = snapshot(&format!("{name}.txt"));
    if overwriting() {
        std::fs::write(&file, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let differences = differences(&committed, &current);
    assert!(
        committed == current,
        "the face of `{name}` has changed; if it is meant to, SNAPSHOTS=overwrite writes it for review:\n{differences}"
    );
}

fn face(folder: &Path) -> String {
    let mut lines = Vec::new();
    for file in sources(folder) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(folder).unwrap().display().to_string();
        let mut found = Vec::new();
        for item in syn::parse_file(&text).unwrap().items {
            read(&item, &mut found);
        }
        if !found.is_empty() {
            lines.push(format!("== {name}"));
            lines.append(&mut found);
        }
    }
    lines.join("\n") + "\n"
}

fn read(item: &Item, out: &mut Vec<String>) {
    match item {
        Item::Fn(one) if is_public(&one.vis) => out.push(format!("pub {}", words(&one.sig))),
        Item::Const(one) if is_public(&one.vis) => out.push(format!("pub const {}: {}", one.ident, words(&one.ty))),
        Item::Static(one) if is_public(&one.vis) => out.push(format!("pub static {}: {}", one.ident, words(&one.ty))),
        Item::Type(one) if is_public(&one.vis) => out.push(words(one)),
        Item::Use(one) if is_public(&one.vis) => out.push(words(one)),
        Item::Struct(one) if is_public(&one.vis) => {
            out.push(format!("{}pub struct {}{}", derives(&one.attrs), one.ident, text_of(&one.generics)));
            fields(&one.fields, out);
        }
        Item::Enum(one) if is_public(&one.vis) => {
            out.push(format!("{}pub enum {}{}", derives(&one.attrs), one.ident, text_of(&one.generics)));
            out.extend(one.variants.iter().map(|variant| format!("    {}{}", variant.ident, text_of(&variant.fields))));
        }
        Item::Trait(one) if is_public(&one.vis) => {
            let above = one.supertraits.iter().map(words).collect::<Vec<_>>().join(" + ");
            out.push(format!("pub trait {}{}: {above}", one.ident, text_of(&one.generics)));
            out.extend(one.items.iter().map(promise));
        }
        Item::Impl(one) => {
            let of = one.trait_.as_ref().map(|(_, path, _)| format!("{} for ", words(path))).unwrap_or_default();
            let head = format!("impl{} {of}{}", text_of(&one.generics), words(&one.self_ty));
            let methods: Vec<_> = one.items.iter().filter_map(method).collect();
            if one.trait_.is_some() || !methods.is_empty() {
                out.push(head);
                out.extend(methods);
            }
        }
        _ => {}
    }
}

fn fields(fields: &Fields, out: &mut Vec<String>) {
    for (place, field) in fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis)) {
        let name = field.ident.as_ref().map_or_else(|| place.to_string(), ToString::to_string);
        out.push(format!("    pub {name}: {}", words(&field.ty)));
    }
}

/// What a public trait asks for; whether it has a default is part of it.
fn promise(item: &TraitItem) -> String {
    match item {
        TraitItem::Fn(one) => {
            format!("    {}{}", words(&one.sig), if one.default.is_some() { " { default }" } else { "" })
        }
        other => format!("    {}", words(other)),
    }
}

/// A public method or constant of an inherent implementation. The methods of a trait's implementation are the trait's.
fn method(item: &ImplItem) -> Option<String> {
    match item {
        ImplItem::Fn(one) if is_public(&one.vis) => Some(format!("    pub {}", words(&one.sig))),
        ImplItem::Const(one) if is_public(&one.vis) => Some(format!("    pub const {}: {}", one.ident, words(&one.ty))),
        _ => None,
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn derives(attributes: &[Attribute]) -> String {
    attributes.iter().filter(|one| one.path().is_ident("derive")).map(|one| format!("{} ", words(one))).collect()
}

/// The item as it stands in the source, on one line and without comments.
fn words(item: &impl Spanned) -> String {
    let source = item.span().source_text().unwrap();
    let lines = source.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let line = lines.collect::<Vec<_>>().join(" ");
    line.replace("( ", "(").replace(", )", ")").replace(" )", ")").replace(", }", " }")
}

/// As [`words`], for what may be absent.
fn text_of(item: &impl Spanned) -> String {
    item.span().source_text().map(|_| words(item)).unwrap_or_default()
}
