//! The only file that prints.
//!
//! Answers go to the standard output, complaints and progress to the standard error.
//! Colours reach only terminals, and not those with `NO_COLOR`.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::Write as _;

/// Writes what was asked for. A reader that has gone away is no fault.
pub(crate) fn answer(text: &str) {
    drop(anstream::stdout().write_all(text.as_bytes()));
}

/// Writes what is wrong.
pub(crate) fn complain(text: &str) {
    drop(anstream::stderr().write_all(text.as_bytes()));
}

/// A bar on the standard error, shown only when that is a terminal.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(what: &'static str, steps: usize) -> Self {
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}")
            .expect("the template is well-formed");
        let bar = ProgressBar::new(steps as u64).with_style(style).with_message(what);
        bar.tick();
        Self(bar)
    }

    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    pub(crate) fn finish(self) {
        self.0.finish_and_clear();
    }
}
