//! The group: members that were asked for, boot, serve, and are paid for.

use super::{
    SessionsModel,
    bill::{Rent, Tariff},
    faults::Weather,
    sessions::name,
};
use crate::chance::{Chance, Spread, Stream};
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
    /// Zones it is spread over, 1 to 26.
    pub zones: u32,
    /// The share of launches of which nothing comes, 0 to 1.
    pub launch_fails: f64,
    /// How long a member is paid for after it was ended: it finishes its work.
    pub drain: Span,
    /// From the loss of a member until its provider launches another.
    pub replaced_after: Span,
    /// The part that is lent cheaply and may be called back.
    pub spot: Option<Spot>,
    /// Members that are kept ready to be started.
    pub warm: Option<WarmPool>,
    /// How sessions come and go, where members have any; only then are they told by name.
    pub sessions: Option<SessionsModel>,
}

/// Members that are lent: cheap, and at times called back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// The share of launches that are lent, 0 to 1.
    pub share: f64,
    /// What one costs.
    pub tariff: Tariff,
}

/// Members that have booted and were stopped: cheap to keep, and quick to start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarmPool {
    /// How many are kept; one that was taken is made up for in the time of a boot.
    pub size: u32,
    /// From the start of one until it serves.
    pub start: Spread,
    /// Dollars for an hour of one.
    pub per_hour: f64,
}

impl FleetModel {
    /// A group in three zones, of which nothing goes wrong by itself.
    pub const fn new(size: u32, range: Range, boot: Spread, tariff: Tariff) -> Self {
        Self {
            size,
            range,
            boot,
            tariff,
            zones: 3,
            launch_fails: 0.0,
            drain: Span::ZERO,
            replaced_after: Span::from_secs(60),
            spot: None,
            warm: None,
            sessions: None,
        }
    }
}

/// A member of the group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// The how many-th launch it is.
    pub number: u64,
    /// Its zone, from zero.
    pub zone: u32,
    /// Whether it is lent.
    pub spot: bool,
    /// When it was launched.
    pub launched: Span,
    /// From when on it serves.
    pub serves: Span,
    /// Whether it is found to be no good when it should serve.
    fails: bool,
    /// From when on it is on standby, once it was put there.
    pub aside: Option<Span>,
}

impl Member {
    /// Whether it is found to be no good when it should serve: nobody knows before.
    pub const fn fails(&self) -> bool {
        self.fails
    }

