//! Decisions for people: a row stands for as many passes as came out the same way.
//!
//! A row that goes on has its numbers and its last pass brought up to date. Of thousands of
//! targets, to do that at every pass would be most of what is written; so only so many rows are
//! brought up to date in a pass, by turns. A row that ends gets its last pass and its count
//! right; whatever begins is written at once.

use crate::{body::packed, hash::hash, record::Deciding};
use rusqlite::{Transaction, params};
use setpoint_control::Pass;
use setpoint_core::{Snapshot, TargetName};
use std::{collections::BTreeMap, error::Error as StdError};

type Trouble = Box<dyn StdError + Send + Sync>;

/// How much of a shape's hash is kept.
const MARK: usize = 12;

/// How many rows that go on are brought up to date in a pass.
const A_PASS: usize = 128;

/// The row that the last decision about a target is in.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    id: i64,
    shape: String,
    last_pass: u64,
    last_wall: i64,
    count: u64,
    /// Whether the file does not know yet how long the row went on.
    is_behind: bool,
}

/// Extends every target's row, or begins a new one, and gives how they stand now.
pub(crate) fn fold_all(
    transaction: &Transaction<'_>,
    rows: &BTreeMap<TargetName, Row>,
    pass: &Pass,
) -> Result<Vec<(TargetName, Row)>, Trouble> {
    let turns = pass.plan.decisions.len().div_ceil(A_PASS).max(1) as u64;
    let mut folded = Vec::with_capacity(pass.plan.decisions.len());
    for (place, deciding) in (0_u64..).zip(Deciding::of(pass)) {
        let before = rows.get(&deciding.decision.target);
        let is_due = (place + pass.snapshot.pass).is_multiple_of(turns);
        let row = fold(transaction, before, &deciding, (&pass.snapshot, is_due))?;
        folded.push((deciding.decision.target.clone(), row));
    }
    Ok(folded)
}

fn fold(
    transaction: &Transaction<'_>,
    before: Option<&Row>,
    deciding: &Deciding<'_>,
    (snapshot, is_due): (&Snapshot, bool),
) -> Result<Row, Trouble> {
    let shape = deciding.shape();
    let (pass, wall) = (snapshot.pass, snapshot.at.wall.ms());
    if let Some(row) = before.filter(|row| row.shape == shape) {
        let count = row.count + 1;
        if is_due {
            let extend = "UPDATE decisions SET last_pass = ?2, last_wall = ?3, count = ?4, \
                          record = ?5 WHERE id = ?1";
            let now = params![row.id, pass, wall, count, packed(deciding)?];
            transaction.prepare_cached(extend)?.execute(now)?;
        }
        let (id, last_pass, last_wall) = (row.id, pass, wall);
        return Ok(Row { id, shape, last_pass, last_wall, count, is_behind: !is_due });
    }
    if let Some(row) = before.filter(|row| row.is_behind) {
        let end = "UPDATE decisions SET last_pass = ?2, last_wall = ?3, count = ?4 WHERE id = ?1";
        let ended = params![row.id, row.last_pass, row.last_wall, row.count];
        transaction.prepare_cached(end)?.execute(ended)?;
    }
    let begin = "INSERT INTO decisions \
                 (target, shape, first_pass, first_wall, last_pass, last_wall, count, record) \
                 VALUES (?1, ?2, ?3, ?4, ?3, ?4, 1, ?5)";
    let target = deciding.decision.target.as_str();
    // Only to tell by: a few letters of its hash do.
    let mark = hash(&shape);
    let mark = mark.get(..MARK).unwrap_or_default();
    let row = params![target, mark, pass, wall, packed(deciding)?];
    transaction.prepare_cached(begin)?.execute(row)?;
    let (id, last_pass, last_wall) = (transaction.last_insert_rowid(), pass, wall);
    Ok(Row { id, shape, last_pass, last_wall, count: 1, is_behind: false })
}
