//! Writing: one transaction a pass, before anything is sent.

use crate::{
    body::packed,
    delta::Delta,
    hash::hash,
    open::{OpenError, open_to_write},
    orders::left_orders,
    restore::{Restored, restore},
    rows::Rows,
};
use rusqlite::{Connection, Transaction, params};
use serde::Serialize;
use setpoint_control::{Journal, JournalError, Pass};
use setpoint_core::{ActResult, Intent, Memory, Program, Snapshot, Span, Tick, Timestamp};
use std::{error::Error as StdError, fs::File, path::Path};

/// A checkpoint every so many passes …
const CHECKPOINT_PASSES: u64 = 1000;
/// … or every so long, whichever comes first.
const CHECKPOINT_EVERY: Span = Span::from_minutes(60);

/// How much of the past is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Passes older than this go.
    pub age: Span,
    /// Above this size of the file, in bytes, the oldest passes go.
    pub bytes: u64,
}

impl Default for Retention {
    /// 30 days, 1 GiB.
    fn default() -> Self {
        Self { age: Span::from_minutes(30 * 24 * 60), bytes: 1 << 30 }
    }
}

/// The journal of one agent, open for writing.
pub struct SqliteJournal {
    connection: Connection,
    program: String,
    /// The last of the orders that were left: the first pass has taken them in.
    obeyed: Option<i64>,
    retention: Retention,
    /// The last pass that is on disk, whole.
    last: Snapshot,
    /// For every target, the rows that its decisions go into.
    rows: Rows,
    checkpoint: Option<(u64, Tick)>,
    _lock: File,
}

impl SqliteJournal {
    /// Opens the journal at `path` for an agent that runs `program`, and gives what an
    /// earlier life left behind.
    ///
    /// Fails, changing nothing, if the file is not ours, is damaged, is newer than this
    /// program, or is being written by another agent.
    pub fn open(path: &Path, program: &Program) -> Result<(Self, Restored), OpenError> {
        let (connection, lock) = open_to_write(path)?;
        let damaged = |error: Box<dyn StdError + Send + Sync>| OpenError::NotOurs {
            path: path.to_owned(),
            why: error.to_string(),
        };
        let mut restored = restore(&connection).map_err(damaged)?;
        let (orders, obeyed) = left_orders(&connection).map_err(damaged)?;
        restored.orders = orders;
        let program = insert_program(&connection, program).map_err(damaged)?;
        let journal = Self {
            connection,
            program,
            obeyed,
            retention: Retention::default(),
            last: restored.last_snapshot().cloned().unwrap_or_default(),
            rows: Rows::default(),
            checkpoint: None,
            _lock: lock,
        };
        Ok((journal, restored))
    }

    /// Keeps so much of the past, from the next checkpoint on.
    #[must_use]
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// Goes on without waiting for the disk after each pass: for what can be made again, such as a
    /// simulated run.
    pub fn hasty(self) -> Result<Self, OpenError> {
        self.connection.pragma_update(None, "synchronous", "OFF").map_err(|error| {
            let path = self.connection.path().map(Into::into).unwrap_or_default();
            OpenError::NotOurs { path, why: error.to_string() }
        })?;
        Ok(self)
    }

    /// Lets the file grow to no more than so many pages beyond what it has, or without a
    /// limit again: a full disk, to try what happens then.
    #[doc(hidden)]
    pub fn limit_pages(&self, more: Option<u32>) -> rusqlite::Result<()> {
        let count = |row: &rusqlite::Row<'_>| row.get::<_, u32>(0);
        let pages = self.connection.query_row("PRAGMA page_count", [], count)?;
        let limit = more.map_or(u32::MAX - 1, |more| pages.saturating_add(more));
        self.connection.pragma_update(None, "max_page_count", limit)
    }

    fn write(&mut self, pass: &Pass, memory: &Memory) -> Result<(), Trouble> {
        let snapshot = &pass.snapshot;
        let transaction = self.connection.transaction()?;
        insert_pass(&transaction, &self.program, &Delta::between(&self.last, snapshot), pass)?;
        for intent in pass.plan.intents() {
            insert_intent(&transaction, intent, snapshot.pass)?;
        }
        let folded = self.rows.fold(&transaction, pass)?;
        if let Some(last) = self.obeyed {
            transaction.execute("DELETE FROM orders WHERE id <= ?1", [last])?;
        }
        let due = self.checkpoint.is_none_or(|(pass, at)| {
            snapshot.pass >= pass + CHECKPOINT_PASSES || memory.now.since(at) >= CHECKPOINT_EVERY
        });
        let mut kept_from = None;
        if due {
            insert_checkpoint(&transaction, snapshot, memory)?;
            kept_from = prune(&transaction, self.retention, snapshot.at.wall)?;
        }
        transaction.commit()?;
        // Only what is on disk counts: had the commit failed, the next delta starts from before.
        self.rows.keep(pass, folded);
        if let Some(from) = kept_from {
            self.rows.let_go(from);
        }
        self.last = snapshot.clone();
        self.obeyed = None;
        if due {
            self.checkpoint = Some((snapshot.pass, memory.now));
        }
        Ok(())
    }
}

