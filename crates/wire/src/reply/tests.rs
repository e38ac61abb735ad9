//! Answers and errors, byte for byte.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a test process is a house of its own and cuts its own keys")]

use super::*;
use shape::{ErrorModel, Kind, Location, Member, Protocol, Schema, Secrecy, Shown, TimeFormat};
use std::sync::OnceLock;

static TEXT: Schema =
    Schema { name: "Text", kind: Kind::Text { min: 0, max: 100, pattern: None }, secrecy: Secrecy::Public };
static PLAINTEXT: Schema =
    Schema { name: "PlaintextType", kind: Kind::Blob { min: 1, max: 4_096 }, secrecy: Secrecy::Secret };

const fn member(name: &'static str, schema: &'static Schema) -> Member {
    Member {
        name,
        wire: name,
        location: Location::Body,
        required: false,
        secrecy: Secrecy::Public,
        shown: Shown::OnTrail,
        time: TimeFormat::ByProtocol,
        schema,
    }
}

static OUTPUT_MEMBERS: [Member; 2] = [member("KeyId", &TEXT), member("Plaintext", &PLAINTEXT)];
static OUTPUT: Schema =
    Schema { name: "Output", kind: Kind::Structure { members: &OUTPUT_MEMBERS }, secrecy: Secrecy::Public };

static SPEAKING: OperationModel =
    OperationModel { name: "Speak", input: &OUTPUT, output: Some(&OUTPUT), result_wrapper: "SpeakResult", errors: &[] };
static SILENT: OperationModel =
    OperationModel { name: "Forget", input: &OUTPUT, output: None, result_wrapper: "ForgetResult", errors: &[] };

static MODEL: Model = Model {
    name: "toy",
    signing_name: "toy",
    endpoint_prefix: "toy",
    api_version: "2026-11-24",
    target_prefix: "Toy",
    xml_namespace: "https://toy.example/doc?a&b",
    protocols: &[Protocol::Json11],
    operations: &[],
    errors: &[
        ErrorModel { name: "NoSuchThingException", status: 404, code: "NoSuchThing", message: Some("Message") },
        ErrorModel { name: "BrokenException", status: 400, code: "Broken", message: None },
    ],
    known: &[],
};

fn frame(dialect: Dialect) -> Frame<'static> {
    Frame { dialect, service: Some(&MODEL), request_id: "id-1", query_mode: false }
}

/// The proofs of this process: the tests of one process share the set that is cut once.
fn keys() -> &'static secret::Keys {
    static KEYS: OnceLock<Option<&'static secret::Keys>> = OnceLock::new();
    KEYS.get_or_init(secret::cut_keys).unwrap()
}

