//! The schema for editors, held to the text of the reader and to the table of defaults.

use super::*;
use setpoint_core::{Amount, DEFAULTS};

/// Every key that is read, taken from the text of the reader itself.
fn keys() -> Vec<&'static str> {
    let readers = ["text(", "texts(", "span(", "count(", "table(", "named_tables(", "named_texts("];
    let readers =
        readers.iter().chain(&["named_scalars(", "list_of_tables(", "one_or_more(", "required("]);
    let texts = [
        include_str!("../raw.rs"),
        include_str!("../raw_notices.rs"),
        include_str!("../raw_provider.rs"),
        include_str!("../raw_source.rs"),
        include_str!("../raw_target.rs"),
        include_str!("../calendar.rs"),
    ];
    let calls =
        readers.flat_map(|reader| texts.iter().flat_map(|text| text.split(*reader).skip(1)));
    calls
        .filter_map(|rest| {
            let arguments = rest.strip_prefix("&mut table, ").or(rest.strip_prefix("table, "));
            arguments.unwrap_or(rest).strip_prefix('"')?.split('"').next()
        })
        .collect()
}

#[test]
fn no_key_that_is_read_is_missing_from_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../schema.json")).unwrap();
    fn collect(value: &serde_json::Value, known: &mut Vec<String>) {
        if let Some(properties) = value.get("properties").and_then(|it| it.as_object()) {
            known.extend(properties.keys().cloned());
        }
        let inner = value.as_object().into_iter().flatten().map(|(_, inner)| inner);
        inner.for_each(|inner| collect(inner, known));
    }
    let mut known = Vec::new();
    collect(&schema, &mut known);
    assert!(keys().len() > 30, "the reader is read: {:?}", keys());
    for key in keys() {
        assert!(known.iter().any(|it| it == key), "`{key}` is not in schema.json");
    }
}

/// The default that the schema names for a key of one of its kinds.
fn default_of(schema: &serde_json::Value, kind: &str, key: &str) -> Option<String> {
    let key = schema.pointer(&format!("/$defs/{kind}/properties/{key}"))?;
    let default = key.get("default").and_then(|default| default.as_str());
    Some(
        default.unwrap_or_else(|| panic!("{kind} has a key without its default: {key}")).to_owned(),
    )
}

#[test]
fn no_default_of_the_decision_is_another_in_the_schema() {
    let schema = schema();
    let mut told = 0;
    for row in DEFAULTS {
        for kind in row.of.split(", ") {
            let Some(default) = default_of(&schema, kind, row.name) else { continue };
            told += 1;
            let read = match row.value {
                Amount::Time(_) => default.parse().map(Amount::Time).expect("a length of time"),
                Amount::Share(_) => {
                    let percent = default.strip_suffix('%').expect("a share is written in percent");
                    Amount::Share(percent.parse::<f64>().expect("a number") / 100.0)
                }
                Amount::Count(_) => Amount::Count(default.parse().expect("a count")),
                Amount::Word(_) => {
                    assert_eq!(default, row.value.to_string());
                    row.value
                }
            };
            assert_eq!(read, row.value, "{} of {kind}", row.name);
        }
    }
    assert!(told >= 17, "only {told} rows of the table are keys of the configuration");
}

#[test]
fn no_default_stands_in_the_text_beside_the_one_that_is_put_in() {
    let text: serde_json::Value = serde_json::from_str(include_str!("../schema.json")).unwrap();
    for row in DEFAULTS {
        for kind in row.of.split(", ") {
            let place = format!("/$defs/{kind}/properties/{}/default", row.name);
            assert_eq!(text.pointer(&place), None, "{place} is put in");
        }
    }
    let schema = schema();
    for (place, default) in [
        ("/properties/mode", "observe"),
        ("/properties/every", "15s"),
        ("/properties/data_dir", "/var/lib/setpoint"),
        ("/$defs/source/properties/timeout", "5s"),
        ("/$defs/source/properties/delay", "1m"),
        ("/$defs/source/properties/expect", "200-299"),
    ] {
        assert_eq!(text.pointer(&format!("{place}/default")), None, "{place} is put in");
        let put = schema.pointer(&format!("{place}/default")).and_then(|it| it.as_str());
        assert_eq!(put, Some(default), "{place}");
    }
}
