//! The whole journal as JSON, one value a row, for other tools.

use crate::{
    body::Body,
    read::{ReadError, Reader},
};
use serde_json::{Value, json};
use setpoint_core::Timestamp;

impl Reader {
    /// Gives every program, pass, intent and decision to `each`, in that order. Every value
    /// has a `kind`; bodies are as they are stored.
    pub fn export(&self, each: &mut dyn FnMut(Value)) -> Result<(), ReadError> {
        self.rows("SELECT hash, body FROM contents ORDER BY hash", |row| {
            let (hash, body): (String, Body) = (row.get(0)?, row.get(1)?);
            each(json!({ "kind": "program", "hash": hash, "program": body.read::<Value>()? }));
            Ok(())
        })?;
        let passes = "SELECT pass, wall, program, arrived FROM passes ORDER BY pass";
        self.rows(passes, |row| {
            let (pass, program, arrived): (u64, String, Body) =
                (row.get(0)?, row.get(2)?, row.get(3)?);
            let (at, arrived) = (time(row.get(1)?), arrived.read::<Value>()?);
            let value = json!({ "pass": pass, "at": at, "program": program, "arrived": arrived });
            each(with_kind("pass", value));
            Ok(())
        })?;
        let intents = "SELECT id, pass, target, action, result FROM intents ORDER BY pass, id";
        self.rows(intents, |row| {
            let (id, pass, target): (String, u64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (action, result): (String, Option<String>) = (row.get(3)?, row.get(4)?);
            let result = result.map(|result| read(&result)).transpose()?;
            let action = read(&action)?;
            let value = json!({ "id": id, "pass": pass, "target": target, "action": action });
            let mut value = with_kind("intent", value);
            value["result"] = result.unwrap_or_default();
            each(value);
            Ok(())
        })?;
        let decisions = "SELECT first_pass, first_wall, last_pass, last_wall, count, record \
                         FROM decisions ORDER BY id";
        self.rows(decisions, |row| {
            let (first, last, count): (u64, u64, u64) = (row.get(0)?, row.get(2)?, row.get(4)?);
            let record: Body = row.get(5)?;
            each(json!({
                "kind": "decision",
                "passes": { "first": first, "last": last, "count": count },
                "since": time(row.get(1)?),
                "last": time(row.get(3)?),
                "record": record.read::<Value>()?,
            }));
            Ok(())
        })
    }

    fn rows(
        &self,
        select: &str,
        mut each: impl FnMut(&rusqlite::Row<'_>) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let mut statement = self.connection().prepare(select)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }
}

fn read(body: &str) -> Result<Value, ReadError> {
    Ok(serde_json::from_str(body)?)
}

fn time(ms: i64) -> String {
    Timestamp::from_ms(ms).to_string()
}

fn with_kind(kind: &str, mut value: Value) -> Value {
    value["kind"] = kind.into();
    value
}
