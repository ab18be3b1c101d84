//! What is missing never shrinks anything, and says so.

use crate::scene::{EAGER_GROUP, FLOOR, HOLD_CPU, Scene, floor_policy};
use support::Page;

/// A fleet that wants to shrink is shown `page`: `explain` must say `why` it does not.
///
/// The low reading `before` lasts for one pass, so the time for which a smaller size must
/// have been asked for is all but over when the readings stop.
#[track_caller]
fn check(before: Option<f64>, page: Page, why: &str) {
    let scene = Scene::fleet(20, before.unwrap_or(60.0), &[EAGER_GROUP, HOLD_CPU]);
    if before.is_none() {
        scene.page.show(page.clone());
    }
    let mut agent = scene.site.start();
    agent.passes(1);
    scene.page.show(page);
    agent.passes(5);
    assert_eq!(scene.desired(), 20, "{why}");
    let explained = scene.site.explain("web");
    assert!(explained.contains(why), "{why:?} is not in\n{explained}");
    assert!(explained.contains("held     evidence"), "{explained}");

    scene.page.show_value("cpu", 90);
    let before = agent.said().len();
    agent.until("growth", |line| line["fields"]["action"] == "resize 20 -> 30");
    let passes = agent.said()[before..].iter().filter(|line| line.contains("\"pass\"")).count();
    // The source that failed may be left alone for one of them.
    assert!(passes <= 2, "{passes}");
    agent.stop();
    scene.replays();
}

#[test]
fn the_same_fleet_shrinks_while_its_readings_last() {
    let scene = Scene::fleet(20, 5.0, &[EAGER_GROUP, HOLD_CPU]);
    let mut agent = scene.site.start();
    agent.until("a smaller fleet", |line| line["fields"]["action"] == "resize 20 -> 18");
    agent.stop();
    scene.replays();
}

#[test]
fn a_page_that_is_gone_shrinks_nothing() {
    check(Some(5.0), Page::Gone, "connection closed");
}

#[test]
fn a_page_that_answers_with_an_error_shrinks_nothing() {
    check(Some(5.0), Page::Status(503), "503");
}

#[test]
fn not_a_number_shrinks_nothing() {
    check(Some(5.0), Page::Text("cpu NaN\n".to_owned()), "NaN");
}

#[test]
fn an_empty_page_shrinks_nothing() {
    check(Some(5.0), Page::Text(String::new()), "matched nothing");
}

#[test]
fn a_stale_sample_shrinks_nothing() {
    // Stamped in 2020: whatever it says, it says it of another day.
    check(None, Page::Text("cpu 5 1600000000000\n".to_owned()), "stale");
}

#[test]
fn a_page_cut_short_by_broken_text_shrinks_nothing() {
    check(Some(5.0), Page::Bytes(b"cpu 5\nx{y=\"\xff\"} 1\n".to_vec()), "line 2 is not UTF-8");
}

#[test]
fn a_floor_whose_input_is_missing_stops_the_shrinking_of_another_policy() {
    let scene = Scene::fleet(20, 60.0, &[EAGER_GROUP, HOLD_CPU, FLOOR]);
    scene.site.write("floor.rhai", &floor_policy(15));
    let mut agent = scene.site.start();
    agent.passes(2);
    // The one would shrink; whether the other would let it nobody knows.
    scene.page.show_value("cpu", 5);
    agent.passes(5);
    assert_eq!(scene.desired(), 20);
    let explained = scene.site.explain("web");
    assert!(explained.contains("backlog: no sample yet; the query matched nothing"), "{explained}");

    scene.page.show(Page::Text("cpu 5\nbacklog 0\n".to_owned()));
    agent.until("a smaller fleet", |line| line["fields"]["action"] == "resize 20 -> 18");
    agent.stop();
    scene.replays();
}
