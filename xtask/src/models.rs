//! Takes the facts of the served operations out of botocore's models: names, types, bounds, enumerations, sensitivity; no sentence of AWS's
//! documentation.

use serde_json::{Map, Value, json};
use shape_gen::House;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The botocore that the models are taken from. Another one is a reviewed change of this line and of `models/`.
const BOTOCORE_VERSION: &str = "1.44.5";

/// Why a model could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("`{path}`: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("`{0}` holds no botocore {BOTOCORE_VERSION}")]
    Version(PathBuf),
    #[error("`{path}`: {source}")]
    House { path: PathBuf, source: shape_gen::Fault },
    #[error("`{path}`: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("`{0}` could not be unpacked")]
    Packed(PathBuf),
    #[error("`{0}` is not in the model")]
    Missing(String),
    #[error("`{place}` says `{fact}`, of which it is not known whether it is to be kept")]
    UnknownFact { place: String, fact: String },
}

/// Writes `models/<service>.json` for each house file that names an origin.
pub fn write_all(botocore: &Path) -> Result<(), Fault> {
    if !botocore.join(format!("botocore-{BOTOCORE_VERSION}.dist-info")).is_dir() {
        return Err(Fault::Version(botocore.to_owned()));
    }
    for house_path in house_files(&models_folder())? {
        let text = read(&house_path)?;
        let house = House::parse(&text).map_err(|source| Fault::House { path: house_path.clone(), source })?;
        let Some(origin) = &house.origin else { continue };
        let source = botocore.join("botocore/data").join(origin).join("service-2.json.gz");
        let model =
            serde_json::from_slice(&unpack(&source)?).map_err(|fault| Fault::Json { path: source, source: fault })?;
        // `kms.house.toml` becomes `kms.json`.
        let path = house_path.with_extension("").with_extension("json");
        write(&path, &trim(&model, &house.operations)?)?;
    }
    Ok(())
}

fn models_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

fn house_files(folder: &Path) -> Result<BTreeSet<PathBuf>, Fault> {
    let fault = |source| Fault::File { path: folder.to_owned(), source };
    let mut paths = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.to_string_lossy().ends_with(".house.toml") {
            paths.insert(path);
        }
    }
    Ok(paths)
}

fn read(path: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|source| Fault::File { path: path.to_owned(), source })
}

fn write(path: &Path, model: &Value) -> Result<(), Fault> {
    let mut text =
        serde_json::to_string_pretty(model).map_err(|source| Fault::Json { path: path.to_owned(), source })?;
    text.push('\n');
    std::fs::write(path, text).map_err(|source| Fault::File { path: path.to_owned(), source })
}

/// The system's gzip unpacks: a chore of developers is not worth a dependency.
fn unpack(path: &Path) -> Result<Vec<u8>, Fault> {
    let output = Command::new("gzip").arg("-dc").arg(path).output();
    let output = output.map_err(|source| Fault::File { path: path.to_owned(), source })?;
    if output.status.success() { Ok(output.stdout) } else { Err(Fault::Packed(path.to_owned())) }
}

/// The facts of `operations`, and the names of all others.
fn trim(model: &Value, operations: &[String]) -> Result<Value, Fault> {
    let all = object(model, "operations")?;
    let known: BTreeSet<&String> = all.keys().collect();
    let mut kept = Map::new();
    let mut open = Vec::new();
    for name in operations.iter().collect::<BTreeSet<_>>() {
        let operation = all.get(name).ok_or_else(|| Fault::Missing(name.clone()))?;
        kept.insert(name.clone(), trim_operation(name, operation, &mut open)?);
    }
    Ok(json!({
        "metadata": pick(object(model, "metadata")?, "metadata", METADATA_KEPT, METADATA_DROPPED)?,
        "known": known,
        "operations": kept,
        "shapes": trim_shapes(object(model, "shapes")?, open)?,
    }))
}

const METADATA_KEPT: &[&str] =
    &["apiVersion", "endpointPrefix", "protocols", "jsonVersion", "signingName", "targetPrefix", "xmlNamespace"];
const METADATA_DROPPED: &[&str] = &[
    "auth",
    "awsQueryCompatible",
    "globalEndpoint",
    "protocol",
    "serviceAbbreviation",
    "serviceFullName",
    "serviceId",
    "signatureVersion",
    "uid",
];

