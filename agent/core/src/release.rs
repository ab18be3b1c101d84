//! Handing a target back, and taking it on again.
//!
//! A released target is left alone whatever is said of it, restarts included. Of a database
//! the replicas that we made may go first, one after another: that is a removal like any
//! other, and every guard of removals holds. Where a target is adopted, what was remembered
//! of it as ours to move begins anew; what was taken from it still counts.

use crate::{Database, Memory, Noticed, Release, ReplicaState, Seen, TargetMemory, TargetName};

impl Memory {
    /// Hands `target` back.
    pub(crate) fn release(&mut self, target: &TargetName, release: Release) {
        self.released.insert(target.clone(), release);
        self.approvals.remove(target);
        let Some(past) = self.targets.get_mut(target) else { return };
        past.count_unanswered();
        past.close();
    }

    /// Takes `target` on again.
    pub(crate) fn adopt(&mut self, target: &TargetName) {
        // Who adopts what was never released means the same: begin anew.
        self.released.remove(target);
        let now = self.now;
        let Some(past) = self.targets.get_mut(target) else { return };
        past.count_unanswered();
        past.close();
        past.first_seen = now;
        past.asked.clear();
        let sent = std::mem::take(&mut past.noticed.sent);
        let short = past.noticed.short.take();
        // A rule that stays fired does not start a job anew because its target was adopted.
        let starts = std::mem::take(&mut past.noticed.starts);
        let routes = std::mem::take(&mut past.noticed.routes);
        past.noticed = Noticed { sent, short, starts, routes, ..Noticed::default() };
    }
}

impl TargetMemory {
    /// Nothing is under way, and nothing waits for what was.
    fn close(&mut self) {
        self.open = None;
        self.settled = None;
        self.failure = None;
        self.noticed.is_lost();
    }
}

impl Release {
    /// Whether replicas of ours are still to go.
    pub(crate) fn removes_from(&self, database: &Database) -> bool {
        let ours = |it: &crate::Replica| it.ours && it.state != ReplicaState::Deleting;
        self.remove_replicas && database.replicas.iter().any(ours)
    }

    /// Whether anything is still to be done to what was seen.
    pub(crate) fn is_done(&self, seen: &Seen) -> bool {
        match seen {
            Seen::Database(database) => !self.removes_from(database),
            Seen::Group(_)
            | Seen::Setting(_)
            | Seen::Flag(_)
            | Seen::Rollout(_)
            | Seen::Job(_)
            | Seen::Volume(_)
            | Seen::Traffic(_)
            | Seen::Nothing(_) => true,
        }
    }
}
