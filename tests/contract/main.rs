//! One contract for all: every provider passes the same cases, or says why one makes no sense
//! for it.
//!
//! A provider is one line in the list at the end. Its file says how its server is started, how
//! the truth is asked for there, and how it is spoiled; `cases.rs` does the rest. A failure
//! names both: `aws_groups, answer-lost`. Start reading at `subject.rs`, then `cases.rs`;
//! docs/adding-a-provider.md walks through `notes.rs`, the smallest provider there can be.

mod aws;
mod aws_rollouts;
mod azure;
mod cases;
mod files;
mod kubernetes;
mod life;
mod notes;
mod onprem;
mod page;
mod paper;
mod routes;
mod socket;
mod subject;
mod units;
mod webhook;
mod wire;

use std::thread;
use subject::{Case, Provider};

/// Plays every case that makes sense against a provider, all at once.
fn run<P: Provider>(name: &str) {
    let provider = &P::start();
    let without = |case: Case| P::WITHOUT.iter().any(|(it, _)| *it == case);
    let cases = Case::ALL.iter().map(|(case, _, _)| *case).filter(|case| !without(*case));
    let failed: Vec<&str> = thread::scope(|scope| {
        let playing: Vec<_> = cases
            .map(|case| {
                // Who panics is told by the name of the thread.
                let thread = thread::Builder::new().name(format!("{name}, {}", case.name()));
                let play = move || alone(cases::play(case, provider));
                (case, thread.spawn_scoped(scope, play).expect("there is room for a thread"))
            })
            .collect();
        let ended = playing.into_iter().map(|(case, thread)| (case, thread.join()));
        ended.filter(|(_, played)| played.is_err()).map(|(case, _)| case.name()).collect()
    });
    assert!(failed.is_empty(), "{name} breaks its contract: {failed:?}");
}

/// Brings `work` to its end, on this thread.
fn alone(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("there is room for a runtime").block_on(work);
}

/// Lists the providers. Each becomes a test, and fails to compile if its eyes could act.
macro_rules! providers {
    ($($name:ident: $provider:ty,)*) => {
        $(
            #[test]
            fn $name() {
                run::<$provider>(stringify!($name));
            }

            const _: () = {
                // Of two that could be meant, none is: who acts is ambiguous here.
                trait LooksOnly<A> {
                    fn only() {}
                }
                struct Acts;
                impl<T> LooksOnly<()> for T {}
                impl<T: setpoint_control::Act> LooksOnly<Acts> for T {}
                let _ = <<$provider as Provider>::Eyes as LooksOnly<_>>::only;
            };
        )*

        /// The providers, each with the cases that make no sense for it.
        const WITHOUT: &[(&str, &[(Case, &str)])] =
            &[$((stringify!($name), <$provider as Provider>::WITHOUT),)*];
    };
}

#[test]
fn every_case_is_in_its_place_and_left_out_only_with_a_reason() {
    for (number, (case, name, promise)) in Case::ALL.iter().enumerate() {
        assert_eq!((*case as usize, case.name()), (number, *name));
        assert!(promise.len() > 20, "{name}");
    }
    for (name, without) in WITHOUT {
        assert!(without.iter().all(|(_, why)| why.len() > 10), "{name}");
    }
}

providers! {
    aws_groups: aws::Groups,
    aws_databases: aws::Databases,
    aws_storage: aws::Storage,
    aws_volumes: aws::Volumes,
    aws_settings: aws::Settings,
    aws_routes: routes::Routes,
    aws_rollouts: aws_rollouts::Rollouts,
    azure_scale_sets: azure::ScaleSets,
    azure_databases: azure::Databases,
    azure_routes: azure::Routes,
    kubernetes_deployments: kubernetes::Deployments,
    kubernetes_rollouts: kubernetes::Rollouts,
    webhook_settings: webhook::Settings,
    webhook_jobs: webhook::Jobs,
    files: files::Numbers,
    flags: files::FeatureFlags,
    units: units::Units,
    onprem_groups: onprem::Groups,
    onprem_rollouts: onprem::Rollouts,
    onprem_routes: onprem::Routes,
    notes: notes::Groups,
}
