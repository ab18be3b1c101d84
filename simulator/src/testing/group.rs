//! A group in the world of a test: members that were asked for, boot, and serve.

use super::series::{Point, Series};
use setpoint_core::{Group, Span};

/// A group as it stands at the start.
#[derive(Clone, Debug)]
pub(super) struct GroupModel {
    /// Members asked for.
    pub(super) size: u32,
    /// How many of them serve already; the others are just launched.
    pub(super) ready: u32,
    /// From the launch of a member until it serves.
    pub(super) boot: Span,
    /// Members that the provider calls unhealthy.
    pub(super) unhealthy: Series,
}

/// A group in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct GroupWorld {
    model: GroupModel,
    /// When each member serves, in the order of their launches.
    serves: Vec<Span>,
}

impl GroupWorld {
    pub(super) fn new(model: GroupModel) -> Self {
        let member = |n: u32| if n < model.ready { Span::ZERO } else { model.boot };
        Self { serves: (0..model.size).map(member).collect(), model }
    }

    /// Members asked for.
    pub(super) fn desired(&self) -> u32 {
        u32::try_from(self.serves.len()).unwrap_or(u32::MAX)
    }

    /// Members that serve.
    pub(super) fn ready(&self, now: Span) -> u32 {
        let ready = self.serves.iter().filter(|serves| **serves <= now).count();
        u32::try_from(ready).unwrap_or(u32::MAX)
    }

    /// What its provider says of it in pass `index`.
    pub(super) fn seen(&self, now: Span, index: u64) -> Group {
        let (desired, ready) = (self.desired(), self.ready(now));
        let unhealthy = match self.model.unhealthy.at(index) {
            Point::Number(number) => number.max(0.0) as u32,
            Point::Missing | Point::Stale => 0,
        };
        Group { desired, ready, unhealthy, warming: desired - ready, ..Group::default() }
    }

    /// Launches members, or ends the newest, until there are `size`.
    pub(super) fn resize(&mut self, size: u32, now: Span) {
        self.serves.resize(size as usize, now + self.model.boot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_serves_before_it_has_booted() {
        let boot = Span::from_secs(90);
        let unhealthy = Series::constant(0.0);
        let mut group = GroupWorld::new(GroupModel { size: 4, ready: 3, boot, unhealthy });
        let ready = |group: &GroupWorld, s| group.ready(Span::from_secs(s));
        assert_eq!((ready(&group, 0), ready(&group, 89), ready(&group, 90)), (3, 3, 4));
        group.resize(6, Span::from_secs(100));
        assert_eq!((group.desired(), ready(&group, 189), ready(&group, 190)), (6, 4, 6));
        group.resize(2, Span::from_secs(200));
        assert_eq!((group.desired(), ready(&group, 200)), (2, 2));
    }
}
