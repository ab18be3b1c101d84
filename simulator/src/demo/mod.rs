//! The demo: a holiday event, run by those who fail at it and those who do not.
//!
//! Every figure is measured in the run. The text is a function of the seed.

mod contender;
mod decisions;
mod holiday;
pub(crate) mod style;
mod table;
mod timeline;

pub use contender::{Contender, Day};

use crate::roomy::spawn;
use setpoint_core::Span;
use std::{fmt::Write as _, thread};

/// How many days are run.
pub const DAYS: usize = Contender::ALL.len();

/// The demo's text, with colours; `done` is called for each day that has been run.
pub fn demo(seed: u64, done: impl Fn() + Sync) -> String {
    let days = run(seed, done);
    let scenario = holiday::scenario(holiday::SCRAPED);
    let (head, quiet) = (style::HEAD, style::QUIET);
    let mut text = format!(
        "{head}A holiday event: 1x, then 10x, then 15x the traffic, in a simulated day{head:#}\n\
         {quiet}A group of 10..200 members, {:.0} % CPU; a database, {:.0} % of its connections. \
         Seed {seed}.{quiet:#}\n\n",
        100.0 * holiday::CPU_GOAL,
        100.0 * holiday::CONNECTIONS_GOAL,
    );
    if let Some(first) = days.first() {
        text.push_str(&timeline::load(first.minutes(), &scenario));
    }
    for day in &days {
        let name = day.contender.name();
        writeln!(text, "\n{head}{name}{head:#}\n{}", outcome(day)).expect("a string takes text");
        text.push_str(&timeline::day(day.minutes(), &scenario));
        text.push_str(&decisions::decisions(day));
    }
    text.push('\n');
    text.push_str(&table::table(&days));
    text
}

/// How the day went, in a sentence.
fn outcome(day: &Day) -> String {
    let tally = day.world.tally();
    match tally.first_refused {
        Some(at) => {
            let (style, from, lasted) = (style::TROUBLE, clock_time(at), tally.refusing);
            format!(
                "{style}the database refuses connections from {from}, for {lasted} in all; \
                 {:.0} requests fail{style:#}",
                tally.failed()
            )
        }
        None => {
            let style = style::GOOD;
            format!("{style}no connection refused{style:#}; {:.0} requests fail", tally.failed())
        }
    }
}

/// Runs everyone's day. Days share nothing, so they are run at the same time.
fn run(seed: u64, done: impl Fn() + Sync) -> Vec<Day> {
    let done = &done;
    thread::scope(|scope| {
        let day = |contender: &'static Contender| {
            let run = move || {
                let day = contender.run(seed);
                done();
                day
            };
            spawn(scope, run)
        };
        let days: Vec<_> = Contender::ALL.iter().map(day).collect();
        days.into_iter().map(|day| day.join().expect("a day does not panic")).collect()
    })
}

/// A time of day: "08:07".
fn clock_time(since_midnight: Span) -> String {
    let minutes = since_midnight.ms() / 60_000;
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}
