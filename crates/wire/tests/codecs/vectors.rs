//! AWS's protocol vectors, the other way round: what a client must send we must read, what a client must read we must write.

use crate::keys::{keys, receipt};
use crate::models::{schema, tree};
use crate::tree::Tree;
use crate::xml;
use base64::Engine as _;
use serde_json::Value;
use shape::{Schema, Source};
use wire::cbor::{CborSink, CborSource};
use wire::json::{JsonSink, JsonSource};
use wire::query::{Form, FormSource};
use wire::xml::XmlSink;

/// Cases that a server cannot meet, with the reason. The list may only shrink.
const SKIPPED: &[(&str, &str)] = &[
    ("serializes_string_shapes_with_jsonvalue_trait", "a member that is JSON within JSON: no served model has one"),
    ("PutAndGetInlineDocumentsInput", "documents without a schema: no served model has one"),
    ("QueryProtocolIdempotencyTokenAutoFill", "the client makes up a token that the parameters do not show"),
    ("QueryEmptyQueryMaps", "the client leaves an empty map out"),
];

/// Outputs that a client must read and no server of ours writes so; those in JSON and CBOR are read all the same, unless they are skipped.
const NOT_WRITTEN: &[(&str, &str)] = &[
    ("AwsJson11DateTimeWithNegativeOffset", "we write times in UTC"),
    ("AwsJson11DateTimeWithPositiveOffset", "we write times in UTC"),
    ("AwsJson11DateTimeWithFractionalSeconds", "we write whole seconds where a time is a text"),
    ("AwsJson10DeserializeIgnoreType", "a member that the schema does not know"),
    ("AwsJson11DeserializeIgnoreType", "a member that the schema does not know"),
    ("AwsJson10DeserializeAllowNulls", "we leave out what is not there"),
    ("AwsJson11StructuresDontDeserializeNullValues", "we leave out what is not there"),
    ("AwsJson10HandlesUnexpectedJsonOutput", "a member that the schema does not know"),
    ("handles_unexpected_json_output", "a member that the schema does not know"),
    ("QueryDateTimeWithNegativeOffset", "we write times in UTC"),
    ("QueryDateTimeWithPositiveOffset", "we write times in UTC"),
    ("AwsQueryDateTimeWithNegativeOffset", "we write times in UTC"),
    ("AwsQueryDateTimeWithPositiveOffset", "we write times in UTC"),
    ("AwsQueryDateTimeWithFractionalSeconds", "we write whole seconds where a time is a text"),
    ("RpcV2CborClientDoesntDeserializeNullStructureValues", "we leave out what is not there"),
    ("RpcV2CborExtraFieldsInTheBodyShouldBeSkippedByClients", "members that the schema does not know"),
    ("RpcV2CborPayloadWithUnsetUnion", "members that the schema does not know"),
    ("RpcV2CborDeserializesDenseSetMapAndSkipsNull", "Smithy has clients skip null in a map and services refuse it"),
];

fn reason<'a>(list: &'a [(&str, &str)], id: &str) -> Option<&'a str> {
    list.iter().find(|(name, _)| *name == id).map(|(_, reason)| *reason)
}

/// Calls `each` with every case that is not skipped: the shapes, the case, its id. Errors are left out: their cases ask which of many
/// spellings a client understands, and the one that we write is tested where it is written, in `reply`.
fn cases(file: &str, each: impl Fn(&Value, &Value, &str)) {
    let suites: Value = serde_json::from_str(file).unwrap();
    let mut count = 0;
    for suite in suites.as_array().unwrap() {
        for case in suite["cases"].as_array().unwrap() {
            let id = case["id"].as_str().unwrap();
            if reason(SKIPPED, id).is_none() && case["error"].is_null() {
                each(&suite["shapes"], case, id);
                count += 1;
            }
        }
    }
    assert!(count > 10, "the file holds cases");
}

fn input(shapes: &Value, case: &Value) -> (&'static Schema, Tree) {
    let schema = schema(shapes, case["given"].get("input"));
    (schema, tree(schema, &case["params"]))
}

fn output(shapes: &Value, case: &Value) -> (&'static Schema, Tree) {
    let schema = schema(shapes, case["given"].get("output"));
    (schema, if case["result"].is_null() { Tree::Structure(Default::default()) } else { tree(schema, &case["result"]) })
}

