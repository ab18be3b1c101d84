//! `pause`, `resume`, `approve`, `release`, `adopt` and `reload`: what changes the agent, told
//! over its socket.
//!
//! Without an agent at work, all but an approval and a reload are left in the journal for the
//! next start to obey.

use super::{Site, journal};
use crate::{
    cli::Common,
    config::{Config, suggest},
    exit::Exit,
    live::{self, Ask, NoAnswer, Reply},
    output::{self, Format},
    system_clock::SystemClock,
};
use serde_json::json;
use setpoint_control::Clock;
use setpoint_core::{TargetName, TargetSettings};
use setpoint_journal::{LeftOrder, OpenError, leave_order};

/// Tells the agent, and prints what it answers.
pub(crate) fn order(common: &Common, ask: Ask) -> Exit {
    ordered(common, ask).unwrap_or_else(|exit| exit)
}

fn ordered(common: &Common, ask: Ask) -> Result<Exit, Exit> {
    let site = Site::of(common)?;
    if let Some(why) = site.config.as_ref().and_then(|config| makes_no_sense(&ask, config)) {
        return Err(complain(&why, Exit::No));
    }
    match live::ask(&live::socket_in(&site.data_dir), ask.clone()) {
        Ok(Reply::Taken { pass }) => {
            say(common, &format!("taken in by pass {pass}"), &json!({ "pass": pass }));
            Ok(Exit::Fine)
        }
        Ok(Reply::Reloaded { what }) => {
            say(common, &format!("reloaded: {what}"), &json!({ "reloaded": what }));
            Ok(Exit::Fine)
        }
        Ok(Reply::Refused { why }) => Err(complain(&why, Exit::No)),
        Ok(Reply::Status(_)) => Err(complain("the agent answered something else", Exit::Internal)),
        Err(NoAnswer::NoAgent) => leave(common, &site, ask),
        Err(error) => Err(unanswered(&error)),
    }
}

/// Leaves the order for the next start.
fn leave(common: &Common, site: &Site, ask: Ask) -> Result<Exit, Exit> {
    let (Ask::Pause { .. } | Ask::Resume { .. } | Ask::Release { .. } | Ask::Adopt { .. }) = ask
    else {
        return Err(complain("no agent is at work", Exit::Unreachable));
    };
    let at = SystemClock::start().now().wall;
    let command = live::command(ask).map_err(|why| complain(&why, Exit::No))?;
    let left = leave_order(&journal::path(&site.data_dir), &LeftOrder { at, command });
    left.map_err(|error| match error {
        OpenError::InUse(_) => {
            let why = "an agent has the journal but does not listen: it is starting, or ending";
            complain(why, Exit::Unreachable)
        }
        OpenError::Absent(_)
        | OpenError::File { .. }
        | OpenError::NotOurs { .. }
        | OpenError::Newer { .. } => complain(&error.to_string(), journal::exit_of(&error)),
    })?;
    let text = "no agent is at work; the next start will obey";
    say(common, text, &json!({ "left": true }));
    Ok(Exit::Fine)
}

/// Why an order cannot be meant, as far as the configuration tells. Which targets a fleet has,
/// it does not.
fn makes_no_sense(ask: &Ask, config: &Config) -> Option<String> {
    let name = ask.target()?;
    let Some(target) = config.targets.get(name) else {
        let known = config.targets.keys().map(TargetName::as_str);
        let advice = suggest::advice(name, known);
        let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
        let told = config.fleets().next().is_none();
        return told.then(|| format!("there is no target `{name}`{advice}"));
    };
    match (ask, &target.settings) {
        (Ask::Release { remove_replicas: true, .. }, TargetSettings::Group(_)) => {
            Some(format!("`{name}` is a group: only a database has replicas to remove"))
        }
        _ => None,
    }
}

fn say(common: &Common, text: &str, value: &serde_json::Value) {
    match common.output {
        Format::Text => output::answer(text),
        Format::Json => output::answer_json(value),
    }
}

/// Says why the agent gave no answer, and how to end.
pub(super) fn unanswered(error: &NoAnswer) -> Exit {
    let exit = match error {
        NoAnswer::NotPermitted => Exit::NotPermitted,
        NoAnswer::NoAgent | NoAnswer::Io(_) => Exit::Unreachable,
    };
    complain(&error.to_string(), exit)
}

fn complain(why: &str, exit: Exit) -> Exit {
    output::complain(&format!("error: {why}"));
    exit
}
