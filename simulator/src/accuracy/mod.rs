//! How far the model is from what is known: from formulas, and from itself with every request followed.
//!
//! Three tables, printed by `setpoint-sim accuracy` and kept in docs/simulator-accuracy.md: both engines
//! against the closed forms of queueing theory ([`closed`]), what becomes of a storm of retries against the
//! threshold that is known for it ([`storm`]), and the fluid engine against the engine of discrete events
//! ([`cases`]). Each row has its tolerance, so the tables are a test as well.

pub mod cases;
pub mod closed;
mod series;
pub mod storm;

use cases::Case;
use closed::Closed;
use std::{
    fmt::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use storm::Storm;

/// How much is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Some seconds of work, with tolerances to match.
    Short,
    /// What the tables of the manual are made of: some 800 million requests.
    Full,
}

/// One line of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The cells, the first of which names the row.
    pub cells: Vec<String>,
    /// Whether it is within its tolerance.
    pub good: bool,
}

/// One table.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it is about.
    pub title: &'static str,
    /// The names of its columns.
    pub columns: &'static [&'static str],
    /// Its lines, in the order of the document.
    pub rows: Vec<Row>,
}

/// Everything that was measured.
#[derive(Clone, Debug)]
pub struct Report {
    /// The tables, in the order of the document.
    pub tables: Vec<Table>,
}

/// One row that is still to be measured.
#[derive(Clone, Copy, Debug)]
enum Task {
    Closed(&'static Closed),
    Storm(&'static Storm),
    Case(&'static Case),
}

impl Task {
    fn all() -> Vec<Self> {
        // The longest first, so that no worker is left with one at the end.
        let cases = cases::CASES.iter().map(Task::Case);
        let closed = closed::CLOSED.iter().map(Task::Closed);
        cases.chain(closed).chain(storm::STORMS.iter().map(Task::Storm)).collect()
    }

    fn row(self, extent: Extent) -> Row {
        match self {
            Self::Closed(closed) => closed.row(extent),
            Self::Storm(storm) => storm.row(),
            Self::Case(case) => case.row(extent),
        }
    }
}

/// How many rows there are to measure.
pub fn rows() -> usize {
    Task::all().len()
}

/// Measures all rows on so many threads; `done` is called for each. The result depends on `extent` alone.
pub fn measure(extent: Extent, threads: usize, done: impl Fn() + Sync) -> Report {
    let tasks = Task::all();
    let rows: Vec<Mutex<Option<Row>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((task, row)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| tasks.get(i).zip(rows.get(i)))
        {
            let measured = task.row(extent);
            *row.lock().unwrap_or_else(PoisonError::into_inner) = Some(measured);
            done();
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    let mut rows =
        rows.into_iter().filter_map(|row| row.into_inner().unwrap_or_else(PoisonError::into_inner));
    let mut take = |count: usize| rows.by_ref().take(count).collect::<Vec<Row>>();
    let (cases, closed, storms) =
        (take(cases::CASES.len()), take(closed::CLOSED.len()), take(storm::STORMS.len()));
    Report {
        tables: vec![
            Table { title: closed::TITLE, columns: closed::COLUMNS, rows: closed },
            Table { title: storm::TITLE, columns: storm::COLUMNS, rows: storms },
            Table { title: cases::TITLE, columns: cases::COLUMNS, rows: cases },
        ],
    }
}

impl Report {
    /// Whether every row is within its tolerance.
    pub fn good(&self) -> bool {
        self.tables.iter().flat_map(|table| &table.rows).all(|row| row.good)
    }

    /// The tables in Markdown.
    pub fn markdown(&self) -> String {
        let tables: Vec<String> = self.tables.iter().map(Table::markdown).collect();
        tables.join("\n")
    }
}

impl Table {
    fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            cells.fold("|".to_owned(), |line, cell| format!("{line} {cell} |"))
        };
        let columns = || self.columns.iter().copied().chain(["within"]);
        for head in [line(&mut columns()), line(&mut columns().map(|_| "---"))] {
            writeln!(text, "{head}").expect("a string takes text");
        }
        for row in &self.rows {
            let verdict = if row.good { "yes" } else { "**no**" };
            let cells = row.cells.iter().map(String::as_str).chain([verdict]);
            writeln!(text, "{}", line(&mut { cells })).expect("a string takes text");
        }
        text
    }
}

#[cfg(test)]
mod sabotage;
#[cfg(test)]
mod tests;
