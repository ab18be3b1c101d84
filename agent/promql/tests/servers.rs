//! What servers are asked, and what is made of their answers.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use setpoint_core::{Reading, Sample};
use setpoint_promql::{Row, Rows, ServerQuery};
use std::collections::BTreeMap;

fn picked(text: &str, pick: &[(&str, &str)]) -> Result<ServerQuery, String> {
    let pick: BTreeMap<String, String> =
        pick.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ServerQuery::parse(text, pick).map_err(|fault| fault.to_string())
}

/// The stamps that are asked for beside the value.
#[track_caller]
fn check(text: &str, pick: &[(&str, &str)], expected: &[&str]) {
    let query = picked(text, pick).unwrap();
    let stamps: Vec<String> = query
        .request()
        .split("\nor label_replace(")
        .skip(1)
        .map(|part| part.rsplit_once(", \"setpoint_part\"").unwrap().0.to_owned())
        .collect();
    assert_eq!(stamps, expected, "{text}");
}

/// What `rows` say of the series that `query` picks.
fn said(query: &ServerQuery, rows: &[Row]) -> Reading {
    query.answer(&mut Rows::new(rows.to_vec()))
}

#[test]
fn it_asks_for_the_stamps_of_every_selector() {
    check("up", &[], &["min by () (timestamp({__name__=\"up\"}))"]);
    check(
        "sum(rate(a{b=~\"c|d\"}[5m])) / scalar(count(e))",
        &[],
        &[
            "min by () (timestamp({__name__=\"a\",b=~\"c|d\"}))",
            "min by () (timestamp({__name__=\"e\"}))",
        ],
    );
    check("a + a", &[], &["min by () (timestamp({__name__=\"a\"}))"]);
    check("{job=\"x\"}", &[], &["min by () (timestamp({job=\"x\"}))"]);
    check("max_over_time(rate(a[1m])[10m:1m])", &[], &["min by () (timestamp({__name__=\"a\"}))"]);
}

#[test]
fn an_offset_explains_that_much_of_the_age() {
    check("a offset 5m", &[], &["(min by () (timestamp({__name__=\"a\"} offset 300s)) + 300)"]);
    check(
        "rate(a[2m] offset 1h)",
        &[],
        &["(min by () (timestamp({__name__=\"a\"} offset 3600s)) + 3600)"],
    );
}

#[test]
fn a_range_beyond_the_look_back_finds_the_last_sample_in_it() {
    check(
        "last_over_time(backup_bytes[25h])",
        &[],
        &["(min by () (timestamp({__name__=\"backup_bytes\"})) or min by () \
           (max_over_time(timestamp({__name__=\"backup_bytes\"})[90000s:9000s])))"],
    );
}

#[test]
fn picked_labels_follow_the_series_down_to_the_selectors() {
    let pick = [("app", "web")];
    check("a", &pick, &["min by (app) (timestamp({__name__=\"a\"}))"]);
    check("sum by (app) (a)", &pick, &["min by (app) (timestamp({__name__=\"a\"}))"]);
    check(
        "sum by (app) (a) / scalar(sum(b))",
        &pick,
        &["min by (app) (timestamp({__name__=\"a\"}))", "min by () (timestamp({__name__=\"b\"}))"],
    );
    check(
        "a * on (pod) group_left (app) b",
        &pick,
        &["min by () (timestamp({__name__=\"a\"}))", "min by (app) (timestamp({__name__=\"b\"}))"],
    );
    check(
        "sum by (app) (label_replace(a, \"app\", \"$1\", \"pod\", \"(.*)-.*\"))",
        &pick,
        &["min by () (timestamp({__name__=\"a\"}))"],
    );
    check("topk(3, a)", &pick, &["min by (app) (timestamp({__name__=\"a\"}))"]);
}

#[test]
fn a_query_whose_age_cannot_be_told_is_refused_with_the_reason() {
    for (query, pick, why) in [
        ("1 + 1", &[][..], "reads no series"),
        ("time()", &[], "reads no series"),
        ("vector(0)", &[], "reads no series"),
        ("absent(up)", &[], "absent() makes a number out of missing samples"),
        ("sum(absent_over_time(up[5m]))", &[], "absent_over_time()"),
        ("up @ 1700000000", &[], "another time than now"),
        ("up @ end()", &[], "another time than now"),
        ("up offset -5m", &[], "the future"),
        ("max_over_time(up[5m:1m] offset 1h)", &[], "another time than now"),
        ("up[5m]", &[], "a range of samples is no number"),
        ("\"up\"", &[], "a text is no number"),
        ("sum(up)", &[("app", "web")], "no label `app` to pick by"),
        ("sum by (job) (up)", &[("app", "web")], "no label `app` to pick by"),
        ("sum(", &[], ""),
    ] {
        let fault = picked(query, pick).unwrap_err();
        assert!(fault.contains(why), "{query}: {fault}");
    }
}

fn row(labels: &[(&str, &str)], part: &str, value: f64) -> Row {
    let labels = labels.iter().copied().chain([("setpoint_part", part)]);
    Row { labels: labels.map(|(n, v)| (n.to_owned(), v.to_owned())).collect(), value }
}

#[track_caller]
fn sample(reading: Reading) -> (f64, i64) {
    let Reading::Sample(sample) = reading else { panic!("{reading:?}") };
    (sample.value(), sample.at.ms())
}

#[test]
fn the_stamp_is_the_oldest_of_the_samples_behind_the_value() {
    let query = picked("a / b", &[]).unwrap();
    let rows = [row(&[], "value", 0.5), row(&[], "0", 100.25), row(&[], "1", 90.0)];
    assert_eq!(sample(said(&query, &rows)), (0.5, 90_000));
}

