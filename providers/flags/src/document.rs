//! A document of flagd's format: how a flag in it stands, and the same document with one flag
//! otherwise.
//!
//! A flag of ours has two variants, one that is on and one that is off. It is on or off for
//! everybody by its `defaultVariant`, or on for a share of users by one `fractional` rule. What we
//! change carries the text that its owner wrote in its own metadata, so that whoever reads the
//! document, after whatever restart, can put back every byte of it. Source: flagd, "Flag
//! Definitions" and "Fractional Operation".

use serde_json::{Value, json, value::RawValue};
use std::{borrow::Cow, collections::BTreeMap, ops::Range};

/// Everybody, in percent.
const ALL: u32 = 100;
/// The key in a flag's metadata under which its owner's text is kept.
const BEFORE: &str = "setpoint.before";

/// A flag does not stand in a way that is ours to read or change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// The whole file makes no sense.
    #[error("it is no document of flagd's format: {0}")]
    Document(String),
    /// It is not there.
    #[error("there is no flag `{0}`")]
    Missing(String),
    /// It is there, and is not what we can make sense of.
    #[error("the flag `{0}` {1}")]
    Flag(String, String),
}

/// What a flag is when it is read for a user, whoever wrote it.
#[derive(Clone, Debug, PartialEq)]
struct Parts {
    enabled: bool,
    variants: BTreeMap<String, Value>,
    default: Option<String>,
    targeting: Option<Value>,
    /// The text that its owner wrote, as we kept it.
    kept: Option<String>,
}

/// Keys and their values as they stand in the text.
type Raw<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// The flags of the document, as they stand in its text.
fn flags(text: &str) -> Result<Raw<'_>, Unreadable> {
    let wrong = |error: serde_json::Error| Unreadable::Document(error.to_string());
    let whole: Raw<'_> = serde_json::from_str(text).map_err(wrong)?;
    let flags = whole.get("flags");
    let flags = flags.ok_or_else(|| Unreadable::Document("it has no `flags`".to_owned()))?;
    serde_json::from_str(flags.get()).map_err(wrong)
}

/// One flag of the document.
fn parts(text: &str) -> Result<Parts, String> {
    let flag: BTreeMap<String, Value> =
        serde_json::from_str(text).map_err(|error| format!("cannot be read: {error}"))?;
    let Some(Value::Object(variants)) = flag.get("variants") else {
        return Err("has no `variants`".to_owned());
    };
    let targeting = flag.get("targeting").filter(|rule| **rule != json!({}));
    let kept = flag.get("metadata").and_then(|metadata| metadata.get(BEFORE));
    Ok(Parts {
        enabled: flag.get("state").and_then(Value::as_str) == Some("ENABLED"),
        variants: variants.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        default: flag.get("defaultVariant").and_then(Value::as_str).map(str::to_owned),
        targeting: targeting.filter(|rule| !rule.is_null()).cloned(),
        kept: kept.and_then(Value::as_str).map(str::to_owned),
    })
}

/// The share that `targeting` gives to the variant `on`, if it is a rule as we write them.
fn share_of(targeting: &Value, (on, off): (&str, &str)) -> Option<u32> {
    let rule = targeting.as_object().filter(|rule| rule.len() == 1)?.get("fractional")?;
    let [first, second] = rule.as_array()?.as_slice() else { return None };
    let weight = |part: &Value, name: &str| {
        let [variant, weight] = part.as_array()?.as_slice() else { return None };
        let weight = u32::try_from(weight.as_u64()?).ok()?;
        (variant.as_str()? == name).then_some(weight)
    };
    let (share, rest) = (weight(first, on)?, weight(second, off)?);
    (share.checked_add(rest)? == ALL).then_some(share)
}

/// A flag as its owner, or we, wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    text: String,
    /// For how many percent of users it is on.
    share: u32,
    /// The names of its variants.
    on: String,
    off: String,
}

