//! Writes structures, enumerations and schemas.

use crate::case;
use crate::emit::{quote, quote_all, schema_ident};
use crate::fault::{Fault, Unfit};
use crate::house::Class;
use crate::model::{Kind, Reference, Shape};
use crate::plan::{Field, Plan, unfit};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// All shapes that the plan reaches.
pub fn all(plan: &Plan<'_>, out: &mut String) -> Result<(), Fault> {
    let mut idents: BTreeMap<String, &str> = BTreeMap::new();
    for (name, shape) in plan.reached() {
        if let Some(one) = idents.insert(schema_ident(name), name) {
            let (one, other) = (one.to_owned(), name.to_owned());
            return Err(Fault::SameName { name: schema_ident(name), one, other });
        }
        schema(plan, name, shape, plan.class(name)?, out)?;
        if shape.kind == Kind::Structure {
            structure(plan, name, out)?;
        }
        if let Some(values) = &shape.values {
            enumeration(plan, name, values, out)?;
        }
    }
    for (name, class) in plan.departures()? {
        schema(plan, name, plan.shape(name)?, class, out)?;
    }
    Ok(())
}

/// The schema of a shape at a secrecy. A secrecy that is not the shape's own makes a second schema beside it.
fn schema(plan: &Plan<'_>, name: &str, shape: &Shape, class: Class, out: &mut String) -> Result<(), Fault> {
    let own = class == plan.class(name)?;
    let whole_class = if own { plan.whole_class(name)? } else { class };
    if own && let Some((text, expression)) = plan.pattern(name, shape)? {
        let ident = pattern_ident(name);
        let (text, expression) = (quote(text), quote(&expression));
        let _ = writeln!(out, "\nstatic {ident}: shape::Pattern = shape::Pattern::new({text}, {expression});");
    }
    let _ = write!(
        out,
        "\nstatic {}: shape::Schema = shape::Schema {{\n    name: {},\n    kind: shape::Kind::{},\n    secrecy: {},\n}};\n",
        classed_ident(plan, name, class)?,
        quote(name),
        kind(plan, name, shape)?,
        secrecy(whole_class),
    );
    Ok(())
}

fn kind(plan: &Plan<'_>, name: &str, shape: &Shape) -> Result<String, Fault> {
    let part_name = |part: &Reference, default: &str| quote(part.location_name.as_deref().unwrap_or(default));
    let incomplete = || unfit(name, Unfit::Incomplete);
    let flattened = shape.flattened;
    Ok(match shape.kind {
        Kind::Structure => {
            // INVARIANT: the reader's match and the writer's list follow the order of this one.
            let mut members = String::new();
            for field in plan.fields(name)? {
                members.push_str(&member(plan, &field)?);
            }
            format!("Structure {{ members: &[\n{members}    ] }}")
        }
        Kind::List => {
            let item = shape.member.as_ref().ok_or_else(incomplete)?;
            format!(
                "List {{ item: &{}, item_name: {}, flattened: {flattened}, {} }}",
                schema_ident(&item.shape),
                part_name(item, "member"),
                lengths(name, shape)?,
            )
        }
        Kind::Map => {
            let key = shape.key.as_ref().ok_or_else(incomplete)?;
            let value = shape.value.as_ref().ok_or_else(incomplete)?;
            format!(
                "Map {{ key: &{}, value: &{}, key_name: {}, value_name: {}, flattened: {flattened}, {} }}",
                schema_ident(&key.shape),
                schema_ident(&value.shape),
                part_name(key, "key"),
                part_name(value, "value"),
                lengths(name, shape)?,
            )
        }
        Kind::String => match &shape.values {
            Some(values) => format!("Enumeration {{ values: {} }}", quote_all(values.iter().map(String::as_str))),
            None => {
                let pattern = shape.pattern.as_ref().map(|_| format!("Some(&{})", pattern_ident(name)));
                let pattern = pattern.unwrap_or_else(|| "None".to_owned());
                format!("Text {{ {}, pattern: {pattern} }}", lengths(name, shape)?)
            }
        },
        Kind::Blob => format!("Blob {{ {} }}", lengths(name, shape)?),
        Kind::Integer | Kind::Long => {
            let bound = |bound: Option<&serde_json::Number>, default| match bound {
                None => Ok(default),
                Some(number) => number.as_i64().ok_or_else(|| unfit(name, Unfit::Bound)),
            };
            let (min, max) = (bound(shape.min.as_ref(), i64::MIN)?, bound(shape.max.as_ref(), i64::MAX)?);
            format!("Integer {{ min: {min}, max: {max}, wide: {} }}", shape.kind == Kind::Long)
        }
        Kind::Float | Kind::Double => "Float".to_owned(),
        Kind::Boolean => "Boolean".to_owned(),
        Kind::Timestamp => "Time".to_owned(),
    })
}

