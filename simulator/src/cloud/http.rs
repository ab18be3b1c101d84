//! HTTP on loopback: connections in, whole requests through, answers or silence out.

use crate::trouble::Trouble;
use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited, combinators::BoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
    server::conn::http1,
    service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc};
use tokio::net::{TcpListener, TcpStream};

/// The largest body of a request, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// An answer, whole or streamed.
pub type Reply = Response<BoxBody<Bytes, Infallible>>;

/// The answer does not reach the caller: the connection is cut without one.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the answer is lost")]
pub struct Lost;

/// One protocol.
#[async_trait]
pub trait Face: Send + Sync + 'static {
    /// What the caller gets to hear. Whatever is asked, this is an answer of the protocol.
    async fn answer(&self, request: Request<Bytes>) -> Result<Reply, Lost>;
}

/// An answer of which everything is known.
pub fn whole(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut response = Response::new(Full::new(body.into()).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Opens a port on loopback, any free one if none is said.
pub(super) async fn listen(name: &str, port: Option<u16>) -> Result<TcpListener, Trouble> {
    let port = port.unwrap_or(0);
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        Trouble::server(format!("nobody can listen for {name} on port {port}: {error}"))
            .help("leave the port out, and any free one is taken")
    })
}

/// Takes connections for as long as it is asked to.
pub(super) async fn serve(listener: TcpListener, face: Arc<dyn Face>) {
    let mut talks = tokio::task::JoinSet::new();
    loop {
        while talks.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                talks.spawn(converse(stream, Arc::clone(&face)));
            }
            // Out of files, as a rule: when somebody hangs up there is one more.
            Err(_) => drop(talks.join_next().await),
        }
    }
}

async fn converse(stream: TcpStream, face: Arc<dyn Face>) {
    let answer = service::service_fn(|request: Request<Incoming>| async {
        let (head, body) = request.into_parts();
        match Limited::new(body, LARGEST).collect().await {
            Ok(body) => face.answer(Request::from_parts(head, body.to_bytes())).await,
            Err(_) => Ok(whole(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "too large\n")),
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), answer);
    // Who hangs up or sends nonsense is no news to anybody, and a lost answer is meant to be.
    drop(connection.await);
}
