//! A week on a real Prometheus.

use super::{
    made_up::{Truth, USUAL, WEEK},
    program::{Ended, Folder},
    server::Server,
};
use setpoint_sim::history::{Column, History, read};
use std::{collections::BTreeMap, ops::Range};

/// Which query tells which column.
const QUERIES: &str = "\
[queries]
load    = 'sum(rate(web_requests_total[2m]))'
ready   = 'web_ready'
desired = 'web_desired'
cpu     = 'web_cpu'
p99     = 'web_p99'
";

/// A policy of the library.
pub(crate) const POLICY: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/library/target-cpu.rhai");

/// Runs a command on a server's week.
fn on(server: &Server, command: &str, more: &[&str]) -> (Folder, Ended) {
    let folder = Folder::new().with("queries.toml", QUERIES);
    let url = server.url();
    let until = WEEK.end().to_string();
    let own = [command, "--prometheus", &url, "--queries", "queries.toml", "--until", &until];
    let ended = folder.run(&[&own, more].concat());
    (folder, ended)
}

/// The history with a gap.
fn without(history: &History, gap: Range<usize>) -> History {
    let mut gappy = History::new(history.start(), history.step(), history.len());
    for step in (0..history.len()).filter(|step| !gap.contains(step)) {
        for column in history.columns() {
            history.get(column, step).iter().for_each(|it| gappy.put(column, step, *it));
        }
    }
    gappy
}

#[test]
fn a_week_is_imported_step_by_step_and_fitted_from_the_server_alike() {
    let history = without(&WEEK.history(), 1000..1030);
    let server = Server::with(&history);
    // At 15 s a week is more steps than a server answers in one request.
    let (folder, ended) = on(&server, "import", &["--out", "week.csv", "--step", "15s"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(ended.out, "week.csv: 40321 steps of 15s\n");
    let imported = read(&folder.path("week.csv"), &BTreeMap::new()).unwrap();
    assert_eq!(imported.len(), 40_321);
    // A server stands in for what is missing for five minutes, and no longer.
    let inside = imported.get(Column::Ready, 4 * 1015 + 4);
    assert_eq!(inside, None, "a gap of half an hour is no line");
    for step in (0..history.len()).step_by(97) {
        let same = imported.get(Column::Ready, 4 * step + 4);
        assert_eq!(same, history.get(Column::Ready, step), "step {step}");
    }

    let (_, ended) = on(&server, "fit", &[]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("capacity per member   50"), "{}", ended.out);
}

#[test]
fn what_a_server_refuses_is_told_and_is_not_taken_for_a_gap() {
    let server = Server::with(&USUAL.history());
    let refused = |query: &str, said: &str| {
        let (_, ended) = on(&server, "import", &["--query", query]);
        assert_eq!(ended.code, 64, "{}", ended.err);
        assert!(ended.err.contains(said), "{}", ended.err);
    };
    refused("load=sum(", "refused (bad_data)");
    refused("load=nobody_exports_this", "says nothing from");
    refused("load=web_requests_total", "several series where one is expected");
    refused("load=-1 * web_cpu", "nothing here can be below zero");
}
#[test]
fn a_policy_is_tried_on_a_week_and_what_differs_is_told() {
    let server = Server::with(&WEEK.history());
    let (_, ended) = on(&server, "backtest", &["--policy", POLICY, "--price", "0.085"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    for told in ["capacity per member   50", "over the objective", "better", "verdict: "] {
        assert!(ended.out.contains(told), "{told} is not in\n{}", ended.out);
    }
}

#[test]
fn a_saturated_week_is_inconclusive_and_says_why() {
    let server = Server::with(&Truth { goal: 98.0, ..WEEK }.history());
    let (_, ended) = on(&server, "backtest", &["--policy", POLICY]);
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    assert!(ended.out.contains("nobody can know what was asked of them then"), "{}", ended.out);
    assert!(ended.out.ends_with("verdict: inconclusive, the history tells too little\n"));
}
