//! What systemd is told: ready after the first pass, alive at every pass, and one line of status.
//!
//! Without systemd there is nobody to tell, and all of this does nothing.

use sd_notify::NotifyState;
use setpoint_control::{Ended, Watch};
use setpoint_core::Span;
use std::time::Duration;

/// A pass may come this many times later than it should before the agent counts as hung.
const LATE_PASSES: u64 = 3;

/// systemd, if the agent was started by it.
pub(crate) struct Supervisor {
    ready: bool,
}

impl Supervisor {
    /// Makes sure that the watchdog waits long enough for a pass every `every`.
    pub(crate) fn start(every: Span) -> Self {
        patient(every);
        Self { ready: false }
    }
}

impl Watch for Supervisor {
    fn passed(&mut self, ended: &Ended<'_>) {
        let plan = &ended.pass.plan;
        let (targets, actions) = (plan.decisions.len(), plan.intents().count());
        let paused = if ended.memory.pause.is_some() { ", paused" } else { "" };
        let pass = ended.pass.snapshot.pass;
        let status = format!("pass {pass}: {targets} targets, {actions} actions{paused}");
        tell(&[NotifyState::Status(&status), NotifyState::Watchdog]);
        if !std::mem::replace(&mut self.ready, true) {
            tell(&[NotifyState::Ready]);
        }
    }
}

/// The agent is ending.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// The agent reads its configuration.
pub(crate) fn reloading() {
    let Ok(now) = NotifyState::monotonic_usec_now() else { return };
    tell(&[NotifyState::Reloading, now]);
}

/// It has read it, and makes a pass every `every` from now on.
pub(crate) fn reloaded(every: Span) {
    patient(every);
    tell(&[NotifyState::Ready]);
}

/// Extends the watchdog where passes are further apart than it waits.
fn patient(every: Span) {
    let needed = Duration::from_millis(every.times(LATE_PASSES).ms());
    let Some(configured) = sd_notify::watchdog_enabled() else { return };
    let micros = needed.max(configured).as_micros();
    tell(&[NotifyState::Custom(&format!("WATCHDOG_USEC={micros}"))]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd cannot be told how the agent is");
    }
}
