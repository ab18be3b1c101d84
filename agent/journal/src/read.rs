//! Reading, also beside the writer: for `explain`, `status` and replay.

use crate::{
    body::Body,
    open::{OpenError, WITH_RUNS, open_to_read},
    record::DecisionRecord,
    restore::{passes_after, programs},
    rows::A_STRETCH,
    runs::{Runs, Written},
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use setpoint_core::{ActResult, Action, IntentId, Program, Snapshot, TargetName, Timestamp};
use std::{error::Error as StdError, path::Path};

/// A journal, open for reading.
pub struct Reader {
    connection: Connection,
    /// The column that tells in which passes a row stands; nothing, in an older file.
    runs: &'static str,
}

/// The journal could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the journal could not be read: {0}")]
pub struct ReadError(#[source] Box<dyn StdError + Send + Sync>);

impl ReadError {
    pub(crate) fn new(source: Box<dyn StdError + Send + Sync>) -> Self {
        Self(source)
    }

    pub(crate) fn of(why: String) -> Self {
        Self(why.into())
    }
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.into())
    }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        Self(error.into())
    }
}

/// Decisions about one target that came out the same way: pass after pass, or by turns with
/// others.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// The first of the passes.
    pub first_pass: u64,
    /// When it was made.
    pub since: Timestamp,
    /// The last of them that is on record. Of many targets the rows that go on are brought up to
    /// date by turns: it may be some passes behind.
    pub last_pass: u64,
    /// When it was made.
    pub last: Timestamp,
    /// How many passes came out this way: not all from the first to the last, where others came
    /// between.
    pub count: u64,
    /// The decision of the last of them.
    pub record: DecisionRecord,
}

impl DecisionRow {
    /// How many passes between the first and the last came out otherwise; `None` if none did.
    pub fn others(&self) -> Option<u64> {
        let all = self.last_pass - self.first_pass + 1;
        all.checked_sub(self.count).filter(|others| *others > 0)
    }
}

/// An intent and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct IntentRow {
    /// Its id.
    pub id: IntentId,
    /// The pass that it was decided in.
    pub pass: u64,
    /// On which target.
    pub target: TargetName,
    /// What to do.
    pub action: Action,
    /// What the provider said; `None` while nobody knows.
    pub result: Option<ActResult>,
}

impl Reader {
    /// Opens the journal at `path`.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let (connection, schema) = open_to_read(path)?;
        Ok(Self { connection, runs: if schema >= WITH_RUNS { "runs" } else { "NULL" } })
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The number and time of the last pass; `None` before the first.
    pub fn last_pass(&self) -> Result<Option<(u64, Timestamp)>, ReadError> {
        let select = "SELECT pass, wall FROM passes ORDER BY pass DESC LIMIT 1";
        let row = |row: &Row<'_>| Ok((row.get(0)?, Timestamp::from_ms(row.get(1)?)));
        Ok(self.connection.query_row(select, [], row).optional()?)
    }

