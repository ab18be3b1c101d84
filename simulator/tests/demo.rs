//! The demo keeps its word.

use setpoint_sim::{
    check,
    demo::{Contender, demo},
    roomy::roomy,
};

#[test]
fn the_same_seed_gives_the_same_text_and_another_does_not() {
    let [one, again, other] = [4, 4, 5].map(|seed| demo(seed, || {}));
    assert_eq!(one, again);
    assert_ne!(one, other);
    assert!(one.contains("resize 10 -> "), "decisions are told");
}

#[test]
fn the_naive_set_up_refuses_connections_and_the_shipped_policies_none() {
    for seed in [1, 2, 3] {
        let naive = roomy(|| Contender::Naive.run(seed));
        let shipped = roomy(|| Contender::Shipped.run(seed));
        let (lost, held) = (naive.world.tally(), shipped.world.tally());
        assert!(lost.first_refused.is_some(), "seed {seed}");
        assert_eq!(held.first_refused, None, "seed {seed}");
        assert!(held.failed() < 0.25 * lost.failed(), "{} of {}", held.failed(), lost.failed());
    }
}

#[test]
fn nobody_asks_for_more_than_the_range_allows() {
    for contender in Contender::ALL {
        let day = roomy(|| contender.run(7));
        let minutes = day.minutes();
        assert!(minutes.iter().all(|m| (10..=200).contains(&m.desired)), "{}", contender.name());
        assert_eq!(minutes.len(), 24 * 60);
    }
}

#[test]
fn every_shipped_policy_passes_its_check() {
    let folders = ["../policies/library", "demo"]
        .map(|folder| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let report = check::check(&folders).unwrap();
    assert!(report.files >= 5);
    assert!(report.good, "{}", report.faults);
}
