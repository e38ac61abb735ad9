//! What is answered without a signature: `/health`, and nothing else.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Response, StatusCode};

/// The path that load balancers and scripts ask. No bucket can have this name.
const HEALTH_PATH: &str = "/health";
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
pub fn answer(method: &Method, path: &str, health: impl FnOnce() -> Health) -> Option<Response<Bytes>> {
    match path {
        HEALTH_PATH if method == Method::GET || method == Method::HEAD => Some(match health() {
            Health::Well => plain(StatusCode::OK, r#"{"status":"ok"}"#),
            Health::Held => plain(StatusCode::OK, r#"{"status":"ok","deletions":"held"}"#),
            Health::Full => plain(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"full","reason":"the disk is full"}"#),
        }),
        HEALTH_PATH => Some(plain(StatusCode::METHOD_NOT_ALLOWED, r#"{"message":"only GET"}"#)),
        _ if path.starts_with(OWN_PATH) => Some(plain(StatusCode::NOT_FOUND, r#"{"message":"nothing is here"}"#)),
        _ => None,
    }
}

fn plain(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(body.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
