//! A group in the world of a test: members that were asked for, boot, and serve.

use super::series::{Point, Series};
use setpoint_core::{Group, Member, MemberState, Span};

/// A group as it stands at the start.
#[derive(Clone, Debug)]
pub(super) struct GroupModel {
    /// Members asked for.
    pub(super) size: u32,
    /// How many of them serve already; the others are just launched.
    pub(super) ready: u32,
    /// From the launch of a member until it serves.
    pub(super) boot: Span,
    /// Members that the provider calls unhealthy: those that were launched first.
    pub(super) unhealthy: Series,
    /// What the first members are called; whoever has no name here is called after its launch.
    pub(super) names: Vec<String>,
    /// Whether the provider tells who they are.
    pub(super) is_named: bool,
}

impl GroupModel {
    /// Members who all serve, at once.
    pub(super) fn of(size: u32) -> Self {
        Self {
            size,
            ready: size,
            boot: Span::ZERO,
            unhealthy: Series::constant(0.0),
            names: Vec::new(),
            is_named: false,
        }
    }
}

/// A group in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct GroupWorld {
    model: GroupModel,
    /// In the order of their launches.
    members: Vec<Life>,
    launches: usize,
}

/// One member's life.
#[derive(Clone, Debug)]
struct Life {
    /// Of which launch it is, counted from 0.
    launch: usize,
    serves: Span,
}

impl GroupWorld {
    pub(super) fn new(model: GroupModel) -> Self {
        let (ready, size) = (model.ready, model.size);
        let mut world = Self { model, members: Vec::new(), launches: 0 };
        world.launch(ready, Span::ZERO);
        let boot = world.model.boot;
        world.launch(size - ready, boot);
        world
    }

    /// Members asked for.
    pub(super) fn desired(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX)
    }

    /// Members that serve.
    pub(super) fn ready(&self, now: Span) -> u32 {
        let ready = self.members.iter().filter(|member| member.serves <= now).count();
        u32::try_from(ready).unwrap_or(u32::MAX)
    }

    /// What its provider says of it in pass `index`.
    pub(super) fn seen(&self, now: Span, index: u64) -> Group {
        let (desired, ready) = (self.desired(), self.ready(now));
        let unhealthy = match self.model.unhealthy.at(index) {
            Point::Number(number) => number.max(0.0) as u32,
            Point::Missing | Point::Stale => 0,
        };
        let members = if self.model.is_named { self.named(now, unhealthy) } else { Vec::new() };
        let warming = desired - ready;
        Group { desired, ready, unhealthy, warming, members, ..Group::default() }
    }

    /// Launches members, or ends the newest, until there are `size`.
    pub(super) fn resize(&mut self, size: u32, now: Span) {
        self.members.truncate(size as usize);
        self.launch(size - self.desired(), now + self.model.boot);
    }

    /// Ends the member of this name, and launches another; nothing, if there is none.
    pub(super) fn replace(&mut self, name: &str, now: Span) {
        let Some(place) = self.members.iter().position(|it| self.name(it.launch) == name) else {
            return;
        };
        self.members.remove(place);
        self.launch(1, now + self.model.boot);
    }

    fn launch(&mut self, count: u32, serves: Span) {
        for _ in 0..count {
            self.members.push(Life { launch: self.launches, serves });
            self.launches += 1;
        }
    }

    fn name(&self, launch: usize) -> String {
        self.model.names.get(launch).cloned().unwrap_or_else(|| format!("m-{}", launch + 1))
    }

    /// The members by name, as many of those that serve called unhealthy.
    fn named(&self, now: Span, unhealthy: u32) -> Vec<Member> {
        let mut sick = unhealthy;
        let member = |life: &Life| {
            let state = match life.serves <= now {
                false => MemberState::Other,
                true if sick > 0 => {
                    sick -= 1;
                    MemberState::Sick
                }
                true => MemberState::Serving,
            };
            Member { name: self.name(life.launch), zone: None, state }
        };
        let mut members: Vec<Member> = self.members.iter().map(member).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> GroupWorld {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let boot = Span::from_secs(90);
        GroupWorld::new(GroupModel { ready: 3, boot, names, is_named: true, ..GroupModel::of(4) })
    }

    #[test]
    fn no_member_serves_before_it_has_booted() {
        let mut group = group();
        let ready = |group: &GroupWorld, s| group.ready(Span::from_secs(s));
        assert_eq!((ready(&group, 0), ready(&group, 89), ready(&group, 90)), (3, 3, 4));
        group.resize(6, Span::from_secs(100));
        assert_eq!((group.desired(), ready(&group, 189), ready(&group, 190)), (6, 4, 6));
        group.resize(2, Span::from_secs(200));
        assert_eq!((group.desired(), ready(&group, 200)), (2, 2));
    }

    #[test]
    fn one_that_is_replaced_never_comes_back() {
        let mut group = group();
        let names = |group: &GroupWorld, s| {
            let seen = group.seen(Span::from_secs(s), 0);
            let serving = seen.members.into_iter().filter(|it| it.state == MemberState::Serving);
            serving.map(|it| it.name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&group, 0), "a b m-3");
        for second in [100, 101] {
            group.replace("a", Span::from_secs(second));
        }
        assert_eq!((group.desired(), names(&group, 189)), (4, "b m-3 m-4".to_owned()));
        assert_eq!(names(&group, 190), "b m-3 m-4 m-5");
    }
}
