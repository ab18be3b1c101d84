//! What goes wrong in a world, and when: at a given time, or now and then by luck.
//!
//! Some faults are over at once: members are gone. Others last: all of those that are under
//! way make the [`Weather`], which every part of the world looks at.

use super::metrics::{Metric, MetricFault, MetricFaultKind};
use crate::chance::{Chance, Stream};
use setpoint_core::Span;
use std::fmt;

/// One thing that goes wrong, once or now and then.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it begins.
    pub when: When,
    /// How long it lasts; nothing for what is over at once.
    pub lasts: Span,
    /// What it is.
    pub kind: FaultKind,
}

/// When something begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At this time after the start.
    At(Span),
    /// By luck, at this distance on average (a Poisson process).
    Every(Span),
}

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FaultKind {
    /// This share of the members is gone, 0 to 1.
    InstanceKill(f64),
    /// This share of the lent members is called back, 0 to 1.
    SpotReclaim(f64),
    /// A zone's members are gone, and it takes no new ones.
    ZoneDown(u32),
    /// The main site is dead: its members are gone and none come, its provider does not answer and
    /// its numbers are missing.
    RegionDown,
    /// No zone takes new members.
    NoCapacity,
    /// This share of launches comes to nothing, 0 to 1.
    LaunchFail(f64),
    /// Members take this many times as long to start.
    BootSlow(f64),
    /// A share of the members takes so many times as long for each request.
    Slow {
        /// The share, 0 to 1.
        share: f64,
        /// How many times as long, from 1 up.
        factor: f64,
    },
    /// Every request takes this many times as long: what it depends on is slow. Members wait
    /// for it at work, but not by CPU.
    DepLatency(f64),
    /// The cache is empty.
    CacheFlush,
    /// The database's writer takes no connections.
    DbFailover,
    /// The provider's API takes no calls.
    ApiThrottle,
    /// This share of calls fails without effect, 0 to 1.
    ApiError(f64),
    /// This share of calls takes effect and its answer is lost, 0 to 1.
    LostReply(f64),
    /// A metric, or every one, cannot be trusted.
    Metric(Option<Metric>, MetricFaultKind),
    /// The agent's clock is ahead by so many milliseconds, or behind.
    ClockSkew(i64),
    /// The agent is away, and starts anew with what it wrote down.
    AgentRestart,
}

/// "zone b is down", "10 % of the members end", as a label of a chart has room for it.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InstanceKill(share) => write!(f, "{} % of members end", share * 100.0),
            Self::SpotReclaim(share) => write!(f, "{} % of lent members end", share * 100.0),
            Self::ZoneDown(zone) => {
                write!(f, "zone {} is down", char::from(b'a' + (zone % 26) as u8))
            }
            Self::RegionDown => f.write_str("the region is down"),
            Self::NoCapacity => f.write_str("no capacity"),
            Self::LaunchFail(share) => write!(f, "{} % of launches fail", share * 100.0),
            Self::BootSlow(times) => write!(f, "boots take {times} times as long"),
            Self::Slow { share, factor } => {
                write!(f, "{} % of members are {factor} times as slow", share * 100.0)
            }
            Self::DepLatency(times) => write!(f, "work takes {times} times as long"),
            Self::CacheFlush => f.write_str("cache flushed"),
            Self::DbFailover => f.write_str("database fails over"),
            Self::ApiThrottle => f.write_str("API throttles"),
            Self::ApiError(share) => write!(f, "{} % of API calls fail", share * 100.0),
            Self::LostReply(share) => write!(f, "{} % of API answers are lost", share * 100.0),
            Self::Metric(metric, kind) => {
                let name = Metric::ALL.iter().find(|(_, known)| Some(*known) == *metric);
                let name = name.map_or("metrics", |(name, _)| *name);
                let what = match kind {
                    MetricFaultKind::Dropped => "missing",
                    MetricFaultKind::NotANumber => "no number",
                    MetricFaultKind::Stale => "stale",
                    MetricFaultKind::Frozen => "frozen",
                };
                write!(f, "{name} {what}")
            }
            Self::ClockSkew(ms) => write!(f, "clock off by {} s", *ms as f64 / 1000.0),
            Self::AgentRestart => f.write_str("agent away"),
        }
    }
}

