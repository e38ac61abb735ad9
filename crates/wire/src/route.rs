//! From the head of a request to the operation it calls. Every rule reads the models; none knows a service.

mod query;
mod scope;

use crate::Dialect;
use crate::cbor::CborSource;
use crate::json::JsonSource;
use crate::limits::SHOWN_CHARS_MAX;
use crate::query::{Form, FormSource};
use crate::sigv4::Head;
use shape::{Malformed, Model, OperationModel, Source};

/// One service that the house serves.
#[derive(Clone, Copy)]
pub struct Served {
    pub model: &'static Model,
    /// First labels of host names that mean this service, besides the model's own: `trent`.
    pub endpoints: &'static [&'static str],
}

/// The operation that a request calls, and how it is spoken to.
pub struct Route {
    pub service: &'static Model,
    pub operation: &'static OperationModel,
    pub dialect: Dialect,
    /// The caller wants the error codes of the query protocol beside those of the dialect.
    pub query_mode: bool,
    /// The parameters, where the dialect is the query protocol.
    form: Option<Form>,
}

/// A request that calls no operation, and how to say so.
pub struct Refused {
    pub dialect: Dialect,
    /// The service that was meant, where that much is clear.
    pub service: Option<&'static Model>,
    pub refusal: Refusal,
}

/// Why a request calls no operation, in AWS's words. Always the caller's fault: SDKs and Terraform retry a 5xx for minutes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("The requested operation is not recognized by the service: {operation}")]
    UnknownOperation { operation: String },
    #[error("Could not find operation {action} for version {version}")]
    UnknownAction { action: String, version: String },
    #[error("Missing Action")]
    MissingAction,
    #[error("Credential should be scoped to correct service: '{expected}'.")]
    WrongScope { expected: &'static str },
    #[error("The query string is malformed: {0}")]
    MalformedQuery(Malformed),
}

/// Finds the operation. `body` is looked at only where the query protocol keeps the operation's name in it.
///
/// In this order: `X-Amz-Target` means JSON; a path `/service/…/operation/…` with the header `smithy-protocol` means CBOR; the rest is
/// the query protocol, whose service is that of the credential scope, else of the host, else the one that knows version and action.
pub fn route(head: Head<'_>, body: &[u8], services: &[Served]) -> Result<Route, Refused> {
    if has(head, TARGET) {
        return json(head, services);
    }
    if let Some((service, operation)) = cbor_path(head) {
        return cbor(head, service, operation, services);
    }
    query::route(head, body, services)
}

impl Route {
    /// Lets `read` take the call's input from `body`, and sees to it that nothing is left over.
    pub fn read<T>(
        &self,
        body: &[u8],
        read: impl FnOnce(&mut dyn Source) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        match (self.dialect, &self.form) {
            (Dialect::Query, Some(form)) => read(&mut FormSource::new(form)),
            (Dialect::RpcV2Cbor, _) => {
                let mut source = CborSource::new(body);
                let value = read(&mut source)?;
                source.finish().map(|()| value)
            }
            _ => {
                let mut source = JsonSource::new(body)?;
                let value = read(&mut source)?;
                source.finish().map(|()| value)
            }
        }
    }
}

impl Refused {
    /// Code and status, as AWS's lists of common errors have them.
    pub fn code(&self) -> (&'static str, u16) {
        match (&self.refusal, self.dialect) {
            (Refusal::UnknownOperation { .. }, _) => ("UnknownOperationException", 400),
            (Refusal::UnknownAction { .. }, _) => ("InvalidAction", 400),
            (Refusal::MissingAction, _) => ("MissingAction", 400),
            (Refusal::MalformedQuery(_), _) => ("MalformedQueryString", 404),
            (Refusal::WrongScope { .. }, Dialect::Query) => ("SignatureDoesNotMatch", 403),
            (Refusal::WrongScope { .. }, _) => ("InvalidSignatureException", 400),
        }
    }
}

const CONTENT_TYPE: &str = "content-type";
const TARGET: &str = "x-amz-target";
const SMITHY_PROTOCOL: &str = "smithy-protocol";
const QUERY_MODE: &str = "x-amzn-query-mode";

