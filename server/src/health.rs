//! What is answered without a signature: `/health`, the metrics to whoever may read them, and nothing else.

use crate::metrics;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};

/// The path that load balancers and scripts ask. No bucket can have this name.
const HEALTH_PATH: &str = "/health";
/// The path that Prometheus asks.
pub const METRICS_PATH: &str = "/_kagiban/metrics";
/// All else that is Kagiban's own lives under it.
const OWN_PATH: &str = "/_kagiban/";

/// How the house is.
pub enum Health {
    Well,
    /// The clock is not believed, so tasks that cannot be undone are not done. That is no reason to send clients elsewhere.
    Held,
    /// The disk is full, so every call fails.
    Full,
}

/// The answer to a request for one of the house's own paths; `None` for all that is AWS's.
///
/// `metrics` is the page; `None` for somebody who may not read it, who does not hear that there is one.
pub fn answer(
    method: &Method,
    path: &str,
    health: impl FnOnce() -> Health,
    metrics: impl FnOnce() -> Option<Result<String, std::fmt::Error>>,
) -> Option<Response<Bytes>> {
    match path {
        HEALTH_PATH if method == Method::GET || method == Method::HEAD => Some(match health() {
            Health::Well => plain(StatusCode::OK, r#"{"status":"ok"}"#),
            Health::Held => plain(StatusCode::OK, r#"{"status":"ok","deletions":"held"}"#),
            Health::Full => plain(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"full","reason":"the disk is full"}"#),
        }),
        HEALTH_PATH | METRICS_PATH if method != Method::GET && method != Method::HEAD => {
            Some(plain(StatusCode::METHOD_NOT_ALLOWED, r#"{"message":"only GET"}"#))
        }
        METRICS_PATH => Some(match metrics() {
            None => nothing(),
            Some(Ok(text)) => page(text),
            Some(Err(_)) => plain(StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"the page cannot be written"}"#),
        }),
        _ if path.starts_with(OWN_PATH) => Some(nothing()),
        _ => None,
    }
}

/// Nothing of the house's own has this path.
pub fn nothing() -> Response<Bytes> {
    plain(StatusCode::NOT_FOUND, r#"{"message":"nothing is here"}"#)
}

fn page(text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE));
    response
}

fn plain(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_written_is_no_page() {
        let asked = |page: Option<Result<String, std::fmt::Error>>| {
            answer(&Method::GET, METRICS_PATH, || Health::Well, || page).map(|answer| answer.status())
        };
        assert_eq!(asked(Some(Err(std::fmt::Error))), Some(StatusCode::INTERNAL_SERVER_ERROR));
        assert_eq!(asked(Some(Ok(String::new()))), Some(StatusCode::OK));
        assert_eq!(asked(None), Some(StatusCode::NOT_FOUND), "who may not read it does not hear that there is one");
    }
}
