//! The committed models and house files: all can be generated, always to the same text, with patterns that compile.

#![expect(clippy::disallowed_methods, reason = "the models are files")]

use std::path::{Path, PathBuf};

#[test]
fn all_models_generate_the_same_text_twice() {
    for model in models() {
        let house = model.with_extension("house.toml");
        let one = shape_gen::generate(&model, &house).expect("a model that the generator takes");
        let two = shape_gen::generate(&model, &house).expect("a model that the generator takes");
        assert!(one == two, "{}", model.display());
    }
}

#[test]
fn all_patterns_translate_and_compile() {
    let mut count = 0;
    for path in models() {
        let text = std::fs::read_to_string(&path).expect("a readable model");
        let model: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let house = std::fs::read_to_string(path.with_extension("house.toml")).expect("a readable house file");
        let house = shape_gen::House::parse(&house).expect("a house file");
        let shapes = model.get("shapes").and_then(serde_json::Value::as_object).expect("shapes");
        for (name, shape) in shapes {
            let Some(pattern) = shape.get("pattern").and_then(serde_json::Value::as_str) else { continue };
            let expression = match house.patterns.get(name) {
                Some(replacement) => replacement.expression.clone(),
                None => shape_gen::translate(pattern).expect("a pattern that translates"),
            };
            assert!(regex::Regex::new(&expression).is_ok(), "{name}: {pattern} became {expression}");
            count += 1;
        }
    }
    assert!(count > 20, "only {count} patterns were seen");
}

#[test]
fn no_documentation_is_kept() {
    for path in models() {
        let text = std::fs::read_to_string(&path).expect("a readable model");
        for word in ["documentation", "<p>", "deprecatedMessage"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

fn models() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models");
    let entries = std::fs::read_dir(folder).expect("the folder of models");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let models: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    assert!(models.len() >= 5, "the models are not where they should be");
    models
}
