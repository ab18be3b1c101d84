//! What both engines are given: the load of each second, and the members that serve it.

use super::Extent;
use crate::{
    chance::Chance,
    world::{
        Load, Service, Shape, Traffic as Requests,
        engine::{Asked, Waiting},
    },
};
use setpoint_core::Span;

/// Who decides how many members serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Members {
    /// Nobody: there are always so many.
    Fixed(u32),
    /// Somebody who holds 60 % CPU and is so many seconds late, and for a quarter of an hour keeps what it has.
    Late(usize),
    /// Somebody who knows the next so many seconds, and takes just what the objective needs:
    /// at most 1 % of requests wait too long.
    Knows(usize),
}

/// The CPU that followers hold, as a share.
const GOAL: f64 = 0.6;
/// How long followers keep what they have, in seconds.
const KEEPS: usize = 900;

/// A load over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// The holiday event from 07:40 on, for five hours.
    Game,
    /// Fifteen times the traffic within a minute, after ten minutes, for six hours in all.
    Flash,
    /// So many requests per second for ten hours.
    Steady(u32),
}

impl Traffic {
    fn shape(self) -> Shape {
        match self {
            Self::Game => Shape::holiday(),
            Self::Flash => {
                let minutes = Span::from_minutes;
                let down = (minutes(70), 15.0);
                Shape::Points(vec![
                    (minutes(10), 1.0),
                    (minutes(11), 15.0),
                    down,
                    (minutes(100), 1.0),
                ])
            }
            Self::Steady(_) => Shape::Constant(1.0),
        }
    }

    /// The first second, and how many there are.
    const fn span(self, extent: Extent) -> (usize, usize) {
        match (self, extent) {
            (Self::Game, Extent::Full) => (27_600, 18_000),
            // Until the members have come.
            (Self::Game, Extent::Short) => (28_500, 1_800),
            (Self::Flash, Extent::Full) => (0, 21_600),
            (Self::Flash, Extent::Short) => (300, 1_800),
            (Self::Steady(_), Extent::Full) => (0, 36_000),
            (Self::Steady(_), Extent::Short) => (0, 3_600),
        }
    }

    /// Requests per second at a factor of one, with `extent`'s part of the traffic.
    fn base(self, extent: Extent) -> f64 {
        match self {
            Self::Steady(rps) => f64::from(rps),
            Self::Game | Self::Flash => 300.0 / f64::from(extent.divided_by()),
        }
    }
}

impl Extent {
    /// By how much traffic and members are divided.
    pub(super) const fn divided_by(self) -> u32 {
        match self {
            Self::Short => 5,
            Self::Full => 1,
        }
    }
}

/// The load of each second of the time that is looked at, and the members that serve in it.
pub(super) fn series(
    traffic: Traffic,
    members: Members,
    service: Service,
    extent: Extent,
) -> Vec<Asked> {
    let (first, length) = traffic.span(extent);
    let spread = match traffic {
        Traffic::Steady(_) => 0.0,
        Traffic::Game | Traffic::Flash => 0.05,
    };
    let load = Load::new(traffic.base(extent), traffic.shape(), spread);
    let mut requests = Requests::new(&load, Chance::new(1));
    let seconds = 0..(first + length + 1_800) as u64;
    let loads: Vec<f64> = seconds
        .map(|second| load.base_rps * requests.next(&load, Span::from_secs(second)))
        .collect();
    let ready = |second: usize| match members {
        Members::Fixed(count) => match traffic {
            Traffic::Steady(_) => count,
            Traffic::Game | Traffic::Flash => count.div_ceil(extent.divided_by()),
        },
        Members::Late(by) => {
            let seen = second.saturating_sub(by);
            let most = most(loads.get(seen.saturating_sub(KEEPS)..=seen));
            bounded((most / GOAL / service.member_rps()).ceil() as u32, extent)
        }
        Members::Knows(ahead) => enough(most(loads.get(second..second + ahead)), service),
    };
    // Followers look every quarter of a minute.
    let looks: Vec<u32> = (0..length).step_by(15).map(|second| ready(first + second)).collect();
    let asked = |(second, load): (usize, &f64)| Asked::usual(*load, looks[second / 15]);
    loads.iter().skip(first).take(length).enumerate().map(asked).collect()
}

fn most(loads: Option<&[f64]>) -> f64 {
    loads.unwrap_or_default().iter().fold(0.0, |most, load| most.max(*load))
}

fn bounded(members: u32, extent: Extent) -> u32 {
    let (least, most) = (10, 200);
    members.clamp(least / extent.divided_by(), most / extent.divided_by())
}

/// The fewest members with which at most 1 % of requests wait longer than is slow.
fn enough(load: f64, service: Service) -> u32 {
    let suffice = |members: u32| {
        f64::from(members) * service.member_rps() > load
            && Waiting::steady(service, members, load).longer_than(service.slow.secs()) <= 0.01
    };
    let least = (load / service.member_rps()).ceil() as u32;
    (least.max(1)..).find(|members| suffice(*members)).unwrap_or(least)
}
