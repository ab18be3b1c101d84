//! A program of the virtual environment that answers as a cloud does, and says on its standard
//! error where it listens.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// How long a start may take on a busy machine.
const START: Duration = Duration::from_secs(60);

/// One that runs; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Emulator {
    process: Child,
    address: SocketAddr,
}

impl Emulator {
    /// Starts the program called `name`, or the one that the environment's `variable` names.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub(crate) fn start((name, variable): (&str, &str), set_up: impl FnOnce(&mut Command)) -> Self {
        let program = program((name, variable));
        let mut command = Command::new(&program);
        set_up(&mut command);
        let spawned =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut process = spawned.unwrap_or_else(|error| {
            panic!(
                "{} could not be started ({error}): python3 -m venv target/venv && \
                 target/venv/bin/pip install -r tests/requirements.txt, or name it in {variable}",
                program.display()
            )
        });
        let said = listen(process.stderr.take().expect("it was piped above"));
        // Owned from here on, so that it is stopped even if it never gets ready.
        let mut emulator = Self { process, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let told = said.recv_timeout(START);
        emulator.address = told.unwrap_or_else(|_| panic!("{name} did not say where it listens"));
        emulator
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The program named in `variable`, else that of the virtual environment in `target`, else the
/// first on the path.
pub(crate) fn program((name, variable): (&str, &str)) -> OsString {
    if let Some(named) = env::var_os(variable) {
        return named;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin").join(name);
    if here.exists() { here.into() } else { name.into() }
}

/// Reads all that a server says, so that it never waits for a reader, and gives its address
/// once it has said that.
fn listen(output: ChildStderr) -> Receiver<SocketAddr> {
    let (found, address) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let place = line.split_once("Running on http://").map(|(_, place)| place);
            let place = place.and_then(|place| place.split_whitespace().next());
            if let Some(Ok(place)) = place.map(str::parse) {
                // Nobody waits any more after a start that took too long.
                found.send(place).ok();
            }
        }
    });
    address
}
