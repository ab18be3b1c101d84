//! What was decided, each kind once: when first, why, and how often.

use super::{Day, clock_time, style};
use crate::chronicle::Chapter;
use setpoint_core::{Span, Timestamp};
use std::fmt::Write as _;

/// Kinds of decision that are shown; the rest is counted.
const MOST: usize = 12;

/// The longest reason, in characters.
const REASON: usize = 88;

/// The decisions of a day, in the order in which each kind was first made.
pub(super) fn decisions(day: &Day) -> String {
    let Some(chronicle) = &day.chronicle else { return String::new() };
    let (quiet, files) = (style::QUIET, day.contender.files().collect::<Vec<_>>().join(", "));
    let mut text = format!("{quiet}decided by {files}, in {} passes{quiet:#}\n", chronicle.passes);
    for chapter in chronicle.chapters.iter().take(MOST) {
        line(&mut text, chapter);
    }
    if chronicle.chapters.len() > MOST {
        let more = chronicle.chapters.len() - MOST;
        writeln!(text, "{quiet}  and {more} kinds more{quiet:#}").expect("a string takes text");
    }
    text
}

fn line(text: &mut String, chapter: &Chapter) {
    let style = if chapter.acted() { style::GOOD } else { style::QUIET };
    let times = match chapter.count {
        1 => String::new(),
        count => format!(" ({count} times, last {})", time(chapter.last.at)),
    };
    let (at, target, what) = (time(chapter.first.at), chapter.target(), &chapter.first.what);
    writeln!(text, "  {at}  {style}{target:<13} {what}{style:#}{times}")
        .expect("a string takes text");
    let rule = chapter.rule().map(|(policy, rule)| format!("{policy}/\"{rule}\": "));
    let why = format!("{}{}", rule.unwrap_or_default(), chapter.first.why);
    let cut: String = why.chars().take(REASON).collect();
    let dots = if cut.len() < why.len() { "…" } else { "" };
    writeln!(text, "         {cut}{dots}").expect("a string takes text");
}

/// The time of day of a wall-clock time, in UTC.
fn time(at: Timestamp) -> String {
    clock_time(Span::from_ms(at.ms().rem_euclid(86_400_000).unsigned_abs()))
}
