//! Another program, run to its end or ended.

use crate::failure::Failure;
use setpoint_core::Span;
use std::{
    ffi::OsStr,
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

/// The most that is read of what a program says.
const MOST_BYTES: u64 = 64 * 1024;

/// What a program said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A program at work; ended when nobody waits for it any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Runs `program` to its end, within `limit`.
pub(crate) async fn run(program: &OsStr, arguments: &[&str], limit: Span) -> Result<Said, Failure> {
    let name = program.to_string_lossy();
    let cannot = |error| Failure::Refused(format!("{name} cannot be run: {error}"));
    let child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("SYSTEMD_COLORS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let mut running = Running(child);
    let pipes = (running.0.stdout.take(), running.0.stderr.take());
    // Both pipes end when the program does, or is ended.
    let reading = tokio::task::spawn_blocking(move || (text(pipes.0), text(pipes.1)));
    let read = tokio::time::timeout(Duration::from_millis(limit.ms()), reading).await;
    let (out, err) = match read {
        Ok(Ok(said)) => said,
        Ok(Err(panicked)) => return Err(Failure::Refused(format!("a fault of ours: {panicked}"))),
        Err(_elapsed) => return Err(Failure::Late(limit)),
    };
    let status = running.0.wait().map_err(cannot)?;
    Ok(Said { status, out, err })
}

/// What comes out of a pipe, as far as it is text.
fn text(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What was read before a pipe broke is still what was said.
        pipe.take(MOST_BYTES).read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
