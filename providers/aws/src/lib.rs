//! Amazon Web Services: Auto Scaling groups, RDS and Aurora read replicas, the storage of
//! databases, EBS volumes, Route 53, rules of Application Load Balancers, CloudWatch.
//!
//! [`AwsEyes`] only looks: it has no method that changes anything, so an agent in
//! observe mode is built with it alone. [`AwsHands`] changes things, and looks first.
//! Neither has an opinion: no cooldowns, no limits but the cloud's own.
//!
//! ```text
//! Aws::connect ─┬─► eyes  ─► groups, databases ──► group, database   (pure: what the answers mean)
//!               └─► hands ─► resize, standby, replicas, storage, ebs, route53, alb  (the only ones that ask for a change)
//!              ├─► metrics ─► cloudwatch/
//!              └─► examine ─► doctor/             (who else is at our targets, and what lacks)
//! every call ─► api or query, pace (how many at once, and a second) ─► failure   (pure: what may be done about a no)
//! ```
//!
//! Start reading at [`Aws::connect`], then `eyes.rs` and `hands.rs`.

mod alb;
mod api;
mod aws;
mod closer;
mod cloudwatch;
mod connections;
mod database;
mod databases;
mod dial;
mod doctor;
mod ebs;
mod eyes;
mod failure;
mod fault;
mod group;
mod groups;
mod hands;
mod instance;
mod instance_class;
mod inventory;
mod natives;
mod pace;
mod permissions;
mod query;
mod replicas;
mod resize;
mod rivals;
mod route53;
mod settings;
mod standby;
mod storage;
mod tag;

pub use aws::Aws;
pub use cloudwatch::{CloudWatchSettings, CloudWatchSource, MetricQuery, QueryError};
pub use dial::{BadDial, Dial};
pub use doctor::Patient;
pub use eyes::AwsEyes;
pub use hands::AwsHands;
pub use natives::{Native, NativeRule};
pub use permissions::{Fleet, Named, Statement, permissions, query_permission};
pub use settings::{AwsSettings, Deadlines, Records, Resource, Role, WeightedGroups};
