//! `check`: is the configuration whole, and are its policies? Asks nobody.

use super::{complain, load};
use crate::{
    cli::Common,
    config::{Config, ConfigFault, Loaded},
    exit::Exit,
    output::{self, Format},
};
use serde_json::{Value, json};

/// Prints every fault there is, or one line that says what is there.
pub(crate) fn check(common: &Common) -> Exit {
    let loaded = load(common);
    match common.output {
        Format::Json => output::answer_json(&as_json(&loaded)),
        Format::Text => {
            complain(&loaded.faults);
            match &loaded.config {
                Some(config) => output::answer(&format!("ok: {}", inventory(config))),
                None => output::complain(&counted(&loaded.faults)),
            }
        }
    }
    if loaded.config.is_some() { Exit::Fine } else { Exit::BadConfig }
}

/// "1 policy, 2 targets, 1 source, 1 provider; mode observe, a pass every 15s".
pub(super) fn inventory(config: &Config) -> String {
    let things = [
        count(config.policies.len(), "policy", "policies"),
        count(config.targets.len(), "target", "targets"),
        count(config.sources.len(), "source", "sources"),
        count(config.providers.len(), "provider", "providers"),
    ];
    format!("{}; mode {}, a pass every {}", things.join(", "), config.mode, config.every)
}

/// "2 errors, 1 warning".
fn counted(faults: &[ConfigFault]) -> String {
    let warnings = faults.iter().filter(|fault| fault.is_warning()).count();
    let errors = count(faults.len() - warnings, "error", "errors");
    match warnings {
        0 => errors,
        _ => format!("{errors}, {}", count(warnings, "warning", "warnings")),
    }
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn as_json(loaded: &Loaded) -> Value {
    let faults: Vec<Value> = loaded.faults.iter().map(fault_as_json).collect();
    json!({ "ok": loaded.config.is_some(), "faults": faults })
}

fn fault_as_json(fault: &ConfigFault) -> Value {
    let at = fault.place.line_and_column();
    json!({
        "id": fault.id(),
        "severity": if fault.is_warning() { "warning" } else { "error" },
        "file": fault.place.file.path,
        "line": at.map(|(line, _)| line),
        "column": at.map(|(_, column)| column),
        "message": fault.message,
        "help": fault.help,
    })
}
