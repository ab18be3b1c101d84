//! The only file that prints.
//!
//! Answers go to standard output, complaints to standard error. Colours are dropped
//! where nobody would see them: in a file, in a pipe, and under `NO_COLOR`.

use serde_json::Value;
use std::io::Write;

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Prints a part of the answer, with a line break at its end.
pub(crate) fn answer(text: &str) {
    ignore(writeln!(anstream::stdout(), "{}", text.trim_end_matches('\n')));
}

/// Prints the answer for programs.
pub(crate) fn answer_json(value: &Value) {
    ignore(writeln!(anstream::stdout(), "{value:#}"));
}

/// Prints a complaint, with a line break at its end.
pub(crate) fn complain(text: &str) {
    ignore(writeln!(anstream::stderr(), "{}", text.trim_end_matches('\n')));
}

/// Nobody can be told that printing failed: whoever read it is gone.
fn ignore(result: std::io::Result<()>) {
    drop(result);
}
