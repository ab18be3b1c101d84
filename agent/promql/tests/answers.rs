//! What queries make of pages.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_core::{Reading, Sample, Timestamp};
use setpoint_promql::{Page, Query, Recent};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

/// What `query` says after `pages`, which were read 15 s apart, the last one now.
#[track_caller]
fn ask(query: &str, pages: &[&str]) -> Reading {
    answered(&Query::parse(query).unwrap(), pages)
}

fn answered(query: &Query, pages: &[&str]) -> Reading {
    let mut recent = Recent::of([query]);
    for (page, seconds) in pages.iter().zip((1000..).step_by(15)) {
        recent.absorb(&Page::parse(page.as_bytes()).unwrap(), at(seconds));
    }
    query.answer(&recent, at(985 + 15 * i64::try_from(pages.len()).unwrap()))
}

#[track_caller]
fn check(query: &str, pages: &[&str], expected: f64) {
    let reading = ask(query, pages);
    let Reading::Sample(sample) = reading else { panic!("{query}: {reading:?}") };
    assert!((sample.value() - expected).abs() < 1e-9, "{query}: {}", sample.value());
}

#[test]
fn it_selects_sums_and_calculates() {
    let page = "a{m=\"x\",n=\"1\"} 2\na{m=\"y\",n=\"1\"} 4\nb 10\nc{m=\"x\",n=\"1\"} 8";
    check("b", &[page], 10.0);
    check("a{m=\"x\"}", &[page], 2.0);
    check("a{m=~\"x|z\"}", &[page], 2.0);
    check("a{m!=\"x\"}", &[page], 4.0);
    check("sum(a) / count(a) + 1", &[page], 4.0);
    check("max(a) - min(a)", &[page], 2.0);
    check("avg by (n) (a)", &[page], 3.0);
    check("sum without (m) (a) * 2", &[page], 12.0);
    check("-b * (1 + 1)", &[page], -20.0);
    check("sum(a / c)", &[page], 0.25);
    check("100 * b / 20", &[page], 50.0);
}

#[test]
fn it_makes_rates_of_counters_and_sees_them_start_again() {
    check("rate(x[1m])", &["x 0", "x 15", "x 30"], 1.0);
    check("rate(x[1m])", &["x 100", "x 130", "x 15"], 1.5);
    check("increase(x[1m])", &["x 0", "x 15"], 60.0);
    check("sum(rate(x[1m]))", &["x{a=\"1\"} 0\nx{a=\"2\"} 0", "x{a=\"1\"} 15\nx{a=\"2\"} 30"], 3.0);
    check("avg_over_time(x[1m])", &["x 1", "x 2", "x 6"], 3.0);
    check("max_over_time(x[30s])", &["x 9", "x 2", "x 6"], 6.0);
    assert_eq!(ask("rate(x[1m])", &["x 5"]), Reading::Empty);
}

#[test]
fn it_takes_quantiles_of_histograms() {
    let page = "h_bucket{le=\"0.1\"} 50\nh_bucket{le=\"0.5\"} 90\nh_bucket{le=\"+Inf\"} 100";
    check("histogram_quantile(0.5, h_bucket)", &[page], 0.1);
    check("histogram_quantile(0.7, h_bucket)", &[page], 0.3);
    check("histogram_quantile(0.99, h_bucket)", &[page], 0.5);
    let later = "h_bucket{le=\"0.1\"} 50\nh_bucket{le=\"0.5\"} 120\nh_bucket{le=\"+Inf\"} 130";
    check("histogram_quantile(0.5, sum by (le) (rate(h_bucket[1m])))", &[page, later], 0.3);
}

#[test]
fn what_is_no_number_never_becomes_one() {
    for page in ["x NaN", "x +Inf", "x -Inf"] {
        assert!(matches!(ask("x", &[page]), Reading::Absent(_)), "{page}");
    }
    let empty = "h_bucket{le=\"0.1\"} 0\nh_bucket{le=\"+Inf\"} 0";
    assert!(matches!(ask("histogram_quantile(0.9, h_bucket)", &[empty]), Reading::Absent(_)));
    assert!(matches!(ask("x / y", &["x 1\ny 0"]), Reading::Absent(_)));
    assert_eq!(ask("x", &["y 1"]), Reading::Empty);
    assert_eq!(ask("x", &["x 1", ""]), Reading::Empty);
    assert_eq!(ask("sum(x)", &[""]), Reading::Empty);
}

#[test]
fn several_series_where_one_is_expected_are_named() {
    let Reading::Failed(why) = ask("up", &["up{job=\"a\"} 1\nup{job=\"b\"} 1"]) else { panic!() };
    assert_eq!(
        why,
        "'up' matches 2 series where one is expected: {job=\"a\"}, {job=\"b\"}; \
         select one by its labels, or say sum, avg, min or max"
    );
}

#[test]
fn the_oldest_stamp_is_the_answers() {
    let Reading::Sample(sample) = ask("a + b", &["a 1 900000\nb 2 950000"]) else { panic!() };
    assert_eq!(sample.at, at(900));
    let Reading::Sample(sample) = ask("a", &["a 1"]) else { panic!() };
    assert_eq!(sample.at, at(1000));
}

#[test]
fn it_tells_the_values_of_each_by_a_label() {
    let each = |query: &str, pages: &[&str]| {
        let query = Query::parse(query).unwrap().of_each("m").unwrap();
        match answered(&query, pages) {
            Reading::Each(each) => {
                let one =
                    |(name, it): (String, Sample)| format!("{name}={}@{}", it.value(), it.at.ms());
                each.into_iter().map(one).collect::<Vec<_>>().join(" ")
            }
            Reading::Partly(each, why) => format!("{} of it, {why}", each.len()),
            Reading::Empty => "empty".to_owned(),
            Reading::Failed(why) => format!("failed: {why}"),
            other @ (Reading::Sample(_) | Reading::Absent(_)) => panic!("{other:?}"),
        }
    };
    let page = "a{m=\"x\"} 2\na{m=\"y\"} 4 900000";
    assert_eq!(each("a", &[page]), "x=2@1000000 y=4@900000");
    assert_eq!(each("max by (m) (a) * 10", &[page]), "x=20@1000000 y=40@900000");
    assert_eq!(each("rate(a[1m])", &["a{m=\"x\"} 0", "a{m=\"x\"} 15"]), "x=1@1015000");
    assert_eq!(each("a", &["a{m=\"x\"} 2\na{m=\"y\"} NaN"]), "1 of it, y: 'a' is NaN");
    assert_eq!(each("b", &[page]), "empty");
    let nobodys = each("a", &["a{n=\"x\"} 2"]);
    assert_eq!(nobodys, "failed: 'a' has a value without the label `m`: {n=\"x\"}");
    let twice = each("a", &["a{m=\"x\",n=\"1\"} 2\na{m=\"x\",n=\"2\"} 2"]);
    assert_eq!(twice, "failed: there are two values of x");
}

#[test]
fn a_query_that_cannot_tell_its_values_apart_is_refused() {
    for query in ["sum(a)", "sum by (n) (a)", "avg without (m) (a)", "1", "sum(a) / count(a)"] {
        let fault = Query::parse(query).unwrap().of_each("m").unwrap_err();
        let why = "its answer has no label `m` to tell the values apart: group by (m)";
        assert_eq!(fault.to_string(), why, "{query}");
    }
    assert!(Query::parse("sum by (m) (a) / 2").unwrap().of_each("m").is_ok());
}
