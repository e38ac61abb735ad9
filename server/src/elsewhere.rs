//! Requests to services that are not served here, refused in a form that their clients can read, and never as a fault of the server: SDKs
//! would try again for minutes.
//!
//! Which protocol a client speaks follows from the service in its credential scope; nothing here is believed, and nobody is let in.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use wire::reply;
use wire::route::{Refusal, Refused};

/// How a client that calls no service of the house reads errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// S3: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses>.
    S3,
    /// EC2: <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-error-response.html>.
    Ec2,
    /// The other services of XML: CloudFront, Route 53.
    Xml,
    /// What the router has found, which JSON services read.
    AsRouted,
}

const S3_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// Where clients of REST services in JSON look for the code.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const TEXT: &str = "The service is not served here.";

/// The answer to a request that found no operation.
pub fn refusal(refused: &Refused, headers: &HeaderMap, query: &str, request_id: &str) -> Response<Bytes> {
    let (code, _) = refused.code();
    let scope = if refused.service.is_none() { scope(headers, query) } else { None };
    match scope.map_or(Form::AsRouted, |service| form(&service)) {
        Form::S3 => xml(
            format!(
                "<Error><Code>NotImplemented</Code><Message>{TEXT}</Message><RequestId>{request_id}</RequestId></Error>"
            ),
            request_id,
        ),
        Form::Ec2 => xml(
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{TEXT}</Message></Error></Errors>\
                 <RequestID>{request_id}</RequestID></Response>"
            ),
            request_id,
        ),
        Form::Xml => xml(
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{TEXT}</Message></Error>\
                 <RequestId>{request_id}</RequestId></ErrorResponse>"
            ),
            request_id,
        ),
        Form::AsRouted => {
            let mut response = reply::refusal(refused, request_id);
            if matches!(refused.refusal, Refusal::UnknownOperation { .. }) {
                response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(code));
            }
            response
        }
    }
}

/// The protocols of botocore's models, by signing name.
fn form(service: &str) -> Form {
    match service {
        "s3" | "s3express" | "s3-object-lambda" | "s3-outposts" => Form::S3,
        "ec2" => Form::Ec2,
        "cloudfront" | "route53" => Form::Xml,
        _ => Form::AsRouted,
    }
}

/// The service that a credential is scoped to, in the header or in a presigned query. Of signatures before version 4, which name none,
/// the header's are S3's.
fn scope(headers: &HeaderMap, query: &str) -> Option<String> {
    if let Some(header) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) {
        if header.starts_with("AWS ") {
            return Some("s3".to_owned());
        }
        let credential = header.split([' ', ',']).find_map(|field| field.strip_prefix("Credential="))?;
        return of_credential(credential);
    }
    let credential = query.split('&').find_map(|field| field.strip_prefix("X-Amz-Credential="))?;
    of_credential(&credential.replace("%2F", "/").replace("%2f", "/"))
}

/// `AKIA…/20261124/ap-northeast-1/s3/aws4_request`
fn of_credential(credential: &str) -> Option<String> {
    let mut parts = credential.rsplit('/');
    (parts.next()? == "aws4_request").then(|| parts.next().map(str::to_owned))?
}

fn xml(body: String, request_id: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}")));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    for name in [S3_REQUEST_ID, REQUEST_ID] {
        headers.extend(HeaderValue::try_from(request_id).ok().map(|id| (name, id)));
    }
    response
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use wire::Dialect;

    fn answer(authorization: &str, query: &str) -> (u16, HeaderMap, String) {
        let refusal = Refusal::UnknownOperation { operation: "/bucket".to_owned() };
        let refused = Refused { dialect: Dialect::Json11, service: None, refusal };
        let mut headers = HeaderMap::new();
        if !authorization.is_empty() {
            headers.insert(AUTHORIZATION, authorization.try_into().unwrap());
        }
        let (parts, body) = super::refusal(&refused, &headers, query, "an-id").into_parts();
        (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn each_client_is_refused_in_its_own_protocol() {
        let signed = |service: &str| {
            format!("AWS4-HMAC-SHA256 Credential=A/20261124/r/{service}/aws4_request, SignedHeaders=host, Signature=0")
        };
        let s3 = "<Error><Code>NotImplemented</Code>";
        for (authorization, query, expected) in [
            (signed("s3"), "", s3),
            ("AWS AKIA:c2ln".to_owned(), "", s3),
            (String::new(), "a=b&X-Amz-Credential=A%2F20261124%2Fr%2Fs3%2Faws4_request", s3),
            (signed("ec2"), "", "<Response><Errors><Error><Code>UnknownOperationException</Code>"),
            (signed("route53"), "", "<ErrorResponse><Error><Type>Sender</Type><Code>UnknownOperationException</Code>"),
            (signed("lambda"), "", "{\"__type\":\"UnknownOperationException\""),
            (String::new(), "", "{\"__type\":\"UnknownOperationException\""),
            ("Bearer x".to_owned(), "", "{\"__type\":\"UnknownOperationException\""),
        ] {
            let (status, headers, body) = answer(&authorization, query);
            assert!(body.contains(expected), "{authorization} {query}: {body}");
            assert_eq!((status, headers.get(REQUEST_ID).unwrap().to_str().unwrap()), (400, "an-id"));
            assert_eq!(headers.contains_key(ERROR_TYPE), body.starts_with('{'));
        }
    }
}
