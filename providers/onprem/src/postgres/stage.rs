//! Where a replica is in its life, and what is to be done about it next. Values only.

use super::disk::{Asked, Data, Disk};
use crate::crew::Standing;
use setpoint_core::{ReplicaState, Span};

/// What is known of one replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What there is of it on this machine.
    pub(crate) disk: Disk,
    /// Whether its place takes connections.
    pub(crate) answers: bool,
    /// Whether it follows the primary, and how far behind, where that is known.
    pub(crate) stream: Option<Option<Span>>,
    /// How it stands where readers connect.
    pub(crate) server: Option<Standing>,
    /// Of a server that takes no new readers: whether none is left, or no time.
    pub(crate) left: bool,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing: it is as it should be, or something takes its time.
    Wait,
    /// Clear away what a base backup left, and begin another.
    Copy,
    /// Start it.
    Start,
    /// Let readers come.
    Register,
    /// Clear away a server that was added half, or of one that went.
    Unregister,
    /// Have no reader come any more.
    Drain,
    /// Keep readers out.
    ShutOut,
    /// Stop it, remove its directory, drop its slot, and have HAProxy forget it.
    End,
}

impl Facts {
    /// Where it is in its life; nothing if it is not ours. `most` is how far behind it may be.
    pub(crate) fn state(&self, most: Span) -> Option<ReplicaState> {
        Some(match self.disk {
            Disk { asked: Asked::Nothing, .. } => return None,
            Disk { asked: Asked::Going, .. } => ReplicaState::Deleting,
            Disk { data: Data::Promoted, .. } => ReplicaState::Busy,
            Disk { data: Data::None | Data::Half, .. } => ReplicaState::Creating,
            Disk { data: Data::Whole, .. } => match self.server {
                None | Some(Standing::Warming | Standing::Leftover) => ReplicaState::Creating,
                Some(Standing::Serving) if self.in_bounds(most) => ReplicaState::Available,
                Some(Standing::Serving | Standing::Sick | Standing::Aside | Standing::Leaving) => {
                    ReplicaState::Busy
                }
            },
        })
    }

    fn in_bounds(&self, most: Span) -> bool {
        self.stream.flatten().is_some_and(|lag| lag <= most)
    }

    /// What is to be done about it next.
    pub(crate) fn step(&self, most: Span) -> Step {
        let Disk { asked, data, copying } = self.disk;
        match (asked, data) {
            (Asked::Nothing, _) | (_, Data::Promoted) => Step::Wait,
            (Asked::Going, _) => self.way_out(),
            (Asked::Wanted, _) if copying => Step::Wait,
            (Asked::Wanted, Data::None | Data::Half) => Step::Copy,
            (Asked::Wanted, Data::Whole) if !self.answers => Step::Start,
            (Asked::Wanted, Data::Whole) => match self.server {
                None if self.in_bounds(most) => Step::Register,
                Some(Standing::Leftover) => Step::Unregister,
                None
                | Some(
                    Standing::Serving
                    | Standing::Warming
                    | Standing::Sick
                    | Standing::Aside
                    | Standing::Leaving,
                ) => Step::Wait,
            },
        }
    }

    /// Out of routing first, then everything else.
    fn way_out(&self) -> Step {
        match self.server {
            Some(Standing::Serving | Standing::Warming | Standing::Sick | Standing::Aside) => {
                Step::Drain
            }
            Some(Standing::Leaving) if self.left => Step::ShutOut,
            Some(Standing::Leaving) => Step::Wait,
            Some(Standing::Leftover) | None => Step::End,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Span = Span::from_secs(10);

    /// A replica that serves readers, but for what `change` makes of it.
    fn facts(change: impl FnOnce(&mut Facts)) -> Facts {
        let disk = Disk { asked: Asked::Wanted, data: Data::Whole, copying: false };
        let (server, stream) = (Some(Standing::Serving), Some(Some(Span::ZERO)));
        let mut facts = Facts { disk, answers: true, stream, server, left: false };
        change(&mut facts);
        facts
    }

    #[test]
    fn it_comes_step_by_step_and_counts_only_at_the_last() {
        use ReplicaState::{Available, Busy, Creating};
        type Change = fn(&mut Facts);
        let rows: [(Change, ReplicaState, Step); 11] = [
            (|it| it.disk.data = Data::None, Creating, Step::Copy),
            (|it| (it.disk.data, it.disk.copying) = (Data::None, true), Creating, Step::Wait),
            (|it| (it.disk.data, it.disk.copying) = (Data::Half, true), Creating, Step::Wait),
            (|it| it.disk.data = Data::Half, Creating, Step::Copy),
            (|it| (it.answers, it.server) = (false, None), Creating, Step::Start),
            (|it| (it.server, it.stream) = (None, None), Creating, Step::Wait),
            (|it| (it.server, it.stream) = (None, Some(None)), Creating, Step::Wait),
            (|it| it.server = None, Creating, Step::Register),
            (|it| it.server = Some(Standing::Warming), Creating, Step::Wait),
            (|_| {}, Available, Step::Wait),
            (|it| it.stream = Some(Some(Span::from_secs(11))), Busy, Step::Wait),
        ];
        for (number, (change, state, step)) in rows.into_iter().enumerate() {
            let facts = facts(change);
            assert_eq!((facts.state(MOST), facts.step(MOST)), (Some(state), step), "row {number}");
        }
    }

    #[test]
    fn it_goes_out_of_routing_first() {
        let going = |server, left| {
            facts(|it| (it.disk.asked, it.server, it.left) = (Asked::Going, server, left))
        };
        for (server, left, step) in [
            (Some(Standing::Serving), false, Step::Drain),
            (Some(Standing::Sick), false, Step::Drain),
            (Some(Standing::Leaving), false, Step::Wait),
            (Some(Standing::Leaving), true, Step::ShutOut),
            (Some(Standing::Leftover), true, Step::End),
            (None, false, Step::End),
        ] {
            let facts = going(server, left);
            assert_eq!(facts.step(MOST), step, "{server:?}");
            assert_eq!(facts.state(MOST), Some(ReplicaState::Deleting), "it holds its name");
        }
    }

    #[test]
    fn what_is_not_ours_or_was_promoted_is_never_touched() {
        for data in [Data::None, Data::Half, Data::Whole, Data::Promoted] {
            let strange = facts(|it| (it.disk.asked, it.disk.data) = (Asked::Nothing, data));
            assert_eq!((strange.state(MOST), strange.step(MOST)), (None, Step::Wait));
        }
        for asked in [Asked::Wanted, Asked::Going] {
            let promoted = facts(|it| (it.disk.asked, it.disk.data) = (asked, Data::Promoted));
            assert_eq!(promoted.step(MOST), Step::Wait);
        }
    }
}
