//! Those a policy is measured by: what the clouds offer, what people build, and what would be
//! best.
//!
//! Each sees the world only through metrics as it would get them, and acts through the same
//! API as the agent; but for the oracle, which knows the future and cannot be had.
//!
//! Start reading at [`Baseline`]. What each does, and from where that is known, is told in
//! `docs/baselines.md`.

mod alarm;
mod azure;
mod database;
mod fixed;
mod hpa;
mod oracle;
mod outlook;
mod predictive;
mod step;
mod target;

pub use hpa::hpa_size;
pub use outlook::Outlook;
pub use step::adjusted;

use crate::{
    chance::Spread,
    scenario::Scenario,
    world::{FeedModel, WarmPool, World, WorldModel},
};
use setpoint_core::Span;

/// The CPU, as a share, at which the baselines hold a group.
pub const CPU_GOAL: f64 = 0.60;

/// One of those a policy is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Baseline {
    /// Members for the peak at 60 % CPU, all the time.
    StaticPeak,
    /// Members for the mean at 60 % CPU, all the time.
    StaticMean,
    /// AWS step scaling by metrics of a minute.
    Step,
    /// AWS target tracking of 60 % CPU by metrics of a minute.
    AwsTarget60,
    /// AWS target tracking of requests per member by metrics of ten seconds.
    AwsTargetRps10s,
    /// The same as `aws-target-60`, and a forecast of each hour by the day before.
    AwsPredictive,
    /// A Kubernetes autoscaler on 60 % CPU.
    Hpa60,
    /// A Kubernetes autoscaler on requests per pod.
    HpaRps,
    /// Azure's autoscale rules.
    AzureRules,
    /// `aws-target-60` with a fifth of the largest size in a warm pool.
    WarmPool,
    /// The least that holds the objective, known beforehand, as early as members take to boot.
    Oracle,
}

impl Baseline {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 11] = [
        Self::StaticPeak,
        Self::StaticMean,
        Self::Step,
        Self::AwsTarget60,
        Self::AwsTargetRps10s,
        Self::AwsPredictive,
        Self::Hpa60,
        Self::HpaRps,
        Self::AzureRules,
        Self::WarmPool,
        Self::Oracle,
    ];

    /// Its name in files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StaticPeak => "static-peak",
            Self::StaticMean => "static-mean",
            Self::Step => "step",
            Self::AwsTarget60 => "aws-target-60",
            Self::AwsTargetRps10s => "aws-target-rps-10s",
            Self::AwsPredictive => "aws-predictive",
            Self::Hpa60 => "hpa-60",
            Self::HpaRps => "hpa-rps",
            Self::AzureRules => "azure-rules",
            Self::WarmPool => "warm-pool",
            Self::Oracle => "oracle",
        }
    }

    /// The world as it is for this one: with its own metrics, and its own way of starting.
    pub fn world(self, scenario: &Scenario, outlook: &Outlook) -> WorldModel {
        let mut world = scenario.world.clone();
        world.feed = match self {
            Self::Step | Self::AwsTarget60 | Self::AwsPredictive | Self::WarmPool => {
                FeedModel::new(Span::from_secs(60), Span::from_secs(30))
            }
            Self::AzureRules => FeedModel::new(Span::from_secs(60), Span::from_secs(60)),
            Self::AwsTargetRps10s => FeedModel::new(Span::from_secs(10), Span::from_secs(10)),
            Self::Hpa60 | Self::HpaRps => FeedModel::new(Span::from_secs(15), Span::from_secs(15)),
            Self::StaticPeak | Self::StaticMean | Self::Oracle => world.feed,
        };
        match self {
            Self::StaticPeak => fixed::size(&mut world, outlook.peak_rps()),
            Self::StaticMean => fixed::size(&mut world, outlook.mean_rps()),
            Self::Oracle => oracle::start(&mut world, outlook),
            Self::WarmPool => {
                let boot = world.fleet.boot;
                let start = Spread { median: Span::from_ms(boot.median.ms() / 4), ..boot };
                let (size, price) = (world.fleet.range.max() / 5, world.fleet.tariff.per_hour);
                // A stopped machine costs its disk: about a tenth.
                world.fleet.warm = Some(WarmPool { size, start, per_hour: price / 10.0 });
            }
            Self::Step
            | Self::AwsTarget60
            | Self::AwsTargetRps10s
            | Self::AwsPredictive
            | Self::Hpa60
            | Self::HpaRps
            | Self::AzureRules => {}
        }
        world
    }

    /// Keeps `world` for `length`.
    pub fn keep(self, world: &mut World, outlook: &Outlook, length: Span) {
        let each_rps = CPU_GOAL * world.model().service.member_rps();
        let mut controllers: Vec<Box<dyn Controller + '_>> = match self {
            Self::StaticPeak | Self::StaticMean => Vec::new(),
            Self::Oracle => vec![Box::new(oracle::Oracle::new(outlook, world.model()))],
            Self::Step => vec![Box::new(step::Step::default())],
            Self::AwsTarget60 | Self::WarmPool => vec![Box::new(target::Target::cpu())],
            Self::AwsTargetRps10s => vec![Box::new(target::Target::requests(each_rps))],
            Self::AwsPredictive => vec![
                Box::new(predictive::Predictive::new(each_rps)),
                Box::new(target::Target::cpu()),
            ],
            Self::Hpa60 => vec![Box::new(hpa::Hpa::cpu())],
            Self::HpaRps => vec![Box::new(hpa::Hpa::requests(each_rps))],
            Self::AzureRules => vec![Box::new(azure::Rules::default())],
        };
        if world.model().database.is_some() && !controllers.is_empty() && self != Self::Oracle {
            controllers.push(Box::new(database::ReplicaAlarm::default()));
        }
        run(world, &mut controllers, length);
    }
}

/// Something that looks at the world from time to time, and changes it.
trait Controller {
    /// The time from one look to the next: whole seconds.
    fn every(&self) -> Span;

    /// Looks once.
    fn look(&mut self, world: &mut World);
}

fn run(world: &mut World, controllers: &mut [Box<dyn Controller + '_>], length: Span) {
    let start = world.now().monotonic;
    let end = start + length;
    let mut due: Vec<Span> = controllers.iter().map(|one| start + one.every()).collect();
    while let Some(next) = due.iter().min().copied().filter(|next| *next <= end) {
        world.advance_to(next);
        for (controller, due) in controllers.iter_mut().zip(&mut due) {
            if *due <= next {
                controller.look(world);
                *due = next + controller.every();
            }
        }
    }
    world.advance_to(end);
}
