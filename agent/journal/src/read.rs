//! Reading, also beside the writer: for `explain`, `status` and replay.

use crate::{
    open::{OpenError, open_to_read},
    record::DecisionRecord,
    restore::{passes_after, programs},
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use setpoint_core::{ActResult, Action, IntentId, Program, Snapshot, TargetName, Timestamp};
use std::{error::Error as StdError, path::Path};

/// A journal, open for reading.
pub struct Reader {
    connection: Connection,
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

/// Decisions about one target that came out the same way, pass after pass.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// The first of the passes.
    pub first_pass: u64,
    /// When it was made.
    pub since: Timestamp,
    /// The last of them.
    pub last_pass: u64,
    /// When it was made.
    pub last: Timestamp,
    /// How many passes came out this way.
    pub count: u64,
    /// The decision of the last of them.
    pub record: DecisionRecord,
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
        Ok(Self { connection: open_to_read(path)? })
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
        Ok(self.decisions(target, until, 1)?.pop())
    }

    /// The last decisions about `target`, newest first, at most `limit`.
    pub fn history(&self, target: &TargetName, limit: u32) -> Result<Vec<DecisionRow>, ReadError> {
        self.decisions(target, i64::MAX, limit)
    }

    /// The decisions that stood at some time from `since` to `until`, newest first, at most
    /// `limit`; about `target`, or about all.
    pub fn decided(
        &self,
        target: Option<&TargetName>,
        (since, until): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<DecisionRow>, ReadError> {
        let select = "SELECT first_pass, first_wall, last_pass, last_wall, count, record \
                      FROM decisions \
                      WHERE (?1 IS NULL OR target = ?1) AND last_wall >= ?2 AND first_wall <= ?3 \
                      ORDER BY first_wall DESC, id DESC LIMIT ?4";
        let target = target.map(TargetName::as_str);
        self.select(select, params![target, since.ms(), until.ms(), limit])
    }

    fn decisions(
        &self,
        target: &TargetName,
        until: i64,
        limit: u32,
    ) -> Result<Vec<DecisionRow>, ReadError> {
        let select = "SELECT first_pass, first_wall, last_pass, last_wall, count, record \
                      FROM decisions WHERE target = ?1 AND first_wall <= ?2 \
                      ORDER BY first_wall DESC, id DESC LIMIT ?3";
        self.select(select, params![target.as_str(), until, limit])
    }

    fn select(&self, select: &str, given: impl Params) -> Result<Vec<DecisionRow>, ReadError> {
        let mut statement = self.connection.prepare_cached(select)?;
        let mut rows = statement.query(given)?;
        let mut decisions = Vec::new();
        while let Some(row) = rows.next()? {
            let record: String = row.get(5)?;
            decisions.push(DecisionRow {
                first_pass: row.get(0)?,
                since: Timestamp::from_ms(row.get(1)?),
                last_pass: row.get(2)?,
                last: Timestamp::from_ms(row.get(3)?),
                count: row.get(4)?,
                record: serde_json::from_str(&record)?,
            });
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
        let before: Option<String> =
            self.connection.query_row(select, [since.ms()], |row| row.get(0)).optional()?;
        let before: Option<Snapshot> =
            before.map(|before| serde_json::from_str(&before)).transpose()?;
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
        let row: Option<String> =
            self.connection.query_row(oldest, [], |row| row.get(0)).optional()?;
        let row = row.ok_or_else(|| ReadError::of("there is no checkpoint".to_owned()))?;
        Ok(serde_json::from_str(&row)?)
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
        let body: Option<String> =
            self.connection.query_row(select, [], |row| row.get(0)).optional()?;
        Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
    }
}
