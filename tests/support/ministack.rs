//! ministack: a server that answers as AWS does where moto does not, one for each test.
//!
//! Its CloudWatch speaks CBOR, which is all that the SDK speaks. Like moto's, its state is
//! instant.

use crate::{
    emulator::Emulator,
    moto::{REGION, Service, call, make_group},
};
use std::{net::SocketAddr, process::Command};
use tempfile::TempDir;

/// A ministack server of one's own; stopped when dropped.
#[derive(Debug)]
pub struct Ministack {
    server: Emulator,
    _folder: TempDir,
}

impl Ministack {
    /// Starts one.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let set_up = |command: &mut Command| {
            command
                .env("GATEWAY_PORT", "0")
                .env("BIND_HOST", "127.0.0.1")
                .env("MINISTACK_REGION", REGION)
                .current_dir(folder.path());
        };
        let server = Emulator::start(("ministack", "SETPOINT_MINISTACK"), set_up);
        Self { server, _folder: folder }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Makes a group of `size`, which may have 1 to 200 members.
    #[track_caller]
    pub fn make_group(&self, name: &str, size: u32) {
        make_group(self.server.address(), name, size);
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
        call(self.server.address(), &service, "PutMetricData", &fields);
    }
}
