//! `plan`: one pass on what is really there, with nothing to write with.

use super::configuration;
use crate::{
    cli::{self, Common},
    config::Config,
    exit::Exit,
    output::{self, Format},
    report::{self, Contacts, Summary},
    runtime,
    system_clock::SystemClock,
    wiring::{self, Reach},
};
use serde_json::{Value, json};
use setpoint_control::{ControlLoop, Nobody, Nowhere, Pass, Past, think};
use setpoint_core::{
    Evaluation, Hold, Plan, Reading, RuleReport, RuleVerdict, Seen, Snapshot, Span,
};

/// Looks, thinks, and shows what would be done.
pub(crate) fn plan(common: &Common, options: &cli::Plan) -> Exit {
    planned(common, options).unwrap_or_else(|exit| exit)
}

fn planned(common: &Common, options: &cli::Plan) -> Result<Exit, Exit> {
    let config = configuration(common)?;
    let (config, look) = runtime::block_on(|| with_fleets(config)).map_err(|error| {
        output::complain(&format!("error: the loop broke down: {error}"));
        Exit::Internal
    })??;
    let summary = Summary::of(&look.plan);
    let unread = unread(&look.snapshot);
    if options.json || common.output == Format::Json {
        output::answer_json(&as_json(&look, summary, &unread, &config));
    } else {
        output::answer(&as_text(&look, &unread, &config));
    }
    Ok(match summary.changes {
        _ if !unread.is_empty() => Exit::Unreachable,
        1.. if options.detailed_exitcode => Exit::Changes,
        _ => Exit::Fine,
    })
}

fn as_json(look: &Look, summary: Summary, unread: &[String], config: &Config) -> Value {
    json!({
        "changes": summary.changes,
        "held": summary.held,
        "holds_treated_as_elapsed": look.elapsed,
        "unread": unread,
        "plan": look.plan,
        "evaluations": look.evaluations,
        "contacts": Contacts::of(&config.policies),
    })
}

fn as_text(look: &Look, unread: &[String], config: &Config) -> String {
    let files = report::files(&config.policies);
    let contacts = Contacts::of(&config.policies);
    let mut text = report::plan(&look.plan, &look.evaluations, (&files, &contacts));
    if look.elapsed {
        text.push_str("Rules that wait `for` some time are treated as if they had waited.\n");
    }
    for line in unread {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The configuration with the fleets that there are now, and one look by it.
async fn with_fleets(config: Config) -> Result<(Config, Look), Exit> {
    let config = wiring::resolve(config).await.map_err(super::cannot_wire)?;
    let look = look(&config).await?;
    Ok((config, look))
}

/// One pass without hands, in which every rule's hold has elapsed.
async fn look(config: &Config) -> Result<Look, Exit> {
    let program = config.program();
    let world = wiring::world(config, &program, Reach::Eyes).await;
    let wired = world.and_then(|world| Ok((world, wiring::evaluator(&program)?)));
    let (world, evaluator) = wired.map_err(super::cannot_wire)?;
    let clock = SystemClock::start();
    let ports = wiring::ports(world, clock, Box::new(Nowhere), Box::new(Nobody));
    let past = Past::default();
    let mut memory = past.memory.clone();
    let mut control = ControlLoop::new(program.settings.clone(), ports, past);
    let Pass { snapshot, evaluations, plan } = control.pass().await;
    if !evaluations.iter().flat_map(|said| &said.rules).any(is_pending) {
        return Ok(Look { snapshot, evaluations, plan, elapsed: false });
    }
    let elapsed = |hold: &Hold| Hold { held: Span::from_ms(u64::MAX), ..*hold };
    let holds = control.memory().holds.iter().map(|(key, hold)| (key.clone(), elapsed(hold)));
    memory.holds = holds.collect();
    let thought = think(&program.settings, &mut memory, &snapshot, evaluator.as_ref());
    let (evaluations, plan) = (thought.evaluations, thought.plan);
    Ok(Look { snapshot, evaluations, plan, elapsed: true })
}

/// What one look came to.
struct Look {
    snapshot: Snapshot,
    evaluations: Vec<Evaluation>,
    plan: Plan,
    /// Whether a rule that waits for its hold was treated as if it had waited.
    elapsed: bool,
}

fn is_pending(rule: &RuleReport) -> bool {
    matches!(rule.verdict, RuleVerdict::Pending { .. })
}

/// What could not be read, a line each.
fn unread(snapshot: &Snapshot) -> Vec<String> {
    let targets = snapshot.targets.iter().filter_map(|(name, seen)| match seen {
        Seen::Nothing(why) => Some(format!("target {name} was not seen: {why}")),
        Seen::Group(_)
        | Seen::Database(_)
        | Seen::Setting(_)
        | Seen::Flag(_)
        | Seen::Rollout(_)
        | Seen::Job(_)
        | Seen::Volume(_)
        | Seen::Traffic(_) => None,
    });
    let inputs = snapshot.readings.iter().filter_map(|(key, reading)| match reading {
        Reading::Failed(why) => Some(format!("input {key} was not read: {why}")),
        Reading::Sample(_)
        | Reading::Each(_)
        | Reading::Partly(..)
        | Reading::Empty
        | Reading::Absent(_) => None,
    });
    targets.chain(inputs).collect()
}
