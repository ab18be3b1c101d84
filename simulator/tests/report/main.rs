//! The page of a report: it stands alone, is well-formed, and is the same for the same seed.

use setpoint_sim::{
    experiment::{Experiment, judge},
    report::html,
    roomy::roomy,
    scenario::{Source, read},
};
use std::{collections::BTreeSet, path::Path, sync::LazyLock};

/// A short run with all that a page may show.
const SCENARIO: &str = r#"
schema    = 1
name      = "short & <sharp>"
about     = "An hour with a fault"
starts    = "2026-12-19T08:00:00Z"
duration  = "1h"
every     = "15s"
seeds     = 2
baselines = ["static-peak", "hpa-60", "oracle"]
[load]
base_rps = 300
shape    = [["10m", 1], ["20m", 6], ["1h", 1]]
[service]
workers  = 2
mean     = "40ms"
patience = "5s"
slow     = "100ms"
[group]
name     = "web"
min      = 10
max      = 100
boot     = "2m"
[metrics]
period = "15s"
delay  = "15s"
[[fault]]
kind = "metric_gap"
at   = "30m"
for  = "5m"
[[policy]]
name  = "ours"
files = ["target-cpu.rhai"]
[[gate]]
metric = "failed_pct"
max    = 50
[[gate]]
metric = "cost_vs_oracle"
max    = 0.5
"#;

/// The page about the scenario, made on the stack that policies need.
fn page(jobs: usize) -> String {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/library");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("short.toml");
    let text =
        SCENARIO.replace("target-cpu.rhai", &library.join("target-cpu.rhai").to_string_lossy());
    std::fs::write(&path, text).expect("written");
    roomy(|| {
        let source = Source::of(&path).expect("a file");
        let scenario = read(&source).expect("a scenario");
        let results = Experiment::new(scenario, None).recording().run(jobs, || ());
        html(&results, &judge(&results))
    })
}

static PAGE: LazyLock<String> = LazyLock::new(|| page(1));

/// What the page holds for its charts.
fn data() -> serde_json::Value {
    let start = "<script type=\"application/json\" id=\"data\">";
    let data = PAGE.split_once(start).expect("data").1.split_once("</script>").expect("an end").0;
    serde_json::from_str(data).expect("JSON")
}

#[test]
fn it_asks_for_nothing_that_is_not_in_it() {
    let page = PAGE.replacen("/*! https://github.com/leeoniya/uPlot", "", 1);
    for outside in ["http://", "https://", "src=", "href=", "@import", "url(", "fetch(", "XMLHttp"]
    {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"), "and browsers see to it");
}

#[test]
fn it_is_small_but_for_its_data() {
    let data = data().to_string().len();
    let rest = PAGE.len() - data;
    assert!(rest <= 300_000, "{rest} bytes without data");
}

#[test]
fn equal_seeds_give_equal_bytes_on_any_number_of_threads() {
    assert!(*PAGE == page(2));
}

#[test]
fn its_data_are_whole() {
    let data = data();
    let points = data["points"].as_u64().expect("a count") as usize;
    assert_eq!((points, data["each"].as_u64()), (720, Some(5)));
    let policies = data["policies"].as_array().expect("policies");
    assert_eq!(policies.len(), 4);
    let strings = data["strings"].as_array().expect("strings").len() as i64;
    for policy in policies {
        for line in ["ready", "desired", "p99", "failed", "missed", "cost"] {
            assert_eq!(policy[line].as_array().expect(line).len(), points, "{line}");
        }
    }
    let ours = &policies[0];
    let decisions = ours["actions"].as_array().expect("actions");
    assert!(decisions.len() > 3, "it grew and shrank");
    for mark in decisions.iter().chain(ours["held"].as_array().expect("held")) {
        for text in ["g", "w", "s", "a", "b"] {
            let place = mark[text].as_i64().expect(text);
            assert!((-1..strings).contains(&place), "{text} of {mark}");
        }
        assert!(
            !mark["u"].as_array().expect("guards").is_empty() || !mark["n"].is_null(),
            "{mark}"
        );
    }
    assert_eq!(data["occurred"][0][2], "metrics missing");
}

#[test]
fn it_says_in_words_what_happened() {
    assert!(PAGE.contains("<strong>Fail.</strong> 1 of 2 gates did not hold."));
    assert!(PAGE.contains("ours lost "), "a sentence for the policy");
    assert!(PAGE.contains("08:30–08:35 metrics missing"));
    assert!(PAGE.contains("short &amp; &lt;sharp&gt;"), "what people write is text");
    assert!(!PAGE.contains("<sharp>"));
}

/// Elements without an end.
const VOID: [&str; 4] = ["meta", "input", "link", "br"];

#[test]
fn its_elements_are_closed_and_its_references_lead_somewhere() {
    let mut open: Vec<String> = Vec::new();
    let (mut ids, mut references) = (BTreeSet::new(), BTreeSet::new());
    let mut rest = PAGE.as_str();
    while let Some((_, from)) = rest.split_once('<') {
        let (tag, after) = from.split_once('>').expect("a tag has an end");
        rest = after;
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split_whitespace().next().expect("a name").to_owned();
        for (key, place) in [(" id=\"", &mut ids), ("labelledby=\"", &mut references)] {
            let found = tag.split_once(key).and_then(|(_, it)| it.split_once('"'));
            if let Some((value, _)) = found {
                let new = place.insert(value.to_owned());
                assert!(new || key != " id=\"", "{value} twice");
            }
        }
        if name == "script" || name == "style" {
            rest = rest.split_once(&format!("</{name}>")).expect("an end").1;
        } else if !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
    // The heading of an explanation is made when one is opened.
    references.remove("why-title");
    assert_eq!(references.difference(&ids).collect::<Vec<_>>(), Vec::<&String>::new());
}
