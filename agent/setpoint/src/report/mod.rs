//! Passes and decisions as people read them.

mod contact;
mod decision;
mod plan;
mod style;

pub(crate) use contact::Contacts;
pub(crate) use decision::full;
pub(crate) use plan::{Summary, decisions, plan};

use setpoint_core::{BoundPolicy, PolicyName, ShadowDecision, Verdict};
use std::{collections::BTreeMap, fmt::Write, path::Path};

/// The file of each policy, for places such as `target-cpu.rhai:14`.
pub(crate) type Files = BTreeMap<PolicyName, String>;

/// The files of `policies`, without their folders.
pub(crate) fn files(policies: &[BoundPolicy]) -> Files {
    let name = |file: &str| {
        let name = Path::new(file).file_name();
        name.map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
    };
    policies.iter().map(|policy| (policy.name.clone(), name(&policy.file))).collect()
}

/// `rule "hold" (target-cpu.rhai:14)`; without its file, the policy's name stands for it.
fn rule(files: &Files, policy: &PolicyName, rule: &impl std::fmt::Display, line: u32) -> String {
    let file = files.get(policy).map_or(policy.as_str(), String::as_str);
    format!("rule \"{rule}\" ({file}:{line})")
}

/// "cpu-new: would have 15, 5 more; resize 10 -> 15".
fn shadow(shadow: &ShadowDecision) -> String {
    let ShadowDecision { policy, decision, size, .. } = shadow;
    let apart = match shadow.divergence() {
        0 => "as it is".to_owned(),
        more @ 1.. => format!("{more} more"),
        fewer => format!("{} fewer", fewer.unsigned_abs()),
    };
    let verdict = match &decision.verdict {
        Verdict::Act(intent) => intent.action.to_string(),
        Verdict::Held(held) => format!("held: {held}"),
    };
    format!("{policy}: would have {size}, {apart}; {verdict}")
}

/// What each policy would do that is being tried, a line each; nothing if there is none.
pub(crate) fn shadows(shadows: &[ShadowDecision]) -> String {
    let mut text = String::new();
    for it in shadows {
        line(&mut text, format_args!("  shadow {}   {}", it.decision.target, shadow(it)));
    }
    text
}

/// Adds one line.
fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string accepts writes");
}
