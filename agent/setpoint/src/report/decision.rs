//! One decision in full: what was seen, what every rule said, what every guard said.

use super::{
    Files, line, rule,
    style::{NAME, QUIET, in_style},
};
use setpoint_core::{ActResult, RuleReport, RuleVerdict, Verdict, describe_failure};
use setpoint_journal::{DecisionRecord, NamedRule};

/// A decision in full, with the reports of the rules that name its target and, for an
/// action, what the provider said to it.
pub(crate) fn full(record: &DecisionRecord, result: Option<&ActResult>, files: &Files) -> String {
    let DecisionRecord { decision, rules, shadows } = record;
    let mut text = String::new();
    let seen = if decision.seen.is_empty() { "nothing" } else { &decision.seen };
    heading(&mut text, "seen", seen);
    for NamedRule { policy, report } in rules {
        let place = rule(files, policy, &report.rule, report.line);
        heading(&mut text, "", &format!("{place} {}", verdict(&report.verdict)));
        body(&mut text, report);
    }
    for want in &decision.wants {
        let place = rule(files, &want.policy, &want.rule, want.line);
        heading(&mut text, "wants", &format!("{}, {place}: {}", want.size, want.ask));
        if let Some(because) = &want.because {
            line(&mut text, format_args!("           because {because}"));
        }
    }
    for said in &decision.guards {
        let note = in_style(QUIET, &said.note);
        heading(&mut text, "guard", &format!("{:16} {:>5}   {note}", said.guard, said.size));
    }
    match &decision.verdict {
        Verdict::Held(held) => heading(&mut text, "held", &held.to_string()),
        Verdict::Act(intent) => {
            heading(&mut text, "action", &format!("{} ({})", intent.action, intent.id));
            heading(&mut text, "answer", &answer(result));
        }
    }
    for shadow in shadows {
        heading(&mut text, "shadow", &super::shadow(shadow));
    }
    text
}

fn heading(text: &mut String, what: &str, rest: &str) {
    line(text, format_args!("  {}   {rest}", in_style(NAME, format_args!("{what:6}"))));
}

fn verdict(verdict: &RuleVerdict) -> String {
    match verdict {
        RuleVerdict::Fired => "fired".to_owned(),
        RuleVerdict::Quiet => "did not fire".to_owned(),
        RuleVerdict::Pending { held, needs } => {
            format!("is true for {held}, it must be for {needs}")
        }
        RuleVerdict::Skipped { missing } => format!("was skipped: {missing}"),
        RuleVerdict::Failed { message } => format!("failed: {message}"),
    }
}

fn body(text: &mut String, report: &RuleReport) {
    for comparison in &report.compared {
        line(text, format_args!("             line {}: {comparison}", comparison.line));
    }
    for fact in &report.facts {
        line(text, format_args!("             line {}: {}", fact.line, fact.text));
    }
}

fn answer(result: Option<&ActResult>) -> String {
    match result {
        None => "none on record".to_owned(),
        Some(ActResult::Accepted) => "accepted".to_owned(),
        Some(ActResult::Withheld) => "not sent: the agent only observes".to_owned(),
        Some(ActResult::Failed { kind, message }) => describe_failure(*kind, message),
        Some(ActResult::Unknown) => "lost: it may or may not have arrived".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::{
        Comparison, Decision, Dimension, Fact, Guard, GuardLine, Held, PolicyName, Quantity,
        RuleName, TargetName, Term,
    };

    fn share(value: f64) -> Quantity {
        Quantity::new(value, Dimension::Ratio).expect("a finite number")
    }

    fn record() -> DecisionRecord {
        let target = TargetName::new("web");
        let left = Term { label: Some("cpu".into()), value: share(0.5), of: None };
        let right = Term { label: None, value: share(0.8), of: None };
        let report = RuleReport {
            rule: RuleName::new("grow"),
            line: 12,
            names: [target.clone()].into(),
            verdict: RuleVerdict::Quiet,
            compared: vec![Comparison { line: 13, left, op: ">".into(), right, held: false }],
            facts: vec![Fact { line: 14, text: "it is 08:30 UTC".into() }],
            opinions: Vec::new(),
            says: Vec::new(),
            hold: None,
        };
        let guard = GuardLine { guard: Guard::Pause, size: 10, note: "not paused".into() };
        let decision = Decision {
            target,
            seen: "10 desired, 10 ready".to_owned(),
            wants: Vec::new(),
            guards: vec![guard],
            asked: None,
            load: None,
            suspicion: None,
            page: None,
            verdict: Verdict::Held(Held::NoOpinion),
        };
        let policy = PolicyName::new("web-cpu");
        let rules = vec![NamedRule { policy, report }];
        DecisionRecord { decision, rules, shadows: Vec::new() }
    }

    #[test]
    fn it_says_why_nothing_is_happening() {
        let files = Files::from([(PolicyName::new("web-cpu"), "cpu.rhai".to_owned())]);
        let text = full(&record(), None, &files);
        assert_eq!(
            anstream::adapter::strip_str(&text).to_string(),
            r#"  seen     10 desired, 10 ready
           rule "grow" (cpu.rhai:12) did not fire
             line 13: cpu = 50 % > 80 % is false
             line 14: it is 08:30 UTC
  guard    pause               10   not paused
  held     no rule has an opinion
"#
        );
    }
}
