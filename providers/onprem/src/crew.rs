//! Who is in a backend, who is on the way, and which places are free. Values only.
//!
//! Whose a server is, its name says; whether it is in service, its weight: with 0 it is on its
//! way in or out, whatever else holds. So nothing has to be remembered between two looks, and
//! a server that a person takes out by hand, its weight left alone, is nobody's to finish.

use crate::{Place, Pool, table::Server};
use setpoint_core::{Group, Member, MemberState, Range, Span};
use std::collections::BTreeSet;

/// A member that has not come up within this time is sick.
const WARMS_AT_MOST: Span = Span::from_minutes(10);

/// How often HAProxy counts a server as gone down that never was up: it is added as down.
const NEVER_UP: u32 = 1;

/// Where a server of ours is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// In service, and HAProxy's check says up.
    Serving,
    /// In service, and not up for the first time yet.
    Warming,
    /// In service, and down.
    Sick,
    /// Taken out by somebody else: it is left alone.
    Aside,
    /// It takes nobody new.
    Leaving,
    /// Out of HAProxy's hands: to be stopped and forgotten. Also what a start left half done.
    Leftover,
}

impl Standing {
    fn of(server: &Server) -> Self {
        match server {
            Server { weight: 0, maint: true, .. } => Self::Leftover,
            Server { weight: 0, .. } => Self::Leaving,
            Server { maint, drain, .. } if *maint || *drain => Self::Aside,
            Server { up: true, .. } => Self::Serving,
            Server { downs, since, .. } if *downs <= NEVER_UP && *since < WARMS_AT_MOST => {
                Self::Warming
            }
            _ => Self::Sick,
        }
    }

    pub(crate) const fn in_service(self) -> bool {
        matches!(self, Self::Serving | Self::Warming | Self::Sick)
    }
}

/// A server of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) place: Place,
    pub(crate) standing: Standing,
    /// Its number among the places, unless it is none of them any more.
    pub(crate) order: Option<usize>,
    pub(crate) server: Server,
}

/// Everybody at a backend, and the places around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crew {
    /// Ours, in HAProxy's order.
    pub(crate) seats: Vec<Seat>,
    /// Servers in service that are not ours: up, and down.
    pub(crate) theirs: (u32, u32),
    /// Places that answer and that HAProxy does not know: it has lost them.
    pub(crate) lost: Vec<Place>,
    /// Places where nothing is, in their order.
    pub(crate) free: Vec<Place>,
    /// How many members there may be, theirs among them.
    most: u32,
}

/// The places of `pool` that no server of `servers` stands for.
pub(crate) fn unregistered(pool: &Pool, servers: &[Server]) -> Vec<Place> {
    let taken: BTreeSet<Place> = servers.iter().filter_map(|it| it.place).collect();
    pool.places.iter().copied().filter(|place| !taken.contains(place)).collect()
}

impl Crew {
    /// Who there is, where `answering` are the places without a server at which somebody is.
    pub(crate) fn of(pool: &Pool, servers: &[Server], answering: &BTreeSet<Place>) -> Self {
        let mut crew = Self::default();
        for server in servers {
            let Some(place) = Place::of_server(&server.name) else {
                let (up, down) = &mut crew.theirs;
                match (server.maint || server.drain, server.up) {
                    (true, _) => {}
                    (false, true) => *up += 1,
                    (false, false) => *down += 1,
                }
                continue;
            };
            let order = pool.places.iter().position(|it| *it == place);
            let (standing, server) = (Standing::of(server), server.clone());
            crew.seats.push(Seat { place, standing, order, server });
        }
        let unregistered = unregistered(pool, servers);
        (crew.lost, crew.free) = unregistered.into_iter().partition(|it| answering.contains(it));
        let usable = |seat: &&Seat| seat.order.is_some() && seat.standing != Standing::Aside;
        let listed = crew.seats.iter().filter(usable).count();
        crew.most = crew.theirs() + count(listed + crew.lost.len() + crew.free.len());
        crew
    }

    fn theirs(&self) -> u32 {
        self.theirs.0 + self.theirs.1
    }

