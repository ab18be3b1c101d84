//! `journal`: what was decided, made again, summed up, or taken elsewhere.

use super::{configuration, journal};
use crate::{
    cli::{Between, Common, JournalCommand, Query},
    exit::Exit,
    output::{self, Format},
    report::{self, Contacts},
    system_clock::SystemClock,
    wiring,
};
use serde_json::{Value, json};
use setpoint_control::Clock;
use setpoint_core::{
    ActResult, Held, IntentId, Program, Span, TargetName, Timestamp, Verdict, describe_failure,
};
use setpoint_journal::{DecisionRow, ReadError, Reader, Replayed, replay};
use std::collections::BTreeMap;

/// Without another wish a report is of the last day.
const DAY: Span = Span::from_minutes(24 * 60);

/// Looks into the journal, beside an agent at work or without one.
pub(crate) fn passes(common: &Common, what: &JournalCommand) -> Exit {
    looked(common, what).unwrap_or_else(|exit| exit)
}

fn looked(common: &Common, what: &JournalCommand) -> Result<Exit, Exit> {
    let config = configuration(common)?;
    let reader = journal::read(&config)?;
    let told = match what {
        JournalCommand::Query(options) => query(&reader, common.output, options),
        JournalCommand::Export => reader.export(&mut |line| output::answer(&line.to_string())),
        JournalCommand::Verify => return verify(&reader, common.output),
        JournalCommand::Report(between) => summary(&reader, common.output, *between),
    };
    told.map_err(journal::unreadable)?;
    Ok(Exit::Fine)
}

/// The times that are meant, now.
fn range(between: Between, default: Option<Span>) -> (Timestamp, Timestamp) {
    let now = SystemClock::start().now().wall;
    let first = default.map_or(Timestamp::from_ms(i64::MIN), |span| now - span);
    let since = between.since.map_or(first, |since| since.before(now));
    let until = between.until.map_or(Timestamp::from_ms(i64::MAX), |until| until.before(now));
    (since, until)
}

fn query(reader: &Reader, format: Format, options: &Query) -> Result<(), ReadError> {
    let target = options.target.as_ref().map(TargetName::new);
    let range = range(options.between, None);
    let rows = reader.decided(target.as_ref(), range, options.limit)?;
    let results = results(reader)?;
    match format {
        Format::Json => {
            let rows: Vec<Value> = rows.iter().map(|row| as_json(row, &results)).collect();
            output::answer_json(&json!(rows));
        }
        Format::Text if rows.is_empty() => output::answer("no decisions"),
        Format::Text => rows.iter().for_each(|row| output::answer(&line(row, &results))),
    }
    Ok(())
}

type Results = BTreeMap<IntentId, Option<ActResult>>;

fn results(reader: &Reader) -> Result<Results, ReadError> {
    let intents = reader.intents(u32::MAX)?;
    Ok(intents.into_iter().map(|intent| (intent.id, intent.result)).collect())
}

/// "2026-11-23T14:02:15Z   web   resize 10 -> 15 (accepted)", or for how long it was held.
fn line(row: &DecisionRow, results: &Results) -> String {
    let decision = &row.record.decision;
    let (since, target) = (row.since, &decision.target);
    match &decision.verdict {
        Verdict::Act(intent) => {
            let result = results.get(&intent.id).and_then(Option::as_ref);
            format!("{since}   {target}   {} ({})", intent.action, said(result))
        }
        Verdict::Held(held) if row.count == 1 => format!("{since}   {target}   held: {held}"),
        Verdict::Held(held) => {
            let (lasted, count) = (row.last.since(row.since), row.count);
            let passes = match row.others() {
                None => format!("{count} passes"),
                Some(others) => format!("{count} of {} passes", count + others),
            };
            format!("{since}   {target}   held for {lasted}, {passes}: {held}")
        }
    }
}

fn said(result: Option<&ActResult>) -> String {
    match result {
        None => "no answer on record".to_owned(),
        Some(ActResult::Accepted) => "accepted".to_owned(),
        Some(ActResult::Withheld) => "not sent".to_owned(),
        Some(ActResult::Unknown) => "answer lost".to_owned(),
        Some(ActResult::Failed { kind, message }) => describe_failure(*kind, message),
    }
}