/// A fault with its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Occurrence {
    /// When it begins, from the start of the run.
    pub from: Span,
    /// When it is over.
    pub until: Span,
    /// What it is.
    pub kind: FaultKind,
}

/// What lasts, as every part of the world feels it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Weather {
    /// A bit for each zone that takes no new members.
    pub(super) closed: u32,
    /// The share of launches that comes to nothing.
    pub(super) launch_fails: f64,
    /// How many times as long members take to start.
    pub(super) boot: f64,
    /// What is left of the members' power, 0 to 1.
    pub(super) power: f64,
    /// How many times as long a request takes because it waits for others.
    pub(super) waits: f64,
    pub(super) writer_down: bool,
    pub(super) region_down: bool,
    pub(super) throttled: bool,
    /// The share of calls that fails without effect.
    pub(super) errors: f64,
    /// The share of calls whose answer is lost.
    pub(super) lost: f64,
    /// How far the agent's clock is ahead, in milliseconds.
    pub(super) skew: i64,
    pub(super) agent_away: bool,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            closed: 0,
            launch_fails: 0.0,
            boot: 1.0,
            power: 1.0,
            waits: 1.0,
            writer_down: false,
            region_down: false,
            throttled: false,
            errors: 0.0,
            lost: 0.0,
            skew: 0,
            agent_away: false,
        }
    }
}

impl Weather {
    /// Whether `zone` takes new members.
    pub(super) const fn launches_in(&self, zone: u32) -> bool {
        self.closed & (1 << zone) == 0
    }

    /// What of it is felt in another cloud: what everybody depends on is slow, and calls go wrong.
    pub(super) fn elsewhere(self) -> Self {
        let Self { waits, throttled, errors, lost, .. } = self;
        Self { waits, throttled, errors, lost, ..Self::default() }
    }

    fn with(mut self, kind: FaultKind) -> Self {
        match kind {
            FaultKind::RegionDown => (self.region_down, self.closed) = (true, u32::MAX),
            FaultKind::ZoneDown(zone) => self.closed |= 1 << zone,
            FaultKind::NoCapacity => self.closed = u32::MAX,
            FaultKind::LaunchFail(share) => self.launch_fails = self.launch_fails.max(share),
            FaultKind::BootSlow(factor) => self.boot *= factor,
            FaultKind::Slow { share, factor } => self.power *= 1.0 - share * (1.0 - 1.0 / factor),
            FaultKind::DepLatency(factor) => self.waits *= factor,
            FaultKind::DbFailover => self.writer_down = true,
            FaultKind::ApiThrottle => self.throttled = true,
            FaultKind::ApiError(share) => self.errors = self.errors.max(share),
            FaultKind::LostReply(share) => self.lost = self.lost.max(share),
            FaultKind::ClockSkew(ahead) => self.skew += ahead,
            FaultKind::AgentRestart => self.agent_away = true,
            FaultKind::InstanceKill(_)
            | FaultKind::SpotReclaim(_)
            | FaultKind::CacheFlush
            | FaultKind::Metric(..) => {}
        }
        self
    }
}

/// All that goes wrong in one run.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    /// In the order in which they begin.
    all: Vec<Occurrence>,
    /// How many have begun.
    begun: usize,
    /// When the weather changes next.
    edge: Span,
    pub(super) weather: Weather,
}

impl Faults {
    /// The longest time for which faults that come by luck are drawn.
    pub(super) const HORIZON: Span = Span::from_minutes(366 * 24 * 60);

    pub(super) fn new(faults: &[Fault], length: Span, chance: Chance) -> Self {
        let mut all = Vec::new();
        for (nth, fault) in faults.iter().enumerate() {
            let at = |from| Occurrence { from, until: from + fault.lasts, kind: fault.kind };
            match fault.when {
                When::At(from) => all.push(at(from)),
                When::Every(mean) => {
                    let mut stream = chance.stream("fault", nth as u64);
                    all.extend(arrivals(mean, length, &mut stream).into_iter().map(at));
                }
            }
        }
        all.sort_by_key(|one| one.from);
        Self { all, begun: 0, edge: Span::ZERO, weather: Weather::default() }
    }

