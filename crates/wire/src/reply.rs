//! Answers and errors, as each dialect frames them.

use crate::Dialect;
use crate::cbor::CborSink;
use crate::json::{JsonSink, write_text};
use crate::route::{Refused, Route};
use crate::xml::{XmlSink, close, element, escape, open};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use minicbor::encode::Encoder;
use secret::{Exit, Receipt};
use shape::{Model, OperationModel, Sink};

/// What every answer to one call has in common.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pub dialect: Dialect,
    /// The service that was called, where it is known. Its namespace stands in XML answers.
    pub service: Option<&'static Model>,
    pub request_id: &'a str,
    /// The caller once spoke the query protocol to this service and wants its error codes (`x-amzn-query-mode: true`).
    pub query_mode: bool,
}

/// An error of any family, in words for the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorReply<'a> {
    /// The name of the error's shape, or the code that the query protocol has for it: either finds the other in the model.
    pub code: &'a str,
    /// 400 to 599.
    pub status: u16,
    /// AWS answers some errors without a message; then it is empty.
    pub message: &'a str,
}

impl<'a> Frame<'a> {
    /// The frame for the answer to a call that found its way.
    pub fn of(route: &Route, request_id: &'a str) -> Self {
        let Route { dialect, service, query_mode, .. } = route;
        Self { dialect: *dialect, service: Some(service), request_id, query_mode: *query_mode }
    }
}

/// A success: `write` writes the output into the sink. An operation whose model declares no output has no body in JSON and CBOR, and
/// `write` is not called; in XML it still has the frame with the request id.
pub fn answer(
    frame: Frame<'_>,
    operation: &'static OperationModel,
    exit: &Exit,
    receipt: &Receipt,
    write: impl FnOnce(&mut dyn Sink),
) -> Response<Bytes> {
    let body = match (frame.dialect, operation.output) {
        (Dialect::Query, _) => xml_answer(frame, operation, exit, receipt, write),
        (_, None) => return finish(frame, StatusCode::OK, None),
        (Dialect::Json10 | Dialect::Json11, Some(_)) => {
            let mut sink = JsonSink::new(exit, receipt);
            write(&mut sink);
            sink.finish()
        }
        (Dialect::RpcV2Cbor, Some(_)) => {
            let mut sink = CborSink::new(exit, receipt);
            write(&mut sink);
            sink.finish()
        }
    };
    finish(frame, StatusCode::OK, Some(body))
}

/// An error. Code and message stand where botocore and the SDKs for Go, Java, JavaScript and Rust all look: `__type` and `message` (or
/// `Message`, if the model spells the member so) in JSON and CBOR, `Error/Code` and `Error/Message` in XML.
pub fn error(frame: Frame<'_>, error: &ErrorReply<'_>) -> Response<Bytes> {
    let status = StatusCode::from_u16(error.status).ok().filter(|status| status.as_u16() >= 400);
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let whose = if status.is_client_error() { "Sender" } else { "Receiver" };
    let names = Names::of(frame, error);
    let body = match frame.dialect {
        Dialect::Json10 | Dialect::Json11 => json_error(&names, error.message),
        Dialect::RpcV2Cbor => cbor_error(&names, error.message),
        Dialect::Query => xml_error(frame, names.code, error.message, whose),
    };
    let mut response = finish(frame, status, Some(body));
    if frame.query_mode && frame.dialect != Dialect::Query {
        let value = HeaderValue::try_from(format!("{};{whose}", names.code));
        response.headers_mut().extend(value.ok().map(|value| (QUERY_ERROR, value)));
    }
    response
}

/// The answer to a request that found no operation.
pub fn refusal(refused: &Refused, request_id: &str) -> Response<Bytes> {
    let frame = Frame { dialect: refused.dialect, service: refused.service, request_id, query_mode: false };
    let (code, status) = refused.code();
    error(frame, &ErrorReply { code, status, message: &refused.refusal.to_string() })
}

/// What the dialects call one error and its text.
struct Names<'a> {
    shape: &'a str,
    code: &'a str,
    message: &'a str,
}

