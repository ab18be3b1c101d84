//! The parts of a decision in words, as every command and report of ours says them.

use setpoint_core::{ActResult, PolicyName, RuleReport, RuleVerdict, Want, describe_failure};

/// Where a want comes from.
pub(crate) fn place(want: &Want) -> String {
    format!("{}, rule “{}” in line {}", want.policy, want.rule, want.line)
}

/// What a rule read and made of it.
pub(crate) fn ruling(policy: &PolicyName, report: &RuleReport) -> String {
    let RuleReport { rule, line, verdict, compared, facts, .. } = report;
    let verdict = match verdict {
        RuleVerdict::Fired => "fired".to_owned(),
        RuleVerdict::Quiet => "did not fire".to_owned(),
        RuleVerdict::Pending { held, needs } => format!("true for {held}, it must be for {needs}"),
        RuleVerdict::Skipped { missing } => format!("skipped: {missing}"),
        RuleVerdict::Failed { message } => format!("failed: {message}"),
    };
    let mut text = format!("{policy}, rule “{rule}” in line {line}: {verdict}");
    compared.iter().for_each(|it| text.push_str(&format!("; {it}")));
    facts.iter().for_each(|it| text.push_str(&format!("; {}", it.text)));
    text
}

/// What a provider said to an action.
pub(crate) fn answer(result: &ActResult) -> String {
    match result {
        ActResult::Accepted => "accepted".to_owned(),
        ActResult::Withheld => "not sent".to_owned(),
        ActResult::Failed { kind, message } => describe_failure(*kind, message),
        ActResult::Unknown => "lost: it may or may not have arrived".to_owned(),
    }
}
