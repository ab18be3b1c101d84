//! The JSON Schema of the configuration: its text, and the defaults that the agent goes by.
//!
//! The rule it keeps: no default is written in the text. The decision's come from the
//! core's table, the others from the constants that the reader of the configuration uses.

use super::{meaning, notices, own, provider, source, weighted};
use serde_json::Value;
use setpoint_core::{Amount, DEFAULTS, Short};

/// The schema, without defaults.
const TEXT: &str = include_str!("schema.json");

/// The schema, with every default that a key has.
pub(crate) fn schema() -> Value {
    let mut schema: Value = serde_json::from_str(TEXT).expect("a test reads the text");
    for row in DEFAULTS {
        for kind in row.of.split(", ") {
            put(&mut schema, &format!("/$defs/{kind}/properties/{}", row.name), written(row.value));
        }
    }
    for (key, default) in meaning::defaults() {
        put(&mut schema, &format!("/properties/{key}"), default);
    }
    for (key, default) in provider::defaults() {
        put(&mut schema, &format!("/$defs/provider/properties/{key}"), default);
    }
    for (key, default) in notices::defaults() {
        put(&mut schema, &format!("/$defs/receiver/properties/{key}"), default);
    }
    for (key, default) in own::defaults() {
        for kind in ["group", "database"] {
            put(&mut schema, &format!("/$defs/{kind}/properties/{key}"), default.clone());
        }
    }
    for (key, default) in weighted::defaults() {
        put(&mut schema, &format!("/$defs/rollout/properties/{key}"), default);
    }
    for (key, default) in source::defaults() {
        put(&mut schema, &format!("/$defs/source/properties/{key}"), default);
    }
    schema
}

/// Notes the default of the key at `place`, if there is such a key.
fn put(schema: &mut Value, place: &str, default: String) {
    if let Some(key) = schema.pointer_mut(place) {
        key["default"] = default.into();
    }
}

/// A default as it is written in a configuration.
pub(super) fn written(amount: Amount) -> String {
    match amount {
        Amount::Share(share) => format!("{}%", Short(share * 100.0)),
        Amount::Time(_) | Amount::Count(_) | Amount::Word(_) => amount.to_string(),
    }
}
