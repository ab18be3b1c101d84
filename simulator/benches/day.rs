//! A simulated day, second by second: the queue alone, and the whole world around it.
//!
//! Nobody controls the world here, so this is what a day costs before anything is
//! decided. `cargo bench -p setpoint-sim --bench day`

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use setpoint_core::{Range, Span, Timestamp};
use setpoint_sim::{
    chance::{Chance, Spread},
    world::{
        ApiModel, Balancing, Clients, DatabaseModel, EngineKind, FeedModel, FleetModel, Load,
        Metric, Service, Shape, Tariff, World, WorldModel,
        engine::{Asked, Des, Engine, Fluid},
    },
};
use std::{hint::black_box, time::Duration};

const SECONDS: u32 = 86_400;
const SERVICE: Service = Service { workers: 2, ..Service::USUAL };

/// The holiday event with members for its peak.
fn scenario() -> WorldModel {
    let tariff = Tariff { per_hour: 0.085, least: Span::from_secs(60) };
    WorldModel {
        starts: Timestamp::from_ms(1_797_638_400_000),
        load: Load::new(300.0, Shape::holiday(), 0.05),
        service: SERVICE,
        clients: Clients::RESIGNED,
        engine: EngineKind::Fluid,
        fleet: FleetModel::new(
            150,
            Range::new(10, 200).expect("10 is less than 200"),
            Spread { median: Span::from_secs(120), sigma: 0.3 },
            tariff,
        ),
        database: Some(DatabaseModel {
            name: "orders".into(),
            replicas: 2,
            max_connections: 1000,
            pool: 10,
            read_share: 0.8,
            retry: Span::from_secs(10),
            lead: Spread { median: Span::from_minutes(12), sigma: 0.5 },
            removal: Span::from_minutes(2),
            tariff,
        }),
        cache: None,
        degradation: None,
        rollout: None,
        standby: None,
        feed: FeedModel::new(Span::from_secs(15), Span::from_secs(15)),
        faults: Vec::new(),
        api: ApiModel { burst: 20, per_second: 0.5, unavailable: 0.0, latency: Span::ZERO },
    }
}

/// A day's load at a utilisation between 0.2 and 1.1, the fleet following in steps.
fn asked(second: u32) -> Asked {
    let wave = |seconds: f64| (f64::from(second) * std::f64::consts::TAU / seconds).sin();
    let ready = (100.0 + 90.0 * wave(86_400.0)) as u32;
    let utilisation = 0.65 + 0.4 * wave(3_700.0) + 0.05 * wave(97.0);
    Asked::usual(f64::from(ready) * SERVICE.member_rps() * utilisation, ready)
}

fn queue(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("day");
    group.sample_size(20).measurement_time(Duration::from_secs(5));
    group.bench_function("queue", |bench| {
        bench.iter(|| {
            let mut engine = Fluid::new(SERVICE, Clients::RESIGNED);
            let served = (0..SECONDS).map(|second| engine.second(asked(second)).0.served);
            black_box(served.sum::<f64>())
        });
    });
    let day = Span::from_secs(u64::from(SECONDS));
    group.bench_function("world", |bench| {
        let run = |mut world: World| {
            world.advance_to(day);
            world
        };
        bench.iter_batched(|| World::new(scenario(), 1), run, BatchSize::LargeInput);
    });
    group.bench_function("world, p99 read every 15 s", |bench| {
        let run = |mut world: World| {
            for pass in 1..=SECONDS / 15 {
                world.advance_to(Span::from_secs(u64::from(15 * pass)));
                black_box(world.read(Metric::P99));
            }
            world
        };
        bench.iter_batched(|| World::new(scenario(), 1), run, BatchSize::LargeInput);
    });
    group.finish();
}

/// An hour of requests one by one: 200 servers at four fifths of what they can, 3.6 million requests.
fn requests(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("requests");
    group.sample_size(10).throughput(Throughput::Elements(3_600_000));
    let service = Service { mean: Span::from_ms(160), ..SERVICE };
    let services = [
        ("one line", service),
        ("random", Service { balancing: Balancing::Random, ..service }),
        ("lognormal", Service { cv: 2.0, ..service }),
    ];
    for (name, service) in services {
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let mut engine = Des::new(service, Clients::RESIGNED, Chance::new(1));
                let asked = Asked::usual(1000.0, 100);
                (0..3600).map(|_| engine.second(asked).0.served).sum::<f64>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, queue, requests);
criterion_main!(benches);
