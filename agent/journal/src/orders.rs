//! Orders that were given while no agent was at work: rows that the next start obeys.
//!
//! They go when the pass that took them in is on disk, in the same transaction: a start that
//! dies before its first pass leaves them where they are.

use crate::open::{OpenError, open_to_write};
use rusqlite::{Connection, params};
use setpoint_core::{Command, Timestamp};
use std::{error::Error as StdError, path::Path};

/// An order that was left.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOrder {
    /// When it was given.
    pub at: Timestamp,
    /// What it says.
    pub command: Command,
}

/// Leaves an order for the next start of the agent whose journal is at `path`.
///
/// Fails if an agent is at work: it holds the journal, and must be told itself.
pub fn leave_order(path: &Path, order: &LeftOrder) -> Result<(), OpenError> {
    let (connection, _lock) = open_to_write(path)?;
    let write = || -> Result<(), Box<dyn StdError + Send + Sync>> {
        let body = serde_json::to_string(&order.command)?;
        let insert = "INSERT INTO orders (wall, command) VALUES (?1, ?2)";
        connection.execute(insert, params![order.at.ms(), body])?;
        Ok(())
    };
    write().map_err(|error| OpenError::File {
        path: path.to_owned(),
        source: std::io::Error::other(error),
    })
}

/// Every order that was left, in the order in which they were given, and the last one's id.
pub(crate) fn left_orders(
    connection: &Connection,
) -> Result<(Vec<LeftOrder>, Option<i64>), Box<dyn StdError + Send + Sync>> {
    let mut statement = connection.prepare("SELECT id, wall, command FROM orders ORDER BY id")?;
    let mut rows = statement.query([])?;
    let (mut orders, mut last) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let body: String = row.get(2)?;
        last = Some(row.get(0)?);
        let at = Timestamp::from_ms(row.get(1)?);
        orders.push(LeftOrder { at, command: serde_json::from_str(&body)? });
    }
    Ok((orders, last))
}
