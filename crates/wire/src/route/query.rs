//! The query protocol's part of routing: `Action` and `Version`, in the query of the URI or in a form body.

use super::{Refusal, Refused, Route, Served, content_type, operation_of, scope, shown, unknown_operation};
use crate::Dialect;
use crate::query::Form;
use crate::sigv4::Head;
use shape::{Model, Protocol};

/// What AWS prints for a version that is not there.
const NO_VERSION: &str = "NO_VERSION_SPECIFIED";

pub(super) fn route(head: Head<'_>, body: &[u8], services: &[Served]) -> Result<Route, Refused> {
    let scope = scope::service(head);
    let scoped = scope.as_deref().and_then(|scope| find(services, |served| served.model.signing_name == scope));
    let named = scoped.or_else(|| find(services, |served| host_means(head, served)));
    let form_sent = matches!(content_type(head), None | Some("application/x-www-form-urlencoded"));
    let body = if head.method == "POST" && form_sent { body } else { b"" };
    let form = match Form::parse(head.raw_query, body) {
        Ok(form) => form,
        Err(malformed) => return Err(refused(named, Refusal::MalformedQuery(malformed))),
    };
    let Some(action) = form.value("Action") else { return Err(no_action(head, named)) };
    let version = form.value("Version").unwrap_or(NO_VERSION);
    if !matches!(head.method, "POST" | "GET") || !form_sent {
        return Err(refused(named, unknown_action(action, version)));
    }
    let knows = |served: &Served| served.model.api_version == version && served.model.known.contains(&action);
    let fitting = named.filter(|model| speaks_query(model) && model.api_version == version);
    let service = match fitting.or_else(|| find(services, |served| speaks_query(served.model) && knows(served))) {
        Some(service) => service,
        None => return Err(refused(named, unknown_action(action, version))),
    };
    if scope.is_some_and(|scope| scope != service.signing_name) {
        return Err(refused(Some(service), Refusal::WrongScope { expected: service.signing_name }));
    }
    match operation_of(service, action) {
        Some(operation) => {
            Ok(Route { service, operation, dialect: Dialect::Query, query_mode: false, form: Some(form) })
        }
        None => Err(refused(Some(service), unknown_action(action, version))),
    }
}

/// A request without an action: to a service of the query protocol an incomplete call, to all others an unknown one.
fn no_action(head: Head<'_>, named: Option<&'static Model>) -> Refused {
    if named.is_some_and(speaks_query) {
        return refused(named, Refusal::MissingAction);
    }
    Refused { dialect: Dialect::Json11, service: named, refusal: unknown_operation(head.raw_path) }
}

fn refused(service: Option<&'static Model>, refusal: Refusal) -> Refused {
    Refused { dialect: Dialect::Query, service, refusal }
}

fn unknown_action(action: &str, version: &str) -> Refusal {
    Refusal::UnknownAction { action: shown(action), version: shown(version) }
}

fn find(services: &[Served], means: impl Fn(&Served) -> bool) -> Option<&'static Model> {
    services.iter().find(|served| means(served)).map(|served| served.model)
}

fn speaks_query(model: &'static Model) -> bool {
    model.protocols.contains(&Protocol::Query)
}

/// Whether the first label of the host is the service's: `sts.ap-northeast-1.amazonaws.com`, `sts.kagiban.internal`, `sts-fips.…`.
fn host_means(head: Head<'_>, served: &Served) -> bool {
    let host = super::single(head, if head.http2 { ":authority" } else { "host" }).unwrap_or_default();
    let Some((label, _)) = host.split_once('.') else { return false };
    let label = label.strip_suffix("-fips").unwrap_or(label);
    served.model.endpoint_prefix == label || served.endpoints.contains(&label)
}