    pub(super) fn name(&self) -> String {
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
    pub(super) model: FleetModel,
    /// Members asked for, but for those on standby.
    pub(super) desired: u32,
    /// In the order of their launches.
    pub(super) members: Vec<Member>,
    /// Of them, the ones on standby or on their way there, and the ones that come to nothing.
    standby: usize,
    failing: usize,
    /// How many serve, and until when that is known: nothing is counted twice in a second.
    pub(super) serving: Option<(Span, u32)>,
    launches: u64,
    chance: Chance,
    rent: Rent,
    spot_rent: Option<Rent>,
    /// When each of the warm pool can be started.
    warm: Vec<Span>,
    /// Since when members are missing that were lost.
    short_since: Option<Span>,
    /// Whether members are launched when some are missing.
    pub(super) launching: bool,
    /// What the provider said last of what it could not launch, and when.
    pub(super) shortfall: Option<(Span, &'static str)>,
}

impl Fleet {
    /// How long what could not be launched is told.
    const TOLD: Span = Span::from_minutes(5);

    pub(super) fn new(model: FleetModel, chance: Chance) -> Self {
        let mut fleet = Self {
            desired: model.size,
            members: Vec::new(),
            standby: 0,
            failing: 0,
            serving: None,
            launches: 0,
            rent: Rent::new(model.tariff),
            spot_rent: model.spot.map(|spot| Rent::new(spot.tariff)),
            warm: vec![Span::ZERO; model.warm.map_or(0, |warm| warm.size as usize)],
            short_since: None,
            launching: true,
            shortfall: None,
            model,
            chance,
        };
        for number in 0..u64::from(model.size) {
            let zone = (number % u64::from(model.zones)) as u32;
            let (launched, serves, spot) = (Span::ZERO, Span::ZERO, fleet.is_spot(number));
            let (fails, aside) = (false, None);
            fleet.members.push(Member { number, zone, spot, launched, serves, fails, aside });
        }
        fleet.launches = u64::from(model.size);
        fleet
    }

    /// Members that serve.
    pub(super) fn ready(&self, now: Span) -> u32 {
        match self.serving {
            Some((until, ready)) if now < until => ready,
            Some(_) | None => count(self.members.iter().filter(|member| member.serves(now))),
        }
    }

    /// Counts who serves, for as long as that does not change by itself.
    fn count_serving(&mut self, now: Span) {
        if self.serving.is_none_or(|(until, _)| until <= now) {
            self.serving = None;
            let next = self.members.iter().map(|member| member.serves).filter(|at| *at > now);
            let until = next.min().unwrap_or(Span::from_ms(u64::MAX));
            self.serving = Some((until, self.ready(now)));
        }
    }

    /// Members asked for.
    pub(super) const fn desired(&self) -> u32 {
        self.desired
    }

    /// The group's own range.
    pub(super) const fn range(&self) -> Range {
        self.model.range
    }

    /// What the provider says of the group.
    pub(super) fn seen(&self, now: Span) -> Group {
        let (desired, ready) = (self.desired, self.ready(now));
        let own_range = Some(self.model.range);
        let members = match self.model.sessions {
            Some(_) => self.members.iter().map(|member| seen(member, now)).collect(),
            None => Vec::new(),
        };
        let warming = self.in_service().saturating_sub(ready);
        let told = self.shortfall.filter(|(at, _)| now.minus(*at) < Self::TOLD);
        let shortfall = told.map(|(_, why)| why.to_owned());
        Group { desired, ready, warming, own_range, members, shortfall, ..Group::default() }
    }

    /// Members that serve or will.
    fn in_service(&self) -> u32 {
        size(self.members.len() - self.standby)
    }

    /// The numbers of all members, and of those that take new work.
    pub(super) fn numbers(&self, now: Span) -> (Vec<u64>, Vec<u64>) {
        let open = self.members.iter().filter(|member| member.is_open(now));
        (self.members.iter().map(|it| it.number).collect(), open.map(|it| it.number).collect())
    }

    /// Lets a second pass: members that came to nothing are found out, and those that are
    /// missing for long enough are launched anew.
    pub(super) fn step(&mut self, now: Span, weather: &Weather) {
        let found = |member: &Member| member.fails && member.serves <= now;
        if self.failing > 0 && self.members.iter().any(found) {
            self.shortfall = Some((now, "a member failed its health check after its launch"));
            self.lose(found, now);
        }
        self.count_serving(now);
        if self.in_service() >= self.desired {
            self.short_since = None;
            return;
        }
        let since = *self.short_since.get_or_insert(now);
        if now.minus(since) >= self.model.replaced_after {
            self.short_since = None;
            self.launch_missing(now, weather);
            self.count_serving(now);
        }
    }

    /// Launches members, or ends the newest, until there are `size`: those that were ended.
    pub(super) fn resize(&mut self, size: u32, now: Span, weather: &Weather) -> Vec<u64> {
        self.desired = size;
        self.launch_missing(now, weather);
        let serving = self.members.iter().filter(|member| member.aside.is_none());
        let newest: Vec<u64> = serving.map(|member| member.number).skip(size as usize).collect();
        self.end(|member| newest.contains(&member.number), now)
    }

    pub(super) fn launch_missing(&mut self, now: Span, weather: &Weather) {
        if !self.launching {
            return;
        }
        for _ in self.in_service()..self.desired {
            if !self.launch(now, weather) {
                self.shortfall = Some((now, "no capacity in any zone"));
                return;
            }
        }
    }

    /// Launches one in the emptiest of the zones that take any; false where none does.
    fn launch(&mut self, now: Span, weather: &Weather) -> bool {
        let open = (0..self.model.zones).filter(|zone| weather.launches_in(*zone));
        let crowd = |zone: &u32| count(self.members.iter().filter(|one| one.zone == *zone));
        let Some(zone) = open.min_by_key(crowd) else { return false };
        let number = self.launches;
        self.launches += 1;
        let mut stream = self.chance.stream("member", number);
        let boot = self.boot(&mut stream, now, weather);
        let fails = stream.uniform() < self.model.launch_fails.max(weather.launch_fails);
        let (serves, spot, aside) = (now + boot, self.is_spot(number), None);
        self.serving = None;
        self.failing += usize::from(fails);
        self.members.push(Member { number, zone, spot, launched: now, serves, fails, aside });
        true
    }

    /// How long the next launch takes: from the warm pool, if there is one in it.
    fn boot(&mut self, stream: &mut Stream, now: Span, weather: &Weather) -> Span {
        let slow = |boot: Span| Span::from_ms((boot.ms() as f64 * weather.boot).round() as u64);
        let boot = slow(self.model.boot.draw(stream));
        let ready = self.warm.iter_mut().find(|from| **from <= now);
        match (ready, self.model.warm) {
            (Some(from), Some(pool)) => {
                *from = now + boot;
                slow(pool.start.draw(stream))
            }
            (None, _) | (_, None) => boot,
        }
    }

    /// Spread evenly over the launches.
    fn is_spot(&self, number: u64) -> bool {
        let share = self.model.spot.map_or(0.0, |spot| spot.share);
        let upto = |launches: u64| (launches as f64 * share).floor();
        upto(number + 1) > upto(number)
    }

    /// Loses members without being asked: those of a zone.
    pub(super) fn lose_zone(&mut self, zone: u32, now: Span) {
        self.lose(|member| member.zone == zone, now);
    }

    /// Loses the oldest `share` of the members, or of those that are lent.
    pub(super) fn lose_share(&mut self, share: f64, only_spot: bool, now: Span) {
        let may = self.members.iter().filter(|member| member.spot || !only_spot);
        let numbers: Vec<u64> = may.map(|member| member.number).collect();
        let lost = &numbers[..(numbers.len() as f64 * share).round() as usize];
        self.lose(|member| lost.contains(&member.number), now);
    }

    fn lose(&mut self, lost: impl Fn(&Member) -> bool, now: Span) {
        self.end(lost, now);
    }

    /// Puts the named on standby from `aside` on, or back into service without.
    pub(super) fn put_aside(&mut self, names: &[String], aside: Option<Span>) {
        self.serving = None;
        for member in self.members.iter_mut().filter(|member| names.contains(&member.name())) {
            match (member.aside, aside) {
                (None, Some(_)) => {
                    self.desired = self.desired.saturating_sub(1);
                    self.standby += 1;
                }
                (Some(_), None) => {
                    self.desired += 1;
                    self.standby -= 1;
                }
                (None, None) | (Some(_), Some(_)) => {}
            }
            member.aside = aside;
        }
    }

    /// Ends the named.
    pub(super) fn retire(&mut self, names: &[String], now: Span) -> Vec<u64> {
        self.end(|member| names.contains(&member.name()), now)
    }

    pub(super) fn end(&mut self, goes: impl Fn(&Member) -> bool, now: Span) -> Vec<u64> {
        let gone: Vec<Member> = self.members.extract_if(.., |member| goes(member)).collect();
        self.serving = None;
        for member in &gone {
            self.standby -= usize::from(member.aside.is_some());
            self.failing -= usize::from(member.fails);
            let lived = now.minus(member.launched) + self.model.drain;
            pay(&mut self.rent, &mut self.spot_rent, member, lived);
        }
        gone.iter().map(|member| member.number).collect()
    }

    /// Dollars paid for members, if the run ended at `now`.
    pub(super) fn dollars(&self, now: Span) -> f64 {
        let (mut rent, mut spot) = (self.rent, self.spot_rent);
        for member in &self.members {
            pay(&mut rent, &mut spot, member, now.minus(member.launched));
        }
        let kept = |warm: WarmPool| f64::from(warm.size) * warm.per_hour * now.secs() / 3600.0;
        let warm = self.model.warm.map_or(0.0, kept);
        rent.dollars() + spot.map_or(0.0, |rent| rent.dollars()) + warm
    }

    /// Hours paid for members, lent or not, if the run ended at `now`.
    pub(super) fn hours(&self, now: Span) -> f64 {
        let (mut rent, mut spot) = (self.rent, self.spot_rent);
        for member in &self.members {
            pay(&mut rent, &mut spot, member, now.minus(member.launched));
        }
        rent.hours() + spot.map_or(0.0, |rent| rent.hours())
    }
}

fn pay(rent: &mut Rent, spot: &mut Option<Rent>, member: &Member, lived: Span) {
    spot.as_mut().filter(|_| member.spot).unwrap_or(rent).pay(lived);
}

fn seen(member: &Member, now: Span) -> SeenMember {
    let zone = char::from(b'a' + (member.zone % 26) as u8).to_string();
    SeenMember { name: member.name(), zone: Some(zone), state: member.state(now) }
}

fn count<'a>(members: impl Iterator<Item = &'a Member>) -> u32 {
    size(members.count())
}

fn size(members: usize) -> u32 {
    u32::try_from(members).expect("a group has fewer members than u32 counts")
}

#[cfg(test)]
mod tests {
    use super::super::faults::{self, Fault, FaultKind, When};
    use super::*;
    use proptest::prelude::*;

