//! What the tests stand on: real servers on loopback, and faults in front of them.
//!
//! Every server gets a free port, is waited for by what it says, and is stopped when
//! its owner goes out of scope. What is missing on a machine fails the test with one
//! line that says how to get it.

mod agent;
mod alertmanager;
mod azure_api;
mod balancer;
mod clock;
mod cloud;
mod emulator;
mod exporter;
mod fault_proxy;
mod flags;
mod gate;
mod haproxy;
mod http;
mod machines;
mod mail;
mod many_groups;
mod ministack;
mod moto;
mod policy;
mod postgres;
mod prism;
mod profile;
mod prometheus;
mod service;
mod simulated;
mod stranger;
mod waiting;
mod witness;
mod workers;
mod zone;

pub use agent::{Agent, Site, message, program};
pub use alertmanager::Alertmanager;
pub use balancer::{Balancer, Forwards};
pub use clock::MachineClock;
pub use cloud::{Cloud, Keys};
pub use exporter::{Exporter, Page};
pub use fault_proxy::{Calls, Fault, FaultProxy};
pub use flags::FlagReader;
pub use gate::{Allowed, Gate};
pub use haproxy::{Haproxy, QUICK_CHECKS, get};
pub use machines::{Machines, send_at};
pub use mail::Mail;
pub use many_groups::{GroupCall, ManyGroups};
pub use ministack::Ministack;
pub use moto::{Moto, REGION, python};
pub use policy::replicas_policy;
pub use postgres::Postgres;
pub use prism::{Judged, Prism};
pub use profile::{
    document as profile, path as profile_path, states as profile_states, weights as profile_weights,
};
pub use prometheus::Prometheus;
pub use service::{Mood, Service, Write};
pub use simulated::Simulated;
pub use stranger::Stranger;
pub use waiting::{free_port, until};
pub use witness::{Call, Witness};
pub use workers::Workers;
pub use zone::{
    NAME as ZONE_NAME, RecordSet, Zone, address as zone_address, alias as zone_alias,
    dead as zone_dead,
};
