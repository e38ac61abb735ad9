//! Requests as clients write them: the service's own protocol, signed by SigV4.

use cipher::{hmac_sha256, sha256};
use kernel::Service;
use serde_json::Value;
use shape::Protocol;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

pub const REGION: &str = "ap-northeast-1";
const HOST: &str = "house.example";

/// An operation, with its parameters.
pub struct Question {
    pub service: &'static Service,
    pub operation: &'static str,
    pub members: Value,
}

/// The secrets of access keys, as their holders keep them, with the signing keys of the day.
#[derive(Default)]
pub struct Wallet {
    secrets: Mutex<BTreeMap<String, Vec<u8>>>,
    keys: Mutex<BTreeMap<(String, &'static str), OfDay>>,
}

/// A signing key, and the day for which it is good.
type OfDay = (String, Arc<[u8]>);

impl Wallet {
    pub fn put(&self, access_key: &str, secret: &[u8]) {
        self.secrets.lock().unwrap().insert(access_key.to_owned(), secret.to_vec());
    }

    pub fn has(&self, access_key: &str) -> bool {
        self.secrets.lock().unwrap().contains_key(access_key)
    }

    /// The bytes of a request. `time` is `20261124T120000Z`; `agent` is who says to ask.
    pub fn request(&self, access_key: &str, time: &str, agent: &str, question: &Question) -> Vec<u8> {
        let model = question.service.model;
        let (kind, target, body) = if model.protocols.contains(&Protocol::Query) {
            let mut form = format!("Action={}&Version={}", question.operation, model.api_version);
            flatten(&mut form, "", &question.members);
            ("application/x-www-form-urlencoded", String::new(), form)
        } else {
            let target = format!("x-amz-target:{}.{}\n", model.target_prefix, question.operation);
            ("application/x-amz-json-1.1", target, question.members.to_string())
        };
        let also = if target.is_empty() { "" } else { ";x-amz-target" };
        let signed = format!("content-type;host;x-amz-date{also}");
        let headers = format!("content-type:{kind}\nhost:{HOST}\nx-amz-date:{time}\n{target}");
        let canonical = format!("POST\n/\n\n{headers}\n{signed}\n{}", hex(&sha256(body.as_bytes())));
        let day = time.split('T').next().unwrap_or_default();
        let scope = format!("{day}/{REGION}/{}/aws4_request", model.signing_name);
        let string = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&sha256(canonical.as_bytes())));
        let signature = hex(&hmac_sha256(&self.key(access_key, day, model.signing_name), string.as_bytes()));
        let mut request = format!("POST / HTTP/1.1\r\n{}", headers.replace('\n', "\r\n"));
        write!(
            request,
            "authorization:AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={signed}, \
             Signature={signature}\r\nuser-agent:{agent}\r\nconnection:close\r\ncontent-length:{}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        request.into_bytes()
    }

    fn key(&self, access_key: &str, day: &str, service: &'static str) -> Arc<[u8]> {
        let mut keys = self.keys.lock().unwrap();
        let place = (access_key.to_owned(), service);
        if let Some((known, key)) = keys.get(&place)
            && known == day
        {
            return Arc::clone(key);
        }
        let secret = self.secrets.lock().unwrap().get(access_key).cloned().unwrap_or_default();
        let first = [b"AWS4", secret.as_slice()].concat();
        let parts = [day, REGION, service, "aws4_request"];
        let key = parts.iter().fold(first, |key, part| hmac_sha256(&key, part.as_bytes()).to_vec());
        let key: Arc<[u8]> = key.into();
        keys.insert(place, (day.to_owned(), Arc::clone(&key)));
        key
    }
}

/// `&UserName=u1&Tags.member.1.Key=t`
fn flatten(form: &mut String, name: &str, value: &Value) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                flatten(form, &name, value);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                flatten(form, &format!("{name}.member.{}", place + 1), item);
            }
        }
        Value::String(text) => write!(form, "&{name}={}", encoded(text)).unwrap(),
        other => write!(form, "&{name}={other}").unwrap(),
    }
}

/// RFC 3986, 2.1 and 2.3.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}
