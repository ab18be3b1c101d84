//! The only file that prints.
//!
//! Answers go to the standard output, complaints and progress to the standard error.
//! Colours reach only terminals, and not those with `NO_COLOR`.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::Write as _,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// A wait that nobody minds without being told of it.
const UNNOTICED: Duration = Duration::from_secs(1);

/// Writes what was asked for. A reader that has gone away is no fault.
pub(crate) fn answer(text: &str) {
    drop(anstream::stdout().write_all(text.as_bytes()));
}

/// Writes what is wrong.
pub(crate) fn complain(text: &str) {
    drop(anstream::stderr().write_all(text.as_bytes()));
}

/// A bar on the standard error, shown only when that is a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Dropped when the work is over: then a bar that was not shown yet never is.
    _at_work: Option<Sender<()>>,
}

impl Progress {
    /// A bar that is shown at once.
    pub(crate) fn new(what: &'static str, steps: usize) -> Self {
        let bar = bar(what, steps, ProgressDrawTarget::stderr());
        bar.tick();
        Self { bar, _at_work: None }
    }

    /// A bar that is shown only if the work takes more than a second.
    pub(crate) fn later(what: &'static str, steps: usize) -> Self {
        let bar = bar(what, steps, ProgressDrawTarget::hidden());
        let (at_work, over) = mpsc::channel();
        let late = bar.clone();
        thread::spawn(move || {
            if over.recv_timeout(UNNOTICED) == Err(RecvTimeoutError::Timeout) {
                late.set_draw_target(ProgressDrawTarget::stderr());
            }
        });
        Self { bar, _at_work: Some(at_work) }
    }

    pub(crate) fn step(&self) {
        self.bar.inc(1);
    }

    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
    }
}

fn bar(what: &'static str, steps: usize, target: ProgressDrawTarget) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}")
        .expect("the template is well-formed");
    ProgressBar::with_draw_target(Some(steps as u64), target).with_style(style).with_message(what)
}
