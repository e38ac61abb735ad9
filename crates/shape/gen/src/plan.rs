//! What will be made of a model: which shapes, under which names, of which Rust types, how secret. Everything that can be refused is
//! refused here, before a line is written.

use crate::fault::{Fault, Unfit};
use crate::house::{Class, House};
use crate::model::{Kind, Model, Reference, Shape};
use crate::{case, pattern};
use std::collections::{BTreeMap, BTreeSet};

/// A model, its house file, and what follows from both.
pub struct Plan<'a> {
    pub model: &'a Model,
    pub house: &'a House,
    shapes: BTreeMap<&'a str, &'a Shape>,
    /// The Rust names of structures and enumerations, by shape.
    types: BTreeMap<&'a str, String>,
    /// All shapes that the operations reach.
    reached: BTreeSet<&'a str>,
    /// Those that inputs reach.
    read: BTreeSet<&'a str>,
}

/// A member of a structure as it will be written.
pub struct Field<'a> {
    pub name: &'a str,
    pub wire: &'a str,
    pub ident: String,
    /// Without the `Option` of a member that may be absent.
    pub rust_type: String,
    pub shape: &'a str,
    pub required: bool,
    /// How secret the value itself is: it chooses the type and the schema.
    pub class: Class,
    /// How secret the member is as a whole, with what its lists and maps hold.
    pub whole_class: Class,
    pub on_trail: bool,
    pub time: &'static str,
}

/// A reader keeps one bit a member (`shape::read_members`).
const MEMBERS_MAX: usize = 128;
/// Types of Rust's own that the generated text names.
const RUSTS_OWN: &[&str] = &["Box", "Option", "Result", "String", "Vec"];

impl<'a> Plan<'a> {
    pub fn draw(model: &'a Model, house: &'a House) -> Result<Self, Fault> {
        let shapes = model.shapes.iter().collect();
        let mut plan =
            Self { model, house, shapes, types: BTreeMap::new(), reached: BTreeSet::new(), read: BTreeSet::new() };
        plan.check_operations()?;
        let (mut reached, mut read) = (BTreeSet::new(), BTreeSet::new());
        for (_, operation) in model.operations.iter() {
            for root in operation.input.iter().chain(&operation.output) {
                if plan.shape(root)?.kind != Kind::Structure {
                    return Err(unfit(root, Unfit::Structure));
                }
                plan.reach(root, &mut reached)?;
            }
            if let Some(input) = &operation.input {
                plan.reach(input, &mut read)?;
            }
        }
        (plan.reached, plan.read) = (reached, read);
        plan.name_types()?;
        plan.check_house()?;
        Ok(plan)
    }