/// An operation, with its shapes by name alone; they are noted in `open`.
fn trim_operation(name: &str, operation: &Value, open: &mut Vec<String>) -> Result<Value, Fault> {
    let mut facts = Map::new();
    let fields = operation.as_object().ok_or_else(|| Fault::Missing(name.to_owned()))?;
    pick(fields, name, &["input", "output", "errors"], OPERATION_DROPPED)?;
    for role in ["input", "output"] {
        let Some(reference) = fields.get(role).and_then(Value::as_object) else { continue };
        pick(reference, name, &["shape", "resultWrapper"], &["documentation"])?;
        let shape = text(reference, "shape")?;
        facts.insert(role.to_owned(), json!(shape));
        if let Some(wrapper) = reference.get("resultWrapper") {
            facts.insert("resultWrapper".to_owned(), wrapper.clone());
        }
        open.push(shape);
    }
    let mut errors = Vec::new();
    for error in fields.get("errors").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
        errors.push(text(error, "shape")?);
    }
    if !errors.is_empty() {
        facts.insert("errors".to_owned(), json!(errors));
        open.extend(errors);
    }
    Ok(Value::Object(facts))
}

const OPERATION_DROPPED: &[&str] = &[
    "auth",
    "authtype",
    "deprecated",
    "deprecatedMessage",
    "documentation",
    "documentationUrl",
    "http",
    "idempotent",
    "name",
    "readonly",
];

/// The shapes in `open` and all that they hold, by name.
fn trim_shapes(all: &Map<String, Value>, mut open: Vec<String>) -> Result<Value, Fault> {
    let mut reached = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        let shape = all.get(&name).and_then(Value::as_object).ok_or_else(|| Fault::Missing(name.clone()))?;
        let members = shape.get("members").and_then(Value::as_object);
        let parts = ["member", "key", "value"].into_iter().filter_map(|part| shape.get(part));
        for reference in members.into_iter().flat_map(Map::values).chain(parts).filter_map(Value::as_object) {
            open.push(text(reference, "shape")?);
        }
    }
    let mut shapes = Map::new();
    for name in reached {
        let shape = all.get(&name).and_then(Value::as_object).ok_or_else(|| Fault::Missing(name.clone()))?;
        shapes.insert(name.clone(), Value::Object(trim_shape(&name, shape)?));
    }
    Ok(Value::Object(shapes))
}

fn trim_shape(name: &str, shape: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut facts = pick(shape, name, SHAPE_KEPT, SHAPE_DROPPED)?;
    for (key, fact) in &mut facts {
        let Value::Object(fields) = fact else { continue };
        let place = format!("{name}.{key}");
        match key.as_str() {
            "members" => {
                for (member, reference) in fields.iter_mut() {
                    let Value::Object(reference) = reference else { continue };
                    *reference = pick(reference, &format!("{name}.{member}"), REFERENCE_KEPT, REFERENCE_DROPPED)?;
                }
            }
            "error" => *fields = pick(fields, &place, &["code", "httpStatusCode"], &["senderFault"])?,
            _ => *fields = pick(fields, &place, REFERENCE_KEPT, REFERENCE_DROPPED)?,
        }
    }
    Ok(facts)
}

const SHAPE_KEPT: &[&str] = &[
    "type",
    "members",
    "required",
    "member",
    "key",
    "value",
    "flattened",
    "min",
    "max",
    "pattern",
    "enum",
    "sensitive",
    "timestampFormat",
    "exception",
    "fault",
    "error",
];
const SHAPE_DROPPED: &[&str] = &["box", "deprecated", "deprecatedMessage", "documentation", "union"];
const REFERENCE_KEPT: &[&str] = &["shape", "location", "locationName", "timestampFormat"];
const REFERENCE_DROPPED: &[&str] = &["box", "deprecated", "deprecatedMessage", "deprecatedSince", "documentation"];

/// The facts in `kept`. What is in neither list is refused: a fact that nobody has looked at could change the wire.
fn pick(
    fields: &Map<String, Value>,
    place: &str,
    kept: &[&str],
    dropped: &[&str],
) -> Result<Map<String, Value>, Fault> {
    let mut facts = Map::new();
    for (fact, value) in fields {
        if kept.contains(&fact.as_str()) {
            facts.insert(fact.clone(), value.clone());
        } else if !dropped.contains(&fact.as_str()) {
            return Err(Fault::UnknownFact { place: place.to_owned(), fact: fact.clone() });
        }
    }
    Ok(facts)
}

fn object<'a>(value: &'a Value, field: &str) -> Result<&'a Map<String, Value>, Fault> {
    value.get(field).and_then(Value::as_object).ok_or_else(|| Fault::Missing(field.to_owned()))
}

fn text(fields: &Map<String, Value>, field: &str) -> Result<String, Fault> {
    let text = fields.get(field).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| Fault::Missing(field.to_owned()))
}