fn read_json(schema: &'static Schema, body: &str, id: &str) -> Tree {
    let read = || {
        let mut source = JsonSource::new(body.as_bytes())?;
        let tree = Tree::read(schema, &mut source)?;
        source.finish().map(|()| tree)
    };
    read().unwrap_or_else(|malformed| panic!("{id}: {malformed}: {body}"))
}

fn read_cbor(schema: &'static Schema, body: &[u8], id: &str) -> Tree {
    let read = || {
        let mut source = CborSource::new(body);
        let tree = Tree::read(schema, &mut source)?;
        source.finish().map(|()| tree)
    };
    read().unwrap_or_else(|malformed| panic!("{id}: {malformed}: {body:x?}"))
}

fn json_inputs(file: &str) {
    cases(file, |shapes, case, id| {
        let (schema, expected) = input(shapes, case);
        let body = case["serialized"]["body"].as_str().unwrap_or_default();
        assert_eq!(read_json(schema, body, id), expected, "{id}");
    });
}

fn json_outputs(file: &str) {
    cases(file, |shapes, case, id| {
        let (schema, expected) = output(shapes, case);
        let body = case["response"]["body"].as_str().unwrap_or_default();
        assert_eq!(rounded(read_json(schema, body, id)), rounded(expected.clone()), "{id}");
        if reason(NOT_WRITTEN, id).is_some() {
            return;
        }
        let receipt = receipt();
        let mut sink = JsonSink::new(&keys().exit, &receipt);
        expected.write(schema, &mut sink);
        let written: Value = serde_json::from_slice(&sink.finish()).unwrap();
        let given: Value =
            if body.is_empty() { Value::Object(Default::default()) } else { serde_json::from_str(body).unwrap() };
        assert_eq!(numbers(written), numbers(given), "{id}");
    });
}

fn rounded(tree: Tree) -> Tree {
    match tree {
        Tree::Float(bits) => Tree::float(coarse(f64::from_bits(bits))),
        Tree::List(items) => Tree::List(items.into_iter().map(rounded).collect()),
        Tree::Map(entries) => Tree::Map(entries.into_iter().map(|(key, value)| (key, rounded(value))).collect()),
        Tree::Structure(values) => {
            Tree::Structure(values.into_iter().map(|(index, value)| (index, rounded(value))).collect())
        }
        other => other,
    }
}

/// Without the last bit: serde_json, which reads the vectors, does not round exactly.
fn coarse(number: f64) -> f64 {
    format!("{number:.14e}").parse().unwrap()
}

/// All numbers as doubles: `1` and `1.0` are one in JSON.
fn numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => coarse(number.as_f64().unwrap()).into(),
        Value::Array(items) => items.into_iter().map(numbers).collect(),
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, numbers(value))).collect(),
        other => other,
    }
}

#[test]
fn json_1_0_is_read() {
    json_inputs(include_str!("../data/protocols/input/json-1.0.json"));
}

#[test]
fn json_1_1_is_read() {
    json_inputs(include_str!("../data/protocols/input/json-1.1.json"));
}

#[test]
fn json_1_0_is_written() {
    json_outputs(include_str!("../data/protocols/output/json-1.0.json"));
}

#[test]
fn json_1_1_is_written() {
    json_outputs(include_str!("../data/protocols/output/json-1.1.json"));
}

