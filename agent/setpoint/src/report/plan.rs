//! A plan on one screen: what would change, what is held, and why.

use super::{
    Contacts, Files,
    contact::ByTarget,
    line, rule, shadows,
    style::{GROWS, NAME, QUIET, SHRINKS, in_style},
};
use setpoint_core::{Action, Decision, Evaluation, Plan, RuleVerdict, Verdict};

/// How many targets would change, and how many not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Targets with an action.
    pub(crate) changes: usize,
    /// Targets without.
    pub(crate) held: usize,
}

impl Summary {
    /// Counts.
    pub(crate) fn of(plan: &Plan) -> Self {
        let changes = plan.intents().count();
        Self { changes, held: plan.decisions.len() - changes }
    }
}

/// Every decision in a line or two, the rules that could not speak, and a summary.
pub(crate) fn plan(
    plan: &Plan,
    evaluations: &[Evaluation],
    (files, contacts): (&Files, &Contacts),
) -> String {
    let mut text = decisions(plan, (files, contacts));
    for notice in &plan.notices {
        line(&mut text, format_args!("would tell: {notice}"));
    }
    troubles(&mut text, evaluations, files);
    let Summary { changes, held } = Summary::of(plan);
    line(&mut text, format_args!("\nPlan: {changes} to change, {held} held. Nothing was sent."));
    text
}

/// Every decision in a line or two, and who answers for it.
pub(crate) fn decisions(plan: &Plan, (files, contacts): (&Files, &Contacts)) -> String {
    let mut text = String::new();
    let contacts = contacts.by_target();
    let width = plan.decisions.iter().map(|it| it.target.as_str().len()).max().unwrap_or(0);
    for decision in &plan.decisions {
        brief(&mut text, decision, width, (files, &contacts));
    }
    text.push_str(&shadows(&plan.shadows));
    text
}