#[test]
fn each_input_picks_its_own_series_and_its_own_stamp() {
    let rows = [
        row(&[("app", "web")], "value", 1.0),
        row(&[("app", "shop")], "value", 2.0),
        row(&[("app", "web")], "0", 100.0),
        row(&[("app", "shop")], "0", 70.0),
    ];
    let ask = |app| picked("sum by (app) (a)", &[("app", app)]).unwrap();
    assert_eq!(sample(said(&ask("web"), &rows)), (1.0, 100_000));
    assert_eq!(sample(said(&ask("shop"), &rows)), (2.0, 70_000));
    assert_eq!(said(&ask("api"), &rows), Reading::Empty);
    assert_eq!(ask("web").request(), ask("shop").request(), "one request answers both");
}

#[test]
fn a_number_without_a_sample_behind_it_is_no_evidence() {
    let made_up = picked("a or vector(0)", &[]).unwrap();
    let Reading::Absent(why) = said(&made_up, &[row(&[], "value", 0.0)]) else { panic!() };
    assert!(why.contains("rests on no sample"), "{why}");
    let either = picked("a or b", &[]).unwrap();
    let rows = [row(&[], "value", 3.0), row(&[], "1", 50.0)];
    assert_eq!(sample(said(&either, &rows)), (3.0, 50_000));
    // One of the two has ended: its rate lives on for the length of its range.
    let both = picked("rate(a[5m]) + rate(b[5m])", &[]).unwrap();
    assert!(matches!(said(&both, &rows), Reading::Absent(_)));
}

#[test]
fn what_is_no_number_never_becomes_one() {
    let query = picked("a", &[]).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let rows = [row(&[], "value", value), row(&[], "0", 90.0)];
        assert!(matches!(said(&query, &rows), Reading::Absent(_)), "{value}");
    }
    assert_eq!(said(&query, &[]), Reading::Empty);
}

#[test]
fn several_series_where_one_is_expected_are_told_apart() {
    let query = picked("up", &[]).unwrap();
    let rows = [
        row(&[("job", "a"), ("zone", "1")], "value", 1.0),
        row(&[("job", "b"), ("zone", "1")], "value", 1.0),
    ];
    let Reading::Failed(why) = said(&query, &rows) else { panic!() };
    assert_eq!(
        why,
        "'up' matches 2 series where one is expected: {job=\"a\",zone=\"1\"}, \
         {job=\"b\",zone=\"1\"}; they differ in job; pick one by its labels, or say sum, avg, min or max"
    );
}

/// What a query of each instance makes of an answer.
#[track_caller]
fn check_each(text: &str, rows: &[Row], expected: &str) {
    let query = ServerQuery::parse_each(text, BTreeMap::new(), "instance").unwrap();
    let shown = |each: &BTreeMap<String, Sample>| {
        let one = |(name, it): (&String, &Sample)| format!("{name}={}@{}", it.value(), it.at.ms());
        each.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let said = match said(&query, rows) {
        Reading::Each(each) => shown(&each),
        Reading::Partly(each, why) => format!("{}, and {why}", shown(&each)),
        Reading::Empty => "empty".to_owned(),
        Reading::Failed(why) => format!("failed: {why}"),
        other @ (Reading::Sample(_) | Reading::Absent(_)) => panic!("{other:?}"),
    };
    assert_eq!(said, expected);
}

fn of(instance: &str, part: &str, value: f64) -> Row {
    row(&[("instance", instance)], part, value)
}

#[test]
fn each_member_is_as_old_as_its_own_sample() {
    let rows =
        [of("a", "value", 5.0), of("b", "value", 90.0), of("a", "0", 100.0), of("b", "0", 70.0)];
    check_each("cpu", &rows, "a=5@100000 b=90@70000");
    let query = ServerQuery::parse_each("max by (instance) (cpu)", BTreeMap::new(), "instance");
    let asked = query.unwrap().request().to_owned();
    assert!(asked.contains("min by (instance) (timestamp({__name__=\"cpu\"}))"), "{asked}");
    // A stamp that all share is that of each, if it is the older.
    let rows = [of("a", "value", 0.5), of("a", "0", 100.0), row(&[], "1", 80.0)];
    check_each("cpu / scalar(max(all))", &rows, "a=0.5@80000");
}

#[test]
fn a_member_without_a_number_or_a_sample_is_not_left_out() {
    let rows =
        [of("a", "value", 5.0), of("b", "value", f64::NAN), of("a", "0", 9.0), of("b", "0", 9.0)];
    check_each("cpu", &rows, "a=5@9000, and b: 'cpu' is NaN");
    let rows = [of("a", "value", 5.0), of("b", "value", 6.0), of("a", "0", 9.0)];
    let why = "'cpu' is 6, which rests on no sample: the series behind it have ended";
    check_each("cpu", &rows, &format!("a=5@9000, and b: {why}"));
    check_each("cpu", &[], "empty");
}

#[test]
fn a_value_that_is_nobodys_is_no_value() {
    let rows = [of("a", "value", 5.0), row(&[("job", "x")], "value", 6.0), of("a", "0", 9.0)];
    let why = "'cpu' has a value without the label `instance`: {job=\"x\"}";
    check_each("cpu", &rows, &format!("failed: {why}"));
    let rows = [of("a", "value", 5.0), of("a", "value", 6.0), of("a", "0", 9.0)];
    check_each("cpu", &rows, "failed: there are two values of a");
    for query in ["sum(cpu)", "scalar(cpu)", "sum by (job) (cpu)"] {
        let fault = ServerQuery::parse_each(query, BTreeMap::new(), "instance").unwrap_err();
        let why =
            "its answer has no label `instance` to tell the values apart: group by (instance)";
        assert_eq!(fault.to_string(), why, "{query}");
    }
}
