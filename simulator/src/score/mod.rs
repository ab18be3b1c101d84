//! How well a run held its objective, and at what cost.
//!
//! The measures are those of the literature on autoscalers, but for one thing: *demand* is
//! defined by the objective and not by a set point. It is the least number of members with
//! which no more than 1 % of requests wait longer than is slow. A policy that aims at some CPU
//! gains nothing by that, and one that needs less CPU headroom loses nothing.
//!
//! ```text
//! Demand ──► Ledger (second by second) ──► Score ──► Gains (against an oracle, a static size)
//! ```
//!
//! Start reading at [`Score`]. Definitions with their sources are in `docs/scores.md`.

mod demand;
mod elasticity;
mod ledger;

pub use demand::Demand;
pub use elasticity::{Elasticity, deviation, p_score, speedup};
pub use ledger::{Ledger, Score, Second};
