//! The hours of the event as small charts.

use super::{clock_time, style};
use crate::{
    chart,
    world::{Row, WorldModel},
};
use anstyle::Style;
use setpoint_core::Span;
use std::fmt::Write as _;

/// Characters in a chart.
const CELLS: usize = 80;
/// Characters before a chart.
const LABEL: usize = 12;
/// The first and the last minute shown: 07:40 to 10:20, two minutes a character.
const SHOWN: (usize, usize) = (7 * 60 + 40, 10 * 60 + 20);
/// Characters between two times on the axis.
const TICK: usize = 10;

/// One chart: a line or more of blocks, with its name before and its scale behind.
struct Chart {
    label: &'static str,
    scale: String,
    rows: usize,
    values: Vec<f64>,
    full: f64,
    colour: Style,
    /// Values above this are drawn in the colour of trouble.
    trouble: f64,
}

impl Chart {
    fn of(minutes: &[Row], value: impl Fn(&Row) -> f64) -> Vec<f64> {
        let shown = minutes.get(SHOWN.0..SHOWN.1).unwrap_or_default();
        chart::peaks(&shown.iter().map(value).collect::<Vec<_>>(), CELLS)
    }

    fn draw(&self, text: &mut String) {
        for (i, row) in chart::bars(&self.values, self.full, self.rows).iter().enumerate() {
            let (label, scale) = if i == 0 { (self.label, &*self.scale) } else { ("", "") };
            write!(text, "{label:<LABEL$}").expect("a string takes text");
            for (block, value) in row.chars().zip(&self.values) {
                let style = if *value > self.trouble { style::TROUBLE } else { self.colour };
                paint(text, style, block);
            }
            writeln!(text, " {scale}").expect("a string takes text");
        }
    }
}

/// Writes `block` in `style`; styles of equal neighbours are closed and opened again, which nobody sees.
fn paint(text: &mut String, style: Style, block: char) {
    if style == Style::new() || block == ' ' {
        text.push(block);
    } else {
        write!(text, "{style}{block}{style:#}").expect("a string takes text");
    }
}

/// The times of day under which the charts stand.
pub(super) fn axis() -> String {
    let times = (0..CELLS / TICK).map(|tick| {
        let minutes = SHOWN.0 + tick * TICK * (SHOWN.1 - SHOWN.0) / CELLS;
        format!("{:<TICK$}", clock_time(Span::from_minutes(minutes as u64)))
    });
    format!("{:LABEL$}{}\n", "", times.collect::<String>().trim_end())
}

/// What was asked of everyone.
pub(super) fn load(minutes: &[Row], scenario: &WorldModel) -> String {
    let full = scenario.load.base_rps * scenario.load.shape.peak();
    let values = Chart::of(minutes, Row::offered_rps);
    let mut text = axis();
    let (scale, colour) = (format!("{full:.0}/s"), style::LOAD);
    let trouble = f64::INFINITY;
    Chart { label: "load", scale, rows: 3, values, full, colour, trouble }.draw(&mut text);
    text
}

/// What became of it: capacity, latency, connections and failures.
pub(super) fn day(minutes: &[Row], scenario: &WorldModel) -> String {
    let most = f64::from(scenario.fleet.range.max());
    let full = most * scenario.service.member_rps();
    let trouble = f64::INFINITY;
    let charts = [
        Chart {
            label: "capacity",
            scale: format!("{full:.0}/s"),
            rows: 2,
            values: Chart::of(minutes, Row::capacity_rps),
            full,
            colour: style::CAPACITY,
            trouble,
        },
        Chart {
            label: "p99",
            scale: "1 s".into(),
            rows: 2,
            values: Chart::of(minutes, |minute| minute.p99.unwrap_or(0.0)),
            full: 1.0,
            colour: style::PLAIN,
            trouble: 0.285,
        },
        Chart {
            label: "connections",
            scale: "100 %".into(),
            rows: 2,
            values: Chart::of(minutes, |minute| minute.fullest),
            full: 1.0,
            colour: style::PLAIN,
            trouble: 1.0,
        },
        Chart {
            label: "failed",
            scale: "50 %".into(),
            rows: 1,
            values: Chart::of(minutes, Row::failed_share),
            full: 0.5,
            colour: style::PLAIN,
            trouble: 0.0,
        },
    ];
    let mut text = axis();
    charts.iter().for_each(|chart| chart.draw(&mut text));
    text
}
