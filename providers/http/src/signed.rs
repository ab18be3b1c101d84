//! Requests that must be signed one by one, whoever signs them.

use async_trait::async_trait;
use std::fmt;
use url::Url;

/// Signs requests.
#[async_trait]
pub trait Sign: fmt::Debug + Send + Sync {
    /// The headers that prove who sends `request`, to be sent with it.
    ///
    /// Fails, saying why, if there is nothing to sign with.
    async fn sign(&self, request: &Unsigned<'_>) -> Result<Vec<(String, String)>, String>;
}

/// A request that is about to be sent.
#[derive(Clone, Debug)]
pub struct Unsigned<'a> {
    /// Its method.
    pub method: &'a str,
    /// Where it goes.
    pub url: &'a Url,
    /// Its own headers, in whatever order.
    pub headers: Vec<(&'a str, &'a str)>,
    /// Its body, whole.
    pub body: &'a [u8],
}
