//! Writes the Rust text of a plan: the operations, the errors, the table of the service; `structure` writes the rest.

use crate::case;
use crate::fault::{Fault, Unfit};
use crate::plan::{Plan, unfit};
use crate::structure;
use std::fmt::Write as _;

/// The text of one service.
pub fn service(name: &str, plan: &Plan<'_>) -> Result<String, Fault> {
    let mut out = String::from("// Made from the service's model at build time.\n");
    structure::all(plan, &mut out)?;
    operations(plan, &mut out)?;
    errors(plan, &mut out)?;
    table(name, plan, &mut out)?;
    Ok(out)
}

/// A Rust literal of a text.
pub fn quote(text: &str) -> String {
    format!("{text:?}")
}

/// A Rust literal of a list of texts.
pub fn quote_all<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = texts.map(quote).collect();
    format!("&[{}]", quoted.join(", "))
}

/// The name of a shape's schema.
pub fn schema_ident(shape: &str) -> String {
    format!("{}_SCHEMA", case::screaming(shape))
}

fn operations(plan: &Plan<'_>, out: &mut String) -> Result<(), Fault> {
    let mut rows = String::new();
    for (index, (name, operation)) in plan.model.operations.iter().enumerate() {
        let rust = |shape: &Option<String>| match shape {
            Some(shape) => plan.type_name(shape).to_owned(),
            None => "shape::Empty".to_owned(),
        };
        let input = operation.input.as_deref().map_or_else(|| "shape::EMPTY".to_owned(), schema_ident);
        let output = operation.output.as_deref().map(|shape| format!("Some(&{})", schema_ident(shape)));
        let _ = writeln!(
            rows,
            "    shape::OperationModel {{ name: {}, input: &{input}, output: {}, result_wrapper: {}, errors: {} }},",
            quote(name),
            output.unwrap_or_else(|| "None".to_owned()),
            quote(&operation.result_wrapper),
            quote_all(operation.errors.iter().map(String::as_str)),
        );
        let _ = write!(
            out,
            "\n/// The shape of {name}.\npub struct {name};\n\
             impl shape::OperationShape for {name} {{\n    const NAME: &'static str = {};\n    type Input = {};\n    \
             type Output = {};\n    fn model() -> &'static shape::OperationModel {{\n        &OPERATIONS[{index}]\n    }}\n}}\n",
            quote(name),
            rust(&operation.input),
            rust(&operation.output),
        );
    }
    let count = plan.model.operations.len();
    let _ = write!(out, "\nstatic OPERATIONS: [shape::OperationModel; {count}] = [\n{rows}];\n");
    Ok(())
}

/// The status of an error that the model gives none: the caller's fault, or the service's own.
const STATUS_OF_CALLER: u16 = 400;
const STATUS_OF_SERVICE: u16 = 500;

fn errors(plan: &Plan<'_>, out: &mut String) -> Result<(), Fault> {
    out.push_str("\n/// The errors that the operations declare.\npub static ERRORS: &[shape::ErrorModel] = &[\n");
    let operations = plan.model.operations.iter();
    let declared: std::collections::BTreeSet<&String> =
        operations.flat_map(|(_, operation)| &operation.errors).collect();
    for name in declared {
        let shape = plan.shape(name)?;
        if !shape.exception {
            return Err(unfit(name, Unfit::Exception));
        }
        let status = shape.error.as_ref().and_then(|error| error.http_status_code);
        let status = status.unwrap_or(if shape.fault { STATUS_OF_SERVICE } else { STATUS_OF_CALLER });
        let code = shape.error.as_ref().and_then(|error| error.code.as_deref()).unwrap_or(name);
        let message =
            shape.members.iter().map(|(member, _)| member).find(|member| member.eq_ignore_ascii_case("message"));
        let message = message.map_or_else(|| "None".to_owned(), |member| format!("Some({})", quote(member)));
        let _ = writeln!(
            out,
            "    shape::ErrorModel {{ name: {}, status: {status}, code: {}, message: {message} }},",
            quote(name),
            quote(code),
        );
    }
    out.push_str("];\n");
    Ok(())
}

fn table(name: &str, plan: &Plan<'_>, out: &mut String) -> Result<(), Fault> {
    let facts = &plan.model.metadata;
    let mut protocols = Vec::new();
    for protocol in &facts.protocols {
        let version = facts.json_version.as_deref();
        protocols.push(match (protocol.as_str(), version) {
            ("json", Some("1.0")) => "shape::Protocol::Json10",
            ("json", Some("1.1")) => "shape::Protocol::Json11",
            ("smithy-rpc-v2-cbor", _) => "shape::Protocol::RpcV2Cbor",
            ("query", _) => "shape::Protocol::Query",
            ("rest-json", _) => "shape::Protocol::RestJson",
            ("rest-xml", _) => "shape::Protocol::RestXml",
            ("ec2", _) => "shape::Protocol::Ec2",
            _ => return Err(unfit(protocol, Unfit::Protocol)),
        });
    }
    let _ = write!(
        out,
        "\n/// The service's model.\npub static MODEL: shape::Model = shape::Model {{\n    name: {},\n    signing_name: {},\n    \
         endpoint_prefix: {},\n    api_version: {},\n    target_prefix: {},\n    xml_namespace: {},\n    protocols: &[{}],\n    \
         operations: &OPERATIONS,\n    errors: ERRORS,\n    known: {},\n}};\n",
        quote(name),
        quote(facts.signing_name.as_deref().unwrap_or(&facts.endpoint_prefix)),
        quote(&facts.endpoint_prefix),
        quote(&facts.api_version),
        quote(&facts.target_prefix),
        quote(&facts.xml_namespace),
        protocols.join(", "),
        quote_all(plan.model.known.iter().map(String::as_str)),
    );
    Ok(())
}
