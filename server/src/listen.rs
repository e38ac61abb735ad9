//! The listener: sockets, TLS, HTTP/1.1 and HTTP/2, and their limits.

#![expect(clippy::disallowed_types, reason = "the listener is the one socket that the house opens")]

use crate::answer::{Edge, Peer};
use crate::data_dir::{self, FileError};
use crate::introduce::Endpoint;
use crate::pace::{self, Pulse, Unread};
use crate::places::Places;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use kernel::Tls;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// From the end of a request, or the beginning of a connection, to the end of the next head, in HTTP/1.
const HEAD_SECONDS_MAX: u64 = 10;
/// From a connection to the end of its TLS handshake.
const HANDSHAKE_SECONDS_MAX: u64 = 10;
/// Requests in flight on one connection of HTTP/2.
const STREAMS_MAX: u32 = 32;
/// Without a word from an HTTP/2 client, after which it is asked whether it is there.
const PING_SECONDS: u64 = 30;
/// For requests in flight when the program is told to end.
const GRACE_SECONDS_MAX: u64 = 20;

#[derive(Debug, thiserror::Error)]
pub enum NoListener {
    #[error("`{0}` cannot be listened on: {1}")]
    Bind(SocketAddr, std::io::Error),
    #[error("of TLS: {0}")]
    File(#[from] FileError),
    #[error("the TLS file `{0}` is not there")]
    Missing(PathBuf),
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

    /// Where it listens. The port is the one that was given where none was asked for.
    pub fn endpoint(&self) -> std::io::Result<Endpoint> {
        Ok(Endpoint { address: self.socket.local_addr()?, tls: self.tls.is_some() })
    }

    /// Serves until `stop` says so, then lets what is in flight end.
    pub async fn serve(self, edge: Arc<Edge>, mut stop: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        let places = Places::new();
        let builder = protocols();
        loop {
            let free = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                free = places.free() => free,
            };
            let Some(free) = free else { break };
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
            let Some(place) = places.take(free, address.ip()) else {
                edge.note_crowd(address.ip());
                continue;
            };
            let (edge, tls, builder) = (Arc::clone(&edge), self.tls.clone(), builder.clone());
            let watcher = graceful.watcher();
            let connected = edge.connected();
            tokio::spawn(async move {
                connection(edge, tls, builder, watcher, stream, address).await;
                drop((place, connected));
            });
        }
        let ended = tokio::time::timeout(Duration::from_secs(GRACE_SECONDS_MAX), graceful.shutdown()).await;
        if ended.is_err() {
            tracing::warn!("some connections did not end in time");
        }
    }
}

/// Serves one connection, whatever carries its bytes, to its end: what [`Listener::serve`] does with each socket.
pub async fn serve_one<S>(edge: Arc<Edge>, stream: S, peer: Peer)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Whoever is dropped tells those who watch him to end.
    let graceful = GracefulShutdown::new();
    http(edge, protocols(), graceful.watcher(), TokioIo::new(stream), peer).await;
    drop(graceful);
}

/// HTTP/1.1 and HTTP/2, with their limits.
fn protocols() -> auto::Builder<TokioExecutor> {
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
        .keep_alive_interval(Duration::from_secs(PING_SECONDS));
    builder
}

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
    let stream = match handshake.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return edge.note_handshake(address.ip(), &error),
        Err(late) => return edge.note_handshake(address.ip(), &late),
    };
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
    let (pulse, stillness) = Pulse::begin();
    let service = hyper::service::service_fn(move |request| {
        let beat = pulse.beat();
        let answer = request_of(Arc::clone(&edge), peer.clone(), request);
        async move {
            let answer = answer.await;
            drop(beat);
            answer
        }
    });
    let connection = watcher.watch(builder.serve_connection(io, service).into_owned());
    tokio::select! {
        // A client that closes, or breaks the protocol, is its own affair.
        _ = connection => {}
        () = stillness.too_long() => {}
    }
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("nothing can be answered")]
struct Closed;

async fn request_of(edge: Arc<Edge>, peer: Peer, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Closed> {
    let (parts, body) = request.into_parts();
    // RFC 9112, 6.1: a message with both is an attempt at smuggling, or a mistake that looks like one.
    let refuse = |code, status: StatusCode, message| {
        let response = edge.refuse(&peer, &parts.headers, code, status.as_u16(), message).map_err(|_| Closed)?;
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
    let body = match pace::body(body).await {
        Ok(body) => body,
        Err(Unread::TooLarge) => {
            return refuse(
                "RequestEntityTooLarge",
                StatusCode::PAYLOAD_TOO_LARGE,
                "The request's body is larger than 1 MiB.",
            );
        }
        Err(Unread::Broken) => {
            return refuse("InvalidRequest", StatusCode::BAD_REQUEST, "The request's body ended too early.");
        }
        Err(Unread::NoRoom) => {
            return refuse("ServiceUnavailable", StatusCode::SERVICE_UNAVAILABLE, "Too many requests are being read.");
        }
        Err(Unread::TooSlow) => {
            return refuse("RequestTimeout", StatusCode::REQUEST_TIMEOUT, "The request's body took too long.");
        }
    };
    edge.answer(peer, parts, body.bytes.clone()).await.map(|response| response.map(Full::new)).map_err(|_| Closed)
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, NoListener> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let missing = |path: &Path| NoListener::Missing(path.to_owned());
    let certificates = data_dir::read(certificate)?.ok_or_else(|| missing(certificate))?;
    let private = data_dir::read_secret(key)?.ok_or_else(|| missing(key))?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&certificates).filter_map(Result::ok).collect();
    if chain.is_empty() {
        return Err(NoListener::NoCertificate(certificate.to_owned()));
    }
    let key_der = PrivateKeyDer::from_pem_slice(&private).map_err(|_| NoListener::NoKey(key.to_owned()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_no_client_auth().with_single_cert(chain, key_der)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
