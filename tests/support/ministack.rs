//! ministack: a server that answers as AWS does where moto does not, one for each test.
//!
//! Its CloudWatch speaks CBOR, which is all that the SDK speaks. Like moto's, its state is
//! instant.

use crate::moto::{REGION, START, Service, call, listen, make_group};
use std::{
    env,
    ffi::OsString,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A ministack server of one's own; stopped when dropped.
#[derive(Debug)]
pub struct Ministack {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Ministack {
    /// Starts one.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub fn start() -> Self {
        let program = program();
        let folder = TempDir::new().expect("there is room for a folder");
        let spawned = Command::new(&program)
            .env("GATEWAY_PORT", "0")
            .env("BIND_HOST", "127.0.0.1")
            .env("MINISTACK_REGION", REGION)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = spawned.unwrap_or_else(|error| {
            panic!(
                "{} could not be started ({error}): python3 -m venv target/venv && \
                 target/venv/bin/pip install -r tests/requirements.txt, or name it in \
                 SETPOINT_MINISTACK",
                program.display()
            )
        });
        let said = listen(process.stderr.take().expect("it was piped above"));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        // Owned from here on, so that it is stopped even if it never gets ready.
        let mut server = Self { process, address, _folder: folder };
        server.address = said.recv_timeout(START).expect("ministack says where it listens");
        server
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes a group of `size`, which may have 1 to 200 members.
    #[track_caller]
    pub fn make_group(&self, name: &str, size: u32) {
        make_group(self.address, name, size);
    }

    /// Puts one value of a metric, measured at `at`: seconds since 1970.
    #[track_caller]
    pub fn put_metric(&self, namespace: &str, metric: &str, group: &str, at: i64, value: f64) {
        let fields = [
            ("Namespace", namespace),
            ("MetricData.member.1.MetricName", metric),
            ("MetricData.member.1.Dimensions.member.1.Name", "AutoScalingGroupName"),
            ("MetricData.member.1.Dimensions.member.1.Value", group),
            ("MetricData.member.1.Timestamp", &at.to_string()),
            ("MetricData.member.1.Value", &value.to_string()),
        ];
        let service = Service { name: "monitoring", version: "2010-08-01" };
        call(self.address, &service, "PutMetricData", &fields);
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The one named in `SETPOINT_MINISTACK`, else that of the virtual environment in `target`,
/// else the first on the path.
fn program() -> OsString {
    if let Some(named) = env::var_os("SETPOINT_MINISTACK") {
        return named;
    }
    let in_target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/venv/bin/ministack");
    if in_target.exists() { in_target.into() } else { "ministack".into() }
}