    /// Every target that was ever decided about, in the order of their names.
    pub fn targets(&self) -> Result<Vec<TargetName>, ReadError> {
        let select = "SELECT DISTINCT target FROM decisions ORDER BY target";
        let mut statement = self.connection.prepare(select)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|row| Ok(TargetName::new(row?))).collect()
    }

    /// The last decision about `target` at or before `at`; the last of all without.
    pub fn decision(
        &self,
        target: &TargetName,
        at: Option<Timestamp>,
    ) -> Result<Option<DecisionRow>, ReadError> {
        let until = at.map_or(i64::MAX, Timestamp::ms);
        let near = self.decisions(target, until, A_STRETCH)?;
        let passes = near.iter().map(|(row, _)| (row.first_pass, row.last_pass));
        let within = passes.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let Some((first, last)) = within else { return Ok(None) };
        let select = "SELECT pass FROM passes WHERE pass BETWEEN ?1 AND ?2 AND wall <= ?3 \
                      ORDER BY pass DESC LIMIT 1";
        let pass = |row: &Row<'_>| row.get(0);
        let pass = self.connection.query_row(select, params![first, last, until], pass);
        // Of what is let go of, passes go first: then the last that is known has to do.
        let pass: u64 = pass.optional()?.unwrap_or(last);
        let told = near.into_iter().max_by_key(|(_, runs)| runs.last_until(pass));
        Ok(told.map(|(row, _)| row))
    }

    /// The last decisions about `target`, newest first, at most `limit`.
    pub fn history(&self, target: &TargetName, limit: u32) -> Result<Vec<DecisionRow>, ReadError> {
        let rows = self.decisions(target, i64::MAX, limit)?;
        Ok(rows.into_iter().map(|(row, _)| row).collect())
    }

    /// The decisions that stood at some time from `since` to `until`, newest first, at most
    /// `limit`; about `target`, or about all.
    pub fn decided(
        &self,
        target: Option<&TargetName>,
        (since, until): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<DecisionRow>, ReadError> {
        let which = "(?1 IS NULL OR target = ?1) AND last_wall >= ?2 AND first_wall <= ?3";
        let target = target.map(TargetName::as_str);
        let rows = self.select(which, params![target, since.ms(), until.ms(), limit])?;
        Ok(rows.into_iter().map(|(row, _)| row).collect())
    }

    fn decisions(
        &self,
        target: &TargetName,
        until: i64,
        limit: u32,
    ) -> Result<Vec<(DecisionRow, Runs)>, ReadError> {
        let which = "target = ?1 AND ?2 <= first_wall AND first_wall <= ?3";
        self.select(which, params![target.as_str(), i64::MIN, until, limit])
    }

    /// The rows for which `which` holds, newest first; the fourth parameter says how many.
    fn select(
        &self,
        which: &str,
        given: impl Params,
    ) -> Result<Vec<(DecisionRow, Runs)>, ReadError> {
        let select = format!(
            "SELECT first_pass, first_wall, last_pass, last_wall, count, record, {} \
             FROM decisions WHERE {which} ORDER BY first_wall DESC, id DESC LIMIT ?4",
            self.runs
        );
        let mut statement = self.connection.prepare_cached(&select)?;
        let mut rows = statement.query(given)?;
        let mut decisions = Vec::new();
        while let Some(row) = rows.next()? {
            let (record, written): (Body, Option<Written>) = (row.get(5)?, row.get(6)?);
            let row = DecisionRow {
                first_pass: row.get(0)?,
                since: Timestamp::from_ms(row.get(1)?),
                last_pass: row.get(2)?,
                last: Timestamp::from_ms(row.get(3)?),
                count: row.get(4)?,
                record: record.read()?,
            };
            let runs = Runs::read(row.first_pass, row.count, written);
            decisions.push((row, runs));
        }
        Ok(decisions)
    }

    /// All that was seen in each pass from `since` to `until`, oldest first, and the program of
    /// the last of them; nothing if no pass was made then.
    pub fn seen(
        &self,
        (since, until): (Timestamp, Timestamp),
    ) -> Result<Option<(Vec<Snapshot>, Program)>, ReadError> {
        // A pass is kept as what is new in it: what it saw is folded from a checkpoint on.
        let select = "SELECT snapshot FROM checkpoints WHERE wall < ?1 ORDER BY pass DESC LIMIT 1";
        let before: Option<Body> =
            self.connection.query_row(select, [since.ms()], |row| row.get(0)).optional()?;
        let before: Option<Snapshot> = before.map(|before| before.read()).transpose()?;
        let start = match before {
            Some(before) => before,
            None => self.first_seen()?,
        };
        let passes = passes_after(&self.connection, &start).map_err(ReadError::new)?;
        let within = |(seen, _): &(Snapshot, String)| (since..=until).contains(&seen.at.wall);
        let (seen, hashes): (Vec<_>, Vec<_>) = passes.into_iter().filter(within).unzip();
        let Some(hash) = hashes.last() else { return Ok(None) };
        let mut programs = programs(&self.connection).map_err(ReadError::new)?;
        let program = programs.remove(hash);
        let program = program.ok_or_else(|| ReadError::of("a pass has no program".to_owned()))?;
        Ok(Some((seen, program)))
    }

    /// What was seen before the first pass that can be folded: nothing, where the very first
    /// pass is still there.
    fn first_seen(&self) -> Result<Snapshot, ReadError> {
        let first = "SELECT min(pass) FROM passes";
        let first: Option<u64> = self.connection.query_row(first, [], |row| row.get(0))?;
        if first.is_none_or(|first| first == 1) {
            return Ok(Snapshot::default());
        }
        let oldest = "SELECT snapshot FROM checkpoints ORDER BY pass LIMIT 1";
        let row: Option<Body> =
            self.connection.query_row(oldest, [], |row| row.get(0)).optional()?;
        let row = row.ok_or_else(|| ReadError::of("there is no checkpoint".to_owned()))?;
        Ok(row.read()?)
    }

    /// The last intents, newest first, at most `limit`.
    pub fn intents(&self, limit: u32) -> Result<Vec<IntentRow>, ReadError> {
        let select = "SELECT id, pass, target, action, result FROM intents \
                      ORDER BY pass DESC, id LIMIT ?1";
        let mut statement = self.connection.prepare_cached(select)?;
        let mut rows = statement.query([limit])?;
        let mut intents = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, target, action): (String, String, String) =
                (row.get(0)?, row.get(2)?, row.get(3)?);
            let result: Option<String> = row.get(4)?;
            intents.push(IntentRow {
                id: IntentId::new(id),
                pass: row.get(1)?,
                target: TargetName::new(target),
                action: serde_json::from_str(&action)?,
                result: result.map(|result| serde_json::from_str(&result)).transpose()?,
            });
        }
        Ok(intents)
    }

    /// The program of the last pass.
    pub fn program(&self) -> Result<Option<Program>, ReadError> {
        let select = "SELECT body FROM passes JOIN contents ON hash = program \
                      ORDER BY pass DESC LIMIT 1";
        let body: Option<Body> =
            self.connection.query_row(select, [], |row| row.get(0)).optional()?;
        Ok(body.map(|body| body.read()).transpose()?)
    }
}