    fn fleet() -> Fleet {
        let boot = Spread { median: Span::from_secs(120), sigma: 0.3 };
        let tariff = Tariff { per_hour: 0.085, least: Span::from_secs(60) };
        let model = FleetModel::new(10, Range::new(10, 200).unwrap(), boot, tariff);
        Fleet::new(model, Chance::new(1))
    }

    #[test]
    fn no_member_serves_before_it_has_booted() {
        let mut fleet = fleet();
        fleet.resize(110, Span::ZERO, &Weather::default());
        let ready = |s| fleet.ready(Span::from_secs(s));
        assert_eq!((ready(0), ready(30)), (10, 10));
        assert!((50..70).contains(&ready(120)), "{} ready at the median", ready(120));
        assert_eq!(ready(600), 110);
    }

    #[test]
    fn the_nth_launch_takes_as_long_under_any_policy() {
        let boots = |sizes: &[u32]| {
            let mut fleet = fleet();
            for size in sizes {
                fleet.resize(*size, Span::ZERO, &Weather::default());
            }
            fleet.members.iter().map(|member| member.serves).collect::<Vec<_>>()
        };
        assert_eq!(boots(&[30]), boots(&[12, 15, 30]));
    }

    #[test]
    fn a_member_that_lived_for_a_second_is_paid_for_a_minute() {
        let mut fleet = fleet();
        fleet.resize(11, Span::ZERO, &Weather::default());
        fleet.resize(10, Span::from_secs(1), &Weather::default());
        let hours = fleet.hours(Span::from_secs(3600));
        assert!((hours - (10.0 + 1.0 / 60.0)).abs() < 1e-9, "{hours}");
    }

