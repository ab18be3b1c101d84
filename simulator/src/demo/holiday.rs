//! The event that the demo is about: a game on a holiday.
//!
//! One times the traffic is 300 requests per second, the work of six members. At 60 %
//! CPU ten times need 100 members and fifteen times 150, and 200 are allowed.

use crate::{
    chance::Spread,
    world::{
        ApiModel, Clients, DatabaseModel, EngineKind, FeedModel, FleetModel, Load, Service, Shape,
        Tariff, WorldModel,
    },
};
use setpoint_core::{Range, Span, Timestamp};

/// How long the demo lasts.
pub(super) const DAY: Span = Span::from_minutes(24 * 60);

/// The CPU at which the group should run, as a share.
pub(super) const CPU_GOAL: f64 = 0.60;

/// The connections at which the database should run, as a share of what it takes.
pub(super) const CONNECTIONS_GOAL: f64 = 0.80;

/// The metrics of a Prometheus that scrapes every 15 s.
pub(super) const SCRAPED: FeedModel = FeedModel::new(Span::from_secs(15), Span::from_secs(15));

/// The metrics of CloudWatch with detailed monitoring.
pub(super) const ONE_MINUTE: FeedModel = FeedModel::new(Span::from_secs(60), Span::from_secs(30));

/// The day, with metrics published as `feed` says.
///
/// Prices are those of us-east-1: a c6i.large at $0.085 an hour, billed by the second
/// from a minute on, and a db.r5.large at $0.24, billed from ten minutes on. Boot and
/// lead times are lognormal around what is usual for a Linux image with its
/// application, and for a small RDS database.
pub(super) fn scenario(feed: FeedModel) -> WorldModel {
    WorldModel {
        // 2026-12-19, the Saturday before the holidays.
        starts: Timestamp::from_ms(1_797_638_400_000),
        load: Load::new(300.0, Shape::holiday(), 0.05),
        service: Service {
            workers: 2,
            mean: Span::from_ms(40),
            patience: Span::from_secs(5),
            slow: Span::from_ms(100),
            ..Service::USUAL
        },
        clients: Clients::RESIGNED,
        engine: EngineKind::Fluid,
        fleet: FleetModel::new(
            10,
            Range::new(10, 200).expect("10 is less than 200"),
            Spread { median: Span::from_secs(120), sigma: 0.3 },
            Tariff { per_hour: 0.085, least: Span::from_secs(60) },
        ),
        database: Some(DatabaseModel {
            name: "orders".into(),
            replicas: 0,
            max_connections: 1000,
            pool: 10,
            read_share: 0.8,
            retry: Span::from_secs(10),
            lead: Spread { median: Span::from_minutes(12), sigma: 0.5 },
            removal: Span::from_minutes(2),
            tariff: Tariff { per_hour: 0.24, least: Span::from_minutes(10) },
        }),
        cache: None,
        degradation: None,
        rollout: None,
        standby: None,
        feed,
        faults: Vec::new(),
        api: ApiModel { burst: 20, per_second: 0.5, unavailable: 0.002, latency: Span::ZERO },
    }
}

/// The same day for those who never scale: members for the peak at the goal, and
/// replicas until those members' connections are at theirs.
pub(super) fn static_peak() -> WorldModel {
    let mut scenario = scenario(SCRAPED);
    let peak_rps = scenario.load.base_rps * scenario.load.shape.peak();
    let members = peak_rps / scenario.service.member_rps() / CPU_GOAL;
    scenario.fleet.size = scenario.fleet.range.clamp(members.ceil() as u32);
    if let Some(database) = &mut scenario.database {
        let goal = CONNECTIONS_GOAL * f64::from(database.max_connections);
        let holds = |replicas: &u32| database.fullest(scenario.fleet.size, *replicas) <= goal;
        database.replicas = (0..=15).find(holds).unwrap_or(15);
    }
    scenario
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_scales_has_150_members_and_two_replicas() {
        let scenario = static_peak();
        assert_eq!((scenario.fleet.size, scenario.database.unwrap().replicas), (150, 2));
    }
}
