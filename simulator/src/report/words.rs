//! What happened, in sentences.

use crate::{
    baseline::Baseline,
    experiment::{Results, Verdict},
    scenario::{Against, Measure},
};
use minijinja::{Value, context};
use setpoint_core::{Span, Timestamp};

/// The most policies whose lines are drawn before anybody asks for others.
const AT_FIRST: usize = 3;

/// Shares below this, in percent, are as good as nothing, and are not told by their digits.
const LEAST: f64 = 0.001;

/// "1 seed (7)", "135 seeds (1 to 135)".
pub(super) fn seeds(results: &Results) -> String {
    let (first, last) = (results.seeds.start(), results.seeds.end());
    match results.seeds.clone().count() {
        1 => format!("1 seed ({first})"),
        many => format!("{many} seeds ({first} to {last})"),
    }
}

/// What the numbers of the table are.
pub(super) fn basis(results: &Results) -> String {
    let scenario = &results.scenario;
    let means = match results.seeds.clone().count() {
        1 => "one run each".to_owned(),
        many => format!("means over {many} seeds, the longest violation of all of them"),
    };
    format!("Runs of {}, a pass every {}; {means}.", scenario.length, scenario.every)
}

/// Whether it came out as it must.
pub(super) fn verdict(verdict: &Verdict) -> Value {
    let all = verdict.gates.len();
    let bad = verdict.gates.iter().filter(|gate| !gate.pass).count();
    let broken: Vec<String> =
        verdict.broken.iter().map(|(policy, why)| format!("{policy} broke: {why}.")).collect();
    let gates = match (bad, all) {
        (0, 0) => "The scenario has no gates.".to_owned(),
        (0, 1) => "The one gate held.".to_owned(),
        (0, all) => format!("All {all} gates held."),
        (bad, all) => format!("{bad} of {all} gates did not hold."),
    };
    let word = if verdict.pass() { "Pass." } else { "Fail." };
    let text = broken.into_iter().chain([gates]).collect::<Vec<_>>().join(" ");
    let short = if verdict.pass() { "pass" } else { "FAIL" };
    context! { pass => verdict.pass(), word, text, short }
}

/// A sentence or two about each policy, and one about who came nearest to them.
pub(super) fn happened(results: &Results) -> Vec<String> {
    let policies = results.scenario.contestants.iter().map(|one| one.name.as_str());
    let mut told: Vec<String> = policies.clone().filter_map(|name| policy(results, name)).collect();
    told.extend(beside(results, policies.clone().next()));
    told
}

fn policy(results: &Results, name: &str) -> Option<String> {
    let mean = |measure| results.mean(name, measure);
    let offered: f64 = results.of(name).map(|row| row.cell.score.offered).sum::<f64>()
        / results.of(name).count().max(1) as f64;
    let slow = results.scenario.world.service.slow;
    let mut text = format!(
        "{name} lost {} of {} requests and let {} of them wait for more than {slow}, with at most {:.0} \
         members, for ${:.2}",
        percent(mean(Measure::Failed)?),
        many(offered),
        percent(mean(Measure::Slow)?),
        mean(Measure::MaxInstances)?,
        mean(Measure::Cost)?,
    );
    if let Some(times) = mean(Measure::CostVsOracle) {
        text.push_str(&format!(": {times:.2} times what perfect foresight costs"));
    }
    if let Some(times) = mean(Measure::CostVsStaticPeak) {
        let less = 100.0 * (1.0 - times);
        let than = if less >= 0.0 { "less" } else { "more" };
        text.push_str(&format!(", {:.0} % {than} than members for the peak all day", less.abs()));
    }
    text.push_str(". ");
    text.push_str(&violations(results, name));
    Some(text)
}

/// How often the objective was not held.
fn violations(results: &Results, name: &str) -> String {
    let scores = || results.of(name).map(|row| row.cell.score);
    let seeds = results.seeds.clone().count();
    let worst = scores().map(|score| score.worst_violation_s).max().unwrap_or(0);
    let violated = scores().filter(|score| score.violations > 0).count();
    let count: u32 = scores().map(|score| score.violations).sum();
    let worst = Span::from_secs(u64::from(worst));
    match (violated, seeds) {
        (0, 1) => "The objective was held all the time.".to_owned(),
        (0, _) => "The objective was held all the time under every seed.".to_owned(),
        (_, 1) if count == 1 => format!("The objective was missed once, for {worst}."),
        (_, 1) => format!("The objective was missed {count} times, the longest for {worst}."),
        (some, all) => format!(
            "The objective was missed under {some} of {all} seeds, {count} times in all; the longest lasted {worst}."
        ),
    }
}

