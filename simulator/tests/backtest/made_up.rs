//! Histories of made-up worlds, whose parameters are known.

use setpoint_core::{Action, Range, Reading, Span, Timestamp};
use setpoint_sim::{
    chance::Spread,
    history::{Column, History},
    world::{
        ApiModel, Bursts, Clients, EngineKind, FeedModel, FleetModel, Load, Metric, Service, Shape,
        Tariff, World, WorldModel,
    },
};

/// When every history begins.
const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);

/// What is made up.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// Requests a member works on at once, each for so many milliseconds.
    pub(crate) workers: u32,
    pub(crate) mean_ms: u64,
    pub(crate) boot: Spread,
    /// The CPU at which the group is kept, in percent.
    pub(crate) goal: f64,
    /// From one step of the history to the next, in seconds.
    pub(crate) step: u64,
    pub(crate) hours: u64,
    pub(crate) seed: u64,
    /// Whether crowds come twice a day, for half an hour.
    pub(crate) crowds: bool,
}

/// A day that tells everything.
pub(crate) const USUAL: Truth = Truth {
    workers: 2,
    mean_ms: 40,
    boot: Spread { median: Span::from_secs(120), sigma: 0.3 },
    goal: 60.0,
    step: 15,
    hours: 24,
    seed: 1,
    crowds: false,
};

/// A week as a server keeps it that scrapes once a minute.
pub(crate) const WEEK: Truth = Truth { step: 60, hours: 7 * 24, crowds: true, ..USUAL };

impl Truth {
    /// When its history ends.
    pub(crate) fn end(&self) -> Timestamp {
        START + Span::from_minutes(60 * self.hours)
    }

    /// Requests per second of one member.
    pub(crate) fn rps(&self) -> f64 {
        1000.0 * f64::from(self.workers) / self.mean_ms as f64
    }

    /// The history of a day's waves under somebody who resizes now and then.
    pub(crate) fn history(&self) -> History {
        let base = 40.0 * self.rps();
        let (every, lasts) = (Span::from_minutes(12 * 60), Span::from_minutes(30));
        let bursts = self.crowds.then_some(Bursts { every, lasts, factor: 1.8 });
        let shape = Shape::Diurnal { low: 0.3, high: 1.0 };
        let load = Load { bursts, ..Load::new(base, shape, 0.05) };
        let mut world = World::new(world(self, load), self.seed);
        let steps = self.hours * 3600 / self.step;
        let mut history = History::new(START, Span::from_secs(self.step), steps as usize);
        let mut cpu = 0.0;
        for step in 0..steps {
            world.advance_to(Span::from_secs((step + 1) * self.step));
            note(&mut history, step as usize, &world);
            cpu = history.get(Column::Cpu, step as usize).unwrap_or(cpu);
            // Every ten minutes, so that launches do not overlap for ever.
            if (step * self.step).is_multiple_of(600) {
                let group = world.group();
                let needed = f64::from(group.ready) * cpu / self.goal;
                let to = (needed.ceil() as u32).clamp(2, 400);
                drop(world.apply(&Action::Resize { from: group.desired, to }));
            }
        }
        history
    }
}

fn note(history: &mut History, step: usize, world: &World) {
    let group = world.group();
    history.put(Column::Desired, step, f64::from(group.desired));
    history.put(Column::Ready, step, f64::from(group.ready));
    let metrics =
        [(Column::Load, Metric::Rps), (Column::Cpu, Metric::Cpu), (Column::P99, Metric::P99)];
    for (column, metric) in metrics {
        if let Reading::Sample(sample) = world.read(metric) {
            history.put(column, step, sample.value());
            history.put_stamp(step, sample.at);
        }
    }
}

fn world(truth: &Truth, load: Load) -> WorldModel {
    let range = Range::new(2, 400).expect("2 is less than 400");
    let tariff = Tariff { per_hour: 0.085, least: Span::from_secs(60) };
    WorldModel {
        starts: START,
        load,
        service: Service {
            workers: truth.workers,
            mean: Span::from_ms(truth.mean_ms),
            ..Service::USUAL
        },
        clients: Clients::RESIGNED,
        engine: EngineKind::Fluid,
        fleet: FleetModel::new(30, range, truth.boot, tariff),
        database: None,
        cache: None,
        degradation: None,
        rollout: None,
        standby: None,
        feed: FeedModel::new(Span::from_secs(truth.step), Span::ZERO),
        faults: Vec::new(),
        api: ApiModel { burst: 100, per_second: 10.0, unavailable: 0.0, latency: Span::ZERO },
    }
}