type Trouble = Box<dyn StdError + Send + Sync>;

impl Journal for SqliteJournal {
    fn record(&mut self, pass: &Pass, memory: &Memory) -> Result<(), JournalError> {
        self.write(pass, memory).map_err(|source| JournalError {
            operation: format!("record pass {}", pass.snapshot.pass),
            source,
        })
    }

    fn outcome(&mut self, intent: &Intent, result: &ActResult) -> Result<(), JournalError> {
        let update = "UPDATE intents SET result = ?2 WHERE id = ?1";
        let write = || -> Result<(), Trouble> {
            let result = json(result)?;
            self.connection.prepare_cached(update)?.execute([intent.id.as_str(), &result])?;
            Ok(())
        };
        write().map_err(|source| JournalError {
            operation: format!("record the outcome of {}", intent.id),
            source,
        })
    }

    fn adopt(&mut self, program: &Program) -> Result<(), JournalError> {
        let inserted = insert_program(&self.connection, program);
        let operation = || "record the new policies".to_owned();
        self.program =
            inserted.map_err(|source| JournalError { operation: operation(), source })?;
        Ok(())
    }
}

/// Keeps a program, once however often it is in force, and gives its hash.
fn insert_program(connection: &Connection, program: &Program) -> Result<String, Trouble> {
    let (hash, body) = (hash(program), packed(program)?);
    let insert = "INSERT OR IGNORE INTO contents (hash, body) VALUES (?1, ?2)";
    connection.execute(insert, params![hash, body])?;
    Ok(hash)
}

fn json(value: &impl Serialize) -> Result<String, Trouble> {
    Ok(serde_json::to_string(value)?)
}

fn insert_pass(
    transaction: &Transaction<'_>,
    program: &str,
    delta: &Delta,
    pass: &Pass,
) -> Result<(), Trouble> {
    let insert =
        "INSERT INTO passes (pass, wall, program, arrived, plan) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (snapshot, plan) = (&pass.snapshot, hash(&pass.plan));
    let row = params![snapshot.pass, snapshot.at.wall.ms(), program, packed(delta)?, plan];
    transaction.prepare_cached(insert)?.execute(row)?;
    Ok(())
}

fn insert_intent(transaction: &Transaction<'_>, intent: &Intent, pass: u64) -> Result<(), Trouble> {
    let insert = "INSERT INTO intents (id, pass, target, action) VALUES (?1, ?2, ?3, ?4)";
    let row = params![intent.id.as_str(), pass, intent.target.as_str(), json(&intent.action)?];
    transaction.prepare_cached(insert)?.execute(row)?;
    Ok(())
}

fn insert_checkpoint(
    transaction: &Transaction<'_>,
    snapshot: &Snapshot,
    memory: &Memory,
) -> Result<(), Trouble> {
    let insert = "INSERT INTO checkpoints (pass, wall, memory, snapshot) VALUES (?1, ?2, ?3, ?4)";
    let row = params![snapshot.pass, snapshot.at.wall.ms(), packed(memory)?, packed(snapshot)?];
    transaction.prepare_cached(insert)?.execute(row)?;
    Ok(())
}

/// Lets go of what is older than the retention allows: always up to a checkpoint, so that
/// what is left can still be folded, and never the last one. Gives the first pass that is kept,
/// where any were let go of.
fn prune(
    transaction: &Transaction<'_>,
    retention: Retention,
    now: Timestamp,
) -> Result<Option<u64>, Trouble> {
    let horizon = (now - retention.age).ms();
    let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: u64 = transaction.query_row(size, [], |row| row.get(0))?;
    let oldest_kept = if bytes > retention.bytes {
        "SELECT max(pass) FROM (SELECT pass FROM checkpoints ORDER BY pass LIMIT 2) WHERE ?1 = ?1"
    } else {
        "SELECT max(pass) FROM checkpoints WHERE wall <= ?1"
    };
    let from: Option<u64> = transaction.query_row(oldest_kept, [horizon], |row| row.get(0))?;
    let Some(from) = from else { return Ok(None) };
    for delete in [
        "DELETE FROM passes WHERE pass < ?1",
        "DELETE FROM checkpoints WHERE pass < ?1",
        "DELETE FROM decisions WHERE last_pass < ?1",
        "DELETE FROM intents WHERE pass < ?1 AND result IS NOT NULL",
    ] {
        transaction.execute(delete, [from])?;
    }
    Ok(Some(from))
}
