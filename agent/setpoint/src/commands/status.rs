//! `status`: how the agent and its targets stand. Asks the agent, and where none is at work
//! its journal.

use super::{Site, journal, order::unanswered};
use crate::{
    cli::Common,
    config::Config,
    exit::Exit,
    live::{self, Ask, MISSED_PASSES, NoAnswer, Paused, Reply, Status},
    output::{self, Format},
    report::{self, Contacts},
    system_clock::SystemClock,
};
use setpoint_control::Clock;
use setpoint_core::{Decision, Span};
use setpoint_journal::{ReadError, Reader};

/// Prints every target's decision in the last pass, and how long ago that was.
pub(crate) fn status(common: &Common) -> Exit {
    told(common).unwrap_or_else(|exit| exit)
}

fn told(common: &Common) -> Result<Exit, Exit> {
    let site = Site::of(common)?;
    let status = match live::ask(&live::socket_in(&site.data_dir), Ask::Status) {
        Ok(Reply::Status(status)) => *status,
        Ok(Reply::Refused { why }) => {
            output::complain(&format!("error: {why}"));
            return Err(Exit::NotPermitted);
        }
        Ok(Reply::Taken { .. } | Reply::Reloaded { .. }) => return Err(Exit::Internal),
        Err(NoAnswer::NoAgent) => {
            let config = site.whole()?;
            let reader = journal::read(config)?;
            let Some(status) = recorded(&reader, config).map_err(journal::unreadable)? else {
                output::complain("error: the agent has made no pass yet");
                return Ok(Exit::No);
            };
            status
        }
        Err(error) => return Err(unanswered(&error)),
    };
    match common.output {
        Format::Json => output::answer_json(&serde_json::to_value(&status).unwrap_or_default()),
        Format::Text => print(&status, site.config.as_ref()),
    }
    // Whoever watches by this command wants to know of an agent that is there and stuck.
    Ok(if status.epoch.is_some() && !status.not_ready.is_empty() { Exit::No } else { Exit::Fine })
}

/// How things stood at the last pass on record.
fn recorded(reader: &Reader, config: &Config) -> Result<Option<Status>, ReadError> {
    let Some((pass, at)) = reader.last_pass()? else { return Ok(None) };
    let age = SystemClock::start().now().wall.since(at);
    let mut decisions: Vec<Decision> = Vec::new();
    let mut shadows = Vec::new();
    // Whatever the last pass decided about was in its program; the row of a target may be some
    // passes behind.
    let targets = reader.program()?.map(|program| program.settings.targets).unwrap_or_default();
    for target in targets.keys() {
        let Some(row) = reader.decision(target, None)? else { continue };
        decisions.push(row.record.decision);
        shadows.extend(row.record.shadows);
    }
    Ok(Some(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        region: config.region.clone(),
        mode: config.mode.to_string(),
        at_work: age <= config.every.times(MISSED_PASSES),
        epoch: None,
        pass: Some(pass),
        at: Some(at.to_string()),
        age_ms: Some(age.ms()),
        paused: None,
        not_ready: vec!["no agent listens".to_owned()],
        refused_reload: None,
        decisions,
        shadows,
        // What is open is in the agent's memory.
        open: Vec::new(),
        contacts: Contacts::of(&config.policies),
    }))
}

fn print(status: &Status, config: Option<&Config>) {
    let work = if status.at_work { "at work" } else { "not at work" };
    let last = match (status.pass, status.age_ms, &status.at) {
        (Some(pass), Some(age), Some(at)) => {
            format!("pass {pass} {} ago, at {at}", Span::from_ms(age))
        }
        _ => "no pass yet".to_owned(),
    };
    output::answer(&format!("{}: {work}, mode {}; {last}\n", status.region, status.mode));
    if let Some(Paused { reason, left_ms }) = &status.paused {
        let until = left_ms.map_or("until resumed".to_owned(), |left| {
            format!("for another {}", Span::from_ms(left))
        });
        output::answer(&format!("paused {until}: {reason}"));
    }
    for why in &status.not_ready {
        output::answer(&format!("not ready: {why}"));
    }
    if let Some(why) = &status.refused_reload {
        output::answer(&format!("not reloaded, the last good configuration stays: {why}"));
    }
    for notice in &status.open {
        output::answer(&format!("open: {notice}"));
    }
    // Without the configuration the policies' names stand for their files.
    let files = config.map(|config| report::files(&config.policies)).unwrap_or_default();
    output::answer(&report::decisions(&status.plan(), (&files, &status.contacts)));
}
