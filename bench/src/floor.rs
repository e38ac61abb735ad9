//! The floors: hyper on one thread that checks SigV4, parses JSON, does the cryptography and answers, with all keys in memory. No
//! policies, no limits, no store. With a log, the record of each call is durable before its answer.

mod keys;
mod log;

use crate::operation::Operation;
use crate::sigv4::{self, Credential, REGION};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use keys::Keys;
use log::Log;
use serde::Deserialize;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::LocalSet;

#[derive(clap::Args)]
pub struct Options {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    access_key_id: String,
    #[arg(long)]
    secret: String,
    /// The file of the durable log. Without it nothing is recorded.
    #[arg(long)]
    log: Option<PathBuf>,
}

struct Floor {
    credential: Credential,
    keys: Keys,
    log: Option<Log>,
}

/// One header of the four that are signed is missing, the signature is false, or the body is no JSON: who cares which.
struct Refused;

/// The bodies of all five operations.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub struct Input {
    key_id: Option<String>,
    plaintext: Option<String>,
    ciphertext_blob: Option<String>,
}

pub fn run(options: &Options) {
    let floor = Rc::new(Floor {
        credential: Credential::new(options.access_key_id.clone(), options.secret.clone()),
        keys: Keys::default(),
        log: options.log.as_deref().map(Log::open),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async move {
        let listener = TcpListener::bind(options.listen).await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::task::spawn_local(serve(Rc::clone(&floor), stream));
        }
    });
}

async fn serve(floor: Rc<Floor>, stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let service = hyper::service::service_fn(move |request| {
        let floor = Rc::clone(&floor);
        async move { Ok::<_, Infallible>(floor.answer(request).await) }
    });
    // A client that closes is its own affair.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Floor {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        let answer = Response::builder().header("content-type", "application/x-amz-json-1.1");
        match self.call(&parts.headers, &body) {
            Ok((operation, key, text)) => {
                if let Some(log) = &self.log {
                    log.write(log::record(operation, &self.credential.access_key_id, &key, &parts.headers)).await;
                }
                answer.body(Full::new(text.into())).unwrap()
            }
            Err(Refused) => answer.status(400).body(Full::new("{}".into())).unwrap(),
        }
    }

    /// The operation, the ARN of the key, and the answer.
    fn call(&self, headers: &HeaderMap, body: &[u8]) -> Result<(Operation, String, String), Refused> {
        self.check(headers, body)?;
        let target = header(headers, "x-amz-target")?;
        let operation =
            target.rsplit('.').next().and_then(|name| crate::operation::ALL.into_iter().find(|one| one.name() == name));
        let operation = operation.ok_or(Refused)?;
        let input: Input = serde_json::from_slice(body).map_err(|_| Refused)?;
        let (key, text) = self.keys.act(operation, &input).ok_or(Refused)?;
        Ok((operation, key, text))
    }

    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        let authorization = header(headers, "authorization")?.strip_prefix("AWS4-HMAC-SHA256 ").ok_or(Refused)?;
        let part = |name: &str| authorization.split(", ").find_map(|part| part.strip_prefix(name)).ok_or(Refused);
        let mut scope = part("Credential=")?.split('/');
        let scope = [scope.next(), scope.next(), scope.next(), scope.next()].map(Option::unwrap_or_default);
        let [access_key_id, date, region, service] = scope;
        let time = header(headers, "x-amz-date")?;
        let known = *access_key_id == self.credential.access_key_id && (region, service) == (REGION, "kms");
        if !known || !time.starts_with(date) || part("SignedHeaders=")? != sigv4::SIGNED_HEADERS {
            return Err(Refused);
        }
        let values =
            [header(headers, "content-type")?, header(headers, "host")?, time, header(headers, "x-amz-target")?];
        let signature = sigv4::from_hex(part("Signature=")?).ok_or(Refused)?;
        let canonical = sigv4::canonical(values, body);
        if self.credential.is_signature(date, time, &canonical, &signature) { Ok(()) } else { Err(Refused) }
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refused> {
    headers.get(name).and_then(|value| value.to_str().ok()).ok_or(Refused)
}
