//! How a server is talked to: limits, who we say we are, whom we trust.

use crate::signed::Sign;
use reqwest::header::{HeaderName, HeaderValue};
use setpoint_core::Span;
use std::{fmt, fs, io, path::PathBuf, sync::Arc};

/// How a server is talked to.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// How long one reading may take, whole.
    pub timeout: Span,
    /// The largest answer that is read.
    pub max_bytes: usize,
    /// More headers, such as a tenant's name.
    pub headers: Vec<(String, String)>,
    /// Who we say we are.
    pub auth: Option<Auth>,
    /// Certificates of ours and theirs.
    pub tls: TlsFiles,
}

/// Who we say we are.
#[derive(Clone, Debug)]
pub enum Auth {
    /// The bearer of a token.
    Bearer(Secret),
    /// A user with a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// Whoever this signs for, request by request.
    Signed(Arc<dyn Sign>),
}

/// Certificates, in PEM files that are read once, at the start.
#[derive(Clone, Debug, Default)]
pub struct TlsFiles {
    /// Authorities to trust besides the machine's own.
    pub authorities: Option<PathBuf>,
    /// Our certificate and its key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Something that is never shown.
#[derive(Clone)]
pub enum Secret {
    /// The secret itself.
    Text(String),
    /// A file with it, read anew at every use: it may be renewed at any time.
    File(PathBuf),
}

impl Secret {
    /// The secret, without the end of its line.
    ///
    /// Fails if its file cannot be read.
    pub fn read(&self) -> io::Result<String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => Ok(fs::read_to_string(path)?.trim_end().to_owned()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Secret"),
            Self::File(path) => f.debug_tuple("Secret").field(path).finish(),
        }
    }
}

impl HttpSettings {
    /// No more than a limit of time and one of size.
    pub fn new(timeout: Span, max_bytes: usize) -> Self {
        Self { timeout, max_bytes, headers: Vec::new(), auth: None, tls: TlsFiles::default() }
    }
}

/// Why a header cannot be sent, if it cannot.
pub fn header_fault(name: &str, value: &str) -> Option<&'static str> {
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Some("this is not the name of a header");
    }
    HeaderValue::from_str(value).err().map(|_| "a header takes plain text on one line")
}
