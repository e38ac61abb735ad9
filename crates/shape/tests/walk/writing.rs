//! Outputs on their way out, and what the schemas say of them.

use crate::tree::heard;
use secret::{Private, Secret};
use shape::{ErrorModel, Kind, Member, OperationShape, Schema, Secrecy, Shape, Shown, TimeFormat};
use shapes_toy::{BoxDescription, BoxState, DescribeBoxOutput, Sample};
use std::collections::BTreeSet;

#[test]
fn members_are_written_in_the_models_order_and_counted() {
    let described = BoxDescription {
        state: Some(BoxState::HoldsNote),
        ..BoxDescription::new("box".to_owned(), "arn:aws:toy:::box/box".to_owned())
    };
    assert_eq!(
        heard(&DescribeBoxOutput { r#box: described }),
        "1( Box=3( Name=box Arn=arn:aws:toy:::box/box State=HOLDS_NOTE ) ) "
    );
}

#[test]
fn secrets_go_by_their_own_door() {
    let sample = Sample {
        secret_text: Some(Secret::from_vec(b"kagi".to_vec())),
        secret_list: Some(vec![Secret::from_vec(b"kagi".to_vec())]),
        ..Sample::default()
    };
    assert_eq!(heard(&sample), "2( SecretText=<Note> SecretList=1( - <Note> ) ) ");
    let private = Sample { private_tag: Some(Private::new("kagi".to_owned())), ..Sample::default() };
    assert_eq!(heard(&private), "1( PrivateTag=kagi ) ");
    let schema = |name: &str| member(Sample::schema(), name);
    for (name, secrecy) in [
        ("SecretText", Secrecy::Secret),
        ("SecretList", Secrecy::Secret),
        ("PrivateText", Secrecy::Private),
        ("PrivateTag", Secrecy::Private),
        ("Text", Secrecy::Public),
    ] {
        assert_eq!(schema(name).secrecy, secrecy, "{name}");
        assert_eq!(schema(name).schema.secrecy, secrecy, "{name}");
    }
    // The departure of one member leaves the others of its shape alone.
    assert_eq!(member(shapes_toy::Tag::schema(), "TagValue").schema.secrecy, Secrecy::Public);
}

#[test]
fn lists_and_maps_are_counted() {
    let sample = Sample {
        named_list: Some(vec!["a".to_owned(), "b".to_owned()]),
        labels: Some([("k".to_owned(), "v".to_owned())].into()),
        inner: Some(Box::default()),
        ..Sample::default()
    };
    assert_eq!(heard(&sample), "3( NamedList=2( - a - b ) Labels=1( k: v ) Inner=0( ) ) ");
}

#[test]
fn schemas_say_what_the_model_and_the_house_file_say() {
    let sample = |name: &str| member(Sample::schema(), name);
    assert_eq!(sample("Renamed").wire, "OtherName");
    assert_eq!(sample("Unlogged").shown, Shown::NotOnTrail);
    assert_eq!(sample("Blob").shown, Shown::OnTrail);
    let times = ["Time", "EpochTime", "IsoTime", "HttpTime"].map(|name| sample(name).time);
    assert_eq!(times, [TimeFormat::ByProtocol, TimeFormat::Epoch, TimeFormat::Iso, TimeFormat::Http]);
    assert!(matches!(sample("FlatList").schema.kind, Kind::List { flattened: true, item_name: "member", .. }));
    assert!(matches!(sample("NamedList").schema.kind, Kind::List { flattened: false, item_name: "entry", .. }));
    assert!(matches!(
        sample("FlatMap").schema.kind,
        Kind::Map { flattened: true, key_name: "Name", value_name: "Value", .. }
    ));
    assert!(std::ptr::eq(sample("Inner").schema, Sample::schema()));

    let encrypt = |name: &str| member(shapes_kms::EncryptInput::schema(), name);
    assert!(matches!(encrypt("Plaintext").schema.kind, Kind::Blob { min: 1, max: 4_096 }));
    assert_eq!((encrypt("Plaintext").secrecy, encrypt("Plaintext").required), (Secrecy::Secret, true));
    assert_eq!(encrypt("GrantTokens").shown, Shown::NotOnTrail);
    assert_eq!(encrypt("EncryptionContext").shown, Shown::OnTrail);
    assert_eq!(member(shapes_kms::EncryptOutput::schema(), "CiphertextBlob").shown, Shown::NotOnTrail);
    assert_eq!(member(shapes_iam::AccessKey::schema(), "SecretAccessKey").secrecy, Secrecy::Secret);
}

#[test]
fn models_name_operations_and_errors() {
    let kms = &shapes_kms::MODEL;
    assert_eq!((kms.name, kms.api_version, kms.target_prefix), ("kms", "2014-11-01", "TrentService"));
    assert!(std::ptr::eq(shapes_kms::Encrypt::model().input, shapes_kms::EncryptInput::schema()));
    for operation in kms.operations {
        assert!(kms.known.contains(&operation.name));
    }
    assert!(kms.known.contains(&"ReEncrypt"));
    assert!(shapes_kms::CreateAlias::model().output.is_none());
    let toy: Vec<&str> = shapes_toy::MODEL.operations.iter().map(|operation| operation.name).collect();
    assert!(toy.is_sorted());
    assert_eq!(shapes_toy::Sweep::model().input.name, "Empty");

    let error = |errors: &[ErrorModel], name: &str| errors.iter().find(|error| error.name == name).copied();
    assert_eq!(
        error(shapes_kms::ERRORS, "KMSInternalException"),
        Some(ErrorModel {
            name: "KMSInternalException",
            status: 500,
            code: "KMSInternalException",
            message: Some("message")
        })
    );
    assert_eq!(
        error(shapes_iam::MODEL.errors, "NoSuchEntityException"),
        Some(ErrorModel { name: "NoSuchEntityException", status: 404, code: "NoSuchEntity", message: Some("message") })
    );
}

#[test]
fn every_pattern_of_the_generated_schemas_compiles() {
    let mut seen = BTreeSet::new();
    for model in [&shapes_kms::MODEL, &shapes_iam::MODEL, &shapes_toy::MODEL] {
        for operation in model.operations {
            compile_patterns(operation.input, &mut seen);
            operation.output.into_iter().for_each(|output| compile_patterns(output, &mut seen));
        }
    }
    assert!(seen.len() > 100, "the walk has found {} schemas only", seen.len());
}

fn compile_patterns(schema: &'static Schema, seen: &mut BTreeSet<usize>) {
    if !seen.insert(std::ptr::from_ref(schema).addr()) {
        return;
    }
    match schema.kind {
        Kind::Structure { members } => members.iter().for_each(|member| compile_patterns(member.schema, seen)),
        Kind::List { item, .. } => compile_patterns(item, seen),
        Kind::Map { key, value, .. } => [key, value].into_iter().for_each(|part| compile_patterns(part, seen)),
        Kind::Text { pattern: Some(pattern), .. } => assert!(pattern.compiles(), "{}: {}", schema.name, pattern.text),
        _ => {}
    }
}

fn member(schema: &'static Schema, name: &str) -> &'static Member {
    let found = schema.members().iter().find(|member| member.name == name);
    found.expect("a member of this name")
}