impl<'a> Names<'a> {
    fn of(frame: Frame<'a>, error: &ErrorReply<'a>) -> Self {
        let modelled = frame.service.and_then(|service| {
            service.errors.iter().find(|model| model.name == error.code || model.code == error.code)
        });
        match modelled {
            Some(model) => Self { shape: model.name, code: model.code, message: model.message.unwrap_or("message") },
            None => Self { shape: error.code, code: error.code, message: "message" },
        }
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
const SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
/// As KMS answers: what may hold a plaintext is kept by no proxy.
const NEVER_CACHE: HeaderValue = HeaderValue::from_static("no-cache, no-store, must-revalidate, private");

/// Smithy gives an answer of CBOR without a body no content type; AWS's JSON services send theirs all the same.
fn finish(frame: Frame<'_>, status: StatusCode, body: Option<Vec<u8>>) -> Response<Bytes> {
    let has_body = body.is_some();
    let mut response = Response::new(Bytes::from(body.unwrap_or_default()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(frame.request_id).ok().map(|id| (REQUEST_ID, id)));
    headers.insert(CACHE_CONTROL, NEVER_CACHE);
    if frame.dialect == Dialect::RpcV2Cbor {
        headers.insert(SMITHY_PROTOCOL, HeaderValue::from_static("rpc-v2-cbor"));
    }
    if has_body || frame.dialect != Dialect::RpcV2Cbor {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(frame.dialect.content_type()));
    }
    response
}

fn xml_answer(
    frame: Frame<'_>,
    operation: &'static OperationModel,
    exit: &Exit,
    receipt: &Receipt,
    write: impl FnOnce(&mut dyn Sink),
) -> Vec<u8> {
    let mut out = Vec::with_capacity(XML_CAPACITY_BYTES);
    let response = format!("{}Response", operation.name);
    open_in_namespace(&response, frame.service, &mut out);
    if operation.output.is_some() {
        open(operation.result_wrapper, &mut out);
        let mut sink = XmlSink::onto(out, exit, receipt);
        write(&mut sink);
        out = sink.finish();
        close(operation.result_wrapper, &mut out);
    }
    open("ResponseMetadata", &mut out);
    element("RequestId", frame.request_id, &mut out);
    close("ResponseMetadata", &mut out);
    close(&response, &mut out);
    out
}

const XML_CAPACITY_BYTES: usize = 2_048;

fn xml_error(frame: Frame<'_>, code: &str, message: &str, whose: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(XML_CAPACITY_BYTES);
    open_in_namespace("ErrorResponse", frame.service, &mut out);
    open("Error", &mut out);
    element("Type", whose, &mut out);
    element("Code", code, &mut out);
    element("Message", message, &mut out);
    close("Error", &mut out);
    element("RequestId", frame.request_id, &mut out);
    close("ErrorResponse", &mut out);
    out
}

fn open_in_namespace(name: &str, service: Option<&'static Model>, out: &mut Vec<u8>) {
    match service.map(|service| service.xml_namespace) {
        Some(namespace) if !namespace.is_empty() => {
            out.extend_from_slice(format!("<{name} xmlns=\"").as_bytes());
            escape(namespace, out);
            out.extend_from_slice(b"\">");
        }
        _ => open(name, out),
    }
}

fn json_error(names: &Names<'_>, message: &str) -> Vec<u8> {
    let mut out = b"{\"__type\":".to_vec();
    write_text(names.shape, &mut out);
    if !message.is_empty() {
        out.push(b',');
        write_text(names.message, &mut out);
        out.push(b':');
        write_text(message, &mut out);
    }
    out.push(b'}');
    out
}

fn cbor_error(names: &Names<'_>, message: &str) -> Vec<u8> {
    let mut pairs = vec![("__type", names.shape)];
    if !message.is_empty() {
        pairs.push((names.message, message));
    }
    let mut encoder = Encoder::new(Vec::new());
    // Writing to memory does not fail.
    drop(encoder.map(pairs.len() as u64));
    for text in pairs.into_iter().flat_map(|(name, value)| [name, value]) {
        drop(encoder.str(text));
    }
    encoder.into_writer()
}

#[cfg(test)]
mod tests;
