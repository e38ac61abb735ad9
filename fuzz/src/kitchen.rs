//! A schema with everything in it, itself included.

use shape::{Kind, Location, Member, Schema, Secrecy, Shown, TimeFormat};

pub static KITCHEN: Schema = schema(Kind::Structure { members: &MEMBERS }, Secrecy::Public);

static MEMBERS: [Member; 16] = [
    member("text", &TEXT, TimeFormat::ByProtocol),
    member("blob", &BLOB, TimeFormat::ByProtocol),
    member("integer", &INTEGER, TimeFormat::ByProtocol),
    member("float", &FLOAT, TimeFormat::ByProtocol),
    member("boolean", &BOOLEAN, TimeFormat::ByProtocol),
    member("time", &TIME, TimeFormat::ByProtocol),
    member("epoch", &TIME, TimeFormat::Epoch),
    member("iso", &TIME, TimeFormat::Iso),
    member("http", &TIME, TimeFormat::Http),
    member("secret_text", &SECRET_TEXT, TimeFormat::ByProtocol),
    member("secret_blob", &SECRET_BLOB, TimeFormat::ByProtocol),
    member("list", &LIST, TimeFormat::ByProtocol),
    member("flat_list", &FLAT_LIST, TimeFormat::ByProtocol),
    member("map", &MAP, TimeFormat::ByProtocol),
    member("flat_map", &FLAT_MAP, TimeFormat::ByProtocol),
    member("self", &KITCHEN, TimeFormat::ByProtocol),
];

static TEXT: Schema = schema(Kind::Text { min: 0, max: u64::MAX, pattern: None }, Secrecy::Public);
static BLOB: Schema = schema(Kind::Blob { min: 0, max: u64::MAX }, Secrecy::Public);
static SECRET_TEXT: Schema = schema(Kind::Text { min: 0, max: u64::MAX, pattern: None }, Secrecy::Secret);
static SECRET_BLOB: Schema = schema(Kind::Blob { min: 0, max: u64::MAX }, Secrecy::Secret);
static INTEGER: Schema = schema(Kind::Integer { min: i64::MIN, max: i64::MAX, wide: true }, Secrecy::Public);
static FLOAT: Schema = schema(Kind::Float, Secrecy::Public);
static BOOLEAN: Schema = schema(Kind::Boolean, Secrecy::Public);
static TIME: Schema = schema(Kind::Time, Secrecy::Public);
static LIST: Schema = schema(list(&KITCHEN, false), Secrecy::Public);
static FLAT_LIST: Schema = schema(list(&TEXT, true), Secrecy::Public);
static MAP: Schema = schema(map(&KITCHEN, false), Secrecy::Public);
static FLAT_MAP: Schema = schema(map(&TEXT, true), Secrecy::Public);

const fn list(item: &'static Schema, flattened: bool) -> Kind {
    Kind::List { item, item_name: "member", flattened, min: 0, max: u64::MAX }
}

const fn map(value: &'static Schema, flattened: bool) -> Kind {
    Kind::Map { key: &TEXT, value, key_name: "key", value_name: "value", flattened, min: 0, max: u64::MAX }
}

const fn schema(kind: Kind, secrecy: Secrecy) -> Schema {
    Schema { name: "Kitchen", kind, secrecy }
}

const fn member(name: &'static str, schema: &'static Schema, time: TimeFormat) -> Member {
    Member {
        name,
        wire: name,
        location: Location::Body,
        required: false,
        secrecy: schema.secrecy,
        shown: Shown::OnTrail,
        time,
        schema,
    }
}
