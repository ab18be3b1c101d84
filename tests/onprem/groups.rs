//! Growth and shrinking, and what is found half done.

use crate::scene::{Scene, pool, web};
use setpoint_control::Act;
use setpoint_core::{Action, FailureKind, Intent, IntentId, Range, Span};
use setpoint_onprem::Ending;
use std::thread;
use support::{Haproxy, Workers, until};

const MINUTE: Span = Span::from_minutes(1);

#[tokio::test]
async fn a_member_counts_once_haproxy_says_that_it_is_up_and_twice_is_once() {
    let haproxy = Haproxy::before_web(&["balance roundrobin"]);
    let scene = Scene::of(haproxy, Workers::new(4, 1.5, 0.0), MINUTE);
    assert_eq!(scene.counts().await, (0, 0, 0, 0));
    assert_eq!(scene.look().await.unwrap().own_range, Range::new(0, 4));
    assert_eq!(scene.resize(0, 2).await, Ok(()));
    assert_eq!(scene.counts().await, (2, 0, 0, 2), "they boot");
    // A server that is added is up for HAProxy until a check fails: nobody is to be sent there.
    let (status, _) = scene.haproxy.get("/").unwrap();
    assert_eq!(status, 503);
    assert_eq!(scene.resize(0, 2).await, Ok(()));
    scene.until("both are up", (2, 2, 0, 0)).await;
    assert_eq!(scene.resize(0, 2).await, Ok(()));
    assert_eq!(scene.workers.log().len(), 2, "{:?}", scene.workers.log());
    let [a, b] = [0, 1].map(|number| scene.workers.ports()[number].to_string());
    let told: Vec<String> = (0..4).map(|_| scene.haproxy.get("/").unwrap().1).collect();
    assert!(told.contains(&a) && told.contains(&b), "{told:?}");
}

#[tokio::test]
async fn a_decision_about_another_size_is_stale_and_no_place_is_invented() {
    let scene = Scene::new(MINUTE);
    let (kind, why) = scene.resize(3, 4).await.unwrap_err();
    assert_eq!(kind, FailureKind::Stale, "{why}");
    let (kind, why) = scene.resize(0, 5).await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused, "{why}");
    assert!(why.contains("outside its places, 0..4"), "{why}");
    assert!(scene.workers.log().is_empty());
}

#[tokio::test]
async fn the_last_place_is_left_only_when_its_request_is_over() {
    let scene = Scene::new(MINUTE);
    scene.resize(0, 2).await.unwrap();
    scene.until("both are up", (2, 2, 0, 0)).await;
    let front = scene.haproxy.front();
    // One request for each of the two.
    let asked: Vec<_> = (0..2).map(|_| thread::spawn(move || slow(front, 3))).collect();
    until("both are busy", || match scene.haproxy.ask("show stat web 4 -1") {
        stat if stat.lines().filter(|line| line.split(',').nth(4) == Some("1")).count() == 2 => {
            Ok(())
        }
        stat => Err(stat),
    });
    scene.resize(2, 1).await.unwrap();
    assert_eq!(scene.counts().await.0, 1);
    scene.go_on().await.unwrap();
    assert_eq!(scene.servers()[1], (1, "DRAIN".to_owned()), "it is waited for");
    assert_eq!(scene.resize(2, 1).await, Ok(()), "twice is once");
    let told: Vec<(u16, String)> = asked.into_iter().map(|it| it.join().unwrap()).collect();
    assert!(told.iter().all(|(status, _)| *status == 200), "nobody is cut off: {told:?}");
    gone(&scene, 1).await;
    assert_eq!(scene.workers.log().last(), Some(&format!("stop {}", scene.workers.ports()[1])));
    assert_eq!(scene.counts().await, (1, 1, 0, 0));
}

