//! Which past is meant: a server, its queries, and a stretch of time.

use crate::system_clock;
use clap::Args;
use setpoint_core::{Span, Timestamp};
use setpoint_sim::{
    fit::{Assumed, Terms},
    history::{self, Asked, Column, History, Window, Written},
    trouble::Trouble,
};
use std::{collections::BTreeMap, path::PathBuf};

/// The arguments that name a past.
#[derive(Debug, Args)]
pub(super) struct Past {
    /// The server: Prometheus, Thanos, Mimir or VictoriaMetrics.
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// A file of TOML with `url` and `[queries]`; options add to it.
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// What tells a column: load=PROMQL, and ready, desired, cpu, p99, failed, queue; without
    /// a name the load.
    #[arg(long, value_name = "COLUMN=PROMQL")]
    query: Vec<Asked>,
    /// How far back.
    #[arg(long, value_name = "DURATION", default_value = "7d")]
    last: Span,
    /// From one look to the next.
    #[arg(long, value_name = "DURATION", default_value = "60s")]
    step: Span,
    /// Up to when, such as 2026-11-23T14:00:00Z [default: now].
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// A file with a token to show to the server.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A header to send along: X-Scope-OrgID=team.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    header: Vec<(String, String)>,
}

/// Reads a wall-clock time with its zone.
fn time(text: &str) -> Result<Timestamp, String> {
    let read: Result<jiff::Timestamp, _> = text.parse();
    read.map(|time| Timestamp::from_ms(time.as_millisecond()))
        .map_err(|_| "write it as 2026-11-23T14:02:15Z or 2026-11-23T15:02:15+01:00".to_owned())
}

/// Reads NAME=VALUE.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Past {
    /// Whether a server is named.
    const fn is_named(&self) -> bool {
        self.prometheus.is_some() || self.queries.is_some()
    }

    /// Whether a column is asked for by an option.
    fn asks(&self) -> bool {
        !self.query.is_empty()
    }

    /// Asks the server for all of it.
    pub(super) fn fetch(&self) -> Result<History, Trouble> {
        if self.step < Span::from_secs(1) || self.last < self.step {
            let what = format!(
                "--last {} --step {}: a step is a second or more, and no longer than the whole",
                self.last, self.step
            );
            return Err(Trouble::command_line(what));
        }
        let written = match &self.queries {
            Some(path) => history::read_queries(path)?,
            None => Written::default(),
        };
        let until = self.until.unwrap_or_else(system_clock::now);
        history::fetch(
            &self.over(written).finish()?,
            Window { since: until - self.last, until, step: self.step },
        )
    }

    /// What is written, and over it what the options say.
    fn over(&self, mut written: Written) -> Written {
        if let Some(url) = &self.prometheus {
            written.url = Some(url.clone());
        }
        if let Some(path) = &self.token_file {
            written.token_file = Some(path.clone());
        }
        written.headers.extend(self.header.iter().cloned());
        let asked = self.query.iter().map(|asked| (asked.column, asked.query.clone()));
        written.columns.extend(asked);
        written
    }
}

/// What somebody should know who uses a history: where it has gaps.
pub(super) fn gaps(history: &History) -> String {
    let percent = |column: Column| 100.0 * history.missing(column);
    let gaps = history.columns().filter(|column| history.missing(*column) > 0.0);
    gaps.map(|column| format!("note: {column}: {:.1} % of the steps are gaps\n", percent(column)))
        .collect()
}

/// What a history does not tell.
#[derive(Debug, Args)]
pub(super) struct Assume {
    /// The least number of members [default: the least that was asked for].
    #[arg(long, value_name = "N")]
    min: Option<u32>,
    /// The most members [default: twice the most that were asked for].
    #[arg(long, value_name = "N")]
    max: Option<u32>,
    /// Dollars for an hour of a member.
    #[arg(long, value_name = "DOLLARS", default_value_t = 0.0)]
    price: f64,
    /// How long a request may wait before it counts as slow; of 100, one may.
    #[arg(long, value_name = "DURATION", default_value = "100ms")]
    slow: Span,
    /// How often the policy's metrics come, where no stamps tell.
    #[arg(long, value_name = "DURATION", default_value = "15s")]
    period: Span,
    /// How late they come, where no stamps tell.
    #[arg(long, value_name = "DURATION", default_value = "15s")]
    delay: Span,
    /// The median of the boot time, where no launches tell.
    #[arg(long, value_name = "DURATION", default_value = "2m")]
    boot: Span,
    /// From one pass of the agent to the next.
    #[arg(long, value_name = "DURATION", default_value = "15s")]
    every: Span,
}

impl Assume {
    /// What is assumed in a scenario of this name, whose load is in the file `trace`.
    pub(super) fn assumed(&self, name: &str, trace: Option<String>) -> Result<Assumed, Trouble> {
        if !self.price.is_finite() || self.price < 0.0 {
            return Err(Trouble::command_line("--price is a number of dollars, from zero up"));
        }
        Ok(Assumed {
            name: name.to_owned(),
            trace,
            range: (self.min, self.max),
            price: self.price,
            feed: (self.period, self.delay),
            slow: self.slow,
            boot: (self.boot, 0.3),
            every: self.every,
        })
    }
}

/// A file with a history, or a server.
#[derive(Debug, Args)]
pub(super) struct From {
    /// A history as CSV: `time` and any of load, ready, desired, cpu, p99, failed, queue, stamp.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The name that a column has in the file.
    #[arg(long, value_name = "COLUMN=NAME", value_parser = renamed)]
    column: Vec<(Column, String)>,
    #[command(flatten)]
    past: Past,
}

fn renamed(text: &str) -> Result<(Column, String), String> {
    let (column, name) = text.split_once('=').ok_or("write it as cpu=NAME")?;
    let known = || Column::ALL.map(Column::name).join(", ");
    let column = Column::named(column).ok_or_else(|| format!("the columns are {}", known()))?;
    Ok((column, name.to_owned()))
}

impl From {
    /// The history that is meant.
    pub(super) fn history(&self) -> Result<History, Trouble> {
        match (&self.file, self.past.is_named() || self.past.asks()) {
            (Some(file), false) => {
                let names: BTreeMap<Column, String> = self.column.iter().cloned().collect();
                history::read(file, &names)
            }
            (None, true) => self.past.fetch(),
            (Some(_), true) => Err(Trouble::command_line("a file or a server, not both")),
            (None, false) => Err(Trouble::command_line("there is no history to look at")
                .help("name a CSV file, or a server: --prometheus URL --query load=…")),
        }
    }
}

/// Where a history tells too little.
#[derive(Debug, Args)]
pub(super) struct Limits {
    /// The most of the time, in percent, in which demand may be unknowable.
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    unknowable: f64,
    /// The most of the time, in percent, of which nothing may be known.
    #[arg(long, value_name = "PERCENT", default_value_t = 20.0)]
    missing: f64,
}

impl Limits {
    pub(super) fn terms(&self) -> Terms {
        let (unknowable, missing) = (self.unknowable / 100.0, self.missing / 100.0);
        Terms { unknowable, missing, ..Terms::default() }
    }
}
