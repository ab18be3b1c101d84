//! Selectors: by labels, and by the few fields that can be asked for. Pure.

use super::fault::Fault;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is asked of the labels or fields of a thing: all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector(Vec<Wanted>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// It has one of these values.
    In(String, BTreeSet<String>),
    /// It has none of these values, or none at all.
    NotIn(String, BTreeSet<String>),
    /// It is there.
    There(String),
    /// It is not.
    NotThere(String),
}

/// The fields that can be asked for, with where they are.
const FIELDS: [(&str, &str); 3] = [
    ("metadata.name", "/metadata/name"),
    ("metadata.namespace", "/metadata/namespace"),
    ("status.phase", "/status/phase"),
];

impl Selector {
    /// What `text` asks for. Fails if it makes no sense.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let bad = || Fault::bad(format!("unable to parse requirement: {text}"));
        parts(text)
            .into_iter()
            .map(|part| wanted(part).ok_or_else(bad))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The same for fields, of which not every one can be asked for.
    pub(super) fn of_fields(text: &str) -> Result<Self, Fault> {
        let selector = Self::parse(text)?;
        let known = |key: &str| FIELDS.iter().any(|(field, _)| *field == key);
        match selector.0.iter().map(Wanted::key).find(|key| !known(key)) {
            Some(key) => Err(Fault::bad(format!("field label not supported: {key}"))),
            None => Ok(selector),
        }
    }

    /// What a document's own selector, with labels and expressions, asks for.
    pub(super) fn of_document(selector: &Value) -> Self {
        let labels = selector["matchLabels"].as_object().into_iter().flatten();
        let labels = labels.filter_map(|(key, value)| {
            Some(Wanted::In(key.clone(), BTreeSet::from([value.as_str()?.to_owned()])))
        });
        let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
        let expressions = expressions.filter_map(|it| {
            let key = it["key"].as_str()?.to_owned();
            let values = it["values"].as_array().into_iter().flatten();
            let values = values.filter_map(|it| Some(it.as_str()?.to_owned())).collect();
            Some(match it["operator"].as_str()? {
                "In" => Wanted::In(key, values),
                "NotIn" => Wanted::NotIn(key, values),
                "Exists" => Wanted::There(key),
                _ => Wanted::NotThere(key),
            })
        });
        Self(labels.chain(expressions).collect())
    }

    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the labels of `document` are as asked.
    pub(super) fn takes_labels(&self, document: &Value) -> bool {
        let labels = &document["metadata"]["labels"];
        self.0.iter().all(|wanted| wanted.takes(labels[wanted.key()].as_str()))
    }

    /// Whether the fields of `document` are as asked.
    pub(super) fn takes_fields(&self, document: &Value) -> bool {
        self.0.iter().all(|wanted| {
            let field = FIELDS.iter().find(|(field, _)| *field == wanted.key());
            wanted.takes(field.and_then(|(_, place)| document.pointer(place)?.as_str()))
        })
    }

    /// As a text.
    pub(super) fn text(&self) -> String {
        let words = |values: &BTreeSet<String>| {
            values.iter().map(String::as_str).collect::<Vec<_>>().join(",")
        };
        let parts = self.0.iter().map(|wanted| match wanted {
            Wanted::In(key, values) if values.len() == 1 => format!("{key}={}", words(values)),
            Wanted::In(key, values) => format!("{key} in ({})", words(values)),
            Wanted::NotIn(key, values) => format!("{key} notin ({})", words(values)),
            Wanted::There(key) => key.clone(),
            Wanted::NotThere(key) => format!("!{key}"),
        });
        parts.collect::<Vec<_>>().join(",")
    }
}

impl Wanted {
    fn key(&self) -> &str {
        match self {
            Self::In(key, _) | Self::NotIn(key, _) | Self::There(key) | Self::NotThere(key) => key,
        }
    }

    fn takes(&self, value: Option<&str>) -> bool {
        match self {
            Self::In(_, values) => value.is_some_and(|value| values.contains(value)),
            Self::NotIn(_, values) => value.is_none_or(|value| !values.contains(value)),
            Self::There(_) => value.is_some(),
            Self::NotThere(_) => value.is_none(),
        }
    }
}

/// The parts between commas that are not within brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut within) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => within = true,
            ')' => within = false,
            ',' if !within => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn wanted(part: &str) -> Option<Wanted> {
    let one = |value: &str| BTreeSet::from([value.trim().to_owned()]);
    let key = |key: &str| {
        let key = key.trim();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        (!key.is_empty() && key.chars().all(plain)).then(|| key.to_owned())
    };
    if let Some((left, values)) = part.split_once('(') {
        let values = values.strip_suffix(')')?.split(',').map(|it| it.trim().to_owned()).collect();
        let left = left.trim();
        return match left.strip_suffix(" notin") {
            Some(left) => Some(Wanted::NotIn(key(left)?, values)),
            None => Some(Wanted::In(key(left.strip_suffix(" in")?)?, values)),
        };
    }
    if let Some((left, value)) = part.split_once("!=") {
        return Some(Wanted::NotIn(key(left)?, one(value)));
    }
    if let Some((left, value)) = part.split_once('=') {
        return Some(Wanted::In(key(left)?, one(value.trim_start_matches('='))));
    }
    match part.strip_prefix('!') {
        Some(left) => Some(Wanted::NotThere(key(left)?)),
        None => Some(Wanted::There(key(part)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_selects_as_kubectl_writes_it() {
        let document =
            json!({ "metadata": { "name": "a", "labels": { "app": "web", "tier": "front" } } });
        for (text, expected) in [
            ("app=web", true),
            ("app==web,tier!=back", true),
            ("app=api", false),
            ("app in (web, api),tier", true),
            ("app notin (web,api)", false),
            ("!stage", true),
            ("!app", false),
            ("", true),
        ] {
            let selector = Selector::parse(text).unwrap();
            assert_eq!(selector.takes_labels(&document), expected, "{text}");
        }
        assert!(Selector::parse("a b").is_err() && Selector::parse("a in web").is_err());
        let of = |text: &str| Selector::of_fields(text).map(|it| it.takes_fields(&document));
        assert_eq!((of("metadata.name=a"), of("metadata.name=b")), (Ok(true), Ok(false)));
        assert!(of("spec.x=1").is_err());
    }

    #[test]
    fn what_a_document_selects_is_told_as_a_text() {
        let own = json!({ "matchLabels": { "app": "web" },
            "matchExpressions": [{ "key": "tier", "operator": "In", "values": ["a", "b"] }] });
        assert_eq!(Selector::of_document(&own).text(), "app=web,tier in (a,b)");
    }
}
