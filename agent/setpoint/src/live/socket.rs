//! The socket: the only way in for whatever changes the agent.
//!
//! It is a file that its owner alone may open, and the kernel tells who is on the other
//! side: the agent's own user and root are heard, nobody else.

use super::{
    board::Board,
    orders::{Orders, command},
    protocol::{Answer, Ask, LONGEST_QUESTION, Reply, VERSION, understand},
    reload::Asked,
};
use crate::system_clock::SystemClock;
use setpoint_control::Clock;
use setpoint_core::Span;
use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};

/// How long the other side may take to ask, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many are heard at once; the others wait.
const AT_ONCE: usize = 16;
/// How long to wait when no connection can be taken: the machine is out of something.
const OUT_OF_FILES: Span = Span::from_secs(1);

/// The socket cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{path}: the agent cannot be reached there: {source}")]
pub(crate) struct CannotBind {
    path: PathBuf,
    source: io::Error,
}

/// Opens the socket at `path`, in place of one that was left behind.
pub(super) fn bind(path: &Path) -> Result<UnixListener, CannotBind> {
    let open = || {
        match fs::symlink_metadata(path) {
            Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
            Ok(_) => return Err(io::Error::other("something else than a socket is there")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    open().map_err(|source| CannotBind { path: path.to_owned(), source })
}

/// What questions are answered from.
pub(super) struct Desk {
    /// Where orders go.
    pub(super) orders: Arc<Orders>,
    /// How the agent stands.
    pub(super) board: Arc<Board>,
    /// Where a reload is asked for.
    pub(super) sender: mpsc::Sender<Asked>,
}

/// Answers until the program ends.
pub(super) async fn serve(listener: UnixListener, desk: Arc<Desk>, clock: SystemClock) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let desk = Arc::clone(&desk);
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &desk).await {
                        tracing::debug!(%error, "a conversation over the socket broke off");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "nobody can be heard over the socket");
                clock.sleep_until(clock.now().monotonic + OUT_OF_FILES).await;
            }
        }
    }
}

/// One question, one answer.
async fn converse(mut stream: UnixStream, desk: &Desk) -> io::Result<()> {
    let reply = match listen(&mut stream).await? {
        Ok(ask) => desk.reply(ask).await,
        Err(why) => Reply::Refused { why },
    };
    let mut line = serde_json::to_vec(&Answer { version: VERSION, reply })?;
    line.push(b'\n');
    timeout(PATIENCE, stream.write_all(&line)).await?
}

/// The question, or why it is not answered.
async fn listen(stream: &mut UnixStream) -> io::Result<Result<Ask, String>> {
    if !may_ask(stream)? {
        return Ok(Err("only the user the agent runs as, and root, may ask".to_owned()));
    }
    let mut line = Vec::new();
    let mut limited = BufReader::new(stream.take(LONGEST_QUESTION + 1));
    timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await??;
    if line.len() as u64 > LONGEST_QUESTION {
        return Ok(Err(format!("a question is at most {LONGEST_QUESTION} bytes")));
    }
    Ok(understand(&line))
}

/// The kernel's word for who is on the other side; whose the agent is, its own end tells.
fn may_ask(stream: &UnixStream) -> io::Result<bool> {
    let address = stream.local_addr()?;
    let own = address.as_pathname().map(fs::metadata).transpose()?.map(|file| file.uid());
    let asking = stream.peer_cred()?.uid();
    Ok(asking == 0 || own == Some(asking))
}

impl Desk {
    async fn reply(&self, ask: Ask) -> Reply {
        let replied = match ask {
            Ask::Status => Ok(Reply::Status(Box::new(self.board.status()))),
            Ask::Reload => self.reload().await,
            Ask::Pause { .. }
            | Ask::Resume { .. }
            | Ask::Approve { .. }
            | Ask::Release { .. }
            | Ask::Adopt { .. } => self.order(ask).await,
        };
        replied.unwrap_or_else(|why| Reply::Refused { why })
    }

    async fn order(&self, ask: Ask) -> Result<Reply, String> {
        tracing::info!(order = ?ask, "an order over the socket");
        if let Some(target) = ask.target() {
            self.board.knows(target)?;
        }
        let taken = self.orders.place(command(ask)?)?;
        let pass = taken.await.map_err(|_| "the agent is ending".to_owned())?;
        Ok(Reply::Taken { pass })
    }

    async fn reload(&self) -> Result<Reply, String> {
        let ending = || "the agent is ending".to_owned();
        let (answer, answered) = oneshot::channel();
        let asked = Asked { by: "the socket", answer: Some(answer) };
        self.sender.send(asked).await.map_err(|_| ending())?;
        let what = answered.await.map_err(|_| ending())??;
        Ok(Reply::Reloaded { what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_socket_is_never_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("setpoint.sock");
        fs::write(&path, "notes").unwrap();
        assert!(bind(&path).unwrap_err().to_string().contains("something else"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    }

    #[tokio::test]
    async fn a_socket_left_behind_is_taken_over_and_only_its_owner_may_open_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("setpoint.sock");
        drop(bind(&path).unwrap());
        assert!(path.exists(), "an agent that dies leaves it behind");
        let _listener = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