    /// Ours in service, HAProxy's order.
    pub(crate) fn in_service(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| seat.standing.in_service())
    }

    /// The seat of this name.
    pub(crate) fn seat(&self, name: &str) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.server.name == name)
    }

    /// The same without the seat of this name.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut others = self.clone();
        others.seats.retain(|seat| seat.server.name != name);
        others
    }

    fn counted(&self, standing: Standing) -> u32 {
        count(self.seats.iter().filter(|seat| seat.standing == standing).count())
    }

    /// How many are asked for. Who answers and was forgotten by HAProxy is among them.
    pub(crate) fn size(&self) -> u32 {
        self.theirs() + count(self.in_service().count() + self.lost.len())
    }

    /// Fails to be a range only where nothing can be, and then it has none.
    pub(crate) fn range(&self) -> Option<Range> {
        Range::new(self.theirs(), self.most)
    }

    /// Who goes first: what is no place any more, then who serves nobody, then the last places.
    pub(crate) fn victims(&self, wanted: usize) -> Vec<&Seat> {
        let mut seats: Vec<&Seat> = self.in_service().collect();
        seats.sort_by_key(|seat| {
            let last = std::cmp::Reverse(seat.order);
            (seat.order.is_some(), seat.standing == Standing::Serving, last)
        });
        seats.truncate(wanted);
        seats
    }

    /// Who is on the way out and could be taken back at once, the first places first.
    pub(crate) fn reserve(&self, wanted: usize) -> Vec<&Seat> {
        let back = |seat: &&Seat| seat.standing == Standing::Leaving && seat.server.up;
        let mut seats: Vec<&Seat> =
            self.seats.iter().filter(back).filter(|it| it.order.is_some()).collect();
        seats.sort_by_key(|seat| seat.order);
        seats.truncate(wanted);
        seats
    }

    /// The group that they are, with its members by name if they are `named`.
    pub(crate) fn group(&self, named: bool) -> Group {
        let lost = count(self.lost.len());
        Group {
            desired: self.size(),
            ready: self.theirs.0 + self.counted(Standing::Serving),
            unhealthy: self.theirs.1 + self.counted(Standing::Sick),
            warming: self.counted(Standing::Warming) + lost,
            own_range: self.range(),
            members: if named { self.members() } else { Vec::new() },
            ..Group::default()
        }
    }

    fn members(&self) -> Vec<Member> {
        let member = |seat: &Seat| {
            let state = match seat.standing {
                Standing::Serving => MemberState::Serving,
                Standing::Sick => MemberState::Sick,
                Standing::Leaving => MemberState::Standby,
                Standing::Warming | Standing::Aside | Standing::Leftover => MemberState::Other,
            };
            Member { name: seat.server.name.clone(), zone: None, state }
        };
        let mut members: Vec<Member> = self.seats.iter().map(member).collect();
        members.sort_by(|one, other| one.name.cmp(&other.name));
        members
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Argv, Ending, ServerLine, places};

    fn pool(places: &[Place]) -> Pool {
        let argv = || Argv::new(vec!["true".to_owned()]).unwrap();
        Pool {
            backend: "web".to_owned(),
            places: places.to_vec(),
            start: argv(),
            stop: argv(),
            line: ServerLine { weight: 1, words: Vec::new() },
            ending: Ending::After(Span::from_secs(60)),
            patience: Span::from_secs(5),
        }
    }

    fn at(port: u16) -> Place {
        places([format!("10.0.0.1:{port}").as_str()]).unwrap()[0]
    }

    /// A server of ours at `port`, up and in service but for what `change` makes of it.
    fn ours(port: u16, change: impl FnOnce(&mut Server)) -> Server {
        let mut server = Server {
            name: at(port).server(),
            place: Some(at(port)),
            up: true,
            maint: false,
            drain: false,
            weight: 1,
            since: Span::from_secs(30),
            checked: true,
            downs: 1,
            sessions: 0,
        };
        change(&mut server);
        server
    }

    fn theirs(port: u16, change: impl FnOnce(&mut Server)) -> Server {
        ours(port, |server| {
            server.name = format!("mine-{port}");
            change(server);
        })
    }

    fn crew(servers: &[Server], answering: &[u16]) -> Crew {
        let places: Vec<Place> = (1..=6).map(at).collect();
        Crew::of(&pool(&places), servers, &answering.iter().copied().map(at).collect())
    }

    #[test]
    fn where_a_server_is_in_its_life_is_told_by_the_server_alone() {
        use Standing::{Aside, Leaving, Leftover, Serving, Sick, Warming};
        type Change = fn(&mut Server);
        let rows: [(Change, Standing); 10] = [
            (|_| {}, Serving),
            (|it| it.up = false, Warming),
            (|it| (it.up, it.since) = (false, Span::from_minutes(11)), Sick),
            (|it| (it.up, it.downs) = (false, 2), Sick),
            (|it| it.maint = true, Aside),
            (|it| it.drain = true, Aside),
            (|it| (it.drain, it.weight) = (true, 0), Leaving),
            (|it| it.weight = 0, Leaving),
            (|it| (it.maint, it.weight) = (true, 0), Leftover),
            (|it| (it.maint, it.weight, it.up) = (true, 0, false), Leftover),
        ];
        for (number, (change, expected)) in rows.into_iter().enumerate() {
            assert_eq!(Standing::of(&ours(1, change)), expected, "row {number}");
        }
    }

    #[test]
    fn who_leaves_or_is_kept_aside_is_no_member_and_their_servers_are() {
        let servers = [
            ours(1, |_| {}),
            ours(2, |it| it.up = false),
            ours(3, |it| (it.drain, it.weight) = (true, 0)),
            ours(4, |it| it.maint = true),
            theirs(5, |_| {}),
            theirs(90, |it| it.up = false),
            theirs(91, |it| it.drain = true),
        ];
        let crew = crew(&servers, &[]);
        let group = crew.group(false);
        assert_eq!((group.desired, group.ready, group.unhealthy, group.warming), (4, 2, 1, 1));
        // Places 1, 2, 3 and 6 and two of theirs; at 4 somebody keeps a member aside.
        assert_eq!(group.own_range, Range::new(2, 6));
        assert_eq!(crew.free, [at(6)]);
    }

    #[test]
    fn a_member_that_haproxy_forgot_is_one_that_is_not_ready() {
        let crew = crew(&[ours(1, |_| {})], &[2, 3]);
        let group = crew.group(false);
        assert_eq!((group.desired, group.ready, group.warming), (3, 1, 2));
        assert_eq!((crew.lost.len(), crew.free.len()), (2, 3));
    }

    #[test]
    fn the_last_places_go_first_but_for_who_serves_nobody_or_has_no_place() {
        let servers = [
            ours(1, |_| {}),
            ours(2, |it| (it.up, it.downs) = (false, 4)),
            ours(3, |_| {}),
            ours(99, |_| {}),
            theirs(5, |_| {}),
        ];
        let crew = crew(&servers, &[]);
        let ports = |wanted| -> Vec<u16> {
            crew.victims(wanted).iter().map(|seat| seat.place.port()).collect()
        };
        assert_eq!(ports(3), [99, 2, 3]);
        assert_eq!(ports(9), [99, 2, 3, 1], "never one of theirs");
    }

    #[test]
    fn who_is_on_the_way_out_and_well_is_taken_back_first() {
        let leaving = |it: &mut Server| (it.drain, it.weight) = (true, 0);
        let servers = [
            ours(4, leaving),
            ours(2, leaving),
            ours(3, |it| (it.drain, it.weight, it.up) = (true, 0, false)),
            ours(99, leaving),
        ];
        let crew = crew(&servers, &[]);
        let ports: Vec<u16> = crew.reserve(9).iter().map(|seat| seat.place.port()).collect();
        assert_eq!(ports, [2, 4]);
        assert_eq!(crew.size(), 0);
    }

    #[test]
    fn members_are_named_only_where_they_are_needed() {
        let servers =
            [ours(2, |it| (it.drain, it.weight) = (true, 0)), ours(1, |_| {}), theirs(5, |_| {})];
        let crew = crew(&servers, &[]);
        assert!(crew.group(false).members.is_empty());
        let members = crew.group(true).members;
        let told: Vec<_> = members.iter().map(|it| (it.name.as_str(), it.state)).collect();
        let expected =
            [("sp-10.0.0.1:1", MemberState::Serving), ("sp-10.0.0.1:2", MemberState::Standby)];
        assert_eq!(told, expected);
    }
}