fn brief(
    text: &mut String,
    decision: &Decision,
    width: usize,
    (files, contacts): (&Files, &ByTarget<'_>),
) {
    let name = in_style(NAME, format_args!("{:width$}", decision.target));
    match &decision.verdict {
        Verdict::Held(held) => {
            let seen = if decision.seen.is_empty() { "-" } else { &decision.seen };
            line(text, format_args!("    {name}   {seen}   held: {held}"));
        }
        Verdict::Act(intent) => {
            let why = decision.cause().map_or_else(
                || "to stay within its range".to_owned(),
                |want| {
                    format!("{}: {}", rule(files, &want.policy, &want.rule, want.line), want.ask)
                },
            );
            let (sign, change) = sign(&intent.action);
            line(text, format_args!("  {sign} {name}   {change}   {why}"));
            if let Some(because) = decision.cause().and_then(|want| want.because.as_ref()) {
                line(text, format_args!("      because {because}"));
            }
        }
    }
    if !decision.guards.is_empty() {
        let guards = in_style(QUIET, format_args!("guards: {}", guards(decision)));
        line(text, format_args!("      {guards}"));
    }
    contacts.lines(text, &decision.target);
}

fn sign(action: &Action) -> (String, String) {
    match action {
        Action::Resize { from, to } => {
            let style = if to < from { SHRINKS } else { GROWS };
            (in_style(style, "~"), format!("{from} -> {to}"))
        }
        Action::Drain { .. } => (in_style(SHRINKS, "~"), action.to_string()),
        Action::Retire { .. } => (in_style(SHRINKS, "-"), action.to_string()),
        Action::Replace { .. } => (in_style(SHRINKS, "±"), action.to_string()),
        Action::Return { .. } => (in_style(GROWS, "+"), action.to_string()),
        Action::Set { from, to, leaves, .. } => {
            let style = if *leaves { SHRINKS } else { GROWS };
            (in_style(style, "~"), format!("{from} -> {to}"))
        }
        Action::Start { anew, .. } => {
            let style = if *anew { SHRINKS } else { GROWS };
            (in_style(style, "!"), action.to_string())
        }
        Action::Route { leaves, .. } => {
            let style = if *leaves { SHRINKS } else { GROWS };
            (in_style(style, "~"), action.to_string())
        }
        Action::Grow { from, to } => (in_style(GROWS, "~"), format!("{from} -> {to} GiB")),
        Action::AddReplica { name } => (in_style(GROWS, "+"), format!("add replica {name}")),
        Action::RemoveReplica { name } => {
            (in_style(SHRINKS, "-"), format!("remove replica {name}"))
        }
    }
}

/// "pause ok · range ok · rate limit 40 -> 20 (…)": only a guard that changed something explains itself.
fn guards(decision: &Decision) -> String {
    let mut size = decision.cause().map(|want| want.size);
    let said = decision.guards.iter().map(|said| {
        let before = size.replace(said.size);
        match before {
            Some(before) if before != said.size => {
                format!("{} {before} -> {} ({})", said.guard, said.size, said.note)
            }
            Some(_) | None => format!("{} ok", said.guard),
        }
    });
    said.collect::<Vec<_>>().join(" · ")
}

/// Rules that had no say: their silence also forbids shrinking.
fn troubles(text: &mut String, evaluations: &[Evaluation], files: &Files) {
    for evaluation in evaluations {
        for report in &evaluation.rules {
            let place = || rule(files, &evaluation.policy, &report.rule, report.line);
            match &report.verdict {
                RuleVerdict::Skipped { missing } => {
                    line(text, format_args!("    {} was skipped: {missing}", place()));
                }
                RuleVerdict::Failed { message } => {
                    line(text, format_args!("    {} failed: {message}", place()));
                }
                RuleVerdict::Fired | RuleVerdict::Quiet | RuleVerdict::Pending { .. } => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::contact::tests::bound, *};
    use setpoint_core::{
        Guard, GuardLine, Held, Intent, IntentId, PolicyName, RuleName, RuleReport, TargetName,
        Want,
    };

    fn want(size: u32) -> Want {
        Want {
            policy: PolicyName::new("game-cpu"),
            rule: RuleName::new("hold"),
            line: 14,
            size,
            ask: "track 90 % to 60 %".to_owned(),
            because: None,
        }
    }

    fn growing() -> Decision {
        let guard = |guard, size, note: &'static str| GuardLine { guard, size, note: note.into() };
        let target = TargetName::new("game-servers");
        let id = IntentId::new("eu-west-1/game-servers/1/7");
        let action = Action::Resize { from: 10, to: 15 };
        Decision {
            target: target.clone(),
            seen: "10 desired, 10 ready".to_owned(),
            wants: vec![want(20)],
            guards: vec![
                guard(Guard::Pause, 20, "not paused"),
                guard(Guard::Range, 15, "20 is above 10..15"),
                guard(Guard::RateLimit, 15, "within one step"),
            ],
            asked: Some(15),
            load: None,
            suspicion: None,
            page: None,
            verdict: Verdict::Act(Intent { id, target, action }),
        }
    }

    fn held() -> Decision {
        Decision {
            target: TargetName::new("orders"),
            seen: "2 replicas".to_owned(),
            wants: Vec::new(),
            guards: Vec::new(),
            asked: None,
            load: None,
            suspicion: None,
            page: None,
            verdict: Verdict::Held(Held::NoOpinion),
        }
    }

    fn skipped() -> Evaluation {
        let report = RuleReport {
            rule: RuleName::new("grow"),
            line: 9,
            names: [TargetName::new("orders")].into(),
            verdict: RuleVerdict::Skipped { missing: "connections: no sample yet".to_owned() },
            compared: Vec::new(),
            facts: Vec::new(),
            opinions: Vec::new(),
            says: Vec::new(),
            hold: None,
        };
        let policy = PolicyName::new("orders-connections");
        Evaluation {
            contact: std::sync::Arc::default(),
            policy,
            rules: vec![report],
            state: std::collections::BTreeMap::new(),
            out_of_time: false,
        }
    }

    #[test]
    fn it_says_what_changes_what_is_held_and_why() {
        let decided = Plan { decisions: vec![growing(), held()], ..Plan::default() };
        let files = Files::from([(PolicyName::new("game-cpu"), "target-cpu.rhai".to_owned())]);
        let contacts = Contacts::of(&[bound("game-cpu", "game-servers", "owner: \"game team\",")]);
        let text = plan(&decided, &[skipped()], (&files, &contacts));
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            text,
            r#"  ~ game-servers   10 -> 15   rule "hold" (target-cpu.rhai:14): track 90 % to 60 %
      guards: pause ok · range 20 -> 15 (20 is above 10..15) · rate limit ok
      game-cpu: owner game team
    orders         2 replicas   held: no rule has an opinion
    rule "grow" (orders-connections:9) was skipped: connections: no sample yet

Plan: 1 to change, 1 held. Nothing was sent.
"#
        );
    }
}
