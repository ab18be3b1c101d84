//! HAProxy's runtime API: a question on its socket, its answer, the end of the connection.

use crate::failure::Failure;
use setpoint_core::Span;
use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// How long one question may take.
pub(crate) const DEADLINE: Span = Span::from_secs(5);

/// The longest answer that is read.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// So many commands are sent at once: HAProxy reads them into one buffer of 16 KiB.
const AT_ONCE: usize = 50;

/// Where HAProxy's runtime API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket in the file system: `/run/haproxy/admin.sock`.
    Unix(PathBuf),
    /// A port: `127.0.0.1:9999`.
    Tcp(SocketAddr),
}

/// A text is no address of a runtime API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither the path of a socket, as /run/haproxy/admin.sock, nor an address with a \
     port, as 127.0.0.1:9999"
)]
pub struct BadAddress(String);

impl std::str::FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        if text.starts_with('/') {
            return Ok(Self::Unix(text.into()));
        }
        text.parse().map(Self::Tcp).map_err(|_| BadAddress(text.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => path.display().fmt(f),
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

/// The runtime API of one HAProxy.
#[derive(Clone, Debug)]
pub(crate) struct Haproxy(pub(crate) Address);

impl Haproxy {
    /// What HAProxy says to `question`: all of it, in time.
    pub(crate) async fn ask(&self, question: &str) -> Result<String, Failure> {
        let asked = async {
            let unreachable = |error| Failure::Unreachable(self.0.to_string(), error);
            let answer = match &self.0 {
                Address::Unix(path) => {
                    talk(UnixStream::connect(path).await.map_err(unreachable)?, question).await
                }
                Address::Tcp(address) => {
                    talk(TcpStream::connect(address).await.map_err(unreachable)?, question).await
                }
            };
            let answer = answer.map_err(unreachable)?;
            // Every answer ends in a line; a HAProxy that is ended says nothing, or half.
            if answer.ends_with('\n') { Ok(answer) } else { Err(Failure::Cut(self.0.to_string())) }
        };
        let limit = Duration::from_millis(DEADLINE.ms());
        timeout(limit, asked).await.unwrap_or(Err(Failure::Late(DEADLINE)))
    }

    /// Has all of `commands` carried out, in this order, each of which has nothing to say.
    pub(crate) async fn command(&self, commands: &[String]) -> Result<(), Failure> {
        for some in commands.chunks(AT_ONCE) {
            let answer = self.ask(&some.join("; ")).await?;
            match answer.trim() {
                "" => {}
                said => return Err(complaint(said)),
            }
        }
        Ok(())
    }
}

/// What HAProxy means by what it says instead of nothing.
pub(crate) fn complaint(said: &str) -> Failure {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if said.contains("Permission denied") {
        return Failure::Denied;
    }
    if said.contains("No such server") {
        return Failure::Stale(said);
    }
    Failure::Answer(said)
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    question: &str,
) -> std::io::Result<String> {
    stream.write_all(format!("{question}\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_or_an_address_with_a_port_and_nothing_else() {
        let told = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        for good in ["/run/haproxy/admin.sock", "127.0.0.1:9999", "[::1]:9999"] {
            assert_eq!(told(good).as_deref(), Ok(good));
        }
        for bad in ["", "admin.sock", "localhost:9999", "127.0.0.1", "http://127.0.0.1:1"] {
            assert!(told(bad).unwrap_err().to_string().contains("neither"), "{bad}");
        }
    }
}