    #[test]
    fn what_is_lost_is_replaced_after_a_while_and_in_other_zones() {
        let mut fleet = fleet();
        fleet.lose_zone(1, Span::ZERO);
        let mut closed = faults::Faults::new(
            &[Fault {
                when: When::At(Span::ZERO),
                lasts: Span::from_secs(3600),
                kind: FaultKind::ZoneDown(1),
            }],
            Span::from_secs(3600),
            Chance::new(1),
        );
        closed.step(Span::ZERO);
        let mut ready = Vec::new();
        for second in 0..600 {
            let now = Span::from_secs(second);
            fleet.step(now, &closed.weather);
            ready.push(fleet.ready(now));
        }
        assert_eq!((ready[0], ready[599], fleet.desired()), (7, 10, 10));
        assert_eq!(fleet.members.iter().filter(|member| member.zone == 1).count(), 0);
        assert!(ready[59] == 7, "replaced before anybody noticed");
    }

    #[test]
    fn launches_of_which_nothing_comes_are_told_and_made_again() {
        let mut fleet = fleet();
        let failing = Weather { launch_fails: 1.0, ..Weather::default() };
        fleet.resize(20, Span::ZERO, &failing);
        for second in 0..400 {
            fleet.step(Span::from_secs(second), &failing);
        }
        assert_eq!(fleet.ready(Span::from_secs(400)), 10);
        assert!(fleet.seen(Span::from_secs(400)).shortfall.is_some());
        for second in 400..1200 {
            fleet.step(Span::from_secs(second), &Weather::default());
        }
        assert_eq!(fleet.ready(Span::from_secs(1200)), 20);
    }

    #[test]
    fn lent_members_are_spread_evenly_and_cost_what_they_cost() {
        let tariff = Tariff { per_hour: 0.03, least: Span::ZERO };
        let spot = Some(Spot { share: 0.4, tariff });
        let fleet = Fleet::new(FleetModel { spot, ..fleet().model }, Chance::new(1));
        assert_eq!(fleet.members.iter().filter(|member| member.spot).count(), 4);
        let dollars = fleet.dollars(Span::from_secs(3600));
        assert!((dollars - (6.0 * 0.085 + 4.0 * 0.03)).abs() < 1e-9, "{dollars}");
    }

    proptest! {
        #[test]
        fn it_never_has_more_members_than_were_asked_for(sizes in prop::collection::vec(0..200_u32, 1..40)) {
            let mut fleet = fleet();
            for (i, size) in sizes.into_iter().enumerate() {
                let now = Span::from_secs(30 * i as u64);
                fleet.resize(size, now, &Weather::default());
                let seen = fleet.seen(now);
                prop_assert_eq!(seen.desired, size);
                prop_assert_eq!(seen.ready + seen.warming, size);
            }
        }
    }
}
