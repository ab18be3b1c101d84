//! One page over HTTP, within limits of time and size.

use reqwest::{Client, StatusCode, redirect};
use setpoint_core::Span;
use std::time::Duration;

/// The largest page that is read.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);

/// A page could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server gave another answer than the page.
    #[error("it answered {status}{}", hint(*status))]
    Status {
        /// Its status.
        status: StatusCode,
    },
    /// The page is larger than we are willing to hold.
    #[error("the page is larger than {} MiB; scrape a smaller one", MAX_BYTES / 1024 / 1024)]
    TooLarge,
    /// It took too long.
    #[error("no answer within {0}")]
    Late(Span),
    /// The connection failed.
    #[error("{}", innermost(.0))]
    Connection(#[source] reqwest::Error),
}

fn hint(status: StatusCode) -> &'static str {
    if status.is_redirection() { "; redirects are not followed, name the page itself" } else { "" }
}

/// The cause that says most: "Connection refused (os error 111)".
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// A client that follows no redirects and uses no proxy.
///
/// Fails only if TLS cannot be set up.
pub(crate) fn client() -> Result<Client, FetchError> {
    // reqwest asks for a TLS provider even for plain HTTP; one that is installed stays.
    rustls::crypto::ring::default_provider().install_default().ok();
    Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .no_proxy()
        .user_agent(concat!("setpoint/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(FetchError::Connection)
}

/// The body of the page at `url`, whole, within `timeout`.
pub(crate) async fn fetch(
    client: &Client,
    url: &str,
    timeout: Span,
) -> Result<Vec<u8>, FetchError> {
    let limit = Duration::from_millis(timeout.ms());
    match tokio::time::timeout(limit, body(client, url)).await {
        Ok(answer) => answer,
        Err(_elapsed) => Err(FetchError::Late(timeout)),
    }
}

async fn body(client: &Client, url: &str) -> Result<Vec<u8>, FetchError> {
    let mut response = client.get(url).send().await.map_err(FetchError::Connection)?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(FetchError::Status { status });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(FetchError::Connection)? {
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(FetchError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
