//! The group: members that were asked for, boot, serve, and are paid for.

use super::{
    SessionsModel,
    bill::{Rent, Tariff},
    sessions::name,
};
use crate::chance::{Chance, Spread};
use setpoint_core::{Group, Member as SeenMember, MemberState, Range, Span};

/// The group as it stands at the start of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FleetModel {
    /// Members at the start, all ready.
    pub size: u32,
    /// The group's own range.
    pub range: Range,
    /// From the launch of a member until it serves.
    pub boot: Spread,
    /// What a member costs.
    pub tariff: Tariff,
    /// How sessions come and go, where members have any; only then are they told by name.
    pub sessions: Option<SessionsModel>,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    /// The how many-th launch it is.
    number: u64,
    launched: Span,
    serves: Span,
    /// From when on it is on standby, once it was put there.
    aside: Option<Span>,
}

impl Member {
    fn name(&self) -> String {
        name(self.number)
    }

    fn serves(&self, now: Span) -> bool {
        self.serves <= now && self.aside.is_none()
    }

    /// Whether it takes new work: on its way to standby it still does.
    fn is_open(&self, now: Span) -> bool {
        self.serves <= now && self.aside.is_none_or(|aside| now < aside)
    }

    fn state(&self, now: Span) -> MemberState {
        match self.aside {
            Some(aside) if aside <= now => MemberState::Standby,
            None if self.serves <= now => MemberState::Serving,
            Some(_) | None => MemberState::Other,
        }
    }
}

/// The group in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct Fleet {
    model: FleetModel,
    /// In the order of their launches.
    members: Vec<Member>,
    launches: u64,
    chance: Chance,
    rent: Rent,
}

impl Fleet {
    pub(super) fn new(model: FleetModel, chance: Chance) -> Self {
        let (launched, serves) = (Span::ZERO, Span::ZERO);
        let started = |number| Member { number, launched, serves, aside: None };
        Self {
            members: (0..u64::from(model.size)).map(started).collect(),
            launches: u64::from(model.size),
            rent: Rent::new(model.tariff),
            model,
            chance,
        }
    }

    /// Members that serve.
    pub(super) fn ready(&self, now: Span) -> u32 {
        count(self.members.iter().filter(|member| member.serves(now)))
    }

    /// Members asked for.
    pub(super) fn desired(&self) -> u32 {
        count(self.members.iter().filter(|member| member.aside.is_none()))
    }

    /// The group's own range.
    pub(super) fn range(&self) -> Range {
        self.model.range
    }

    /// What the provider says of the group.
    pub(super) fn seen(&self, now: Span) -> Group {
        let (desired, ready) = (self.desired(), self.ready(now));
        let own_range = Some(self.model.range);
        let members = match self.model.sessions {
            Some(_) => self.members.iter().map(|member| seen(member, now)).collect(),
            None => Vec::new(),
        };
        let warming = desired - ready;
        Group { desired, ready, warming, own_range, members, ..Group::default() }
    }

    /// The numbers of all members, and of those that take new work.
    pub(super) fn numbers(&self, now: Span) -> (Vec<u64>, Vec<u64>) {
        let open = self.members.iter().filter(|member| member.is_open(now));
        (self.members.iter().map(|it| it.number).collect(), open.map(|it| it.number).collect())
    }

    /// Launches members, or ends the newest, until there are `size`: those that were ended.
    pub(super) fn resize(&mut self, size: u32, now: Span) -> Vec<u64> {
        while self.desired() < size {
            let boot = self.model.boot.draw(&mut self.chance.stream("member", self.launches));
            self.launches += 1;
            let (number, serves) = (self.launches - 1, now + boot);
            self.members.push(Member { number, launched: now, serves, aside: None });
        }
        let serving = self.members.iter().filter(|member| member.aside.is_none());
        let newest: Vec<u64> = serving.map(|member| member.number).skip(size as usize).collect();
        self.end(|member| newest.contains(&member.number), now)
    }

    /// Puts the named on standby from `aside` on, or back into service without.
    pub(super) fn put_aside(&mut self, names: &[String], aside: Option<Span>) {
        for member in self.members.iter_mut().filter(|member| names.contains(&member.name())) {
            member.aside = aside;
        }
    }

    /// Ends the named.
    pub(super) fn retire(&mut self, names: &[String], now: Span) -> Vec<u64> {
        self.end(|member| names.contains(&member.name()), now)
    }

    fn end(&mut self, goes: impl Fn(&Member) -> bool, now: Span) -> Vec<u64> {
        let gone: Vec<Member> = self.members.extract_if(.., |member| goes(member)).collect();
        for member in &gone {
            self.rent.pay(now.minus(member.launched));
        }
        gone.iter().map(|member| member.number).collect()
    }

    /// All that was paid for members, if the run ended at `now`.
    pub(super) fn rent(&self, now: Span) -> Rent {
        let mut rent = self.rent;
        for member in &self.members {
            rent.pay(now.minus(member.launched));
        }
        rent
    }
}

fn seen(member: &Member, now: Span) -> SeenMember {
    let zone = ["a", "b", "c"][(member.number % 3) as usize];
    SeenMember { name: member.name(), zone: Some(zone.to_owned()), state: member.state(now) }
}

fn count<'a>(members: impl Iterator<Item = &'a Member>) -> u32 {
    u32::try_from(members.count()).expect("a group has fewer members than u32 counts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fleet() -> Fleet {
        let model = FleetModel {
            size: 10,
            range: Range::new(10, 200).unwrap(),
            boot: Spread { median: Span::from_secs(120), sigma: 0.3 },
            tariff: Tariff { per_hour: 0.085, least: Span::from_secs(60) },
            sessions: None,
        };
        Fleet::new(model, Chance::new(1))
    }

    #[test]
    fn no_member_serves_before_it_has_booted() {
        let mut fleet = fleet();
        fleet.resize(110, Span::ZERO);
        let ready = |s| fleet.ready(Span::from_secs(s));
        assert_eq!((ready(0), ready(30)), (10, 10));
        assert!((50..70).contains(&ready(120)), "{} ready at the median", ready(120));
        assert_eq!(ready(600), 110);
    }

    #[test]
    fn the_nth_launch_takes_as_long_under_any_policy() {
        let boots = |sizes: &[u32]| {
            let mut fleet = fleet();
            sizes.iter().for_each(|size| drop(fleet.resize(*size, Span::ZERO)));
            fleet.members.iter().map(|member| member.serves).collect::<Vec<_>>()
        };
        assert_eq!(boots(&[30]), boots(&[12, 15, 30]));
    }

    #[test]
    fn a_member_that_lived_for_a_second_is_paid_for_a_minute() {
        let mut fleet = fleet();
        fleet.resize(11, Span::ZERO);
        fleet.resize(10, Span::from_secs(1));
        let hours = fleet.rent(Span::from_secs(3600)).hours();
        assert!((hours - (10.0 + 1.0 / 60.0)).abs() < 1e-9, "{hours}");
    }

    proptest! {
        #[test]
        fn it_never_has_more_members_than_were_asked_for(sizes in prop::collection::vec(0..200_u32, 1..40)) {
            let mut fleet = fleet();
            for (i, size) in sizes.into_iter().enumerate() {
                let now = Span::from_secs(30 * i as u64);
                fleet.resize(size, now);
                let seen = fleet.seen(now);
                prop_assert_eq!(seen.desired, size);
                prop_assert_eq!(seen.ready + seen.warming, size);
            }
        }
    }
}
