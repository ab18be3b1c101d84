//! moto: a server that answers as AWS does, one for each test.
//!
//! Its state is instant: nothing is ever pending. What takes time or goes wrong is
//! put in front of it by [`FaultProxy`](crate::FaultProxy).

use crate::{
    emulator::{self, Emulator},
    http::Request,
};
use std::{ffi::OsString, net::SocketAddr, path::Path, process::Command};

/// The region that all tests are in.
pub const REGION: &str = "eu-west-1";

/// A moto server of one's own; stopped when dropped.
#[derive(Debug)]
pub struct Moto(Emulator);

/// Its program, and the variable that may name another.
const PROGRAM: (&str, &str) = ("moto_server", "SETPOINT_MOTO");

impl Moto {
    /// Starts one that lets everybody in.
    ///
    /// Panics, saying how to install it, if there is none on this machine.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one that checks keys, signatures and permissions after `open` calls.
    pub fn guarded_after(open: u32) -> Self {
        Self::start_with(&[("INITIAL_NO_AUTH_ACTION_COUNT", &open.to_string())])
    }

    fn start_with(environment: &[(&str, &str)]) -> Self {
        let set_up = |command: &mut Command| {
            command.args(["-H", "127.0.0.1", "-p", "0"]).envs(environment.iter().copied());
        };
        Self(Emulator::start(PROGRAM, set_up))
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Makes a call of the query protocol and gives the answer's XML.
    ///
    /// Panics if the answer is not a yes.
    #[track_caller]
    pub fn call(&self, service: &Service, action: &str, fields: &[(&str, &str)]) -> String {
        call(self.0.address(), service, action, fields)
    }

    /// A call to Auto Scaling.
    #[track_caller]
    pub fn autoscaling(&self, action: &str, fields: &[(&str, &str)]) -> String {
        self.call(&AUTOSCALING, action, fields)
    }

    /// Makes a group of `size`, which may have 1 to 200 members.
    #[track_caller]
    pub fn make_group(&self, name: &str, size: u32) {
        make_group(self.0.address(), name, size);
    }

    /// Puts a tag on a group.
    #[track_caller]
    pub fn tag_group(&self, name: &str, key: &str, value: &str) {
        let tag = [
            ("Tags.member.1.ResourceId", name),
            ("Tags.member.1.ResourceType", "auto-scaling-group"),
            ("Tags.member.1.Key", key),
            ("Tags.member.1.Value", value),
            ("Tags.member.1.PropagateAtLaunch", "false"),
        ];
        self.autoscaling("CreateOrUpdateTags", &tag);
    }

    /// Makes a PostgreSQL database without replicas.
    #[track_caller]
    pub fn make_database(&self, name: &str) {
        let fields = [
            ("DBInstanceIdentifier", name),
            ("DBInstanceClass", "db.r5.large"),
            ("Engine", "postgres"),
            ("AllocatedStorage", "20"),
            ("MasterUsername", "somebody"),
            ("MasterUserPassword", "not-a-secret"),
            ("BackupRetentionPeriod", "1"),
        ];
        self.rds("CreateDBInstance", &fields);
    }

    /// A call to RDS.
    #[track_caller]
    pub fn rds(&self, action: &str, fields: &[(&str, &str)]) -> String {
        self.call(&Service { name: "rds", version: "2014-10-31" }, action, fields)
    }

    /// A call to EC2.
    #[track_caller]
    pub fn ec2(&self, action: &str, fields: &[(&str, &str)]) -> String {
        self.call(&Service { name: "ec2", version: "2016-11-15" }, action, fields)
    }
}

/// A service that speaks the query protocol.
#[derive(Debug)]
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

pub(crate) const AUTOSCALING: Service = Service { name: "autoscaling", version: "2011-01-01" };

/// Elastic Load Balancing.
pub(crate) const ELB: Service = Service { name: "elasticloadbalancing", version: "2015-12-01" };

/// Makes a group of `size`, which may have 1 to 200 members.
#[track_caller]
pub(crate) fn make_group(address: SocketAddr, name: &str, size: u32) {
    let image = [
        ("LaunchConfigurationName", name),
        ("ImageId", "ami-12345678"),
        ("InstanceType", "t3.micro"),
    ];
    call(address, &AUTOSCALING, "CreateLaunchConfiguration", &image);
    let size = size.to_string();
    let group = [
        ("AutoScalingGroupName", name),
        ("LaunchConfigurationName", name),
        ("MinSize", "1"),
        ("MaxSize", "200"),
        ("DesiredCapacity", &size),
        ("AvailabilityZones.member.1", "eu-west-1a"),
    ];
    call(address, &AUTOSCALING, "CreateAutoScalingGroup", &group);
}

/// Makes a call of the query protocol to `address` and gives the answer's XML.
///
/// Panics if the answer is not a yes.
#[track_caller]
pub(crate) fn call(
    address: SocketAddr,
    service: &Service,
    action: &str,
    fields: &[(&str, &str)],
) -> String {
    let (name, version) = (service.name, service.version);
    let mut body = format!("Action={action}&Version={version}");
    body.extend(fields.iter().map(|(field, value)| format!("&{field}={value}")));
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=fake/20260101/{REGION}/{name}/aws4_request, \
         SignedHeaders=host, Signature=fake"
    );
    let answer =
        Request { head, body: body.into_bytes() }.send(address).expect("the server answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{action}: {answer}");
    answer
}

/// The Python that moto is installed for, which reads YAML as well.
pub fn python() -> OsString {
    let beside = Path::new(&emulator::program(PROGRAM)).with_file_name("python3");
    if beside.exists() { beside.into() } else { "python3".into() }
}
