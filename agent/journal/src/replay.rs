//! Making recorded passes again, to see that they come out the same.

use crate::{
    body::Body,
    hash::hash,
    read::{ReadError, Reader},
    restore::{passes_after, programs},
};
use rusqlite::OptionalExtension;
use setpoint_control::{Evaluator, Thought, think};
use setpoint_core::{Memory, Plan, Program, Snapshot};
use std::{collections::BTreeMap, ops::ControlFlow};

/// What came of a replay.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// How many passes were made again.
    pub passes: u64,
    /// Those that came out otherwise.
    pub diverged: Vec<Divergence>,
    /// Versions of the decider, other than this one, that made some of the passes:
    /// they may decide otherwise, which is then no failure.
    pub other_deciders: Vec<String>,
}

/// A pass that came out otherwise than it is recorded.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The pass.
    pub pass: u64,
    /// The plan as it came out now.
    pub plan: Plan,
}

/// A recorded pass, as it is made again.
pub struct Again<'a> {
    /// What was remembered before it.
    pub before: &'a Memory,
    /// What was seen.
    pub snapshot: &'a Snapshot,
    /// The program in force, and its hash.
    pub program: &'a Program,
    /// Tells programs from each other.
    pub hash: &'a str,
    /// The program's policies.
    pub evaluator: &'a dyn Evaluator,
    /// What it came to now.
    pub thought: &'a Thought,
    /// Whether that is what is recorded, byte for byte.
    pub same: bool,
}

/// Makes every recorded pass again, with the program in force then, from the oldest
/// memory there is, and compares the plans byte for byte.
///
/// Fails if the journal cannot be read or `build` cannot make a program's evaluator.
pub fn replay(
    reader: &Reader,
    build: impl Fn(&Program) -> Result<Box<dyn Evaluator>, String>,
) -> Result<Replayed, ReadError> {
    let mut diverged = Vec::new();
    let look = |again: &Again<'_>| {
        if !again.same {
            let plan = again.thought.plan.clone();
            diverged.push(Divergence { pass: again.snapshot.pass, plan });
        }
        ControlFlow::Continue(())
    };
    let (passes, other_deciders) = replay_each(reader, build, look)?;
    Ok(Replayed { passes, diverged, other_deciders })
}

/// The same, and `look` is shown each pass until it has seen enough: how many passes were made,
/// and the versions of other deciders that made some of them.
pub fn replay_each(
    reader: &Reader,
    build: impl Fn(&Program) -> Result<Box<dyn Evaluator>, String>,
    mut look: impl FnMut(&Again<'_>) -> ControlFlow<()>,
) -> Result<(u64, Vec<String>), ReadError> {
    let connection = reader.connection();
    let programs = programs(connection).map_err(ReadError::new)?;
    let (mut memory, start) = beginning(reader)?;
    let mut evaluators: BTreeMap<&str, Box<dyn Evaluator>> = BTreeMap::new();
    let (mut made, mut other_deciders) = (0, Vec::new());
    for (snapshot, program_hash) in passes_after(connection, &start).map_err(ReadError::new)? {
        let (program_hash, program) = programs
            .get_key_value(&program_hash)
            .ok_or_else(|| ReadError::of(format!("pass {} has no program", snapshot.pass)))?;
        if !evaluators.contains_key(program_hash.as_str()) {
            evaluators.insert(program_hash, build(program).map_err(ReadError::of)?);
            if program.decider != env!("CARGO_PKG_VERSION") {
                other_deciders.push(program.decider.clone());
            }
        }
        let evaluator = evaluators[program_hash.as_str()].as_ref();
        let before = memory.clone();
        let thought = think(&program.settings, &mut memory, &snapshot, evaluator);
        made += 1;
        let same = hash(&thought.plan) == recorded(reader, snapshot.pass)?;
        let again = Again {
            before: &before,
            snapshot: &snapshot,
            program,
            hash: program_hash,
            evaluator,
            thought: &thought,
            same,
        };
        if look(&again).is_break() {
            break;
        }
    }
    Ok((made, other_deciders))
}

/// Where folding starts: before the first pass of all, if it is still there, else after the
/// oldest checkpoint.
fn beginning(reader: &Reader) -> Result<(Memory, Snapshot), ReadError> {
    let connection = reader.connection();
    let first = "SELECT min(pass) FROM passes";
    let first: Option<u64> = connection.query_row(first, [], |row| row.get(0))?;
    if first.is_none_or(|first| first == 1) {
        return Ok((Memory::default(), Snapshot::default()));
    }
    let oldest = "SELECT memory, snapshot FROM checkpoints ORDER BY pass LIMIT 1";
    let row: Option<(Body, Body)> =
        connection.query_row(oldest, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (memory, snapshot) = row.ok_or_else(|| ReadError::of("there is no checkpoint".into()))?;
    Ok((memory.read()?, snapshot.read()?))
}

fn recorded(reader: &Reader, pass: u64) -> Result<String, ReadError> {
    let select = "SELECT plan FROM passes WHERE pass = ?1";
    Ok(reader.connection().prepare_cached(select)?.query_row([pass], |row| row.get(0))?)
}
