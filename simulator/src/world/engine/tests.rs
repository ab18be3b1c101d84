//! What must hold of every engine.

use super::*;
use crate::world::service::Balancing;
use proptest::prelude::*;
use setpoint_core::Span;

const SERVICE: Service = Service { workers: 2, ..Service::USUAL };

fn fluid() -> Fluid {
    Fluid::new(SERVICE, Clients::RESIGNED)
}

#[test]
fn cpu_is_load_over_capacity() {
    let (flow, _) = fluid().second(Asked::usual(300.0, 10));
    assert_eq!(flow.utilisation, Some(0.6));
}

#[test]
fn without_members_everything_waits_and_is_given_up() {
    let mut engine = fluid();
    let flows: Vec<Flow> = (0..20).map(|_| engine.second(Asked::usual(100.0, 0)).0).collect();
    assert!(flows.iter().all(|flow| flow.served == 0.0 && flow.utilisation.is_none()));
    assert_eq!(flows[19].given_up, 100.0);
    assert_eq!(engine.backlog(), 500.0);
}

fn balancing() -> impl Strategy<Value = Balancing> {
    prop_oneof![Just(Balancing::LeastOutstanding), Just(Balancing::Random)]
}

prop_compose! {
    fn service()(
        cv in prop_oneof![Just(1.0), Just(0.0), 0.1..3.0_f64],
        balancing in balancing(),
        queue in prop::option::of(0..50_u32),
        drops_expired in any::<bool>(),
        patience in 500..8000_u64,
    ) -> Service {
        Service { cv, balancing, queue, drops_expired, patience: Span::from_ms(patience), ..SERVICE }
    }
}

prop_compose! {
    fn clients()(
        retries in 0..=3_u32,
        backoff in 1..3000_u64,
        jitter in 0.0..=1.0_f64,
        budget in prop::option::of(0.0..0.5_f64),
    ) -> Clients {
        Clients { retries, backoff: Span::from_ms(backoff), jitter, budget }
    }
}

prop_compose! {
    fn asked()(
        inflow in prop_oneof![Just(0.0), 0.0..3000.0_f64],
        ready in 0..60_u32,
        speed in prop_oneof![4 => Just(1.0), 1 => Just(0.0), 1 => 0.1..1.0_f64],
        work in prop_oneof![Just(1.0), 0.2..3.0_f64],
        failing in prop_oneof![Just(0.0), 0.0..=1.0_f64],
    ) -> Asked {
        Asked { inflow, ready, speed, work, failing }
    }
}

/// Lets the seconds pass: what may never be otherwise in any of them.
fn conserves(engine: &mut impl Engine, seconds: &[Asked]) -> Result<(), TestCaseError> {
    let (mut offered, mut left) = (0.0, 0.0);
    let (mut attempts, mut ended) = (0.0, 0.0);
    for asked in seconds {
        let (flow, answers) = engine.second(*asked);
        let counts = [
            flow.offered,
            flow.served,
            flow.slow,
            flow.given_up,
            flow.errors,
            flow.shed,
            flow.timed_out,
            flow.wasted,
        ];
        prop_assert!(counts.iter().all(|count| *count >= 0.0 && count.is_finite()), "{flow:?}");
        prop_assert!(flow.slow <= flow.served && flow.attempts >= flow.offered);
        prop_assert!(flow.utilisation.is_none_or(|share| (0.0..=1.0 + 1e-9).contains(&share)));
        prop_assert!((answers.requests() - flow.served).abs() < 1e-6);
        offered += flow.offered;
        left += flow.served + flow.given_up;
        attempts += flow.attempts;
        ended += flow.served + flow.errors + flow.shed + flow.timed_out;
        let close = 1e-6 * attempts.max(1.0);
        prop_assert!((offered - left - engine.backlog()).abs() < close, "requests: {flow:?}");
        prop_assert!(ended <= attempts + close, "attempts: {flow:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_request_is_lost_or_made(
        service in service(),
        clients in clients(),
        seconds in prop::collection::vec(asked(), 1..200),
    ) {
        conserves(&mut Fluid::new(service, clients), &seconds)?;
    }

    #[test]
    fn no_request_is_lost_or_made_where_each_is_followed(
        service in service(),
        clients in clients(),
        seconds in prop::collection::vec(asked(), 1..20),
        seed in any::<u64>(),
    ) {
        let run = || {
            let mut engine = Des::new(service, clients, Chance::new(seed));
            conserves(&mut engine, &seconds).map(|()| format!("{engine:?}"))
        };
        prop_assert_eq!(run()?, run()?);
    }

    #[test]
    fn shares_are_shares_and_fall_with_time(
        service in service(),
        asked in asked(),
        backlog in 0.0..1000.0_f64,
    ) {
        let waiting = Waiting::new(asked, service, asked.inflow, backlog);
        let shares: Vec<f64> =
            (0..100).map(|i| waiting.answered_after(f64::from(i) * 0.1)).collect();
        prop_assert!(shares.iter().all(|share| (-1e-9..=1.0 + 1e-9).contains(share)));
        prop_assert!(shares.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9));
    }
}

#[test]
fn an_idle_service_answers_in_its_own_time() {
    let waiting = Waiting::new(Asked::usual(1.0, 10), SERVICE, 1.0, 0.0);
    let p99 = 0.04 * 100.0_f64.ln();
    assert!((waiting.answered_after(p99) - 0.01).abs() < 1e-9);
    assert!(waiting.longer_than(0.1) < 1e-9);
}