fn speak(dialect: Dialect, operation: &'static OperationModel) -> Response<Bytes> {
    let receipt = Receipt::assertion(&keys().mint, 1);
    let plaintext = secret::Secret::from_vec(b"kagi".to_vec());
    answer(frame(dialect), operation, &keys().exit, &receipt, |sink| {
        sink.begin(&OUTPUT, 2);
        sink.member(&OUTPUT_MEMBERS[0]);
        sink.text("a<\"b\"");
        sink.member(&OUTPUT_MEMBERS[1]);
        sink.secret(&PLAINTEXT, &plaintext);
        sink.end();
    })
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn an_answer_opens_its_secrets() {
    let response = speak(Dialect::Json11, &SPEAKING);
    assert_eq!(text(&response), r#"{"KeyId":"a<\"b\"","Plaintext":"a2FnaQ=="}"#);
    assert_eq!(header(&response, "content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(header(&response, "x-amzn-requestid"), Some("id-1"));
    assert_eq!(header(&response, "cache-control"), Some("no-cache, no-store, must-revalidate, private"));
    assert_eq!(header(&speak(Dialect::Json10, &SPEAKING), "content-type"), Some("application/x-amz-json-1.0"));

    let response = speak(Dialect::RpcV2Cbor, &SPEAKING);
    assert_eq!(&response.body()[..], b"\xbf\x65KeyId\x65a<\"b\"\x69Plaintext\x44kagi\xff");
    assert_eq!(header(&response, "content-type"), Some("application/cbor"));
    assert_eq!(header(&response, "smithy-protocol"), Some("rpc-v2-cbor"));

    let response = speak(Dialect::Query, &SPEAKING);
    assert_eq!(
        text(&response),
        "<SpeakResponse xmlns=\"https://toy.example/doc?a&amp;b\"><SpeakResult><KeyId>a&lt;&quot;b&quot;</KeyId>\
         <Plaintext>a2FnaQ==</Plaintext></SpeakResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></SpeakResponse>"
    );
    assert_eq!(header(&response, "content-type"), Some("text/xml"));
}

#[test]
fn an_operation_without_output_has_no_body() {
    let response = speak(Dialect::Json11, &SILENT);
    assert!(response.body().is_empty());
    assert_eq!(header(&response, "content-type"), Some("application/x-amz-json-1.1"));

    let response = speak(Dialect::RpcV2Cbor, &SILENT);
    assert!(response.body().is_empty());
    assert_eq!(header(&response, "content-type"), None);
    assert_eq!(header(&response, "smithy-protocol"), Some("rpc-v2-cbor"));

    let response = speak(Dialect::Query, &SILENT);
    assert_eq!(
        text(&response),
        "<ForgetResponse xmlns=\"https://toy.example/doc?a&amp;b\"><ResponseMetadata><RequestId>id-1</RequestId>\
         </ResponseMetadata></ForgetResponse>"
    );
}

#[test]
fn errors_of_the_model_have_the_names_of_their_dialect() {
    for code in ["NoSuchThing", "NoSuchThingException"] {
        let reply = ErrorReply { code, status: 404, message: "no \"thing\" <x>" };
        let response = error(frame(Dialect::Json11), &reply);
        assert_eq!(response.status(), 404);
        assert_eq!(text(&response), r#"{"__type":"NoSuchThingException","Message":"no \"thing\" <x>"}"#);
        assert_eq!(header(&response, "x-amzn-query-error"), None);

        let response = error(frame(Dialect::Query), &reply);
        assert_eq!(
            text(&response),
            "<ErrorResponse xmlns=\"https://toy.example/doc?a&amp;b\"><Error><Type>Sender</Type><Code>NoSuchThing</Code>\
             <Message>no &quot;thing&quot; &lt;x&gt;</Message></Error><RequestId>id-1</RequestId></ErrorResponse>"
        );

        let response = error(frame(Dialect::RpcV2Cbor), &reply);
        assert_eq!(&response.body()[..], b"\xa2\x66__type\x74NoSuchThingException\x67Message\x6eno \"thing\" <x>");
        assert_eq!(header(&response, "content-type"), Some("application/cbor"));

        let queried = Frame { query_mode: true, ..frame(Dialect::Json10) };
        assert_eq!(header(&error(queried, &reply), "x-amzn-query-error"), Some("NoSuchThing;Sender"));
    }
}

#[test]
fn errors_of_the_house_are_spelled_in_lower_case() {
    let response = error(frame(Dialect::Json11), &ErrorReply { code: "InternalFailure", status: 500, message: "id-1" });
    assert_eq!(text(&response), r#"{"__type":"InternalFailure","message":"id-1"}"#);
    let response = error(frame(Dialect::Json11), &ErrorReply { code: "BrokenException", status: 400, message: "" });
    assert_eq!(text(&response), r#"{"__type":"BrokenException"}"#);

    let outside = Frame { service: None, ..frame(Dialect::Query) };
    let response = error(outside, &ErrorReply { code: "InternalFailure", status: 503, message: "" });
    assert_eq!(
        text(&response),
        "<ErrorResponse><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message></Message></Error>\
         <RequestId>id-1</RequestId></ErrorResponse>"
    );
}

#[test]
fn an_error_is_never_a_success() {
    for status in [0, 99, 200, 302, 1_000] {
        assert_eq!(error(frame(Dialect::Json11), &ErrorReply { code: "X", status, message: "" }).status(), 500);
    }
}

#[test]
fn a_refusal_is_an_error_in_the_dialect_of_the_call() {
    let refused = Refused {
        dialect: Dialect::Query,
        service: Some(&MODEL),
        refusal: crate::route::Refusal::UnknownAction { action: "A<".to_owned(), version: "1".to_owned() },
    };
    let response = refusal(&refused, "id-2");
    assert_eq!(response.status(), 400);
    assert!(
        text(&response)
            .contains("<Code>InvalidAction</Code><Message>Could not find operation A&lt; for version 1</Message>")
    );
}
