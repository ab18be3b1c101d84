//! `explain`: what was decided about a target, and why. Asks the journal only.

use super::{configuration, journal};
use crate::{
    cli::{self, Common},
    config::suggest,
    exit::Exit,
    output::{self, Format},
    report::{self, Contacts},
};
use serde_json::json;
use setpoint_core::{ActResult, BoundPolicy, Decision, TargetName, Verdict};
use setpoint_journal::{DecisionRecord, DecisionRow, NamedRule, ReadError, Reader};

/// How many of the last intents are looked through for the one that was decided.
const INTENTS: u32 = 10_000;

/// Prints the last decision about one target, or the last up to a time.
pub(crate) fn explain(common: &Common, options: &cli::Explain) -> Exit {
    explained(common, options).unwrap_or_else(|exit| exit)
}

fn explained(common: &Common, options: &cli::Explain) -> Result<Exit, Exit> {
    let config = configuration(common)?;
    let reader = journal::read(&config)?;
    let target = TargetName::new(&options.target);
    let found = reader.decision(&target, options.at).map_err(journal::unreadable)?;
    let Some(row) = found else {
        output::complain(&nothing(&reader, options).map_err(journal::unreadable)?);
        return Ok(Exit::No);
    };
    let decision = &row.record.decision;
    let result = result(&reader, decision).map_err(journal::unreadable)?;
    match common.output {
        Format::Json => output::answer_json(&json!({
            "target": decision.target,
            "passes": { "first": row.first_pass, "last": row.last_pass, "count": row.count },
            "since": row.since.to_string(),
            "last": row.last.to_string(),
            "decision": decision,
            "rules": row.record.rules,
            "shadows": row.record.shadows,
            "result": result,
            "contacts": contacts(&config.policies, &row.record.rules),
        })),
        Format::Text if options.shadow => {
            return Ok(shadows(&row, &report::files(&config.policies)));
        }
        Format::Text => {
            output::answer(&heading(&row));
            let files = report::files(&config.policies);
            let full = report::full(&row.record, result.as_ref(), &files);
            let answerable = answerable(&contacts(&config.policies, &row.record.rules));
            output::answer(&format!("{full}{answerable}"));
        }
    }
    Ok(Exit::Fine)
}

/// What each policy would have done that is being tried, in full.
fn shadows(row: &DecisionRow, files: &report::Files) -> Exit {
    let DecisionRecord { decision, rules, shadows } = &row.record;
    if shadows.is_empty() {
        let target = &decision.target;
        output::complain(&format!("error: no policy of `{target}` was being tried"));
        return Exit::No;
    }
    for shadow in shadows {
        let (policy, decision) = (&shadow.policy, shadow.decision.clone());
        let apart = shadow.divergence();
        let (target, size, last) = (&decision.target, shadow.size, row.last);
        output::answer(&format!(
            "{target} as {policy} would have it in pass {} at {last}: {size}, {apart:+}",
            row.last_pass
        ));
        let own = rules.iter().filter(|rule| rule.policy == *policy).cloned().collect();
        let record = DecisionRecord { decision, rules: own, shadows: Vec::new() };
        output::answer(&report::full(&record, Some(&ActResult::Withheld), files));
    }
    Exit::Fine
}

/// Who answers for each policy that had a say, and where to read on, where its header tells.
fn contacts(policies: &[BoundPolicy], rules: &[NamedRule]) -> Contacts {
    Contacts::of(policies).only(|name| rules.iter().any(|rule| rule.policy == *name))
}

/// A line for each.
fn answerable(contacts: &Contacts) -> String {
    contacts.in_words().map(|(name, told)| format!("  policy   {name}: {told}\n")).collect()
}

/// "web: held, in pass 12 at …", or for how long it has been so.
fn heading(row: &DecisionRow) -> String {
    let decision = &row.record.decision;
    let verdict = match &decision.verdict {
        Verdict::Act(intent) => intent.action.to_string(),
        Verdict::Held(_) => "held".to_owned(),
    };
    let (target, last) = (&decision.target, row.last);
    match row.count {
        1 => format!("{target}: {verdict}, in pass {} at {last}", row.last_pass),
        count => format!(
            "{target}: {verdict}, in {count}{} passes from {} to {last}; the numbers are those of pass {}",
            row.others().map(|others| format!(" of the {}", count + others)).unwrap_or_default(),
            row.since,
            row.last_pass
        ),
    }
}

/// What the provider said to the action, if one was decided and it is on record.
fn result(reader: &Reader, decision: &Decision) -> Result<Option<ActResult>, ReadError> {
    let Verdict::Act(decided) = &decision.verdict else { return Ok(None) };
    let mut intents = reader.intents(INTENTS)?.into_iter();
    Ok(intents.find(|intent| intent.id == decided.id).and_then(|intent| intent.result))
}

/// Why there is nothing to tell.
fn nothing(reader: &Reader, options: &cli::Explain) -> Result<String, ReadError> {
    let targets = reader.targets()?;
    let name = &options.target;
    if targets.iter().any(|target| target.as_str() == name) {
        return Ok(format!("error: nothing was decided about `{name}` so early"));
    }
    let advice = suggest::advice(name, targets.iter().map(TargetName::as_str));
    let advice = advice.map(|advice| format!("; {advice}")).unwrap_or_default();
    Ok(format!("error: nothing was ever decided about `{name}`{advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::{PolicyName, RuleName, RuleReport, RuleVerdict};
    use std::collections::BTreeMap;

    fn bound(name: &str, more: &str) -> BoundPolicy {
        let source = format!(
            "const POLICY = #{{ about: \"x\", language: 1, {more} \
             targets: #{{ fleet: #{{ kind: \"group\" }} }} }};\nrule \"r\" {{ fleet.at_least(1); }}"
        );
        let (targets, params) = (BTreeMap::new(), BTreeMap::new());
        BoundPolicy {
            name: PolicyName::new(name),
            file: "x.rhai".into(),
            source: source.into(),
            targets,
            params,
        }
    }

    fn rule_of(policy: &str) -> NamedRule {
        let report = RuleReport {
            rule: RuleName::new("r"),
            line: 2,
            names: [].into(),
            verdict: RuleVerdict::Quiet,
            compared: Vec::new(),
            facts: Vec::new(),
            opinions: Vec::new(),
            says: Vec::new(),
            hold: None,
        };
        NamedRule { policy: PolicyName::new(policy), report }
    }

    #[test]
    fn whoever_had_a_say_is_named_and_nobody_else() {
        let policies = [
            bound("cpu", "owner: \"game team\", runbook: \"https://example.org/cpu\","),
            bound("night", ""),
            bound("other", "owner: \"others\","),
        ];
        let said = answerable(&contacts(&policies, &[rule_of("cpu"), rule_of("night")]));
        assert_eq!(said, "  policy   cpu: owner game team, runbook https://example.org/cpu\n");
    }
}
