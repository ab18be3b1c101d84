//! The tables are a test: their short form always, and the full one where long proofs are asked for.

use super::*;
use std::{collections::BTreeSet, env, fs, path::Path};

fn extent() -> Extent {
    let full = env::var("SETPOINT_PROVE").is_ok_and(|how| how == "full");
    if full { Extent::Full } else { Extent::Short }
}

#[test]
fn the_model_is_within_every_tolerance() {
    let report = measure(extent(), 2, || {});
    assert!(report.good(), "{}", report.markdown());
}

#[test]
fn any_number_of_threads_gives_the_same_rows() {
    let tasks = [Task::Closed(&closed::CLOSED[0]), Task::Case(&cases::CASES[2])];
    for task in tasks {
        let here = task.row(Extent::Short).cells;
        let there = thread::spawn(move || task.row(Extent::Short).cells);
        assert_eq!(here, there.join().expect("a row is measured"));
    }
}

/// Everything of a table but its figures: its title, columns, and what its rows are about.
fn shape(text: &str) -> BTreeSet<String> {
    let first = |line: &str| line.split('|').nth(1).map(|cell| cell.trim().to_owned());
    let title = |line: &str| line.strip_prefix("### ").map(str::to_owned);
    let columns = |line: &str| line.ends_with("| within |").then(|| line.to_owned());
    text.lines()
        .flat_map(|line| [columns(line), title(line), first(line)].into_iter().flatten())
        .collect()
}

#[test]
fn the_document_has_the_tables_that_the_command_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/simulator-accuracy.md");
    let document = fs::read_to_string(path).expect("the document is there");
    let tables = document.split_once("<!-- tables -->").expect("the tables are marked").1;
    let tables = tables.split_once("<!-- end of tables -->").expect("and their end").0;
    let row = |name: &str| Row { cells: vec![name.to_owned()], good: true };
    let table = |title, columns, names: Vec<&'static str>| Table {
        title,
        columns,
        rows: names.into_iter().map(row).collect(),
    };
    let report = Report {
        tables: vec![
            table(
                closed::TITLE,
                closed::COLUMNS,
                closed::CLOSED.iter().map(Closed::name).collect(),
            ),
            table(storm::TITLE, storm::COLUMNS, storm::STORMS.iter().map(Storm::name).collect()),
            table(cases::TITLE, cases::COLUMNS, cases::CASES.iter().map(Case::name).collect()),
        ],
    };
    assert_eq!(shape(tables), shape(&report.markdown()));
    assert!(!tables.contains("**no**"), "a row of the document is not within its tolerance");
}