#[tokio::test]
async fn who_does_not_finish_in_time_is_ended_all_the_same() {
    let scene = Scene::new(Span::from_secs(2));
    scene.resize(0, 1).await.unwrap();
    scene.until("it is up", (1, 1, 0, 0)).await;
    let front = scene.haproxy.front();
    let asked = thread::spawn(move || slow(front, 20));
    until("it is busy", || {
        let stat = scene.haproxy.ask("show stat web 4 -1");
        let busy = stat.lines().any(|line| line.split(',').nth(4) == Some("1"));
        if busy { Ok(()) } else { Err(stat) }
    });
    scene.resize(1, 0).await.unwrap();
    scene
        .settle("it is kept out", async || match scene.servers().as_slice() {
            [] => Ok(()),
            [(_, state)] if state == "MAINT" => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    drop(asked);
}

#[tokio::test]
async fn growth_takes_back_who_is_on_the_way_out_before_it_starts_anybody() {
    let scene = Scene::new(MINUTE);
    scene.resize(0, 2).await.unwrap();
    scene.until("both are up", (2, 2, 0, 0)).await;
    scene.resize(2, 0).await.unwrap();
    assert_eq!(scene.counts().await.0, 0);
    scene.resize(0, 3).await.unwrap();
    scene.until("all are up", (3, 3, 0, 0)).await;
    let starts = scene.workers.log();
    assert_eq!(starts.len(), 3, "{starts:?}");
    assert!(starts.iter().all(|line| line.starts_with("start")), "{starts:?}");
}

#[tokio::test]
async fn their_servers_count_and_are_never_touched() {
    let theirs = Workers::new(1, 0.0, 0.0);
    theirs.start(theirs.ports()[0]);
    theirs.wait_for(theirs.ports()[0]);
    let line = format!("server mine 127.0.0.1:{} check inter 100ms", theirs.ports()[0]);
    let haproxy = Haproxy::before_web(&["balance roundrobin", &line]);
    let scene = Scene::of(haproxy, Workers::new(2, 0.0, 0.0), MINUTE);
    assert_eq!(scene.counts().await, (1, 1, 0, 0));
    assert_eq!(scene.look().await.unwrap().own_range, Range::new(1, 3));
    scene.resize(1, 2).await.unwrap();
    scene.until("one of ours is up", (2, 2, 0, 0)).await;
    let (kind, why) = scene.resize(2, 0).await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused, "{why}");
    scene.resize(2, 1).await.unwrap();
    gone(&scene, 0).await;
    assert_eq!(scene.haproxy.servers("web"), [("mine".to_owned(), "UP".to_owned())]);
}

#[tokio::test]
async fn a_place_where_nothing_starts_is_passed_over_and_cleaned_up() {
    let scene = Scene::new(MINUTE);
    scene.workers.break_machine(scene.workers.ports()[0]);
    scene.resize(0, 1).await.unwrap();
    scene.until("the next place is taken", (1, 1, 0, 0)).await;
    assert_eq!(scene.servers(), [(1, "UP".to_owned())], "nothing is left of the first");
    for port in &scene.workers.ports()[2..] {
        scene.workers.break_machine(*port);
    }
    let (kind, why) = scene.resize(1, 3).await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused, "{why}");
    assert!(why.contains("this machine is broken"), "{why}");
}

#[tokio::test]
async fn what_was_begun_and_cut_off_is_cleaned_up_and_tried_again() {
    let scene = Scene::new(MINUTE);
    let (place, server) = (&scene.workers.places()[0], scene.server(0));
    // Killed after the server was added and its worker started.
    scene.haproxy.ask(&format!("add server web/{server} {place} check weight 0"));
    scene.workers.start(scene.workers.ports()[0]);
    scene.workers.wait_for(scene.workers.ports()[0]);
    assert_eq!(scene.counts().await, (0, 0, 0, 0));
    scene.resize(0, 1).await.unwrap();
    scene.until("another place serves", (1, 1, 0, 0)).await;
    assert_eq!(scene.servers(), [(1, "UP".to_owned())]);
    assert_eq!(scene.workers.answering(), scene.workers.ports()[1..2]);
    // Killed between the two commands of a drain.
    scene.haproxy.ask(&format!("set server web/{} weight 0", scene.server(1)));
    assert_eq!(scene.counts().await.0, 0);
    gone(&scene, 1).await;
    assert!(scene.workers.answering().is_empty());
}