fn json(head: Head<'_>, services: &[Served]) -> Result<Route, Refused> {
    let target = single(head, TARGET).unwrap_or_default();
    // Botocore sends `com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.X`, the Go SDK `CloudTrail_20131101.X`.
    let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
    let service = services.iter().map(|served| served.model).find(|model| {
        !prefix.is_empty() && last_part(model.target_prefix) == last_part(prefix) && json_dialect(model).is_some()
    });
    let sent = match content_type(head) {
        None => service.and_then(json_dialect),
        Some("application/x-amz-json-1.0") => Some(Dialect::Json10),
        Some("application/x-amz-json-1.1") => Some(Dialect::Json11),
        Some(_) => None,
    };
    let dialect = sent.unwrap_or(Dialect::Json11);
    let unknown = || Refused { dialect, service, refusal: unknown_operation(operation) };
    let fits = sent.is_some() && head.method == "POST" && matches!(head.raw_path, "/" | "");
    let service = service.filter(|_| fits).ok_or_else(unknown)?;
    finish(head, service, dialect, operation)
}

/// The version that a service is spoken to in when the caller does not say.
fn json_dialect(model: &Model) -> Option<Dialect> {
    let dialects = model.protocols.iter().filter_map(|protocol| Dialect::of(*protocol));
    dialects.into_iter().find(|dialect| matches!(dialect, Dialect::Json10 | Dialect::Json11))
}

/// Service and operation of `/service/GraniteServiceVersion20100801/operation/ListMetrics`, if the request says that it is one.
fn cbor_path(head: Head<'_>) -> Option<(&str, &str)> {
    if !has(head, SMITHY_PROTOCOL) {
        return None;
    }
    head.raw_path.strip_prefix("/service/")?.split_once("/operation/")
}

fn cbor(head: Head<'_>, service: &str, operation: &str, services: &[Served]) -> Result<Route, Refused> {
    let dialect = Dialect::RpcV2Cbor;
    let service = services.iter().map(|served| served.model).find(|model| {
        let speaks = model.protocols.contains(&dialect.protocol());
        speaks && !service.is_empty() && last_part(model.target_prefix) == last_part(service)
    });
    let fits = head.method == "POST"
        && single(head, SMITHY_PROTOCOL) == Some("rpc-v2-cbor")
        && matches!(content_type(head), None | Some("application/cbor"));
    let unknown = || Refused { dialect, service, refusal: unknown_operation(operation) };
    let service = service.filter(|_| fits).ok_or_else(unknown)?;
    finish(head, service, dialect, operation)
}

/// The service is known: the credential must be scoped to it, and it must serve the operation.
fn finish(head: Head<'_>, service: &'static Model, dialect: Dialect, name: &str) -> Result<Route, Refused> {
    let refused = |refusal| Refused { dialect, service: Some(service), refusal };
    if scope::service(head).is_some_and(|scope| scope != service.signing_name) {
        return Err(refused(Refusal::WrongScope { expected: service.signing_name }));
    }
    let operation = operation_of(service, name).ok_or_else(|| refused(unknown_operation(name)))?;
    let query_mode = single(head, QUERY_MODE) == Some("true");
    Ok(Route { service, operation, dialect, query_mode, form: None })
}

fn operation_of(service: &'static Model, name: &str) -> Option<&'static OperationModel> {
    service.operations.iter().find(|operation| operation.name == name)
}

fn unknown_operation(operation: &str) -> Refusal {
    Refusal::UnknownOperation { operation: shown(operation) }
}

/// As much of the caller's text as is repeated.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn last_part(dotted: &str) -> &str {
    dotted.rsplit_once('.').map_or(dotted, |(_, last)| last)
}

fn has(head: Head<'_>, name: &str) -> bool {
    head.headers.iter().any(|(header, _)| *header == name)
}

/// The value of a header that stands once. One that stands twice means nothing.
fn single<'a>(head: Head<'a>, name: &str) -> Option<&'a str> {
    let mut values = head.headers.iter().filter(|(header, _)| *header == name);
    let (_, value) = values.next()?;
    if values.next().is_some() { None } else { std::str::from_utf8(value).ok().map(str::trim) }
}

/// The content type without its parameters; empty where the header is there and cannot be read.
fn content_type(head: Head<'_>) -> Option<&str> {
    has(head, CONTENT_TYPE).then(|| {
        let value = single(head, CONTENT_TYPE).unwrap_or_default();
        value.split_once(';').map_or(value, |(kind, _)| kind).trim()
    })
}

#[cfg(test)]
mod tests;
