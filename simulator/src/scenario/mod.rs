//! A scenario: a world, who is to keep it, and what must come of it.
//!
//! It is a TOML file that people write; `docs/scenarios.md` tells its keys. It is read whole
//! or not at all, with every fault shown where it stands, and one that cannot come out well
//! by arithmetic alone is refused before anything runs.
//!
//! ```text
//! x.toml ──► read.rs ──► load.rs trace.rs ─────────────► WorldModel
//!    │                   service.rs group.rs database.rs      │
//!    │                   rollout.rs standby.rs faults.rs      ▼
//!    ├── policy = [...] ─► contenders.rs inputs.rs ───► Scenario ──► feasible.rs
//!    └── gate = [...] ───► gates.rs                           ▲
//! ```
//!
//! Start reading at [`Scenario`].

mod contenders;
mod database;
mod faults;
mod feasible;
mod gates;
mod group;
mod inputs;
mod load;
mod read;
mod rollout;
mod schema;
mod section;
mod service;
mod standby;
mod trace;

pub use contenders::Contestant;
pub use gates::{Against, Gate, Measure};
pub use read::{Source, read};
pub use schema::schema;
pub use trace::{Trace, TraceError};

use crate::{baseline::Baseline, world::WorldModel};
use setpoint_core::{Calendars, Span, TargetName};
use std::ops::RangeInclusive;

/// A world, who is to keep it, and what must come of it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub about: Option<String>,
    /// What it is to show: "S1".
    pub claim: Option<String>,
    /// Of all that it is made of: the file, traces, policies. 16 hexadecimal digits.
    pub hash: String,
    /// How long a run is.
    pub length: Span,
    /// From one pass of the agent to the next.
    pub every: Span,
    /// The luck of each run.
    pub seeds: RangeInclusive<u64>,
    /// The name of its group.
    pub group: TargetName,
    /// The world.
    pub world: WorldModel,
    /// When events are, for policies that ask the calendar `event`.
    pub calendars: Calendars,
    /// The policies on trial, each with the policies it is made of.
    pub contestants: Vec<Contestant>,
    /// Those it is measured by.
    pub baselines: Vec<Baseline>,
    /// What must come of it.
    pub gates: Vec<Gate>,
}
