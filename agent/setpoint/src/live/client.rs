//! The commands' side of the socket.

use super::protocol::{Answer, Ask, Question, Reply, VERSION};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// How long an order may take: a pass ends within the deadlines of its sources and providers.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the status may take, which waits for nothing.
const STATUS: Duration = Duration::from_secs(10);
/// The longest answer: some thousand decisions with all their guards.
const LONGEST_ANSWER: u64 = 64 * 1024 * 1024;

/// The agent gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// There is no agent.
    #[error("no agent listens")]
    NoAgent,
    /// There may be one, but it cannot be asked.
    #[error("the agent cannot be asked: {0}")]
    Io(#[source] io::Error),
    /// It is another user's.
    #[error("the agent belongs to another user: ask as that user or as root")]
    NotPermitted,
}

/// Asks the agent that listens at `path`.
pub(crate) fn ask(path: &Path, ask: Ask) -> Result<Reply, NoAnswer> {
    let stream = UnixStream::connect(path).map_err(|error| {
        let kind = error.kind();
        if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) {
            return NoAnswer::NoAgent;
        }
        if kind == io::ErrorKind::PermissionDenied {
            return NoAnswer::NotPermitted;
        }
        NoAnswer::Io(error)
    })?;
    let patience = if ask == Ask::Status { STATUS } else { PATIENCE };
    let line = converse(stream, ask, patience).map_err(|error| {
        if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            let why =
                format!("it gave no answer in {} s: it hangs, or a pass does", patience.as_secs());
            return NoAnswer::Io(io::Error::other(why));
        }
        NoAnswer::Io(error)
    })?;
    let answer: Answer = serde_json::from_str(&line).map_err(|error| NoAnswer::Io(error.into()))?;
    Ok(answer.reply)
}

fn converse(mut stream: UnixStream, ask: Ask, patience: Duration) -> io::Result<String> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    let mut question = serde_json::to_vec(&Question { version: VERSION, ask })?;
    question.push(b'\n');
    stream.write_all(&question)?;
    let mut line = String::new();
    BufReader::new(stream.take(LONGEST_ANSWER)).read_line(&mut line)?;
    Ok(line)
}