fn lengths(name: &str, shape: &Shape) -> Result<String, Fault> {
    let bound = |bound: Option<&serde_json::Number>, default| match bound {
        None => Ok(default),
        Some(number) => number.as_u64().ok_or_else(|| unfit(name, Unfit::Bound)),
    };
    let (min, max) = (bound(shape.min.as_ref(), 0)?, bound(shape.max.as_ref(), u64::MAX)?);
    Ok(format!("min: {min}, max: {max}"))
}

fn member(plan: &Plan<'_>, field: &Field<'_>) -> Result<String, Fault> {
    let shown = if field.on_trail { "OnTrail" } else { "NotOnTrail" };
    Ok(format!(
        "        shape::Member {{ name: {}, wire: {}, location: shape::Location::Body, required: {}, secrecy: {}, \
         shown: shape::Shown::{shown}, time: shape::TimeFormat::{}, schema: &{} }},\n",
        quote(field.name),
        quote(field.wire),
        field.required,
        secrecy(field.whole_class),
        field.time,
        classed_ident(plan, field.shape, field.class)?,
    ))
}

fn structure(plan: &Plan<'_>, name: &str, out: &mut String) -> Result<(), Fault> {
    let fields = plan.fields(name)?;
    let rust = plan.type_name(name);
    let _ = write!(out, "\n/// {name} of the model.\n");
    if fields.iter().all(|field| !field.required) {
        out.push_str("#[derive(Default)]\n");
    }
    let _ = writeln!(out, "pub struct {rust} {{");
    for field in &fields {
        let Field { name, ident, rust_type, shape, .. } = field;
        let rust_type = if field.required { rust_type.clone() } else { format!("Option<{rust_type}>") };
        let _ = writeln!(out, "    /// {name}: {shape}{}.\n    pub {ident}: {rust_type},", bounds(plan.shape(shape)?));
    }
    let ident = schema_ident(name);
    let _ = write!(
        out,
        "}}\n\nimpl shape::Shape for {rust} {{\n    fn schema() -> &'static shape::Schema {{\n        &{ident}\n    }}\n}}\n"
    );
    constructor(rust, &fields, out);
    write_side(rust, &fields, out);
    if plan.is_read(name) {
        read_side(rust, &fields, out);
    }
    Ok(())
}