/// A flag, and where in the document it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// For how many percent of users it is on.
    pub(crate) share: u32,
    place: Range<usize>,
    /// What its owner wrote.
    owners: Text,
}

/// The flag called `key` in the document `text`.
pub(crate) fn find(text: &str, key: &str) -> Result<Found, Unreadable> {
    let flags = flags(text)?;
    let raw = flags.get(key).ok_or_else(|| Unreadable::Missing(key.to_owned()))?.get();
    let wrong = |why| Unreadable::Flag(key.to_owned(), why);
    let parts = parts(raw).map_err(wrong)?;
    let stands = Text::read(raw, &parts).map_err(wrong)?;
    let (share, place) = (stands.share, within(text, raw));
    // What we kept counts only while the flag is what we made of it.
    let kept = parts.kept.as_deref().and_then(|kept| Text::of(kept).ok());
    let kept = kept.filter(|kept| kept.share != share && same(&kept.shown_to(share), raw));
    Ok(Found { share, place, owners: kept.unwrap_or_else(|| stands.without_kept()) })
}

impl Found {
    /// For how many percent it was on before we changed it, if we did.
    pub(crate) fn before(&self) -> Option<u32> {
        (self.owners.share != self.share).then_some(self.owners.share)
    }

    /// The document `text`, in which this flag was found, with the flag on for `share` percent.
    /// Of what its owner wrote, every byte comes back with its share.
    pub(crate) fn with(&self, text: &str, share: u32) -> String {
        let mut text = text.to_owned();
        text.replace_range(self.place.clone(), &self.owners.shown_to(share));
        text
    }
}

impl Text {
    fn of(text: &str) -> Result<Self, String> {
        Self::read(text, &parts(text)?)
    }

    fn read(text: &str, parts: &Parts) -> Result<Self, String> {
        if !parts.enabled {
            return Err("is disabled: applications go by a default of their own".to_owned());
        }
        let (on, off) = two_ways(&parts.variants)?;
        let default = parts.default.as_deref().ok_or("has no `defaultVariant`")?;
        let share = match &parts.targeting {
            Some(rule) => share_of(rule, (&on, &off)).ok_or(
                "has targeting rules of its own, which are left alone: give the agent a flag without",
            )?,
            None if default == on => ALL,
            None if default == off => 0,
            None => return Err(format!("stands at `{default}`, neither on nor off")),
        };
        Ok(Self { text: text.to_owned(), share, on, off })
    }

    /// Where what we kept stands in its metadata.
    fn place_of_kept(&self) -> Option<Range<usize>> {
        let keys: Raw<'_> = serde_json::from_str(&self.text).ok()?;
        let metadata: Raw<'_> = serde_json::from_str(keys.get("metadata")?.get()).ok()?;
        Some(within(&self.text, metadata.get(BEFORE)?.get()))
    }

    /// The same, with nothing in the place of what we kept: that is of a flag that was otherwise.
    fn without_kept(mut self) -> Self {
        if let Some(place) = self.place_of_kept() {
            self.text.replace_range(place, "\"\"");
        }
        self
    }

