//! What each reader says of values of the wrong kind, and what it lets pass.

use crate::kitchen::KITCHEN;
use crate::tree::Tree;
use shape::Malformed;
use wire::cbor::CborSource;
use wire::json::JsonSource;
use wire::query::{Form, FormSource};

fn json(body: &str) -> Result<Tree, Malformed> {
    let mut source = JsonSource::new(body.as_bytes())?;
    let tree = Tree::read(&KITCHEN, &mut source)?;
    source.finish().map(|()| tree)
}

fn query(body: &str) -> Result<Tree, Malformed> {
    Tree::read(&KITCHEN, &mut FormSource::new(&Form::parse("", body.as_bytes())?))
}

fn cbor(body: &[u8]) -> Result<Tree, Malformed> {
    let mut source = CborSource::new(body);
    let tree = Tree::read(&KITCHEN, &mut source)?;
    source.finish().map(|()| tree)
}

fn one(name: &str, value: Tree) -> Result<Tree, Malformed> {
    Ok(Tree::Structure([(KITCHEN.member_by_wire(name).unwrap(), value)].into()))
}

/// The words are those that AWS's JSON services answer with a SerializationException.
#[test]
fn json_names_what_was_found_and_what_was_wanted() {
    for (body, text) in [
        (r#"{"text":1}"#, "NUMBER_VALUE can not be converted to a String"),
        (r#"{"text":true}"#, "TRUE_VALUE can not be converted to a String"),
        (r#"{"text":{}}"#, "START_OBJECT can not be converted to a String"),
        (r#"{"secret_text":1}"#, "NUMBER_VALUE can not be converted to a String"),
        (r#"{"integer":"1"}"#, "STRING_VALUE can not be converted to an Integer"),
        (r#"{"integer":false}"#, "FALSE_VALUE can not be converted to an Integer"),
        (r#"{"integer":1.5}"#, "NUMBER_VALUE can not be converted to an Integer"),
        (r#"{"float":"1.5"}"#, "STRING_VALUE can not be converted to a Double"),
        (r#"{"boolean":"true"}"#, "STRING_VALUE can not be converted to a Boolean"),
        (r#"{"boolean":0}"#, "NUMBER_VALUE can not be converted to a Boolean"),
        (r#"{"blob":[1]}"#, "START_ARRAY can not be converted to a Blob"),
        (r#"{"time":"2026-11-24T21:20:00Z"}"#, "STRING_VALUE can not be converted to milliseconds since epoch"),
        (r#"{"iso":1}"#, "NUMBER_VALUE can not be converted to a timestamp"),
        (r#"{"list":{}}"#, "START_OBJECT can not be converted to a list"),
        (r#"{"list":[null]}"#, "NULL_VALUE can not be converted to a list item"),
        (r#"{"map":[]}"#, "START_ARRAY can not be converted to a structure"),
        (r#"{"flat_map":{"a":null}}"#, "NULL_VALUE can not be converted to a map value"),
        (r#"{"self":"x"}"#, "STRING_VALUE can not be converted to a structure"),
        ("[]", "START_ARRAY can not be converted to a structure"),
        ("null", "NULL_VALUE can not be converted to a structure"),
    ] {
        assert_eq!(json(body).err().map(|malformed| malformed.to_string()).as_deref(), Some(text), "{body}");
    }
}

#[test]
fn json_is_strict() {
    use Malformed::{Base64, Range, Syntax, Time, Utf8};
    for (body, malformed) in [
        ("{}x", Syntax),
        ("{} {}", Syntax),
        ("{", Syntax),
        ("{\"text\":\"a\",}", Syntax),
        ("{,}", Syntax),
        ("{\"text\":\"a\"\"b\"}", Syntax),
        ("{\"text\":\"a\nb\"}", Syntax),
        ("{text:1}", Syntax),
        ("{'text':'a'}", Syntax),
        ("{\"list\":[{},]}", Syntax),
        ("{\"unknown\":nul}", Syntax),
        ("{\"unknown\":01}", Syntax),
        ("{\"unknown\":\"\\x\"}", Syntax),
        ("{\"integer\":truee}", Syntax),
        ("\u{feff}{}", Syntax),
        ("{\"blob\":\"Zg\"}", Base64),
        ("{\"secret_blob\":\"Zg\"}", Base64),
        ("{\"integer\":9223372036854775808}", Range),
        ("{\"float\":1e400}", Range),
        ("{\"time\":1e300}", Time),
        ("{\"iso\":\"yesterday\"}", Time),
        ("{\"http\":\"yesterday\"}", Time),
    ] {
        let expected = if body.contains("truee") {
            Malformed::Type { wanted: "an Integer", found: "TRUE_VALUE" }
        } else {
            malformed
        };
        assert_eq!(json(body), Err(expected), "{body}");
    }
    assert_eq!(JsonSource::new(b"{\"text\":\"\xff\"}").err(), Some(Utf8));
}

#[test]
fn json_passes_over_what_it_does_not_know() {
    assert_eq!(json("{\"unknown\":[1,{\"text\":\"x\"}],\"text\":\"a\"}"), one("text", Tree::Text("a".to_owned())));
    assert_eq!(json("{\"text\":\"a\",\"text\":\"b\"}"), one("text", Tree::Text("b".to_owned())));
    assert_eq!(json("{\"text\":null}"), Ok(Tree::Structure(Default::default())));
    assert_eq!(json(""), Ok(Tree::Structure(Default::default())));
    assert_eq!(json(" { \"secret_blob\" :\t\"\\/w==\" }\r\n"), one("secret_blob", Tree::Blob(vec![0xff])));
    assert_eq!(json("{\"secret_text\":\"\\u00e4\\n\"}"), one("secret_text", Tree::Text("\u{e4}\n".to_owned())));
}

#[test]
fn the_query_protocol_is_strict() {
    let text = |body: &str| query(body).err().map(|malformed| malformed.to_string());
    for (body, expected) in [
        ("integer=x", "STRING_VALUE can not be converted to an Integer"),
        ("integer=", "STRING_VALUE can not be converted to an Integer"),
        ("integer=+1", "STRING_VALUE can not be converted to an Integer"),
        ("boolean=TRUE", "STRING_VALUE can not be converted to a Boolean"),
        ("text.a=x", "START_OBJECT can not be converted to a String"),
        ("self=x", "STRING_VALUE can not be converted to a structure"),
        ("list=x", "STRING_VALUE can not be converted to a list"),
        ("list.member=x", "STRING_VALUE can not be converted to a list"),
        ("map=x", "STRING_VALUE can not be converted to a map"),
        ("time=1795555200", "not a time"),
        ("blob=Zg", "not valid base64"),
        ("integer=9223372036854775808", "a number out of range"),
    ] {
        assert_eq!(text(body).as_deref(), Some(expected), "{body}");
    }
    for body in [
        "list.1.text=x",
        "list.member.x=y",
        "list.member.-1=y",
        "list.member.1.text=a&list.member.01.text=b",
        "list.member.1.text=a&list.1.text=b",
        "flat_list.1.x=y&flat_list.+1=z",
        "flat_map.1.key=k",
        "flat_map.1.value=v",
        "map.entry.1.value.text=v",
        "map.1.key=k&map.1.value.text=v",
    ] {
        assert!(query(body).is_err(), "{body}");
    }
    let letters = |items: &[&str]| Tree::List(items.iter().map(|item| Tree::Text((*item).to_owned())).collect());
    assert_eq!(query("flat_list.10=c&flat_list.2=b&flat_list.1=a"), one("flat_list", letters(&["a", "b", "c"])));
    assert_eq!(query("list="), one("list", Tree::List(Vec::new())));
    assert_eq!(query("text="), one("text", Tree::Text(String::new())));
    assert_eq!(
        query("Unknown=1&text.=&Text=2").err(),
        Some(Malformed::Type { wanted: "a String", found: "START_OBJECT" })
    );
}

#[test]
fn cbor_is_strict() {
    let text = |body: &[u8]| cbor(body).err().map(|malformed| malformed.to_string());
    for (body, expected) in [
        (&b"\xa1\x64text\x01"[..], "NUMBER_VALUE can not be converted to a String"),
        (b"\xa1\x64text\x41a", "BYTES_VALUE can not be converted to a String"),
        (b"\xa1\x64blob\x61a", "STRING_VALUE can not be converted to a Blob"),
        (b"\xa1\x67integer\xfa\x3f\x80\x00\x00", "NUMBER_VALUE can not be converted to an Integer"),
        (b"\xa1\x67integer\x1b\x80\x00\x00\x00\x00\x00\x00\x00", "a number out of range"),
        (b"\xa1\x67boolean\x00", "NUMBER_VALUE can not be converted to a Boolean"),
        (b"\xa1\x64time\x00", "NUMBER_VALUE can not be converted to a timestamp"),
        (b"\xa1\x64time\xc0\x00", "not a time"),
        (b"\xa1\x64time\xc1\xf9\x7e\x00", "not a time"),
        (b"\xa1\x64time\xc1\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", "not a time"),
        (b"\xa1\x64list\xa0", "START_OBJECT can not be converted to a list"),
        (b"\xa1\x64list\x81\xf6", "NULL_VALUE can not be converted to a list item"),
        (b"\xa1\x01\x01", "NUMBER_VALUE can not be converted to a String"),
        (b"\x80", "START_ARRAY can not be converted to a structure"),
        (b"\xa0\x00", "not well-formed"),
        (b"\xa1\x64text\x62a", "not well-formed"),
        (b"\xa1\x64text\x61\xff", "not well-formed"),
        (b"\xa1\x61x\xff", "not well-formed"),
        (b"\xbf\x61x\xff", "not well-formed"),
        (b"\xbf", "not well-formed"),
        (b"\xff", "not well-formed"),
        (b"\xa1\x61x\x9f\x01", "not well-formed"),
    ] {
        assert_eq!(text(body).as_deref(), Some(expected), "{body:x?}");
    }
    assert_eq!(cbor(b"\xa2\x64text\x61a\x64text\x61b"), one("text", Tree::Text("b".to_owned())));
    assert_eq!(cbor(b"\xa1\x64text\xf7"), Ok(Tree::Structure(Default::default())));
    assert_eq!(cbor(b""), Ok(Tree::Structure(Default::default())));
    assert_eq!(cbor(b"\xa1\x64blob\x5f\x41a\x41b\xff"), one("blob", Tree::Blob(b"ab".to_vec())));
}
