//! What an earlier life of the agent left behind.

use crate::{body::Body, delta::Delta, orders::LeftOrder};
use rusqlite::{Connection, OptionalExtension};
use setpoint_control::{Evaluator, Past, think};
use setpoint_core::{ActResult, IntentId, Memory, Outcome, Program, Snapshot};
use std::{collections::BTreeMap, error::Error as StdError};

type Trouble = Box<dyn StdError + Send + Sync>;

/// The last checkpoint, the passes since, and what became of the last intents.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    checkpoint: Option<(Memory, Snapshot)>,
    /// The passes after the checkpoint, each with the hash of its program.
    passes: Vec<(Snapshot, String)>,
    programs: BTreeMap<String, Program>,
    outcomes: Vec<Outcome>,
    pub(crate) orders: Vec<LeftOrder>,
}

impl Restored {
    /// Makes the passes since the checkpoint again, and gives what is remembered after them.
    ///
    /// `build` makes the evaluator of a program; where it cannot (a newer version that
    /// refuses an old policy), the memory of the last pass it could make is what is left,
    /// and its reason is given beside it.
    pub fn past(
        self,
        build: impl Fn(&Program) -> Result<Box<dyn Evaluator>, String>,
    ) -> (Past, Option<String>) {
        let Some((mut memory, first)) = self.checkpoint else { return (Past::default(), None) };
        let mut pass = first.pass;
        let mut trouble = None;
        let mut evaluators: BTreeMap<&str, Box<dyn Evaluator>> = BTreeMap::new();
        for (snapshot, hash) in &self.passes {
            pass = snapshot.pass;
            let Some(program) = self.programs.get(hash) else { continue };
            if !evaluators.contains_key(hash.as_str()) && trouble.is_none() {
                match build(program) {
                    Ok(evaluator) => drop(evaluators.insert(hash, evaluator)),
                    Err(why) => trouble = Some(why),
                }
            }
            if let Some(evaluator) = evaluators.get(hash.as_str()) {
                think(&program.settings, &mut memory, snapshot, evaluator.as_ref());
            }
        }
        (Past { memory, pass, outcomes: self.outcomes }, trouble)
    }

    /// What people said while no agent was at work: the first pass is to take it in.
    pub fn orders(&self) -> &[LeftOrder] {
        &self.orders
    }

    /// All that was seen in the last pass.
    pub(crate) fn last_snapshot(&self) -> Option<&Snapshot> {
        let last = self.passes.last().map(|(snapshot, _)| snapshot);
        last.or(self.checkpoint.as_ref().map(|(_, snapshot)| snapshot))
    }
}

/// Reads what is left in the file.
pub(crate) fn restore(connection: &Connection) -> Result<Restored, Trouble> {
    let latest = "SELECT memory, snapshot FROM checkpoints ORDER BY pass DESC LIMIT 1";
    let row: Option<(Body, Body)> =
        connection.query_row(latest, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((memory, snapshot)) = row else { return Ok(Restored::default()) };
    let (memory, snapshot): (Memory, Snapshot) = (memory.read()?, snapshot.read()?);
    let passes = passes_after(connection, &snapshot)?;
    let last = passes.last().map_or(snapshot.pass, |(snapshot, _)| snapshot.pass);
    Ok(Restored {
        checkpoint: Some((memory, snapshot)),
        passes,
        programs: programs(connection)?,
        outcomes: outcomes(connection, last)?,
        orders: Vec::new(),
    })
}

/// Every pass after the one that `before` was seen in, whole, with its program's hash.
pub(crate) fn passes_after(
    connection: &Connection,
    before: &Snapshot,
) -> Result<Vec<(Snapshot, String)>, Trouble> {
    let select = "SELECT arrived, program FROM passes WHERE pass > ?1 ORDER BY pass";
    let mut statement = connection.prepare(select)?;
    let rows = statement.query_map([before.pass], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut before = before.clone();
    let mut passes = Vec::new();
    for row in rows {
        let (arrived, program): (Body, String) = row?;
        before = arrived.read::<Delta>()?.after(&before)?;
        passes.push((before.clone(), program));
    }
    Ok(passes)
}

/// Every program there is, by its hash.
pub(crate) fn programs(connection: &Connection) -> Result<BTreeMap<String, Program>, Trouble> {
    let mut statement = connection.prepare("SELECT hash, body FROM contents")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (hash, body): (String, Body) = row?;
        Ok((hash, body.read()?))
    })
    .collect()
}

/// What became of the intents of `pass`: what is not on record may or may not have arrived.
fn outcomes(connection: &Connection, pass: u64) -> Result<Vec<Outcome>, Trouble> {
    let select = "SELECT id, result FROM intents WHERE pass = ?1 ORDER BY id";
    let mut statement = connection.prepare(select)?;
    let rows = statement.query_map([pass], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (id, result): (String, Option<String>) = row?;
        let result = match result {
            Some(result) => serde_json::from_str(&result)?,
            None => ActResult::Unknown,
        };
        Ok(Outcome { intent: IntentId::new(id), result })
    })
    .collect()
}