    /// The times in which metrics cannot be trusted.
    pub(super) fn of_metrics(&self) -> Vec<MetricFault> {
        let mut faults = Vec::new();
        for one in &self.all {
            let (from, lasts) = (one.from, one.until.minus(one.from));
            let every = Metric::ALL.iter().map(|(_, metric)| *metric);
            let (meant, kind): (Vec<Metric>, _) = match one.kind {
                FaultKind::Metric(None, kind) => (every.collect(), kind),
                FaultKind::Metric(Some(metric), kind) => (vec![metric], kind),
                FaultKind::RegionDown => (
                    every.filter(|metric| metric.is_of_the_main_site()).collect(),
                    MetricFaultKind::Dropped,
                ),
                FaultKind::InstanceKill(_)
                | FaultKind::SpotReclaim(_)
                | FaultKind::ZoneDown(_)
                | FaultKind::NoCapacity
                | FaultKind::LaunchFail(_)
                | FaultKind::BootSlow(_)
                | FaultKind::Slow { .. }
                | FaultKind::DepLatency(_)
                | FaultKind::CacheFlush
                | FaultKind::DbFailover
                | FaultKind::ApiThrottle
                | FaultKind::ApiError(_)
                | FaultKind::LostReply(_)
                | FaultKind::ClockSkew(_)
                | FaultKind::AgentRestart => continue,
            };
            faults.extend(meant.into_iter().map(|metric| MetricFault {
                metric,
                from,
                lasts,
                kind,
            }));
        }
        faults
    }

    /// Those that have begun, in the order of time.
    pub(super) fn begun(&self) -> &[Occurrence] {
        &self.all[..self.begun]
    }

    /// Lets the second from `now` begin: the faults that begin in it.
    pub(super) fn step(&mut self, now: Span) -> Vec<FaultKind> {
        if now < self.edge {
            return Vec::new();
        }
        let before = self.begun;
        self.begun += self.all[before..].iter().take_while(|one| one.from <= now).count();
        let under_way = self.all[..self.begun].iter().filter(|one| now < one.until);
        self.weather = under_way.clone().fold(Weather::default(), |sum, it| sum.with(it.kind));
        let ends = under_way.map(|one| one.until).min();
        let begins = self.all.get(self.begun).map(|one| one.from);
        self.edge = ends.into_iter().chain(begins).min().unwrap_or(Span::from_ms(u64::MAX));
        self.all[before..self.begun].iter().map(|one| one.kind).collect()
    }
}

/// Times at the distance of `mean` on average, exponentially distributed.
fn arrivals(mean: Span, length: Span, stream: &mut Stream) -> Vec<Span> {
    let (mut times, mut now) = (Vec::new(), 0.0);
    loop {
        now -= mean.secs() * (1.0 - stream.uniform()).ln();
        if now >= length.secs() {
            return times;
        }
        times.push(Span::from_ms((now * 1000.0) as u64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weather_at(faults: &mut Faults, second: u64) -> Weather {
        faults.step(Span::from_secs(second));
        faults.weather
    }

    #[test]
    fn faults_that_overlap_add_up_and_end_one_by_one() {
        let fault = |at, lasts, kind| Fault {
            when: When::At(Span::from_secs(at)),
            lasts: Span::from_secs(lasts),
            kind,
        };
        let all = [
            fault(10, 20, FaultKind::DepLatency(3.0)),
            fault(20, 20, FaultKind::DepLatency(2.0)),
            fault(15, 1, FaultKind::ZoneDown(1)),
        ];
        let mut faults = Faults::new(&all, Span::from_secs(100), Chance::new(1));
        let work = [0, 9, 10, 19, 20, 30, 40].map(|s| weather_at(&mut faults, s).waits);
        assert_eq!(work, [1.0, 1.0, 3.0, 3.0, 6.0, 2.0, 1.0]);
        let mut faults = Faults::new(&all, Span::from_secs(100), Chance::new(1));
        let open = [14, 15, 16].map(|s| weather_at(&mut faults, s).launches_in(1));
        assert_eq!(open, [true, false, true]);
    }

    #[test]
    fn by_luck_they_come_as_often_as_they_should() {
        let kind = FaultKind::InstanceKill(0.1);
        let fault = Fault { when: When::Every(Span::from_secs(600)), lasts: Span::ZERO, kind };
        let faults = Faults::new(&[fault], Span::from_secs(6_000_000), Chance::new(1));
        assert!((9_700..10_300).contains(&faults.all.len()), "{} in 10,000", faults.all.len());
    }
}
