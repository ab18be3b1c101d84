//! Whom a split counts, and in which order weights are set.

use super::*;
use crate::side::{server, serves};

fn split() -> Split {
    let candidates = vec!["new".to_owned(), "canary-*".to_owned()];
    Split { backend: "web".to_owned(), candidates, revision_file: None }
}

/// The share and what it is busy with, of these servers.
fn stands(servers: &[Server]) -> (u32, Option<String>) {
    let split = split();
    let sides = split.sides(servers).unwrap();
    (sides.share().unwrap(), sides.busy())
}

/// The candidate's part of all weight, exactly; none, if there is nobody to serve.
fn part(servers: &[Server]) -> Option<f64> {
    let split = split();
    let of = |server: &Server| if serves(server) { f64::from(server.weight) } else { 0.0 };
    let all: f64 = servers.iter().map(of).sum();
    let candidates: f64 = servers.iter().filter(|it| split.is_candidate(it)).map(of).sum();
    (all > 0.0).then(|| candidates / all)
}

/// Whether everything is safe on the way to `to` percent, wherever it ends; and that it gets there.
#[track_caller]
fn check(mut servers: Vec<Server>, to: u32) {
    let before = servers.clone();
    let split = split();
    let steps = split.sides(&before).unwrap().steps(to).unwrap();
    let most = part(&servers).unwrap().max(f64::from(to) / 100.0) + 0.005;
    for (name, weight) in steps.iter().flatten() {
        let server = servers.iter_mut().find(|server| server.name == *name).unwrap();
        assert_ne!(server.weight, *weight, "{name} needs no command");
        server.weight = *weight;
        let part = part(&servers);
        assert!(part.is_some_and(|part| part <= most), "{part:?} on the way: {steps:?}");
    }
    assert_eq!(stands(&servers).0, to, "{before:?}: {steps:?}");
    for down in servers.iter().filter(|it| to == 0 && split.is_candidate(it)) {
        assert_eq!(down.weight, 0, "{} would have traffic again once it is up", down.name);
    }
}

#[test]
fn no_way_from_one_share_to_another_goes_above_both_or_leaves_nobody_to_serve() {
    let weights = [0, 1, 19, 256];
    for (one, two) in weights.iter().flat_map(|one| weights.map(|two| (*one, two))) {
        for (a, b) in weights.iter().flat_map(|a| weights.map(|b| (*a, b))) {
            let mut servers = vec![
                server("new", one),
                server("canary-1", two),
                server("a", a),
                server("b", b),
                server("c", b),
            ];
            for (first, second) in [(true, true), (false, true), (true, false)] {
                (servers[0].up, servers[2].up) = (first, second);
                if part(&servers).is_some() {
                    [0, 1, 5, 25, 50, 99, 100].iter().for_each(|to| check(servers.clone(), *to));
                }
            }
        }
    }
}

#[test]
fn who_is_not_up_or_kept_out_does_not_count() {
    let servers = |change: fn(&mut Server)| {
        let mut servers =
            vec![server("canary-1", 1), server("canary-2", 1), server("a", 3), server("b", 3)];
        change(&mut servers[1]);
        change(&mut servers[3]);
        servers
    };
    let changes: [fn(&mut Server); 3] =
        [|it| it.up = false, |it| it.maint = true, |it| it.drain = true];
    for change in changes {
        assert_eq!(stands(&servers(change)), (25, None));
    }
    assert_eq!(stands(&servers(|_| {})), (25, None));
    assert_eq!(stands(&servers(|it| it.weight = 1)), (33, None));
}

#[test]
fn a_candidate_that_is_down_keeps_its_share_for_when_it_is_back_and_is_not_raised() {
    let mut servers = vec![server("canary-1", 1), server("a", 3)];
    servers[0].up = false;
    assert_eq!(stands(&servers), (25, Some("no candidate is up".to_owned())));
    let split = split();
    let sides = split.sides(&servers).unwrap();
    let back = sides.steps(0).unwrap();
    assert_eq!(back.iter().flatten().collect::<Vec<_>>(), [&("canary-1".to_owned(), 0)]);
    assert!(sides.steps(50).is_err());
}

#[test]
fn traffic_is_never_taken_from_a_candidate_when_nobody_else_is_up() {
    let mut servers = vec![server("canary-1", 1), server("a", 3)];
    servers[1].up = false;
    assert_eq!(stands(&servers), (25, Some("no stable server is up".to_owned())));
    let refused = split().sides(&servers).unwrap().steps(0).unwrap_err();
    assert_eq!(refused.to_string(), "no stable server is up to take the traffic");
}

#[test]
fn a_backend_without_a_candidate_or_without_a_stable_server_is_no_rollout() {
    let told = |names: [&str; 2]| {
        let servers = names.map(|name| server(name, 1));
        split().sides(&servers).unwrap_err().to_string()
    };
    assert_eq!(told(["a", "canary"]), "backend web: no server is called new or canary-*");
    assert_eq!(
        told(["new", "canary-9"]),
        "backend web: every server is a candidate, and none is stable"
    );
}