    /// All shapes to write a schema for, in the order of their names.
    pub fn reached(&self) -> impl Iterator<Item = (&'a str, &'a Shape)> + '_ {
        self.reached.iter().filter_map(|name| Some((*name, *self.shapes.get(name)?)))
    }

    /// Whether an input holds the shape, so that it must be read.
    pub fn is_read(&self, shape: &str) -> bool {
        self.read.contains(shape)
    }

    pub fn shape(&self, name: &str) -> Result<&'a Shape, Fault> {
        self.shapes.get(name).copied().ok_or_else(|| Fault::UnknownShape { shape: name.to_owned() })
    }

    /// The Rust name of a structure or enumeration.
    pub fn type_name(&self, shape: &str) -> &str {
        self.types.get(shape).map_or("", String::as_str)
    }

    /// How secret the value of a shape is by itself.
    pub fn class(&self, name: &str) -> Result<Class, Fault> {
        let by_model = if self.shape(name)?.sensitive { Class::Secret } else { Class::Public };
        Ok(self.house.secrecy.get(name).map_or(by_model, |exception| exception.class))
    }

    /// How secret a shape is with what its lists and maps hold. What holds a secret is kept from the trail as a whole.
    pub fn whole_class(&self, name: &str) -> Result<Class, Fault> {
        let shape = self.shape(name)?;
        let mut class = self.class(name)?;
        for part in [&shape.member, &shape.key, &shape.value].into_iter().flatten() {
            class = class.max(self.whole_class(&part.shape)?);
        }
        Ok(class)
    }

    /// The members that need a schema of their own, since the house file gives them another secrecy than their shape's.
    pub fn departures(&self) -> Result<BTreeSet<(&'a str, Class)>, Fault> {
        let mut departures = BTreeSet::new();
        for (name, shape) in self.reached() {
            if shape.kind != Kind::Structure {
                continue;
            }
            for field in self.fields(name)? {
                if field.class != self.class(field.shape)? {
                    departures.insert((field.shape, field.class));
                }
            }
        }
        Ok(departures)
    }

    /// The members of a structure, in the model's order.
    pub fn fields(&self, structure: &'a str) -> Result<Vec<Field<'a>>, Fault> {
        let shape = self.shape(structure)?;
        if shape.members.len() > MEMBERS_MAX {
            return Err(unfit(structure, Unfit::TooManyMembers));
        }
        if shape.required.iter().any(|name| shape.members.find(name).is_none()) {
            return Err(unfit(structure, Unfit::Required));
        }
        let mut idents: BTreeMap<String, &str> = BTreeMap::new();
        let mut fields = Vec::new();
        for (name, reference) in shape.members.iter() {
            let field =
                self.field(structure, name, reference, shape.required.iter().any(|required| required == name))?;
            if let Some(one) = idents.insert(field.ident.clone(), name) {
                return Err(same_name(&field.ident, &format!("{structure}.{one}"), &format!("{structure}.{name}")));
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn field(
        &self,
        structure: &'a str,
        name: &'a str,
        reference: &'a Reference,
        required: bool,
    ) -> Result<Field<'a>, Fault> {
        let path = format!("{structure}.{name}");
        if reference.location.is_some() {
            return Err(unfit(&path, Unfit::Location));
        }
        let target = self.shape(&reference.shape)?;
        let departure = self.house.secrecy.get(&path).map(|exception| exception.class);
        if departure.is_some() && (target.kind == Kind::Structure || target.member.is_some() || target.value.is_some())
        {
            // Departures of composites are given by shape, where all their users see them.
            return Err(unfit(&path, Unfit::Sensitive));
        }
        let class = departure.map_or_else(|| self.class(&reference.shape), Ok)?;
        let whole_class = departure.map_or_else(|| self.whole_class(&reference.shape), Ok)?;
        let mut rust_type = self.rust_type(&reference.shape, class)?;
        if target.kind == Kind::Structure && self.embeds(&reference.shape, structure)? {
            rust_type = format!("Box<{rust_type}>");
        }
        let absent = |entry: &String| *entry == reference.shape || *entry == path;
        Ok(Field {
            name,
            wire: reference.location_name.as_deref().unwrap_or(name),
            ident: case::field(name),
            rust_type,
            shape: &reference.shape,
            required,
            class,
            whole_class,
            on_trail: !self.house.trail.absent.iter().any(absent),
            time: time_format(&path, reference.timestamp_format.as_ref().or(target.timestamp_format.as_ref()))?,
        })
    }

    /// The Rust type of a shape's value at a secrecy.
    fn rust_type(&self, name: &str, class: Class) -> Result<String, Fault> {
        let shape = self.shape(name)?;
        let plain_text = shape.kind == Kind::String && shape.values.is_none();
        if let Some(house_type) = self.house.types.get(name) {
            let fits = plain_text && class == Class::Public;
            return if fits { Ok(house_type.clone()) } else { Err(unfit(name, Unfit::HouseType)) };
        }
        if class == Class::Secret {
            let fits = plain_text || shape.kind == Kind::Blob;
            return if fits { Ok("secret::Secret".to_owned()) } else { Err(unfit(name, Unfit::Sensitive)) };
        }
        let open = match shape.kind {
            Kind::Structure => self.type_name(name).to_owned(),
            Kind::String if shape.values.is_some() => self.type_name(name).to_owned(),
            Kind::String => "String".to_owned(),
            Kind::Blob => "bytes::Bytes".to_owned(),
            Kind::Integer | Kind::Long => "i64".to_owned(),
            Kind::Float | Kind::Double => "f64".to_owned(),
            Kind::Boolean => "bool".to_owned(),
            Kind::Timestamp => "names::Time".to_owned(),
            Kind::List => format!("Vec<{}>", self.part_type(name, shape.member.as_ref())?),
            Kind::Map => {
                self.check_key(name, shape)?;
                format!("std::collections::BTreeMap<String, {}>", self.part_type(name, shape.value.as_ref())?)
            }
        };
        Ok(if class == Class::Private { format!("secret::Private<{open}>") } else { open })
    }

    fn part_type(&self, whole: &str, part: Option<&Reference>) -> Result<String, Fault> {
        let part = part.ok_or_else(|| unfit(whole, Unfit::Incomplete))?;
        self.rust_type(&part.shape, self.class(&part.shape)?)
    }

    fn check_key(&self, map: &str, shape: &Shape) -> Result<(), Fault> {
        let key = shape.key.as_ref().ok_or_else(|| unfit(map, Unfit::Incomplete))?;
        if self.shape(&key.shape)?.kind != Kind::String {
            return Err(unfit(&key.shape, Unfit::Key));
        }
        if self.class(&key.shape)? != Class::Public {
            return Err(unfit(&key.shape, Unfit::SecretKey));
        }
        Ok(())
    }

    /// Whether a value of `outer` holds one of `inner` without a list or map between them. Then it needs a box, to have a size.
    fn embeds(&self, outer: &str, inner: &str) -> Result<bool, Fault> {
        let mut seen = BTreeSet::new();
        let mut open = vec![outer.to_owned()];
        while let Some(name) = open.pop() {
            if name == inner {
                return Ok(true);
            }
            if seen.insert(name.clone()) {
                let members = self.shape(&name)?.members.iter();
                open.extend(members.map(|(_, reference)| reference.shape.clone()));
            }
        }
        Ok(false)
    }

    fn reach(&self, name: &str, reached: &mut BTreeSet<&'a str>) -> Result<(), Fault> {
        let known = self.shapes.get_key_value(name);
        let (name, shape) = known.ok_or_else(|| Fault::UnknownShape { shape: name.to_owned() })?;
        if !reached.insert(name) {
            return Ok(());
        }
        let members = shape.members.iter().map(|(_, reference)| reference);
        for reference in members.chain([&shape.member, &shape.key, &shape.value].into_iter().flatten()) {
            self.reach(&reference.shape, reached)?;
        }
        Ok(())
    }

    /// Names the structures and enumerations. An operation's own input and output are called after it; all others keep the model's name.
    fn name_types(&mut self) -> Result<(), Fault> {
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (operation, _) in self.model.operations.iter() {
            taken.insert(operation.to_owned(), format!("operation {operation}"));
        }
        let mut types = BTreeMap::new();
        for (name, shape) in self.reached() {
            if shape.kind != Kind::Structure && shape.values.is_none() {
                continue;
            }
            let mut rust_name = self.root_name(name).unwrap_or_else(|| case::pascal(name));
            if RUSTS_OWN.contains(&rust_name.as_str()) {
                rust_name.push_str("Shape");
            }
            if let Some(other) = taken.insert(rust_name.clone(), format!("shape {name}")) {
                return Err(same_name(&rust_name, &other, &format!("shape {name}")));
            }
            types.insert(name, rust_name);
        }
        self.types = types;
        Ok(())
    }

    /// `DecryptInput` for the shape that is the input of Decrypt and nothing else.
    fn root_name(&self, name: &str) -> Option<String> {
        let operations = self.model.operations.iter();
        let mut roles = operations
            .flat_map(|(operation, facts)| [(operation, "Input", &facts.input), (operation, "Output", &facts.output)]);
        let mut own = roles.by_ref().filter(|(_, _, shape)| shape.as_deref() == Some(name));
        let (operation, role, _) = own.next()?;
        let held = self.reached().any(|(_, shape)| shape.members.iter().any(|(_, reference)| reference.shape == name));
        (own.next().is_none() && !held).then(|| format!("{operation}{role}"))
    }

    fn check_operations(&self) -> Result<(), Fault> {
        for operation in &self.house.operations {
            if self.model.operations.find(operation).is_none() {
                return Err(Fault::UnknownOperation { operation: operation.clone() });
            }
        }
        for (operation, _) in self.model.operations.iter() {
            if !self.house.operations.iter().any(|listed| listed == operation) {
                return Err(Fault::UnlistedOperation { operation: operation.to_owned() });
            }
        }
        Ok(())
    }

    /// Every entry of the house file must fit something, or it is a mistake or left over.
    fn check_house(&self) -> Result<(), Fault> {
        let shape = |entry: &str| self.reached.contains(entry);
        let member = |entry: &str| {
            let (structure, member) = entry.split_once('.')?;
            self.reached.get(structure)?;
            self.shapes.get(structure)?.members.find(member)
        };
        let pattern = |entry: &str| shape(entry) && self.shapes.get(entry).is_some_and(|shape| shape.pattern.is_some());
        let stale = |table, entry: &String| Fault::Stale { table, entry: entry.clone() };
        let types = self.house.types.keys().filter(|entry| !shape(entry)).map(|entry| stale("types", entry));
        let placed = |entry: &str| shape(entry) || member(entry).is_some();
        let secrecy = self.house.secrecy.keys().filter(|entry| !placed(entry)).map(|entry| stale("secrecy", entry));
        let trail =
            self.house.trail.absent.iter().filter(|entry| !placed(entry)).map(|entry| stale("trail.absent", entry));
        let patterns = self.house.patterns.keys().filter(|entry| !pattern(entry)).map(|entry| stale("patterns", entry));
        types.chain(secrecy).chain(trail).chain(patterns).next().map_or(Ok(()), Err)
    }

    /// The pattern of a text, as AWS prints it and in the syntax of the `regex` crate.
    pub fn pattern(&self, name: &str, shape: &'a Shape) -> Result<Option<(&'a str, String)>, Fault> {
        let Some(text) = shape.pattern.as_deref() else { return Ok(None) };
        if let Some(replacement) = self.house.patterns.get(name) {
            return Ok(Some((text, replacement.expression.clone())));
        }
        let expression = pattern::translate(text).map_err(|refused| Fault::Pattern {
            shape: name.to_owned(),
            pattern: text.to_owned(),
            refused,
        })?;
        Ok(Some((text, expression)))
    }
}

fn time_format(path: &str, format: Option<&String>) -> Result<&'static str, Fault> {
    match format.map(String::as_str) {
        None => Ok("ByProtocol"),
        Some("unixTimestamp") => Ok("Epoch"),
        Some("iso8601") => Ok("Iso"),
        Some("rfc822") => Ok("Http"),
        Some(_) => Err(unfit(path, Unfit::TimeFormat)),
    }
}

pub fn unfit(shape: &str, trouble: Unfit) -> Fault {
    Fault::Unfit { shape: shape.to_owned(), trouble }
}

fn same_name(name: &str, one: &str, other: &str) -> Fault {
    Fault::SameName { name: name.to_owned(), one: one.to_owned(), other: other.to_owned() }
}
