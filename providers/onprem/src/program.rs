//! Another program, run to its end or ended.

use crate::failure::Failure;
use setpoint_core::Span;
use std::{
    fs::File,
    io::{self, Read, Seek},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

/// So much is told of what a program complains of.
const MOST_BYTES: u64 = 400;

/// How soon the end of a program is noticed.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Runs a program to its end, which must be a good one, within `limit`. What is late is killed.
///
/// Only the program itself is waited for: what it leaves running in the background lives on.
pub(crate) async fn run(words: &[String], limit: Span) -> Result<(), Failure> {
    let (program, arguments) = words.split_first().unwrap_or((const { &String::new() }, &[]));
    let cannot = |error: io::Error| Failure::Program(format!("{program} cannot be run: {error}"));
    // Not a pipe: what goes on in the background would hold it open.
    let complaints = tempfile::tempfile().map_err(cannot)?;
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(complaints.try_clone().map_err(cannot)?)
        // A signal for the agent's group is not meant for members.
        .process_group(0)
        .spawn()
        .map_err(cannot)?;
    let (wanted, given_up) = channel::<()>();
    let waiting = tokio::task::spawn_blocking(move || wait(child, &given_up));
    let ended = tokio::time::timeout(Duration::from_millis(limit.ms()), waiting).await;
    drop(wanted);
    let status = match ended {
        Ok(Ok(status)) => status.map_err(cannot)?,
        Ok(Err(panicked)) => return Err(Failure::Refused(format!("a fault of ours: {panicked}"))),
        Err(_elapsed) => return Err(Failure::Late(limit)),
    };
    if status.success() {
        return Ok(());
    }
    let said = said(complaints);
    let words = words.join(" ");
    Err(Failure::Program(match said.as_str() {
        "" => format!("`{words}` ended with {status}"),
        said => format!("`{words}` ended with {status}: {said}"),
    }))
}

/// How `child` ends: by itself, or killed as soon as nobody waits for it any more.
fn wait(mut child: Child, given_up: &Receiver<()>) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if given_up.recv_timeout(LOOK_AGAIN) == Err(RecvTimeoutError::Disconnected) {
            child.kill()?;
            return child.wait();
        }
    }
}

/// What a program complained of, on one line.
fn said(mut complaints: File) -> String {
    let mut bytes = Vec::new();
    // What cannot be read back is only a word less in a message.
    if complaints.rewind().is_ok() {
        complaints.take(MOST_BYTES).read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sh(script: &str, limit: Span) -> Result<(), String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        run(&words, limit).await.map_err(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn a_program_must_end_well_and_in_time() {
        let long = Span::from_secs(30);
        assert_eq!(sh("exit 0", long).await, Ok(()));
        let why = sh("echo no such  unit >&2; exit 5", long).await.unwrap_err();
        assert!(why.ends_with("exit status: 5: no such unit"), "{why}");
        assert_eq!(sh("sleep 60", Span::from_ms(50)).await.unwrap_err(), "not done within 50ms");
        let none = run(&["/no/such/program".to_owned()], long).await.unwrap_err();
        assert!(none.to_string().contains("/no/such/program cannot be run"), "{none}");
    }

    #[tokio::test]
    async fn what_it_leaves_in_the_background_is_not_waited_for() {
        assert_eq!(sh("sleep 5 & exit 0", Span::from_secs(4)).await, Ok(()));
    }
}
