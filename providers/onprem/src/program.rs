//! Another program: run to its end or ended, asked for what it says, or left to itself.

use crate::failure::Failure;
use setpoint_core::Span;
use std::{
    fs::File,
    io::{self, Read, Seek},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

/// So much is told of what a program complains of.
const MOST_COMPLAINTS: u64 = 400;

/// So much is read of what a program says.
const MOST_BYTES: u64 = 1024 * 1024;

/// How soon the end of a program is noticed.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Runs a program to its end, which must be a good one, within `limit`. What is late is killed.
///
/// Only the program itself is waited for: what it leaves running in the background lives on.
pub(crate) async fn run(words: &[String], limit: Span) -> Result<(), Failure> {
    ask(words, limit).await.map(drop)
}

/// The same, and gives what it says.
pub(crate) async fn ask(words: &[String], limit: Span) -> Result<String, Failure> {
    let (program, mut command) = command(words);
    let cannot = |error| cannot(program, &error);
    // Not pipes: what goes on in the background would hold them open.
    let said = tempfile::tempfile().map_err(cannot)?;
    let complaints = tempfile::tempfile().map_err(cannot)?;
    let child = command
        .stdout(said.try_clone().map_err(cannot)?)
        .stderr(complaints.try_clone().map_err(cannot)?)
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
        return Ok(text(said, MOST_BYTES));
    }
    let complaints = text(complaints, MOST_COMPLAINTS);
    let complaints = complaints.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(Failure::Program(match complaints.as_str() {
        "" => format!("{program} ended with {status}"),
        said => format!("{program} ended with {status}: {said}"),
    }))
}

/// Starts a program and leaves it to itself; what it says goes into the file `log`.
pub(crate) fn leave(words: &[String], log: &Path) -> Result<(), Failure> {
    let (program, mut command) = command(words);
    let cannot = |error| cannot(program, &error);
    let log = File::create(log).map_err(cannot)?;
    let mut child =
        command.stdout(log.try_clone().map_err(cannot)?).stderr(log).spawn().map_err(cannot)?;
    // Nobody needs to know how it ends, but somebody must ask, or its number is never free.
    thread::spawn(move || child.wait());
    Ok(())
}

fn command(words: &[String]) -> (&str, Command) {
    let (program, arguments) = words.split_first().unwrap_or((const { &String::new() }, &[]));
    let mut command = Command::new(program);
    // A signal for the agent's group is not meant for members.
    command.args(arguments).stdin(Stdio::null()).process_group(0);
    (program, command)
}

fn cannot(program: &str, error: &io::Error) -> Failure {
    Failure::Program(format!("{program} cannot be run: {error}"))
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

/// What a file says, from its start.
fn text(mut file: File, most: u64) -> String {
    let mut bytes = Vec::new();
    // What cannot be read back is missed by whoever makes sense of it.
    if file.rewind().is_ok() {
        file.take(most).read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sh(script: &str, limit: Span) -> Result<String, String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        ask(&words, limit).await.map_err(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn a_program_must_end_well_and_in_time() {
        let long = Span::from_secs(30);
        assert_eq!(sh("echo yes", long).await.as_deref(), Ok("yes\n"));
        let why = sh("echo no such  unit >&2; exit 5", long).await.unwrap_err();
        assert!(why.ends_with("exit status: 5: no such unit"), "{why}");
        assert_eq!(sh("sleep 60", Span::from_ms(50)).await.unwrap_err(), "not done within 50ms");
        let none = run(&["/no/such/program".to_owned()], long).await.unwrap_err();
        assert!(none.to_string().contains("/no/such/program cannot be run"), "{none}");
    }

    #[tokio::test]
    async fn what_it_leaves_in_the_background_is_not_waited_for() {
        assert!(sh("sleep 5 & exit 0", Span::from_secs(4)).await.is_ok());
    }
}