    /// The flag on for `share` percent, with what its owner wrote kept in its metadata.
    fn shown_to(&self, share: u32) -> String {
        if share == self.share {
            return self.text.clone();
        }
        let Ok(keys) = serde_json::from_str::<Raw<'_>>(&self.text) else {
            return self.text.clone();
        };
        let place = |key: &str| keys.get(key).map(|value| within(&self.text, value.get()));
        let Some(default) = place("defaultVariant") else { return self.text.clone() };
        let (on, off) = (&self.on, &self.off);
        let rule = match share {
            0 | ALL => "{}".to_owned(),
            share => json!({ "fractional": [[on, share], [off, ALL - share]] }).to_string(),
        };
        // Users who have no targeting key are with the larger part.
        let mut more = Value::from(if share * 2 < ALL { &**off } else { on }).to_string();
        let mut changes = Vec::new();
        match place("targeting") {
            Some(place) => changes.push((place, rule)),
            None if rule != "{}" => more += &format!(", \"targeting\": {rule}"),
            None => {}
        }
        let own = Value::from(&*self.text);
        match (self.place_of_kept(), place("metadata")) {
            (Some(place), _) => changes.push((place, own.to_string())),
            (None, Some(place)) => {
                let inner = &self.text[place.start + 1..place.end];
                let comma = if inner.trim() == "}" { "" } else { ", " };
                let start = place.start + 1;
                changes.push((start..start, format!("\"{BEFORE}\": {own}{comma}")));
            }
            (None, None) => more += &format!(", \"metadata\": {{\"{BEFORE}\": {own}}}"),
        }
        changes.push((default, more));
        changes.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        let mut text = self.text.clone();
        for (place, new) in changes {
            text.replace_range(place, &new);
        }
        text
    }
}

/// The names of the variants that are on and off: the one that is `true` and the one that is
/// `false`, or those that are called so.
fn two_ways(variants: &BTreeMap<String, Value>) -> Result<(String, String), String> {
    let one = |wanted: bool, name: &str| {
        let mut own = variants.iter().filter(|(_, value)| value.as_bool() == Some(wanted));
        match (own.next(), own.next()) {
            (Some((own, _)), None) => Some(own.clone()),
            _ => variants.contains_key(name).then(|| name.to_owned()),
        }
    };
    match (one(true, "on"), one(false, "off")) {
        (Some(on), Some(off)) if on != off => Ok((on, off)),
        _ => {
            Err("needs a variant that is `true` and one that is `false`, or `on` and `off`".into())
        }
    }
}

/// Whether two texts are the same JSON.
fn same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    read(one).is_some_and(|one| read(other) == Some(one))
}

