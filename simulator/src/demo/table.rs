//! What each contender cost, in failures and in money.

use super::{
    contender::{Contender, Day},
    style,
};
use std::fmt::Write as _;

/// The table of all `days`; the saving is against the static one among them.
pub(super) fn table(days: &[Day]) -> String {
    let against = days.iter().find(|day| day.contender == Contender::Static).map(Day::dollars);
    let mut text = format!(
        "{}{:<36}{:>8}{:>9}{:>8}{:>10}{:>10}{:>9}{:>8}{:#}\n",
        style::HEAD,
        "",
        "failed",
        "refused",
        "slow",
        "member h",
        "replica h",
        "cost",
        "saved",
        style::HEAD
    );
    for day in days {
        row(&mut text, day, against);
    }
    text
}

fn row(text: &mut String, day: &Day, against: Option<f64>) {
    let tally = day.world.tally();
    let percent = |part: f64| format!("{:.3} %", 100.0 * part / tally.offered.max(1.0));
    let saved = against
        .map_or_else(String::new, |all| format!("{:.1} %", 100.0 * (1.0 - day.dollars() / all)));
    let style = if tally.refused > 0.0 { style::TROUBLE } else { style::PLAIN };
    writeln!(
        text,
        "{:<36}{:>8}{style}{:>9.0}{style:#}{:>8}{:>10.0}{:>10.0}{:>9}{:>8}",
        day.contender.name(),
        percent(tally.failed()),
        tally.refused,
        percent(tally.slow),
        day.world.member_hours(),
        day.world.database_hours() - 24.0,
        format!("${:.2}", day.dollars()),
        saved,
    )
    .expect("a string takes text");
}
