//! Members that are picked by name, as a group with `sessions` has it.

use crate::scene::{Scene, pool};
use setpoint_core::{Action, FailureKind, MemberState};
use setpoint_onprem::Ending;
use support::{Haproxy, Workers};

/// Four members that are up, and end only when it is so decided.
async fn four_of(places: usize) -> Scene {
    let workers = Workers::new(places, 0.0, 0.0);
    let pool = pool(&workers, Ending::Decided);
    let scene = Scene::with(Haproxy::before_web(&["balance leastconn"]), workers, pool);
    scene.resize(0, 4).await.expect("there is room for four");
    scene.until("all are up", (4, 4, 0, 0)).await;
    scene
}

fn names(scene: &Scene, numbers: &[usize]) -> Vec<String> {
    numbers.iter().map(|number| scene.server(*number)).collect()
}

async fn state(scene: &Scene, number: usize) -> Option<MemberState> {
    let group = scene.look().await.expect("the group is seen");
    let own = group.members.iter().find(|member| member.name == scene.server(number));
    own.map(|member| member.state)
}

#[tokio::test]
async fn who_is_drained_is_kept_until_it_is_retired() {
    let scene = four_of(4).await;
    let members = names(&scene, &[1, 2]);
    let drain = Action::Drain { from: 4, to: 2, members: members.clone() };
    assert_eq!(scene.apply(drain.clone()).await, Ok(()));
    assert_eq!(scene.apply(drain).await, Ok(()), "twice is once");
    for _ in 0..20 {
        scene.go_on().await.unwrap();
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    assert_eq!(scene.counts().await.0, 2);
    assert_eq!(state(&scene, 1).await, Some(MemberState::Standby));
    assert_eq!(scene.workers.answering().len(), 4, "nobody is ended who was not named");
    scene.apply(Action::Retire { members: members.clone() }).await.unwrap();
    assert_eq!(scene.apply(Action::Retire { members }).await, Ok(()));
    let left: Vec<usize> = scene.servers().into_iter().map(|(number, _)| number).collect();
    assert_eq!(left, [0, 3]);
    assert_eq!(scene.workers.answering().len(), 2);
}

#[tokio::test]
async fn who_is_back_in_service_is_not_retired() {
    let scene = four_of(4).await;
    let members = names(&scene, &[1]);
    scene.apply(Action::Drain { from: 4, to: 3, members: members.clone() }).await.unwrap();
    let back = Action::Return { from: 3, to: 4, members: members.clone() };
    assert_eq!(scene.apply(back.clone()).await, Ok(()));
    assert_eq!(scene.apply(back).await, Ok(()), "twice is once");
    assert_eq!(state(&scene, 1).await, Some(MemberState::Serving));
    let (kind, why) = scene.apply(Action::Retire { members }).await.unwrap_err();
    assert_eq!(kind, FailureKind::Stale, "{why}");
    assert_eq!(scene.counts().await, (4, 4, 0, 0));
}

#[tokio::test]
async fn who_cannot_come_back_is_made_up_for() {
    let scene = four_of(5).await;
    let members = names(&scene, &[1]);
    scene.apply(Action::Drain { from: 4, to: 3, members: members.clone() }).await.unwrap();
    scene.apply(Action::Retire { members: members.clone() }).await.unwrap();
    scene.apply(Action::Return { from: 3, to: 4, members }).await.unwrap();
    scene.until("another is up", (4, 4, 0, 0)).await;
}

#[tokio::test]
async fn another_takes_the_place_of_a_member_and_the_size_stays() {
    for drained in [true, false] {
        let scene = four_of(5).await;
        let replace = Action::Replace { from: 4, member: scene.server(0), drained };
        assert_eq!(scene.apply(replace.clone()).await, Ok(()));
        assert_eq!(scene.apply(replace).await, Ok(()), "twice is once");
        scene.until("another is up", (4, 4, 0, 0)).await;
        let standby = drained.then_some(MemberState::Standby);
        assert_eq!(state(&scene, 0).await, standby, "drained: {drained}");
        assert_eq!(state(&scene, 4).await, Some(MemberState::Serving));
        assert_eq!(scene.workers.log().iter().filter(|it| it.starts_with("start")).count(), 5);
    }
}

#[tokio::test]
async fn without_a_free_place_nobody_is_replaced() {
    let scene = four_of(4).await;
    let replace = Action::Replace { from: 4, member: scene.server(0), drained: false };
    let (kind, why) = scene.apply(replace).await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused);
    assert!(why.contains("no free place"), "{why}");
    assert_eq!(scene.counts().await, (4, 4, 0, 0));
}

#[tokio::test]
async fn names_that_are_not_ours_are_refused() {
    let scene = four_of(4).await;
    let drain = Action::Drain { from: 4, to: 3, members: vec!["mine".to_owned()] };
    let (kind, why) = scene.apply(drain).await.unwrap_err();
    assert_eq!(kind, FailureKind::Refused, "{why}");
    let drain = Action::Drain { from: 5, to: 4, members: names(&scene, &[0]) };
    let (kind, why) = scene.apply(drain).await.unwrap_err();
    assert_eq!(kind, FailureKind::Stale, "{why}");
    assert_eq!(scene.counts().await, (4, 4, 0, 0));
}