fn as_json(row: &DecisionRow, results: &Results) -> Value {
    let decision = &row.record.decision;
    let result = match &decision.verdict {
        Verdict::Act(intent) => results.get(&intent.id).cloned().flatten(),
        Verdict::Held(_) => None,
    };
    json!({
        "target": decision.target,
        "passes": { "first": row.first_pass, "last": row.last_pass, "count": row.count },
        "since": row.since.to_string(),
        "last": row.last.to_string(),
        "decision": decision,
        "result": result,
    })
}

/// Makes every pass again.
fn verify(reader: &Reader, format: Format) -> Result<Exit, Exit> {
    let build = |program: &Program| wiring::evaluator(program).map_err(|error| error.to_string());
    let Replayed { passes, diverged, other_deciders } =
        replay(reader, build).map_err(journal::unreadable)?;
    match format {
        Format::Json => output::answer_json(&json!({
            "passes": passes,
            "diverged": diverged.iter().map(|it| it.pass).collect::<Vec<_>>(),
            "other_deciders": other_deciders,
        })),
        Format::Text => {
            output::answer(&format!(
                "{passes} passes made again, {} came out otherwise",
                diverged.len()
            ));
            for version in &other_deciders {
                output::answer(&format!(
                    "some were made by version {version}, which may decide otherwise"
                ));
            }
            // The policies may be others by now.
            let unknown = (&report::Files::new(), &Contacts::default());
            for divergence in &diverged {
                output::answer(&format!("pass {} now:", divergence.pass));
                output::answer(&report::decisions(&divergence.plan, unknown));
            }
        }
    }
    // Another version is another decider: what it decided otherwise is no failure.
    Ok(if diverged.is_empty() || !other_deciders.is_empty() { Exit::Fine } else { Exit::No })
}

/// What happened, counted.
#[derive(Default)]
struct Summary {
    /// By target, action and answer.
    actions: BTreeMap<(String, String), u64>,
    /// Passes, by target and reason.
    held: BTreeMap<(String, String), u64>,
    /// Passes in which a target was not seen.
    unseen: BTreeMap<String, u64>,
}

impl Summary {
    fn count(&mut self, row: &DecisionRow, results: &Results) {
        let decision = &row.record.decision;
        let target = decision.target.to_string();
        match &decision.verdict {
            Verdict::Act(intent) => {
                let answer = said(results.get(&intent.id).and_then(Option::as_ref));
                let key = (target, format!("{} ({answer})", intent.action));
                *self.actions.entry(key).or_default() += 1;
            }
            Verdict::Held(Held::NotObserved(_)) => {
                *self.unseen.entry(target).or_default() += row.count;
            }
            Verdict::Held(held) => {
                let reason = match held {
                    Held::Guard(guard, _) => guard.name().to_owned(),
                    Held::Released(_) => "released".to_owned(),
                    Held::NotObserved(_)
                    | Held::EmptyRange(_)
                    | Held::NoOpinion
                    | Held::AsWanted
                    | Held::Refused(_) => held.to_string(),
                };
                *self.held.entry((target, reason)).or_default() += row.count;
            }
        }
    }

    fn as_json(&self) -> Value {
        let list = |counts: &BTreeMap<(String, String), u64>, name: &str| -> Vec<Value> {
            let each = |((target, what), count): (&(String, String), &u64)| json!({ "target": target, name: what, "count": count });
            counts.iter().map(each).collect()
        };
        json!({
            "actions": list(&self.actions, "action"),
            "held": list(&self.held, "reason"),
            "not_observed": self.unseen,
        })
    }

    fn print(&self) {
        let actions: u64 = self.actions.values().sum();
        output::answer(&format!("{actions} actions"));
        for ((target, action), count) in &self.actions {
            output::answer(&format!("  {count:>6} × {target}   {action}"));
        }
        output::answer("passes in which a target was held, by the reason");
        for ((target, reason), count) in &self.held {
            output::answer(&format!("  {count:>6} × {target}   {reason}"));
        }
        for (target, count) in &self.unseen {
            output::answer(&format!("  {count:>6} × {target}   not observed"));
        }
    }
}

fn summary(reader: &Reader, format: Format, between: Between) -> Result<(), ReadError> {
    let results = results(reader)?;
    let mut summary = Summary::default();
    for row in reader.decided(None, range(between, Some(DAY)), u32::MAX)? {
        summary.count(&row, &results);
    }
    match format {
        Format::Json => output::answer_json(&summary.as_json()),
        Format::Text => summary.print(),
    }
    Ok(())
}
