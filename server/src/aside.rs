//! The second listener, for whoever looks after the program: metrics and health in plain HTTP, and nothing of AWS's.

#![expect(clippy::disallowed_types, reason = "the listener for metrics")]

use crate::answer::Edge;
use crate::listen::NoListener;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// Who scrapes keeps a connection or two.
const CONNECTIONS_MAX: usize = 64;
const HEAD_SECONDS_MAX: u64 = 10;
/// Then it is closed, and may be opened again: nobody keeps the places.
const CONNECTION_SECONDS_MAX: u64 = 600;
/// After a connection that could not be accepted: out of file descriptors, most often. So the log gets a line a second.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// A bound listener.
pub struct Aside(TcpListener);

impl Aside {
    pub async fn bind(address: SocketAddr) -> Result<Self, NoListener> {
        TcpListener::bind(address).await.map(Self).map_err(|error| NoListener::Bind(address, error))
    }

    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves until `stop` says so. What is in flight then is of no matter.
    pub async fn serve(self, edge: Arc<Edge>, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                accepted = self.0.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection for metrics could not be accepted");
                    tokio::time::sleep(FAULT_PAUSE).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                edge.note_crowd(address.ip());
                continue;
            };
            let edge = Arc::clone(&edge);
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let answer = edge.look(request.method(), request.uri().path()).map(Full::new);
                async move { Ok::<Response<Full<Bytes>>, Infallible>(answer) }
            });
            tokio::spawn(async move {
                let mut builder = http1::Builder::new();
                builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX));
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                // A client that closes, or breaks the protocol, is its own affair.
                let _ = tokio::time::timeout(Duration::from_secs(CONNECTION_SECONDS_MAX), connection).await;
                drop(place);
            });
        }
    }
}
