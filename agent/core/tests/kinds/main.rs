//! What must never happen to settings, flags, jobs, volumes and traffic, whatever is seen and said.
//!
//! Random targets live through random passes, and the promises are judged after each, as in
//! `promises.rs` for groups.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

mod flag;
mod job;
mod life;
mod released;
mod rollout;
mod setting;
mod traffic;
mod tried;
mod volume;
