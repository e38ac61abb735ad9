//! What must hold of a policy document, whatever the text: serde_json finds in an accepted one what the grammar demands and as many
//! principals, and the same document written in other words is read alike.

use policy::{Document, Kind, PrincipalName};
use serde_json::Value;

const KINDS: [Kind; 5] = [Kind::Identity, Kind::Managed, Kind::Resource, Kind::KeyPolicy, Kind::Trust];

/// As how many kinds of document the text was accepted.
pub fn probe(bytes: &[u8]) -> usize {
    let Ok(text) = std::str::from_utf8(bytes) else { return 0 };
    let accepted: Vec<Kind> = KINDS.into_iter().filter(|kind| holds(text, *kind)).collect();
    if accepted.contains(&Kind::Managed) {
        assert!(accepted.contains(&Kind::Identity), "a managed policy is an identity policy: {text}");
    }
    accepted.len()
}

/// Whether the text is a document of this kind.
fn holds(text: &str, kind: Kind) -> bool {
    let document = match Document::parse(text, kind) {
        Ok(document) => document,
        Err(malformed) => {
            assert!(!malformed.to_string().is_empty());
            return false;
        }
    };
    assert_eq!((document.text(), document.kind()), (text, kind));
    assert!(text.len() <= kind.bytes_max());
    assert_eq!(document.respelled(&|_| None), text, "nothing was to be respelled");
    let entities = principals(&document).iter().filter(|name| entity(name)).count();
    let bound = document.clone().bind(&|_| Some("AIDAEXAMPLEEXAMPLE12".to_owned()));
    assert_eq!(bound.bindings().count(), entities, "each user and role is bound: {text}");
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        assert_eq!(
            naive(&value),
            Some(principals(&document).len()),
            "a naive reading finds as many principals: {text}"
        );
        same_when_compact(&document, &value);
    } else {
        // A number beyond a double is read as it stands by us, and not at all by serde_json.
        assert!(text.contains(['e', 'E']) || text.len() > 300, "accepted, and serde_json refuses: {text}");
    }
    true
}

/// Without white space and with no more escapes than needed, a document says the same.
fn same_when_compact(document: &Document, value: &Value) {
    let compact = value.to_string();
    let legal = compact.chars().all(|char| matches!(char, '\u{20}'..='\u{ff}'));
    if !legal || compact.len() > document.kind().bytes_max() {
        return;
    }
    let again = Document::parse(&compact, document.kind());
    let again = again.unwrap_or_else(|malformed| panic!("{malformed}: {compact}, which is {}", document.text()));
    assert_eq!(sorted(&again), sorted(document));
}

fn principals(document: &Document) -> Vec<PrincipalName> {
    document.principals().cloned().collect()
}

/// The members of an object may have changed their places.
fn sorted(document: &Document) -> Vec<String> {
    let mut names: Vec<String> = document.principals().map(|name| format!("{name:?}")).collect();
    names.sort();
    names
}

fn entity(name: &PrincipalName) -> bool {
    matches!(name, PrincipalName::User(_) | PrincipalName::Role(_))
}

/// How many principals the document names, if it keeps the coarse rules of the grammar.
fn naive(document: &Value) -> Option<usize> {
    let version = document.get("Version").map(|version| version.as_str());
    let known = version.is_none_or(|version| matches!(version, Some("2012-10-17" | "2008-10-17")));
    let statements = listed(document.get("Statement")?);
    let count = |statement: &Value| {
        matches!(statement.get("Effect")?.as_str()?, "Allow" | "Deny").then_some(())?;
        let named = statement.get("Principal").or(statement.get("NotPrincipal"));
        Some(match named {
            Some(Value::Object(families)) => families.values().map(|family| listed(family).len()).sum(),
            Some(everyone) => listed(everyone).len(),
            None => 0,
        })
    };
    known.then(|| statements.into_iter().map(count).sum::<Option<usize>>())?
}

fn listed(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}
