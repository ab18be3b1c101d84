//! Azure: virtual machine scale sets, their machines, and who else scales them; flexible servers of
//! PostgreSQL and their replicas; profiles of Traffic Manager.
//!
//! [`AzureEyes`] only looks: it has no method that changes anything, so an agent in observe mode
//! is built with it alone. [`AzureHands`] changes things, and looks first. Neither has an
//! opinion: no cooldowns, no limits, no second attempts.
//!
//! ```text
//! Azure::new ─┬─► eyes    ─► scale_set   (pure: what the answers mean)
//!             │           ─► rivals      (Azure's own autoscale settings)
//!             ├─► metrics ─► metric_query (Azure Monitor)
//!             ├─► hands                  (the only file that asks for a change)
//!             ├─► postgres/              (databases: eyes and hands of their own)
//!             ├─► traffic/               (where users are sent: the same)
//!             ├─► doctor                 (what lacks, and who else is there)
//!             └─► permissions            (the least role: pure, asks nobody)
//! calls ─► compute (the only file that knows Azure's crate) ─┐
//!          insights, postgres, traffic (what no crate has)   ├─► arm ─► token ─► identity
//!                                                            │       └► fault (pure)
//! ```
//!
//! Start reading at [`Azure`], then `eyes.rs` and `hands.rs`.

mod arm;
mod azure;
mod compute;
mod doctor;
mod eyes;
mod fault;
mod hands;
mod identity;
mod insights;
mod metric_query;
mod metrics;
mod operation;
mod permissions;
mod postgres;
mod rivals;
mod scale_set;
mod settings;
#[cfg(test)]
mod stand_in;
mod tag;
mod token;
mod traffic;

pub use azure::Azure;
pub use doctor::Patient;
pub use eyes::AzureEyes;
pub use hands::AzureHands;
pub use identity::{Application, Identity, ManagedAt, NoIdentity, Written};
pub use metric_query::{MetricQuery, QueryError};
pub use metrics::{MonitorSettings, MonitorSource};
pub use permissions::{Needs, actions, scopes};
pub use postgres::{DatabasePatient, PostgresEyes, PostgresHands, ServerId};
pub use scale_set::{IdError, ScaleSetId};
pub use settings::{AzureSettings, Deadlines};
pub use traffic::{Endpoints, ProfileId, TrafficEyes, TrafficHands, TrafficPatient};
