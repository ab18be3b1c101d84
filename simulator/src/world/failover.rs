//! A second site in another cloud, and where users are sent: to the main site or to the standby.
//!
//! The standby is a world of its own, with its group, its requests and its numbers; what it has not
//! is a load: it gets the users who are sent there. Users follow as they ask anew where to go: each
//! keeps an answer for the `ttl`, so those who have followed grow evenly over that time. What is
//! sent to a site without members fails there. Start reading at [`Standby::split`].

use super::{FleetModel, Load, MetricFault, Refusal, Shape, Tally, World, WorldModel, api::Api};
use crate::chance::Chance;
use setpoint_core::{Destination, Shares, Span, Traffic};
use std::collections::VecDeque;

/// A second site, and how users come to be sent there.
#[derive(Clone, Debug, PartialEq)]
pub struct StandbyModel {
    /// What its group is called.
    pub name: String,
    /// Its group.
    pub fleet: FleetModel,
    /// Where users are sent.
    pub routes: RoutesModel,
}

/// Where users are sent at the start, and how soon they follow when that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutesModel {
    /// What the traffic is called.
    pub name: String,
    /// What the main site is called as a destination.
    pub main: String,
    /// What the standby is called as one; another name.
    pub standby: String,
    /// The percent of users who are sent to the main site at the start; the others go to the standby.
    pub start: u32,
    /// How long users keep the answer to the question where to go.
    pub ttl: Span,
}

/// The second site in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct Standby {
    pub(super) site: World,
    routes: Routes,
    /// The front door of whoever tells users where to go: it is in no site.
    pub(super) api: Api,
}

impl Standby {
    /// The standby of `main`, whose numbers meet these faults.
    pub(super) fn new(main: &WorldModel, faults: &[MetricFault], chance: Chance) -> Option<Self> {
        let model = main.standby.as_ref()?;
        let site = WorldModel {
            starts: main.starts,
            load: Load::new(0.0, Shape::Constant(1.0), 0.0),
            service: main.service,
            clients: main.clients,
            engine: main.engine,
            fleet: model.fleet,
            database: None,
            cache: None,
            degradation: main.degradation,
            rollout: None,
            standby: None,
            feed: main.feed,
            faults: Vec::new(),
            api: main.api,
        };
        let chance = chance.of("standby");
        let own = faults.iter().filter_map(|fault| {
            Some(MetricFault { metric: fault.metric.of_the_standby()?, ..*fault })
        });
        Some(Self {
            site: World::with(site, own.collect(), chance),
            routes: Routes::new(model.routes.clone()),
            api: Api::new(main.api, chance.stream("routes", 0)),
        })
    }

    /// Of what arrives in the second from `now`, what arrives at the main site and what here.
    pub(super) fn split(&mut self, inflow: f64, now: Span) -> (f64, f64) {
        let main = self.routes.arriving(now);
        (inflow * main, inflow * (1.0 - main))
    }

    /// Takes in which sites serve in the second from `now`.
    pub(super) fn check(&mut self, main: bool, now: Span) {
        self.routes.main.look(main, now);
        self.routes.standby.look(self.site.group().ready > 0, now);
    }

    /// What is told of where users are sent.
    pub(super) fn seen(&self, now: Span) -> Traffic {
        let Routes { model, main, standby, .. } = &self.routes;
        let share = self.routes.sent();
        let of = |share, health: &Health| Destination { share, healthy: Some(health.told(now)) };
        let destinations = [
            (model.main.clone(), of(share, main)),
            (model.standby.clone(), of(Routes::ALL - share, standby)),
        ];
        Traffic { destinations: destinations.into(), ..Traffic::default() }
    }

    /// Sends users otherwise from `now` on. Nothing is done in part, and nothing where they are sent
    /// otherwise by now than was decided on.
    pub(super) fn route(&mut self, from: &Shares, to: &Shares, now: Span) -> Result<(), Refusal> {
        let present = self.seen(now).shares();
        if *to == present {
            return Ok(());
        }
        if *from != present {
            return Err(Refusal::stale("users are sent elsewhere by now"));
        }
        let whole = to.values().sum::<u32>() == Routes::ALL;
        let model = &self.routes.model;
        match (to.get(&model.main), to.get(&model.standby), to.len()) {
            (Some(main), Some(_), 2) if whole => {
                self.routes.told.push_back((now, *main));
                Ok(())
            }
            _ => Err(Refusal::refused("the shares are not of these two, or not of everybody")),
        }
    }
}

/// Where users are sent, and where they arrive.
#[derive(Clone, Debug)]
struct Routes {
    model: RoutesModel,
    /// The percent of users that were sent to the main site, each since when; the last is in force.
    /// Those before it are what users still remember.
    told: VecDeque<(Span, u32)>,
    main: Health,
    standby: Health,
}

impl Routes {
    /// All users, in percent.
    const ALL: u32 = 100;

    fn new(model: RoutesModel) -> Self {
        let told = [(Span::ZERO, model.start)].into();
        Self { model, told, main: Health::default(), standby: Health::default() }
    }

    /// The percent of users that are sent to the main site.
    fn sent(&self) -> u32 {
        self.told.back().map_or(self.model.start, |(_, share)| *share)
    }

    /// The share of users that arrive at the main site in the second from `now`, 0 to 1: the mean of
    /// what was told in the `ttl` before.
    fn arriving(&mut self, now: Span) -> f64 {
        let oldest = now.minus(self.model.ttl);
        while self.told.get(1).is_some_and(|(since, _)| *since <= oldest) {
            self.told.pop_front();
        }
        let (ttl, sent) = (self.model.ttl, f64::from(self.sent()));
        if self.told.len() < 2 || ttl == Span::ZERO {
            return sent / f64::from(Self::ALL);
        }
        // What was told first was told for the whole of the time before.
        let starts = self.told.iter().skip(1).map(|(since, _)| now.minus(*since).secs());
        let ends = starts.clone().skip(1).chain([0.0]);
        let first = ttl.secs() - starts.clone().next().unwrap_or_default();
        let lasted = [first].into_iter().chain(starts.zip(ends).map(|(start, end)| start - end));
        let sum: f64 =
            self.told.iter().zip(lasted).map(|((_, share), s)| f64::from(*share) * s).sum();
        sum / ttl.secs() / f64::from(Self::ALL)
    }
}

/// Whether a site serves, and what whoever checks that tells of it.
#[derive(Clone, Debug, Default)]
struct Health {
    /// Whether it serves, and since when.
    serves: Option<(bool, Span)>,
    /// What was told before that.
    before: bool,
}

impl Health {
    /// Checks come every 10 s, and three of them that agree are believed.
    const BELIEVED: Span = Span::from_secs(30);

    fn look(&mut self, serves: bool, now: Span) {
        match self.serves {
            Some((known, _)) if known == serves => {}
            Some(_) => {
                self.before = self.told(now);
                self.serves = Some((serves, now));
            }
            None => {
                self.before = serves;
                self.serves = Some((serves, now));
            }
        }
    }

    fn told(&self, now: Span) -> bool {
        match self.serves {
            Some((serves, since)) if now.minus(since) >= Self::BELIEVED => serves,
            Some(_) | None => self.before,
        }
    }
}

impl World {
    /// What happened at the standby alone, if there is one.
    pub fn tally_of_the_standby(&self) -> Option<&Tally> {
        self.standby.as_ref().map(|standby| &standby.site.tally)
    }

    /// The percent of users who are sent to the main site.
    pub(super) fn sent_here(&self) -> u32 {
        self.standby.as_ref().map_or(Routes::ALL, |standby| standby.routes.sent())
    }
}
