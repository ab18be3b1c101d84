//! What can go wrong on the way to a server and back.

use reqwest::StatusCode;
use setpoint_control::on_the_way;
use setpoint_core::Span;
use std::{error::Error as StdError, io, path::PathBuf};

/// An answer could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server gave another answer than was asked for.
    #[error("it answered {status}{}", hint(*status))]
    Status {
        /// Its status.
        status: StatusCode,
    },
    /// The answer is larger than we are willing to hold.
    #[error("the answer is larger than {} MiB; ask for less", max_bytes / 1024 / 1024)]
    TooLarge {
        /// The most we hold.
        max_bytes: usize,
    },
    /// It took too long.
    #[error("no answer within {0}")]
    Late(Span),
    /// A token or a password could not be read.
    #[error("the file with the credentials cannot be read: {0}")]
    Secret(#[source] io::Error),
    /// A token or a password has letters that no header can carry.
    #[error("the credentials cannot be sent: they must be plain text on one line")]
    NoHeader,
    /// There is nothing to sign the request with.
    #[error("the request cannot be signed: {0}")]
    Unsigned(String),
    /// The connection failed.
    #[error("{}", innermost(.0))]
    Connection(#[source] reqwest::Error),
}

/// A client could not even be made.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// A certificate could not be read.
    #[error("{} cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A certificate is none, or TLS cannot be set up.
    #[error("the certificates cannot be used")]
    Tls(#[source] reqwest::Error),
}

pub(crate) fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "; the credentials were refused: it does not know them",
        StatusCode::FORBIDDEN => {
            "; the credentials were refused: it knows them and does not permit them this"
        }
        status if status.is_redirection() => {
            "; redirects are not followed, name the address itself"
        }
        _ => "",
    }
}

/// Every cause of `error`, from the outside in.
///
/// An I/O error that wraps another error does not name it as its source: it is opened here.
pub(crate) fn causes<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |cause| match cause.downcast_ref::<io::Error>() {
        Some(outer) => outer.get_ref().map(|inner| inner as &(dyn StdError + 'static)),
        None => (*cause).source(),
    })
}

/// The cause that says most: "Connection refused (os error 111)".
pub(crate) fn innermost(error: &reqwest::Error) -> String {
    on_the_way(causes(error).last().map_or_else(String::new, ToString::to_string))
}
