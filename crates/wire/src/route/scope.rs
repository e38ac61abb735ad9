//! The service in a credential scope, as far as routing needs it. Nothing here is believed: whether the credential is good is judged by
//! `sigv4`, upon the same bytes.

use crate::query::Form;
use crate::sigv4::Head;
use std::borrow::Cow;

/// The service for which the caller's credential says it is scoped: of the `Authorization` header, or of a presigned query.
pub(super) fn service(head: Head<'_>) -> Option<Cow<'_, str>> {
    if let Some(header) = super::single(head, "authorization") {
        return of_header(header).map(Cow::Borrowed);
    }
    let form = Form::parse(head.raw_query, b"").ok()?;
    of_credential(form.value("X-Amz-Credential")?).map(|service| Cow::Owned(service.to_owned()))
}

/// `AWS4-HMAC-SHA256 Credential=AKID/20261124/ap-northeast-1/kms/aws4_request, SignedHeaders=…`
fn of_header(header: &str) -> Option<&str> {
    let fields = header.strip_prefix("AWS4-")?.split_once(' ')?.1;
    let mut fields = fields.split(',').map(str::trim);
    of_credential(fields.find_map(|field| field.strip_prefix("Credential="))?)
}

/// The part before `aws4_request`; an access key id may hold slashes, so the parts are counted from the end.
fn of_credential(credential: &str) -> Option<&str> {
    let mut parts = credential.rsplit('/');
    (parts.next()? == "aws4_request").then(|| parts.next())?
}
