//! What a receiver is, and why it may not have taken a letter.

use crate::Letter;
use async_trait::async_trait;
use setpoint_core::Span;
use setpoint_http::{Answer, FetchError, HttpClient};
use std::{fs, path::PathBuf};
use url::Url;

/// Somebody who is told.
///
/// - **Bounded.** Every call ends within the receiver's own deadline.
/// - **Patient callers.** It tries once: whether and when it is tried again is not its affair.
#[async_trait]
pub trait Receive: Send + Sync {
    /// Hands over a letter. `Ok` means that it was taken on.
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered>;
}

/// A letter that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// Perhaps later.
    #[error("{why}")]
    Later {
        /// Why not now, without any secret in it.
        why: String,
        /// For how long it asks to be left alone, if it does.
        after: Option<Span>,
    },
    /// This one never.
    #[error("{0}")]
    Never(String),
}

impl Undelivered {
    /// Not now, for a reason that may go away.
    pub(crate) fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), after: None }
    }
}

/// Where a receiver is.
#[derive(Clone, Debug)]
pub enum Address {
    /// There.
    Url(Url),
    /// A file with the address, read anew at every use: one that has a key in it is a secret.
    File(PathBuf),
}

impl Address {
    /// The address.
    pub(crate) fn read(&self) -> Result<Url, Undelivered> {
        match self {
            Self::Url(url) => Ok(url.clone()),
            Self::File(path) => {
                let text = fs::read_to_string(path).map_err(|error| {
                    Undelivered::later(format!("{} cannot be read: {error}", path.display()))
                })?;
                let wrong =
                    |_| Undelivered::later(format!("{} holds no HTTP address", path.display()));
                Url::parse(text.trim()).map_err(wrong)
            }
        }
    }
}

/// Posts a document, and judges the answer by its status.
pub(crate) async fn post(
    client: &HttpClient,
    url: &Url,
    headers: &[(&str, &str)],
    document: String,
) -> Result<(), Undelivered> {
    let answer = client.within(client.post_json(url, headers, document)).await;
    let answer = answer.map_err(|error: FetchError| Undelivered::later(error.to_string()))?;
    judge(&answer)
}

/// What an answer comes to. Whoever is too busy, or has a fault of its own, is asked again.
fn judge(answer: &Answer) -> Result<(), Undelivered> {
    let status = answer.status;
    let why = || format!("it answered {status}");
    match status.as_u16() {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500..=599 => {
            Err(Undelivered::Later { why: why(), after: answer.retry_after })
        }
        // A secret that is being renewed is wrong for a while.
        401 | 403 => Err(Undelivered::later(format!("{}; the credentials were refused", why()))),
        _ => Err(Undelivered::Never(why())),
    }
}
