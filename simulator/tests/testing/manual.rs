//! The manual's pages on testing policies: what they show is what runs.

use super::Folder;

const PAGE: &str = include_str!("../../../docs/testing-policies.md");
const README: &str = include_str!("../../../README.md");

/// The first block of `page` in `language`.
#[track_caller]
fn block(page: &'static str, language: &str) -> &'static str {
    let start = format!("```{language}\n");
    let (_, rest) = page.split_once(&start).expect("the page has an example");
    rest.split_once("```").expect("the example ends").0
}

#[test]
fn the_example_passes_and_the_failure_that_is_shown_is_what_it_looks_like() {
    let folder = Folder::new()
        .with("busy.rhai", block(PAGE, "rhai"))
        .with("busy.test.toml", block(PAGE, "toml"));
    let ended = folder.run(&["test", "busy.test.toml"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, block(PAGE, "text")));
}

#[test]
fn the_first_policy_of_the_readme_is_sound_and_passes_its_test() {
    let folder = Folder::new()
        .with("web.rhai", block(README, "rhai"))
        .with("web.test.toml", block(README, "toml"));
    let ended = folder.run(&["check", "web.rhai"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{}", ended.out);
    let ended = folder.run(&["test", "web.test.toml"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("rules fired in tests: 2/2"), "{}", ended.out);
}