#[tokio::test]
async fn a_member_that_does_not_stop_is_not_forgotten() {
    let scene = Scene::new(MINUTE);
    let port = scene.workers.ports()[0];
    scene.resize(0, 1).await.unwrap();
    scene.until("it is up", (1, 1, 0, 0)).await;
    scene.workers.is_stubborn(port);
    scene.resize(1, 0).await.unwrap();
    scene
        .settle("it is kept out", async || match scene.servers().as_slice() {
            [(0, state)] if state == "MAINT" => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    let (kind, why) = scene.go_on().await.unwrap_err();
    assert_eq!(kind, FailureKind::Unavailable, "{why}");
    assert!(why.contains("was stopped and still answers"), "{why}");
    assert_eq!(scene.counts().await, (0, 0, 0, 0), "nobody is sent there");
    scene.workers.is_docile(port);
    gone(&scene, 0).await;
    assert!(scene.workers.answering().is_empty());
}

#[tokio::test]
async fn whom_haproxy_forgot_is_registered_again_and_nobody_is_started() {
    let mut scene = Scene::new(MINUTE);
    scene.resize(0, 3).await.unwrap();
    scene.until("all are up", (3, 3, 0, 0)).await;
    scene.haproxy.kill();
    let why = scene.look().await.unwrap_err();
    assert!(why.contains("HAProxy does not answer"), "{why}");
    let (kind, why) = scene.resize(3, 4).await.unwrap_err();
    assert_eq!(kind, FailureKind::Unavailable, "{why}");
    scene.haproxy.start_again();
    assert_eq!(scene.haproxy.servers("web"), []);
    assert_eq!(scene.counts().await, (3, 0, 0, 3), "as many are asked for as before");
    let (kind, why) = scene.resize(3, 2).await.unwrap_err();
    assert_eq!(kind, FailureKind::Stale, "{why}");
    scene.until("all are up again", (3, 3, 0, 0)).await;
    assert_eq!(scene.workers.log().len(), 3, "{:?}", scene.workers.log());
}

#[tokio::test]
async fn a_member_that_fails_is_sick_and_the_first_to_go() {
    let scene = Scene::new(MINUTE);
    scene.resize(0, 3).await.unwrap();
    scene.until("all are up", (3, 3, 0, 0)).await;
    scene.workers.stop(scene.workers.ports()[0]);
    scene.until("one is sick", (3, 2, 1, 0)).await;
    scene.resize(3, 2).await.unwrap();
    gone(&scene, 0).await;
    assert_eq!(scene.counts().await, (2, 2, 0, 0));
}

#[tokio::test]
async fn what_a_person_keeps_aside_is_left_alone() {
    let scene = Scene::new(MINUTE);
    scene.resize(0, 2).await.unwrap();
    scene.until("both are up", (2, 2, 0, 0)).await;
    scene.haproxy.ask(&format!("set server web/{} state maint", scene.server(0)));
    let group = scene.look().await.unwrap();
    assert_eq!((group.desired, group.own_range), (1, Range::new(0, 3)));
    for _ in 0..3 {
        scene.go_on().await.unwrap();
    }
    assert_eq!(scene.servers()[0], (0, "MAINT".to_owned()));
    assert_eq!(scene.workers.answering(), scene.workers.ports()[..2]);
}

#[tokio::test]
async fn no_such_backend_is_told_and_nothing_is_started() {
    let haproxy = Haproxy::before_web(&["balance roundrobin"]);
    let workers = Workers::new(1, 0.0, 0.0);
    let mut pool = pool(&workers, Ending::After(MINUTE));
    pool.backend = "wbe".to_owned();
    let scene = Scene::with(haproxy, workers, pool);
    assert_eq!(scene.look().await.unwrap_err(), "HAProxy has no backend wbe");
    let (kind, _) = scene.resize(0, 1).await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused);
    let action = Action::Set { from: 1, to: 2, leaves: false, revision: None };
    let intent = Intent { id: IntentId::new("here/web/1/1"), target: web(), action };
    assert_eq!(scene.hands.apply(&intent).await.unwrap_err().kind, FailureKind::Refused);
    assert!(scene.workers.log().is_empty());
}

/// A request that takes so many seconds.
fn slow(front: u16, seconds: u32) -> (u16, String) {
    support::get(front, &format!("/slow?{seconds}")).unwrap_or((0, String::new()))
}

/// Waits until HAProxy knows the place of this number no more.
async fn gone(scene: &Scene, number: usize) {
    scene
        .settle("it is gone", async || {
            let servers = scene.servers();
            let left = servers.iter().any(|(place, _)| *place == number);
            if left { Err(servers) } else { Ok(()) }
        })
        .await;
}
