//! Kubernetes: whatever has a `scale`, its pods, and who else changes it; routes that split traffic.
//!
//! [`KubernetesEyes`] only looks: it has no method that changes anything, so an agent in observe
//! mode is built with it alone. [`KubernetesHands`] changes things, and looks first. Neither has
//! an opinion: no cooldowns, no limits, no second attempts.
//!
//! ```text
//! Kubernetes::connect ─┬─► eyes    ─► workload, pods   (pure: what the answers mean)
//!                      │           ─► rivals           (autoscalers of the cluster's own)
//!                      ├─► hands                       (the only file that asks for a change)
//!                      ├─► route                       (a candidate's share: eyes and hands of its own)
//!                      ├─► usage   ─► quantity         (CPU and memory, in percent of requests)
//!                      ├─► doctor, natives             (who else is there)
//!                      └─► permissions                 (the least role: pure, asks nobody)
//! every call ─► api ─► fault (pure: what may be done about a no)
//! ```
//!
//! Start reading at [`Kubernetes::connect`], then `eyes.rs` and `hands.rs`.

mod api;
mod doctor;
mod eyes;
mod fault;
mod hands;
mod kubernetes;
mod natives;
mod permissions;
mod pods;
mod quantity;
mod rivals;
mod route;
mod scalable;
mod settings;
#[cfg(test)]
mod stand_in;
mod usage;
mod workload;

pub use doctor::Patient;
pub use eyes::KubernetesEyes;
pub use hands::KubernetesHands;
pub use kubernetes::Kubernetes;
pub use natives::Native;
pub use permissions::{Needs, Rule, rules};
pub use route::{RouteEyes, RouteHands, WeightedServices};
pub use scalable::{IdError, Scalable};
pub use settings::{Deadlines, KubernetesSettings, Place, SetUpError};
pub use usage::{Usage, UsageError, UsageSource};
