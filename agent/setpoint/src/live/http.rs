//! The read-only pages over TCP, within limits of time, size and number.

use super::pages::Pages;
use crate::system_clock::SystemClock;
use http_body_util::Full;
use hyper::{Method, Request, Response, body::Bytes, header, server::conn::http1, service};
use hyper_util::rt::{TokioIo, TokioTimer};
use setpoint_control::Clock;
use setpoint_core::Span;
use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

/// How long one connection may last, whatever comes over it.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(5);
/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
/// How many are answered at once; the others wait.
const AT_ONCE: usize = 32;
/// How long to wait when no connection can be taken: the machine is out of something.
const OUT_OF_FILES: Span = Span::from_secs(1);

/// The pages cannot be offered at the address that is configured.
#[derive(Debug, thiserror::Error)]
#[error("`http.listen` = {address}: {source}")]
pub(crate) struct CannotListen {
    address: SocketAddr,
    source: io::Error,
}

impl CannotListen {
    /// Whether somebody else has the address: waiting may help, editing may too.
    pub(crate) fn in_use(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

/// Opens `address`.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, CannotListen> {
    TcpListener::bind(address).await.map_err(|source| CannotListen { address, source })
}

/// Answers until the program ends.
pub(super) async fn serve(listener: TcpListener, pages: Arc<Pages>, clock: SystemClock) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "listening");
    }
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let pages = Arc::clone(&pages);
                tokio::spawn(async move {
                    converse(stream, &pages).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "no connection can be taken");
                clock.sleep_until(clock.now().monotonic + OUT_OF_FILES).await;
            }
        }
    }
}

async fn converse(stream: TcpStream, pages: &Pages) {
    let answer =
        service::service_fn(|request| async move { Ok::<_, Infallible>(answer(&request, pages)) });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), answer);
    // Who hangs up, stalls or sends nonsense is cut off, and is no news to anybody.
    drop(timeout(PATIENCE, connection).await);
}

/// The answer; a body, should one be sent, is not read.
fn answer<B>(request: &Request<B>, pages: &Pages) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return respond(405, "text/plain; charset=utf-8", "these pages can only be read\n".into());
    }
    let (status, kind, body) = pages.page(request.uri().path());
    respond(status, kind, body)
}

fn respond(status: u16, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