/// Of those that could be had, the one that lost the fewest requests, of several the cheapest.
fn rival(results: &Results) -> Option<(&'static str, f64, f64)> {
    let had = results.scenario.baselines.iter().filter(|one| !is_yardstick(**one));
    had.filter_map(|one| {
        let mean = |measure| results.mean(one.name(), measure);
        Some((one.name(), mean(Measure::Failed)?, mean(Measure::Cost)?))
    })
    .min_by(|one, other| one.1.total_cmp(&other.1).then(one.2.total_cmp(&other.2)))
}

fn beside(results: &Results, ours: Option<&str>) -> Option<String> {
    let (name, failed, cost) = rival(results)?;
    let ours = ours.and_then(|name| results.mean(name, Measure::Failed));
    let times = ours.filter(|ours| *ours > LEAST && failed > LEAST);
    let times = times.map_or_else(String::new, |ours| match failed / ours {
        more if more >= 1.0 => format!(", {} times as many", plain(more)),
        fewer => format!(", {} times fewer", plain(1.0 / fewer)),
    });
    Some(format!(
        "Of the others that could be had, {name} lost the fewest: {}{times}, for ${cost:.2}.",
        percent(failed)
    ))
}

/// Whether it is there to measure by, and nobody would run it.
const fn is_yardstick(baseline: Baseline) -> bool {
    matches!(baseline, Baseline::Oracle | Baseline::StaticPeak | Baseline::StaticMean)
}

/// Whose lines are drawn before anybody asks for others: the policies, and the one that their
/// gates measure them by, or the best that could be had.
pub(super) fn shown(results: &Results) -> Vec<bool> {
    let names = results.shown();
    let policies = results.scenario.contestants.len().min(AT_FIRST);
    let measured = results.scenario.gates.iter().find_map(|gate| match &gate.against {
        Against::Times(_, rival) | Against::Over(_, rival) => Some(rival.as_str()),
        Against::Max(_) | Against::Min(_) => None,
    });
    let rival = measured.or_else(|| rival(results).map(|(name, ..)| name));
    let many = if policies == 0 { AT_FIRST } else { policies };
    let is = |(place, name): (usize, &&str)| place < many || Some(*name) == rival;
    names.iter().enumerate().map(is).collect()
}

/// "0.012 %", "none".
fn percent(percent: f64) -> String {
    match percent {
        0.0 => "none".to_owned(),
        few if few < LEAST => format!("less than {LEAST} %"),
        some => format!("{} %", plain(some)),
    }
}

/// A number with two digits that count, or all of those before the point.
fn plain(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    let decimals = (1.0 - number.abs().log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{number:.decimals$}")
}

/// "92.1 million", "840,000".
fn many(requests: f64) -> String {
    match requests {
        more if more >= 1e9 => format!("{:.1} billion", more / 1e9),
        more if more >= 1e6 => format!("{:.1} million", more / 1e6),
        more if more >= 1e3 => format!("{:.0} thousand", more / 1e3),
        few => format!("{few:.0}"),
    }
}

/// A time of a run as people say it: with its day only where there are several.
pub(super) fn time(at: Timestamp, length: Span) -> String {
    let told = at.to_string();
    let (day, time) = told.split_once('T').unwrap_or(("", &told));
    let time = time.get(..8).unwrap_or(time);
    let time = time.strip_suffix(":00").unwrap_or(time);
    if length > Span::from_minutes(24 * 60) { format!("{day} {time}") } else { time.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_mean_something() {
        let told = [0.0, 0.000_123, 0.012_34, 0.5, 3.0, 27.4, 271.9].map(plain);
        assert_eq!(told, ["0", "0.00012", "0.012", "0.50", "3.0", "27", "272"]);
        assert_eq!([92.14e6, 840e3, 12.0].map(many), ["92.1 million", "840 thousand", "12"]);
        assert_eq!([0.0, 1e-6, 0.2].map(percent), ["none", "less than 0.001 %", "0.20 %"]);
    }

    #[test]
    fn a_time_has_its_day_only_where_there_are_several() {
        let at = Timestamp::from_ms(1_766_131_935_000);
        let told = [24, 48].map(|hours| time(at, Span::from_minutes(hours * 60)));
        assert_eq!(told, ["08:12:15", "2025-12-19 08:12:15"]);
        assert_eq!(time(Timestamp::from_ms(60_000), Span::ZERO), "00:01");
    }
}
