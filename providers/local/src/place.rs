//! Where in a text a number stands: all of it, or the value of one key of JSON or TOML.
//!
//! Only the number's own bytes are replaced. Comments, order and white space stay as their
//! author left them.

use serde_json::value::RawValue;
use std::{collections::BTreeMap, ops::Range, path::Path};
use toml::de::{DeTable, DeValue};

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// Nothing but a number.
    Number,
    Json,
    Toml,
}

impl Language {
    /// That of the file at `path`, by its ending.
    pub(crate) fn of(path: &Path) -> Self {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Self::Json,
            Some("toml") => Self::Toml,
            _ => Self::Number,
        }
    }
}

/// The parts of a JSON pointer; `None` if `pointer` is none.
pub(crate) fn parts(pointer: &str) -> Option<Vec<String>> {
    let rest = pointer.strip_prefix('/')?;
    Some(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

/// The bytes of `text` in which the number at `keys` stands, and the number.
pub(crate) fn find(
    text: &str,
    language: Language,
    keys: &[String],
) -> Result<(Range<usize>, u32), String> {
    let range = match language {
        Language::Number => number(text),
        Language::Json => json(text, keys)?,
        Language::Toml => toml(text, keys)?,
    };
    let written = &text[range.clone()];
    match written.parse() {
        Ok(value) => Ok((range, value)),
        Err(_) => Err(format!("{written:?} is no whole number from 0 to {}", u32::MAX)),
    }
}

/// The text without the white space around it.
fn number(text: &str) -> Range<usize> {
    let trimmed = text.trim();
    let start = text.find(trimmed).unwrap_or(0);
    start..start + trimmed.len()
}

fn json(text: &str, keys: &[String]) -> Result<Range<usize>, String> {
    let broken = |error: serde_json::Error| format!("this is no JSON: {error}");
    let mut value: &RawValue = serde_json::from_str(text).map_err(broken)?;
    for key in keys {
        let missing = || format!("there is no key {key:?}");
        let inside: BTreeMap<String, &RawValue> =
            serde_json::from_str(value.get()).map_err(|_| missing())?;
        value = inside.get(key).copied().ok_or_else(missing)?;
    }
    // A raw value is a part of the very text that it was read from.
    let start = value.get().as_ptr() as usize - text.as_ptr() as usize;
    Ok(start..start + value.get().len())
}

fn toml(text: &str, keys: &[String]) -> Result<Range<usize>, String> {
    let whole =
        DeTable::parse(text).map_err(|error| format!("this is no TOML: {}", error.message()))?;
    let (last, tables) = keys.split_last().ok_or("a TOML file needs a key")?;
    let mut table = whole.get_ref();
    for key in tables {
        let inner = table.get(key.as_str()).map(toml::Spanned::get_ref);
        let Some(DeValue::Table(inner)) = inner else {
            return Err(format!("there is no table {key:?}"));
        };
        table = inner;
    }
    let value = table.get(last.as_str()).ok_or_else(|| format!("there is no key {last:?}"))?;
    Ok(value.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of `text` when the number at `pointer` is set to 20, or why nothing does.
    #[track_caller]
    fn check(text: &str, language: Language, pointer: &str, expected: Result<&str, &str>) {
        let keys = if pointer.is_empty() { Vec::new() } else { parts(pointer).unwrap() };
        let changed = find(text, language, &keys).map(|(range, _)| {
            let mut text = text.to_owned();
            text.replace_range(range, "20");
            text
        });
        assert_eq!(changed.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn only_the_number_itself_is_replaced() {
        check("40\n", Language::Number, "", Ok("20\n"));
        check("40", Language::Json, "", Ok("20"));
        let json = "{ \"b\": 1,\n  \"a/b\": { \"max\" : 40 } }\n";
        check(
            json,
            Language::Json,
            "/a~1b/max",
            Ok("{ \"b\": 1,\n  \"a/b\": { \"max\" : 20 } }\n"),
        );
        let toml = "# as agreed\n[pool]\nmax=40 # see the page\nmin = 1\n";
        let after = "# as agreed\n[pool]\nmax=20 # see the page\nmin = 1\n";
        check(toml, Language::Toml, "/pool/max", Ok(after));
        check("pool.max = 40", Language::Toml, "/pool/max", Ok("pool.max = 20"));
    }

    #[test]
    fn what_is_no_number_is_never_replaced() {
        for (text, language, pointer, why) in [
            ("", Language::Number, "", "\"\" is no whole number from 0 to 4294967295"),
            ("40 20", Language::Number, "", "\"40 20\" is no whole number from 0 to 4294967295"),
            ("-1", Language::Number, "", "\"-1\" is no whole number from 0 to 4294967295"),
            (
                "{\"a\":2.5}",
                Language::Json,
                "/a",
                "\"2.5\" is no whole number from 0 to 4294967295",
            ),
            (
                "{\"a\":\"4\"}",
                Language::Json,
                "/a",
                "\"\\\"4\\\"\" is no whole number from 0 to 4294967295",
            ),
            ("{\"a\":1}", Language::Json, "/b", "there is no key \"b\""),
            ("[1]", Language::Json, "/0", "there is no key \"0\""),
            ("a = 1", Language::Toml, "/b/c", "there is no table \"b\""),
            ("a = 1", Language::Toml, "/b", "there is no key \"b\""),
        ] {
            check(text, language, pointer, Err(why));
        }
        assert!(find("{", Language::Json, &[]).unwrap_err().starts_with("this is no JSON"));
        assert!(
            find("=", Language::Toml, &["a".to_owned()])
                .unwrap_err()
                .starts_with("this is no TOML")
        );
    }
}