/// Where `part` is in `whole`, of which it is a piece.
fn within(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// Whether the text is JSON at all, before it takes the place of another.
pub(crate) fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = r#"{
  "$schema": "https://flagd.dev/schema/v0/flags.json",
  "flags": {
    "others": { "state": "ENABLED", "variants": { "a": 1.50, "b": 2e3 }, "defaultVariant": "a",
                "targeting": { "if": [ { "==": [ {"var": "tier"}, "gold" ] }, "b" ] } },
    "shop": {"state":"ENABLED","variants":{"yes":true,"no":false},"defaultVariant":"yes"},
    "part": {
      "state": "ENABLED",
      "variants": { "on": "new", "off": "old" },
      "defaultVariant": "on",
      "metadata": { "team": "shop" },
      "targeting": { "fractional": [ ["on", 30],   ["off", 70] ] }
    }
  },
  "metadata": { "team": "game" }
}
"#;

    fn with(text: &str, key: &str, share: u32) -> String {
        find(text, key).unwrap().with(text, share)
    }

    #[track_caller]
    fn check(text: &str, key: &str, expected: (u32, Option<u32>)) {
        let found = find(text, key).unwrap();
        assert_eq!((found.share, found.before()), expected, "{text}");
    }

    #[test]
    fn what_stood_before_is_told_and_comes_back_to_the_byte() {
        let off = with(TEXT, "shop", 0);
        check(&off, "shop", (0, Some(100)));
        let some = with(&off, "shop", 30);
        check(&some, "shop", (30, Some(100)));
        assert!(some.contains(
            r#""defaultVariant":"no", "targeting": {"fractional":[["yes",30],["no",70]]}"#
        ));
        assert_eq!(with(&some, "shop", 100), TEXT);
        let off = with(TEXT, "part", 0);
        check(&off, "part", (0, Some(30)));
        assert!(off.contains(r#""team": "shop""#) && off.contains(r#""targeting": {}"#), "{off}");
        assert_eq!(with(&with(&off, "part", 90), "part", 30), TEXT);
    }

    #[test]
    fn what_somebody_else_changed_is_theirs() {
        let off = with(TEXT, "shop", 0);
        let raised = off.replacen(r#""defaultVariant":"no""#, r#""defaultVariant":"yes""#, 1);
        check(&raised, "shop", (100, None));
        let extended = off.replacen(r#""no":false"#, r#""no":false,"maybe":1"#, 1);
        check(&extended, "shop", (0, None));
        // From here on, theirs is what stood before.
        let on = with(&extended, "shop", 100);
        check(&on, "shop", (100, Some(0)));
        let restored = with(&on, "shop", 0);
        check(&restored, "shop", (0, None));
        // Theirs is back, without what we had kept of the flag before it.
        let mut theirs: Value = serde_json::from_str(&extended).unwrap();
        theirs["flags"]["shop"]["metadata"][BEFORE] = "".into();
        assert_eq!(serde_json::from_str::<Value>(&restored).unwrap(), theirs);
        // A document that was only laid out anew is still ours.
        let value: Value = serde_json::from_str(&off).unwrap();
        check(&serde_json::to_string_pretty(&value).unwrap(), "shop", (0, Some(100)));
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            shares in proptest::collection::vec(0_u32..=100, 1..8),
            key in prop_oneof![Just("shop"), Just("part")],
        ) {
            let mut text = TEXT.to_owned();
            let first = find(TEXT, key).unwrap().share;
            for wanted in shares {
                text = with(&text, key, wanted);
                prop_assert!(is_json(&text));
                let found = find(&text, key).unwrap();
                let before = (wanted != first).then_some(first);
                prop_assert_eq!((found.share, found.before()), (wanted, before));
                let before: Value = serde_json::from_str(TEXT).unwrap();
                let after: Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(&after["flags"]["others"], &before["flags"]["others"]);
                prop_assert_eq!(&after["metadata"], &before["metadata"]);
            }
            prop_assert_eq!(with(&text, key, first), TEXT);
        }
    }

    /// Why a flag with these keys is none of ours.
    #[track_caller]
    fn refuses(flag: &str, expected: &str) {
        let text = format!("{{\"flags\":{{\"shop\":{{{flag}}}}}}}");
        let why = find(&text, "shop").unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    }

    #[test]
    fn a_flag_that_somebody_gave_another_meaning_is_left_alone() {
        let ways = r#""variants":{"on":true,"off":false}"#;
        refuses(&format!(r#""state":"DISABLED",{ways},"defaultVariant":"on""#), "is disabled");
        refuses(&format!(r#"{ways},"defaultVariant":"on""#), "is disabled");
        refuses(&format!(r#""state":"ENABLED",{ways}"#), "no `defaultVariant`");
        refuses(&format!(r#""state":"ENABLED",{ways},"defaultVariant":"x""#), "stands at `x`");
        refuses(r#""state":"ENABLED","variants":{"a":1},"defaultVariant":"a""#, "needs a variant");
        refuses(r#""state":"ENABLED","defaultVariant":"a""#, "no `variants`");
        for rule in [
            r#"{"if":[{"var":"gold"},"on"]}"#,
            r#"{"fractional":[["on",30],["off",60]]}"#,
            r#"{"fractional":[{"var":"email"},["on",30],["off",70]]}"#,
            r#"{"fractional":[["off",30],["on",70]]}"#,
            r#"{"$ref":"mine"}"#,
        ] {
            let flag =
                format!(r#""state":"ENABLED",{ways},"defaultVariant":"on","targeting":{rule}"#);
            refuses(&flag, "targeting rules of its own");
        }
    }

    #[test]
    fn a_document_that_is_none_says_so() {
        for (text, expected) in [
            ("{", "no document of flagd's format"),
            ("[]", "no document of flagd's format"),
            ("{}", "it has no `flags`"),
            (r#"{"flags":{}}"#, "there is no flag `shop`"),
        ] {
            let why = find(text, "shop").unwrap_err().to_string();
            assert!(why.contains(expected), "{why}");
        }
    }
}