/// For structures with members of both kinds: what is required, to be updated by `Self { arn: …, ..Self::new(key_id) }`.
fn constructor(rust: &str, fields: &[Field<'_>], out: &mut String) {
    let required = fields.iter().filter(|field| field.required);
    let arguments: Vec<String> =
        required.map(|Field { ident, rust_type, .. }| format!("{ident}: {rust_type}")).collect();
    if arguments.is_empty() || arguments.len() == fields.len() || arguments.len() > ARGUMENTS_MAX {
        return;
    }
    let _ = write!(
        out,
        "\nimpl {rust} {{\n    /// The required members, and no other.\n    pub fn new({}) -> Self {{\n        Self {{\n",
        arguments.join(", ")
    );
    for Field { ident, required, .. } in fields {
        let _ =
            if *required { writeln!(out, "            {ident},") } else { writeln!(out, "            {ident}: None,") };
    }
    out.push_str("        }\n    }\n}\n");
}

/// More arguments than these are told apart by name only: then the structure is written in full.
const ARGUMENTS_MAX: usize = 7;

fn write_side(rust: &str, fields: &[Field<'_>], out: &mut String) {
    let _ = write!(
        out,
        "\nimpl shape::Write for {rust} {{\n    fn write(&self, schema: &'static shape::Schema, sink: &mut dyn shape::Sink) {{\n        \
         shape::write_members(schema, sink, &["
    );
    for Field { ident, required, .. } in fields {
        let _ = if *required {
            write!(out, "\n            Some(&self.{ident}),")
        } else {
            write!(out, "\n            shape::present(&self.{ident}),")
        };
    }
    out.push_str("\n        ]);\n    }\n}\n");
}

fn read_side(rust: &str, fields: &[Field<'_>], out: &mut String) {
    let _ = write!(
        out,
        "\nimpl shape::Read for {rust} {{\n    fn read(\n        schema: &'static shape::Schema,\n        \
         source: &mut dyn shape::Source,\n        report: &mut shape::Report,\n    \
         ) -> Result<Option<Self>, shape::Malformed> {{\n"
    );
    if fields.is_empty() {
        out.push_str("        shape::read_members(schema, source, report, &mut |_, _, _| Ok(()))?;\n");
        out.push_str("        Ok(Some(Self {}))\n    }\n}\n");
        return;
    }
    // Numbered names: a field's own name could be that of an argument.
    for index in 0..fields.len() {
        let _ = writeln!(out, "        let mut m{index} = None;");
    }
    out.push_str("        shape::read_members(schema, source, report, &mut |index, source, report| match index {\n");
    for index in 0..fields.len() {
        let _ =
            writeln!(out, "            {index} => shape::finish_member(schema, index, &mut m{index}, source, report),");
    }
    out.push_str("            _ => Ok(()),\n        })?;\n");
    for (index, _) in fields.iter().enumerate().filter(|(_, field)| field.required) {
        let _ = writeln!(out, "        let Some(m{index}) = m{index} else {{ return Ok(None) }};");
    }
    out.push_str("        Ok(Some(Self {\n");
    for (index, Field { ident, .. }) in fields.iter().enumerate() {
        let _ = writeln!(out, "            {ident}: m{index},");
    }
    out.push_str("        }))\n    }\n}\n");
}

fn enumeration(plan: &Plan<'_>, name: &str, values: &[String], out: &mut String) -> Result<(), Fault> {
    let rust = plan.type_name(name);
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    let (mut declared, mut of, mut as_str) = (String::new(), String::new(), String::new());
    for value in values {
        let variant = case::variant(value).ok_or_else(|| unfit(&format!("{name}.{value}"), Unfit::Value))?;
        let _ = writeln!(declared, "    /// `{value}`.\n    {variant},");
        let _ = writeln!(of, "            {} => Some(Self::{variant}),", quote(value));
        let _ = writeln!(as_str, "            Self::{variant} => {},", quote(value));
        if let Some(one) = variants.insert(variant, value) {
            let (one, other) = (format!("{name}.{one}"), format!("{name}.{value}"));
            return Err(Fault::SameName { name: rust.to_owned(), one, other });
        }
    }
    let _ = write!(
        out,
        "\n/// {name} of the model.\n#[derive(Clone, Copy, PartialEq, Eq, Debug)]\npub enum {rust} {{\n{declared}}}\n\
         \nimpl shape::Enumeration for {rust} {{\n    fn of(text: &str) -> Option<Self> {{\n        match text {{\n{of}            \
         _ => None,\n        }}\n    }}\n\n    fn as_str(self) -> &'static str {{\n        match self {{\n{as_str}        }}\n    }}\n}}\n\
         \nimpl shape::Write for {rust} {{\n    fn write(&self, _: &'static shape::Schema, sink: &mut dyn shape::Sink) {{\n        \
         sink.text(shape::Enumeration::as_str(*self));\n    }}\n}}\n"
    );
    if plan.is_read(name) {
        let _ = write!(
            out,
            "\nimpl shape::Read for {rust} {{\n    fn read(\n        schema: &'static shape::Schema,\n        \
             source: &mut dyn shape::Source,\n        report: &mut shape::Report,\n    \
             ) -> Result<Option<Self>, shape::Malformed> {{\n        \
             shape::read_enumeration(schema, source, report)\n    }}\n}}\n"
        );
    }
    Ok(())
}

/// The bounds of a shape for whoever reads the field in an editor.
fn bounds(shape: &Shape) -> String {
    match (&shape.min, &shape.max) {
        (None, None) => String::new(),
        (Some(min), None) => format!(", at least {min}"),
        (None, Some(max)) => format!(", at most {max}"),
        (Some(min), Some(max)) => format!(", {min} to {max}"),
    }
}

fn classed_ident(plan: &Plan<'_>, name: &str, class: Class) -> Result<String, Fault> {
    let ident = schema_ident(name);
    Ok(if class == plan.class(name)? { ident } else { format!("{ident}_AS_{class:?}").to_ascii_uppercase() })
}

fn pattern_ident(name: &str) -> String {
    format!("{}_PATTERN", case::screaming(name))
}

fn secrecy(class: Class) -> String {
    format!("shape::Secrecy::{class:?}")
}
