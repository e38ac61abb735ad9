//! The listener: sockets, TLS, HTTP/1.1 and HTTP/2, and their limits.

use crate::answer::{Edge, Peer};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use kernel::Tls;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// Connections at once.
const CONNECTIONS_MAX: usize = 10_000;
/// From the first byte of a connection, or of a request on it, to the end of the head.
const HEAD_SECONDS_MAX: u64 = 10;
/// For a whole body of 1 MiB at the most.
const BODY_SECONDS_MAX: u64 = 60;
/// From a connection to the end of its TLS handshake.
const HANDSHAKE_SECONDS_MAX: u64 = 10;
/// Requests in flight on one connection of HTTP/2.
const STREAMS_MAX: u32 = 250;
/// For requests in flight when the program is told to end.
const GRACE_SECONDS_MAX: u64 = 20;

#[derive(Debug, thiserror::Error)]
pub enum NoListener {
    #[error("`{0}` cannot be listened on: {1}")]
    Bind(SocketAddr, std::io::Error),
    #[error("the TLS file `{0}` cannot be read: {1}")]
    Unreadable(PathBuf, std::io::Error),
    #[error("`{0}` holds no PEM certificate")]
    NoCertificate(PathBuf),
    #[error("`{0}` holds no PEM private key")]
    NoKey(PathBuf),
    #[error("certificate and key do not make a TLS server: {0}")]
    Tls(#[from] rustls::Error),
}

/// A bound listener, so that a taken port is told before anything is served.
pub struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    pub async fn bind(address: SocketAddr, tls: Option<&(PathBuf, PathBuf)>) -> Result<Self, NoListener> {
        let tls = tls.map(|(certificate, key)| acceptor(certificate, key)).transpose()?;
        let socket = bind(address).await.map_err(|error| NoListener::Bind(address, error))?;
        Ok(Self { socket, tls })
    }

    pub fn address(&self) -> Option<SocketAddr> {
        self.socket.local_addr().ok()
    }

    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Serves until `stop` says so, then lets what is in flight end.
    pub async fn serve(self, edge: Arc<Edge>, mut stop: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
            .max_buf_size(wire::limits::HEAD_BYTES_MAX)
            .max_headers(wire::limits::HEADERS_COUNT_MAX);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(u32::try_from(wire::limits::HEAD_BYTES_MAX).unwrap_or(u32::MAX))
            .keep_alive_interval(Duration::from_secs(30));
        loop {
            let place = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                place = Arc::clone(&places).acquire_owned() => place,
            };
            let Ok(place) = place else { break };
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = self.socket.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of file descriptors, most often: give the others time to end.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (edge, tls, builder) = (Arc::clone(&edge), self.tls.clone(), builder.clone());
            let watcher = graceful.watcher();
            tokio::spawn(async move {
                connection(edge, tls, builder, watcher, stream, address).await;
                drop(place);
            });
        }
        let ended = tokio::time::timeout(Duration::from_secs(GRACE_SECONDS_MAX), graceful.shutdown()).await;
        if ended.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the listener is the one socket that the house opens")]
async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

type Watcher = hyper_util::server::graceful::Watcher;

async fn connection(
    edge: Arc<Edge>,
    tls: Option<TlsAcceptor>,
    builder: auto::Builder<TokioExecutor>,
    watcher: Watcher,
    stream: TcpStream,
    address: SocketAddr,
) {
    // Small answers must not wait for acknowledgements of earlier ones.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Some(tls) = tls else {
        let peer = Peer { address: address.ip(), tls: None };
        return http(edge, builder, watcher, TokioIo::new(stream), peer).await;
    };
    let handshake = tokio::time::timeout(Duration::from_secs(HANDSHAKE_SECONDS_MAX), tls.accept(stream));
    let Ok(Ok(stream)) = handshake.await else { return };
    let (_, session) = stream.get_ref();
    let agreed = session.protocol_version().zip(session.negotiated_cipher_suite()).map(|(version, suite)| Tls {
        // CloudTrail writes `TLSv1.3`, rustls `TLSv1_3`.
        version: format!("{version:?}").replace('_', "."),
        cipher_suite: format!("{:?}", suite.suite()).replace("TLS13_", "TLS_"),
    });
    let peer = Peer { address: address.ip(), tls: agreed };
    http(edge, builder, watcher, TokioIo::new(stream), peer).await;
}

async fn http<I>(edge: Arc<Edge>, builder: auto::Builder<TokioExecutor>, watcher: Watcher, io: I, peer: Peer)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request| request_of(Arc::clone(&edge), peer.clone(), request));
    let connection = builder.serve_connection(io, service);
    // A client that closes, or breaks the protocol, is its own affair.
    let _ = watcher.watch(connection.into_owned()).await;
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be answered")]
struct Closed;

async fn request_of(edge: Arc<Edge>, peer: Peer, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Closed> {
    let (parts, body) = request.into_parts();
    // RFC 9112, 6.1: a message with both is an attempt at smuggling, or a mistake that looks like one.
    let refuse = |code, status: StatusCode, message| {
        let response = edge.refuse(&parts.headers, code, status.as_u16(), message).map_err(|_| Closed)?;
        Ok(response.map(Full::new))
    };
    let lengths = parts.headers.contains_key(http::header::CONTENT_LENGTH);
    if lengths && parts.headers.contains_key(http::header::TRANSFER_ENCODING) {
        return refuse(
            "InvalidRequest",
            StatusCode::BAD_REQUEST,
            "Content-Length and Transfer-Encoding exclude each other.",
        );
    }
    if parts.uri.path_and_query().is_some_and(|target| target.as_str().len() > wire::limits::TARGET_BYTES_MAX) {
        return refuse("RequestURITooLong", StatusCode::URI_TOO_LONG, "The request's target is too long.");
    }
    let limited = Limited::new(body, wire::limits::BODY_BYTES_MAX).collect();
    let body = match tokio::time::timeout(Duration::from_secs(BODY_SECONDS_MAX), limited).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return refuse(
                "RequestEntityTooLarge",
                StatusCode::PAYLOAD_TOO_LARGE,
                "The request's body is larger than 1 MiB.",
            );
        }
        Ok(Err(_)) => return refuse("InvalidRequest", StatusCode::BAD_REQUEST, "The request's body ended too early."),
        Err(_) => return refuse("RequestTimeout", StatusCode::REQUEST_TIMEOUT, "The request's body took too long."),
    };
    edge.answer(peer, parts, body).await.map(|response| response.map(Full::new)).map_err(|_| Closed)
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, NoListener> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let read = |path: &Path| match crate::data_dir::read(path) {
        Ok(Some(bytes)) => Ok(bytes),
        _ => Err(NoListener::Unreadable(path.to_owned(), std::io::ErrorKind::NotFound.into())),
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(certificate)?).filter_map(Result::ok).collect();
    if chain.is_empty() {
        return Err(NoListener::NoCertificate(certificate.to_owned()));
    }
    let key_der = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| NoListener::NoKey(key.to_owned()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_no_client_auth().with_single_cert(chain, key_der)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
