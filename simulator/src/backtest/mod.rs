//! A policy on one's own history: what would have been better, what worse.
//!
//! Two lives of the same fitted world under the recorded load: in one the members are there that
//! really were, in the other the policy decides, by the agent's own loop. Both are simulated, so that
//! what the model gets wrong is wrong in both; how far it is off what was recorded is told.
//!
//! ```text
//! History ──► fit ──► scenario ──┬──► today.rs (members as recorded) ──► Life ──┐
//!                                └──► agent.rs (the policy's loop) ────► Life ──┴──► compare.rs ──► report.rs
//! ```
//!
//! Start reading at [`backtest`].

mod agent;
mod compare;
mod life;
mod record;
mod report;
mod today;

pub use compare::{Change, Stretch};
pub use life::Life;
pub use record::Record;

use crate::{
    fit::{Assumed, Fit, Terms, fit, scenario, trace},
    history::{Column, History},
    scenario::{Scenario, Source, read},
    score::Demand,
    trouble::Trouble,
    world::{Load, Shape},
    written::FileFault,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, thread};

/// What is to be tried.
#[derive(Clone, Debug)]
pub struct Asked {
    /// When a history tells too little.
    pub terms: Terms,
    /// What the history does not tell.
    pub assumed: Assumed,
    /// The policy: files that work together.
    pub policies: Vec<PathBuf>,
    /// Values of parameters, as they are written.
    pub params: BTreeMap<String, String>,
    /// The world's metrics that inputs of other names read.
    pub inputs: BTreeMap<String, String>,
    /// The luck of boot times.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Backtest {
    /// What the service can do.
    pub fit: Fit,
    /// What was assumed.
    pub assumed: Vec<String>,
    /// The two lives; none of a history that tells too little.
    pub lives: Option<Lives>,
}

/// The two lives, and how they differ.
#[derive(Clone, Debug)]
pub struct Lives {
    /// With the members that were there.
    pub today: Life,
    /// With the policy.
    pub policy: Life,
    /// How far the model is off what was recorded.
    pub record: Record,
    /// What is better and what is worse.
    pub change: Change,
    /// Dollars an hour of a member; 0 if they were not named.
    pub price: f64,
    /// The luck of boot times.
    pub seed: u64,
}

/// Tries a policy on a history. Needs the stack that policies need.
///
/// Fails if a policy is not understood, or asks what a service with nothing but a group does not have.
pub fn backtest(history: &History, asked: &Asked) -> Result<Backtest, Trouble> {
    let mut fit = fit(history, asked.terms);
    let written = scenario(history, &fit, &asked.assumed).filter(|_| fit.is_conclusive());
    let Some((text, assumed)) = written else {
        return Ok(Backtest { fit, assumed: Vec::new(), lives: None });
    };
    let scenario = world_of(history, text, asked)?;
    let Some(contestant) = scenario.contestants.first() else {
        return Err(
            Trouble::command_line("there is no policy to try").help("name one: --policy FILE")
        );
    };
    let peak = scenario.world.load.shape.peak();
    let demand = Arc::new(Demand::new(scenario.world.service, peak));
    let (today, policy) = thread::scope(|scope| {
        let today =
            scope.spawn(|| today::life(&scenario, history, Arc::clone(&demand), asked.seed));
        let policy = agent::life(&scenario, contestant, history, Arc::clone(&demand), asked.seed);
        (today.join().expect("a life does not panic"), policy)
    });
    let record = record::record(history, &fit, &scenario);
    fit.notes.extend(record.note());
    let change = compare::compare(&today, &policy, history.start());
    let (price, seed) = (asked.assumed.price, asked.seed);
    let lives = Lives { today, policy, record, change, price, seed };
    Ok(Backtest { fit, assumed, lives: Some(lives) })
}

/// The scenario with the policy and the recorded load in it.
fn world_of(history: &History, text: String, asked: &Asked) -> Result<Scenario, Trouble> {
    let text = format!("{text}\n{}", policy(asked));
    let source =
        Source { path: "the fitted scenario".into(), text, given: Vec::new(), engine: None };
    let told = |faults: Vec<FileFault>| {
        let lines: Vec<String> = faults.iter().map(|fault| fault.render(true)).collect();
        Trouble::file(lines.join("\n"))
    };
    let mut scenario = read(&source).map_err(told)?;
    scenario.world.load = Load::new(1.0, Shape::Steps(trace(history).into()), 0.0);
    Ok(scenario)
}

/// The policy as a scenario has it.
fn policy(asked: &Asked) -> toml::Table {
    let text = |text: &String| toml::Value::from(text.as_str());
    let all = |texts: &BTreeMap<String, String>| {
        let texts = texts.iter().map(|(name, value)| (name.clone(), text(value)));
        toml::Value::Table(texts.collect())
    };
    let files = asked.policies.iter().map(|path| text(&path.display().to_string())).collect();
    let policy = toml::Table::from_iter([
        ("files".to_owned(), toml::Value::Array(files)),
        ("params".to_owned(), all(&asked.params)),
        ("inputs".to_owned(), all(&asked.inputs)),
    ]);
    let list = toml::Value::Array(vec![toml::Value::Table(policy)]);
    toml::Table::from_iter([("policy".to_owned(), list)])
}

/// Members at a step, as far back as they are known.
fn last_known(history: &History, column: Column, step: usize) -> Option<f64> {
    (0..=step).rev().take(DAY).find_map(|step| history.get(column, step))
}

/// Steps beyond which a number is too old to stand for the present.
const DAY: usize = 1440;
