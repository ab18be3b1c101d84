//! One's own machines, for real: a HAProxy, little workers behind it, and an agent before both.

mod agent;
mod agent_replicas;
mod agent_rollout;
mod agent_traffic;
mod doctor;
mod groups;
mod named;
mod replicas;
mod scene;
