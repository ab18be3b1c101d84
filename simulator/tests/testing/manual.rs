//! The manual's page on testing policies: what it shows is what runs.

use super::Folder;

const PAGE: &str = include_str!("../../../docs/testing-policies.md");

/// The first block of the page in `language`.
fn block(language: &str) -> &'static str {
    let start = format!("```{language}\n");
    let (_, rest) = PAGE.split_once(&start).expect("the page has an example");
    rest.split_once("```").expect("the example ends").0
}

#[test]
fn the_example_passes_and_the_failure_that_is_shown_is_what_it_looks_like() {
    let folder =
        Folder::new().with("busy.rhai", block("rhai")).with("busy.test.toml", block("toml"));
    let ended = folder.run(&["test", "busy.test.toml"]);
    assert_eq!((ended.code, ended.out.as_str()), (0, block("text")));
}
