//! Azure Traffic Manager: which share of users each endpoint of a profile takes.
//!
//! Weights are read as shares, whatever they add up to. All endpoints are written at once, as they
//! were read but for their weights: Azure takes them by `PUT` of the whole profile alone. It knows
//! no entity tag for that, so the profile is read and compared right before.
//!
//! Nobody is ever disabled here. Azure does not probe what is disabled, and a destination of which
//! nobody can tell whether it answers could never be failed over to, or come back to: one without
//! a share keeps the least weight instead.
//!
//! ```text
//! eyes   ─┐
//! hands  ─┼─► profiles (what is asked of Azure) ─► arm
//! doctor ─┘      └─► profile (pure: what the answers mean, and what makes other shares)
//! ```
//!
//! Start reading at `profile.rs`, then `hands.rs`.

mod doctor;
mod eyes;
mod hands;
mod id;
mod profile;
mod profiles;
#[cfg(test)]
mod tests;

pub use doctor::TrafficPatient;
pub use eyes::TrafficEyes;
pub use hands::TrafficHands;
pub use id::{Endpoints, ProfileId};
pub(crate) use profiles::{Profiles, READ, WRITE};
