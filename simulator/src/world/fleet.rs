//! The group: members that were asked for, boot, serve, and are paid for.

use super::bill::{Rent, Tariff};
use crate::chance::{Chance, Spread};
use setpoint_core::{Group, Range, Span};

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
}

#[derive(Clone, Copy, Debug)]
struct Member {
    launched: Span,
    serves: Span,
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
        let started = Member { launched: Span::ZERO, serves: Span::ZERO };
        Self {
            members: vec![started; model.size as usize],
            launches: u64::from(model.size),
            rent: Rent::new(model.tariff),
            model,
            chance,
        }
    }

    /// Members that serve.
    pub(super) fn ready(&self, now: Span) -> u32 {
        count(self.members.iter().filter(|member| member.serves <= now))
    }

    /// Members asked for.
    pub(super) fn desired(&self) -> u32 {
        count(self.members.iter())
    }

    /// The group's own range.
    pub(super) fn range(&self) -> Range {
        self.model.range
    }

    /// What the provider says of the group.
    pub(super) fn seen(&self, now: Span) -> Group {
        let (desired, ready) = (self.desired(), self.ready(now));
        let own_range = Some(self.model.range);
        Group { desired, ready, warming: desired - ready, own_range, ..Group::default() }
    }

    /// Launches members, or ends the newest, until there are `size`.
    pub(super) fn resize(&mut self, size: u32, now: Span) {
        while self.desired() < size {
            let boot = self.model.boot.draw(&mut self.chance.stream("member", self.launches));
            self.launches += 1;
            self.members.push(Member { launched: now, serves: now + boot });
        }
        for member in self.members.drain(size as usize..) {
            self.rent.pay(now.minus(member.launched));
        }
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
            sizes.iter().for_each(|size| fleet.resize(*size, Span::ZERO));
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
