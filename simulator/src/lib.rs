//! A made-up world for the real control loop: how a policy is proved before it
//! touches anything.
//!
//! The loop, the policies and the decider are the agent's own. Only what they
//! see and touch is simulated: one [`World`](world::World) is the clock, the metric
//! source, the provider and the journal of a run. There is no other loop.
//!
//! Start reading at [`world`].

pub mod accuracy;
pub mod backtest;
pub mod baseline;
pub mod chance;
pub mod chaos;
pub mod chart;
pub mod check;
pub mod chronicle;
#[cfg(feature = "cloud")]
pub mod cloud;
pub mod demo;
pub mod experiment;
mod explained;
pub mod export;
pub mod files;
pub mod fit;
pub mod hindsight;
pub mod history;
pub mod journaled;
pub mod marks;
pub mod oscillation;
pub mod report;
pub mod roomy;
pub mod scenario;
pub mod score;
pub mod simulation;
pub mod testing;
pub mod trouble;
pub mod verdict;
pub mod world;
pub mod written;