#[test]
fn the_query_protocol_is_read() {
    cases(include_str!("../data/protocols/input/query.json"), |shapes, case, id| {
        let (schema, expected) = input(shapes, case);
        let form = Form::parse("", case["serialized"]["body"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(form.value("Action"), case["given"]["name"].as_str(), "{id}");
        let mut source: Box<dyn Source> = Box::new(FormSource::new(&form));
        match Tree::read(schema, &mut *source) {
            Ok(tree) => assert_eq!(tree, expected, "{id}"),
            Err(malformed) => panic!("{id}: {malformed}"),
        }
    });
}

#[test]
fn xml_is_written() {
    cases(include_str!("../data/protocols/output/query.json"), |shapes, case, id| {
        if reason(NOT_WRITTEN, id).is_some() {
            return;
        }
        let (schema, expected) = output(shapes, case);
        let Some(body) = case["response"]["body"].as_str() else { return };
        let receipt = receipt();
        let mut sink = XmlSink::new(&keys().exit, &receipt);
        expected.write(schema, &mut sink);
        let name = case["given"]["name"].as_str().unwrap();
        let written = String::from_utf8(sink.finish()).unwrap();
        // The vectors' model leaves the wrappers out, which Smithy names so.
        let wrapper = format!("{name}Result");
        let written = format!("<{name}Response><{wrapper}>{written}</{wrapper}></{name}Response>");
        assert_eq!(ordered(xml::parse(&written)), ordered(xml::parse(body)), "{id}");
    });
}

/// With the entries of maps by their keys: a map has no order.
fn ordered(mut element: xml::Element) -> xml::Element {
    element.children = element.children.into_iter().map(ordered).collect();
    let is_entry = |child: &xml::Element| {
        child.children.len() == 2 && ["key", "K", "Attribute"].contains(&child.children[0].name.as_str())
    };
    if element.children.iter().all(is_entry) {
        element.children.sort_by(|one, other| one.children[0].text.cmp(&other.children[0].text));
    }
    element
}

fn bytes(value: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap_or_default()).unwrap()
}

#[test]
fn cbor_is_read() {
    cases(include_str!("../data/protocols/input/rpc-v2-cbor.json"), |shapes, case, id| {
        let (schema, expected) = input(shapes, case);
        assert_eq!(read_cbor(schema, &bytes(&case["serialized"]["body"]), id), expected, "{id}");
    });
}

#[test]
fn cbor_is_written() {
    cases(include_str!("../data/protocols/output/rpc-v2-cbor.json"), |shapes, case, id| {
        let (schema, expected) = output(shapes, case);
        let body = bytes(&case["response"]["body"]);
        if id != "RpcV2CborDeserializesDenseSetMapAndSkipsNull" {
            assert_eq!(read_cbor(schema, &body, id), expected, "{id}");
        }
        if reason(NOT_WRITTEN, id).is_some() || body.is_empty() {
            return;
        }
        let receipt = receipt();
        let mut sink = CborSink::new(&keys().exit, &receipt);
        expected.write(schema, &mut sink);
        assert_eq!(item(&sink.finish()), item(&body), "{id}");
    });
}

/// A data item as text, in which widths of numbers and forms of lengths do not show.
fn item(bytes: &[u8]) -> String {
    let mut decoder = minicbor::Decoder::new(bytes);
    let text = item_text(&mut decoder);
    assert_eq!(decoder.position(), bytes.len());
    text
}

fn item_text(decoder: &mut minicbor::Decoder<'_>) -> String {
    use minicbor::data::Type;
    let many = |decoder: &mut minicbor::Decoder<'_>, length: Option<u64>, map: bool| {
        let mut items = Vec::new();
        while length != Some(items.len() as u64) {
            if length.is_none() && decoder.datatype().unwrap() == Type::Break {
                decoder.set_position(decoder.position() + 1);
                break;
            }
            let key = if map { format!("{}: ", item_text(decoder)) } else { String::new() };
            items.push(format!("{key}{}", item_text(decoder)));
        }
        if map {
            items.sort();
        }
        items.join(", ")
    };
    match decoder.datatype().unwrap() {
        Type::Map | Type::MapIndef => {
            let length = decoder.map().unwrap();
            format!("{{{}}}", many(decoder, length, true))
        }
        Type::Array | Type::ArrayIndef => {
            let length = decoder.array().unwrap();
            format!("[{}]", many(decoder, length, false))
        }
        Type::String | Type::StringIndef => {
            format!("{:?}", decoder.str_iter().unwrap().collect::<Result<String, _>>().unwrap())
        }
        Type::Bytes | Type::BytesIndef => {
            format!("{:x?}", decoder.bytes_iter().unwrap().collect::<Result<Vec<_>, _>>().unwrap().concat())
        }
        Type::Bool => decoder.bool().unwrap().to_string(),
        Type::Tag => format!("{}({})", decoder.tag().unwrap().as_u64(), item_text(decoder)),
        Type::F16 => {
            let at = decoder.position();
            let bits = u16::from_be_bytes([decoder.input()[at + 1], decoder.input()[at + 2]]);
            decoder.set_position(at + 3);
            half(bits).to_string()
        }
        Type::F32 => f64::from(decoder.f32().unwrap()).to_string(),
        Type::F64 => decoder.f64().unwrap().to_string(),
        _ => (i128::from(decoder.int().unwrap()) as f64).to_string(),
    }
}

/// A float of two bytes, from the definition in IEEE 754.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 1_023) / 1_024.0);
    match exponent {
        31 if fraction > 0.0 => f64::NAN,
        31 => sign * f64::INFINITY,
        0 => sign * fraction * 2_f64.powi(-14),
        _ => sign * (1.0 + fraction) * 2_f64.powi(i32::from(exponent) - 15),
    }
}
