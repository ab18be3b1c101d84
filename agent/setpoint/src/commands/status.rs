//! `status`: how the agent and its targets stood at the last pass. Asks the journal only.

use super::{configuration, journal};
use crate::{
    cli::Common,
    config::Config,
    exit::Exit,
    output::{self, Format},
    report,
    system_clock::SystemClock,
};
use serde_json::json;
use setpoint_control::Clock;
use setpoint_core::{Decision, Plan, Span, Timestamp};
use setpoint_journal::{ReadError, Reader};

/// A last pass older than this many passes means that no agent is at work.
const MISSED_PASSES: u64 = 3;

/// How things stood at the last pass.
struct Standing {
    pass: u64,
    at: Timestamp,
    age: Span,
    at_work: bool,
    plan: Plan,
}

/// Prints every target's decision in the last pass, and how long ago that was.
pub(crate) fn status(common: &Common) -> Exit {
    told(common).unwrap_or_else(|exit| exit)
}

fn told(common: &Common) -> Result<Exit, Exit> {
    let config = configuration(common)?;
    let reader = journal::read(&config)?;
    let Some(standing) = standing(&reader, &config).map_err(journal::unreadable)? else {
        output::complain("error: the agent has made no pass yet");
        return Ok(Exit::No);
    };
    match common.output {
        Format::Json => output::answer_json(&json!({
            "region": config.region,
            "mode": config.mode.to_string(),
            "at_work": standing.at_work,
            "pass": standing.pass,
            "at": standing.at.to_string(),
            "age_ms": standing.age.ms(),
            "decisions": standing.plan.decisions,
        })),
        Format::Text => print(&standing, &config),
    }
    Ok(Exit::Fine)
}

fn standing(reader: &Reader, config: &Config) -> Result<Option<Standing>, ReadError> {
    let Some((pass, at)) = reader.last_pass()? else { return Ok(None) };
    let age = SystemClock::start().now().wall.since(at);
    let at_work = age <= config.every.times(MISSED_PASSES);
    let mut decisions: Vec<Decision> = Vec::new();
    for target in reader.targets()? {
        // A target that the last pass did not decide about is configured no more.
        let row = reader.decision(&target, None)?.filter(|row| row.last_pass == pass);
        decisions.extend(row.map(|row| row.record.decision));
    }
    Ok(Some(Standing { pass, at, age, at_work, plan: Plan { decisions } }))
}

fn print(standing: &Standing, config: &Config) {
    let Standing { pass, at, age, at_work, plan } = standing;
    let work = if *at_work { "at work" } else { "not at work" };
    let (region, mode) = (&config.region, config.mode);
    output::answer(&format!("{region}: {work}, mode {mode}; pass {pass} {age} ago, at {at}\n"));
    output::answer(&report::decisions(plan, &report::files(&config.policies)));
}
