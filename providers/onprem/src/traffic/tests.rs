//! Whom a destination counts, when it answers, and in which order weights are set.

use super::*;
use crate::side::server;

/// The first two servers are of aws, then one of each.
fn fork() -> Fork {
    let own = [("aws", "aws-*"), ("azure", "azure"), ("own", "own")];
    let destinations = own.map(|(name, pattern)| (name.to_owned(), pattern.to_owned())).into();
    Fork { backend: "front".to_owned(), destinations }
}

fn servers(weights: [u32; 4]) -> [Server; 4] {
    let [one, two, azure, own] = weights;
    [server("aws-1", one), server("aws-2", two), server("azure", azure), server("own", own)]
}

fn to(shares: [u32; 3]) -> Shares {
    ["aws", "azure", "own"].map(str::to_owned).into_iter().zip(shares).collect()
}

#[track_caller]
fn shares_now(servers: &[Server]) -> Shares {
    fork().ways(servers).unwrap().shares().unwrap()
}

/// Whether somebody serves all along the way to `wanted`, and that it gets there.
#[track_caller]
fn check(mut servers: [Server; 4], wanted: &Shares) {
    let before = servers.clone();
    let steps = fork().ways(&before).unwrap().steps(wanted).unwrap();
    for (name, weight) in steps.iter().flatten() {
        let server = servers.iter_mut().find(|server| server.name == *name).unwrap();
        assert_ne!(server.weight, *weight, "{name} needs no command");
        server.weight = *weight;
        let somebody = servers.iter().any(|server| serves(server) && server.weight > 0);
        assert!(somebody, "nobody serves on the way: {before:?}: {steps:?}");
    }
    assert_eq!(shares_now(&servers), *wanted, "{before:?}: {steps:?}");
}

#[test]
fn no_way_from_some_shares_to_others_leaves_nobody_to_serve() {
    let weights = [0, 1, 19, 256];
    for (one, azure) in weights.iter().flat_map(|one| weights.map(|two| (*one, two))) {
        for own in weights.into_iter().filter(|own| one + azure + own > 0) {
            for shares in [[100, 0, 0], [0, 100, 0], [34, 33, 33], [80, 20, 0], [1, 1, 98]] {
                check(servers([one, 0, azure, own]), &to(shares));
                check(servers([one, one, azure, own]), &to(shares));
            }
        }
    }
}

#[test]
fn of_two_the_one_that_gains_never_has_more_than_it_is_to_have() {
    let weights = [0, 1, 4, 256];
    for (aws, azure) in weights.iter().flat_map(|one| weights.map(|two| (*one, two))) {
        for wanted in [0, 1, 20, 50, 99, 100].map(|azure| to([100 - azure, azure, 0])) {
            let mut servers = servers([aws, 0, azure, 0]);
            let before = servers.clone();
            let ways = fork();
            let ways = ways.ways(&before).unwrap();
            let Ok(from) = ways.shares() else { continue };
            let gains = |name: &str| (wanted[name] > from[name]).then_some(wanted[name]);
            for (name, weight) in ways.steps(&wanted).unwrap().iter().flatten() {
                let moving = servers.iter_mut().find(|server| server.name == *name).unwrap();
                moving.weight = *weight;
                let now = shares_now(&servers);
                for name in ["aws", "azure"] {
                    let most = gains(name).unwrap_or(100);
                    assert!(now[name] <= most, "{now:?} on the way from {from:?} to {wanted:?}");
                }
            }
        }
    }
}

#[test]
fn a_destination_answers_if_somebody_who_is_checked_is_up() {
    let told = |change: fn(&mut [Server; 4])| {
        let mut servers = servers([1, 1, 2, 0]);
        change(&mut servers);
        let ways = fork();
        let traffic = ways.ways(&servers).unwrap().traffic().unwrap();
        let own = |name: &str| traffic.destinations[name];
        (own("aws").share, own("aws").healthy, own("azure").share, own("azure").healthy)
    };
    assert_eq!(told(|_| {}), (50, Some(true), 50, Some(true)));
    // One of two is down: the other answers, and has what the two had by half.
    assert_eq!(told(|it| it[0].up = false), (33, Some(true), 67, Some(true)));
    // Nobody is up: it has what it will have when they are back.
    let all: [fn(&mut Server); 3] =
        [|it| it.up = false, |it| it.maint = true, |it| it.drain = true];
    assert_eq!(
        told(|it| it[..2].iter_mut().for_each(|it| it.up = false)),
        (50, Some(false), 50, Some(true))
    );
    for down in all {
        let mut servers = servers([1, 1, 2, 0]);
        servers[..2].iter_mut().for_each(down);
        let ways = fork();
        assert!(
            ways.ways(&servers).unwrap().traffic().unwrap().destinations["aws"].healthy
                == Some(false)
        );
    }
    // Who is not checked is always up: that tells nothing.
    assert_eq!(told(|it| it[2].checked = false), (50, Some(true), 50, None));
}

#[test]
fn users_leave_a_destination_that_is_down_and_are_never_sent_to_nobody() {
    let mut dead = servers([1, 1, 0, 0]);
    dead[..2].iter_mut().for_each(|it| it.up = false);
    check(dead.clone(), &to([0, 100, 0]));
    let fork = fork();
    let ways = fork.ways(&dead).unwrap();
    let refused = ways.steps(&to([100, 0, 0])).unwrap_err();
    assert_eq!(refused.to_string(), "nobody of those who would get users is up");
    assert!(ways.steps(&[("gcp".to_owned(), 100)].into()).is_err());
}

#[test]
fn a_backend_that_sends_users_elsewhere_is_not_observed() {
    let told = |names: [(&str, u32); 4]| {
        let servers = names.map(|(name, weight)| server(name, weight));
        fork().ways(&servers).map(drop).map_err(|why| why.to_string())
    };
    let good = [("aws-1", 1), ("azure", 1), ("own", 0), ("spare", 0)];
    assert_eq!(told(good), Ok(()));
    let with = |at: usize, name, weight| {
        let mut names = good;
        names[at] = (name, weight);
        told(names).unwrap_err()
    };
    assert_eq!(
        with(3, "spare", 1),
        "backend front: server spare takes users, and is no destination"
    );
    assert_eq!(with(0, "web", 0), "backend front: aws has no server called aws-*");
    let both = [("aws".to_owned(), "a*".to_owned()), ("azure".to_owned(), "azure".to_owned())];
    let both = Fork { destinations: both.into(), ..fork() };
    let why = both.ways(&[server("azure", 1), server("aws", 1)]).unwrap_err().to_string();
    assert_eq!(why, "backend front: server azure is of aws and of azure");
    let nobody = servers([0, 0, 0, 0]);
    assert!(fork().ways(&nobody).unwrap().shares().is_err(), "these are not equal shares");
}
