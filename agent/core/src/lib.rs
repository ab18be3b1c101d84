//! What the agent knows, and what it decides to do about it.
//!
//! Everything here is a value, or a pure function of values: no clock, no network,
//! no randomness. Time arrives inside a [`Snapshot`], so a decision can be made
//! again from the journal, byte for byte, long after the fact.
//!
//! ```text
//! Snapshot ─► Memory::absorb ─► (policies evaluate) ─► decide ─► check ─► Memory::remember
//!                                                         └─► Plan
//! ```
//!
//! Start reading at [`decide()`].

mod absorb;
mod ballot;
mod brakes;
mod calendar;
mod check;
mod database;
mod decide;
mod defaults;
mod drains;
mod group;
mod guards;
mod history;
mod hold;
mod job;
mod member;
mod memory;
mod name;
mod named;
mod notice;
mod noticed;
mod opinion;
mod parts;
mod plan;
mod program;
mod reading;
mod region;
mod release;
mod replacing;
mod rollout;
mod routes;
mod routing;
mod setting;
mod settings;
mod shadow;
mod shared;
mod sizing;
mod snapshot;
mod starts;
mod target;
mod time;
mod traffic;
mod unit;
mod victims;
mod volume;
mod walk;
mod window;

pub use brakes::{Approve, Brakes, Budget, Effect, Fall, Flap, Limit};
pub use calendar::{Calendar, MAX_LEAD, Period, Zone};
pub use check::{Objection, check};
pub use decide::decide;
pub use defaults::{Amount, DEFAULTS, DefaultValue, POLICY_TIME, POLICY_TRIPS, defaults_page};
pub use defaults::{EFFECT_TRIES as DEFAULT_EFFECT_TRIES, EFFECT_WITHIN as DEFAULT_EFFECT_WITHIN};
pub use drains::{Drains, Leaving};
pub use history::Stretch;
pub use hold::Hold;
pub use member::{Member, MemberState};
pub use memory::{Asked, Memory, Move, OpenIntent, TargetMemory};
pub use name::{HoldKey, InputKey, IntentId, PolicyName, RuleName, TargetName};
pub use notice::{Contact, Notice, NoticeChange, NoticeKind, OpenNotice, Saying, notices};
pub use noticed::{Load, Noticed, Shortage, Trial, Trials};
pub use opinion::{
    Ask, Comparison, Evaluation, Fact, Opinion, RuleReport, RuleVerdict, Scalar, Term,
};
pub use parts::Parts;
pub use plan::{
    Action, Decision, Guard, GuardLine, Held, Intent, Plan, Verdict, Want, describe_failure,
};
pub use program::{BoundPolicy, Program};
pub use reading::{Reading, Sample};
pub use rollout::{Candidates, Condemned, RolloutSettings, Stages};
pub use routes::{Routes, SentRoute};
pub use settings::{
    Calendars, DatabaseSettings, Empty, GroupSettings, InputSettings, JobSettings, Per, Role,
    Sessions, SettingSettings, Settings, Step, TargetSettings, VolumeSettings,
};
pub use shadow::{ShadowDecision, ShadowMemory};
pub use snapshot::{ActResult, Approval, Command, FailureKind, Outcome, Pause, Release, Snapshot};
pub use starts::{OpenStart, Running, Starts};
pub use target::{
    Database, Flag, Group, Job, LastRun, Members, Range, ReadyHistory, Replica, ReplicaState,
    Rollout, Seen, Setting, Side, Volume,
};
pub use time::{Moment, NotASpan, Span, Tick, Timestamp};
pub use traffic::{Destination, Shares, Traffic, TrafficSettings, shares_of};
pub use unit::{Dimension, Quantity, Short, Unit};
pub use walk::Walk;
pub use window::{NoAnswer, Stat, Window};
