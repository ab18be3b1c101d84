//! What the configurations that `init` writes are made of: pure.

use setpoint_core::Range;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{Arguments, Write},
};
use toml::Value;

/// A target, with what could not be carried over beside it.
pub(super) fn target(
    config: &mut String,
    (name, provider, id): (&str, &str, &str),
    range: Range,
    untold: &[String],
) {
    let (name, provider, id) = (quoted(name), quoted(provider), quoted(id));
    let (min, max) = (range.min(), range.max());
    add(config, format_args!("\n[targets.{name}]\nkind = \"group\"\nprovider = {provider}"));
    add(config, format_args!("id = {id}\nmin = {min}\nmax = {max}"));
    for words in untold {
        let words = words.replace(['\n', '\r'], " ");
        add(config, format_args!("# not carried over: {words}"));
    }
}

/// A policy, bound to a target.
pub(super) fn binding(config: &mut String, file: &str, policy: &str, target: &str) {
    let (file, policy) = (quoted(&format!("policies/{file}.rhai")), quoted(policy));
    let target = quoted(target);
    add(config, format_args!("\n[[policies]]\nname    = {policy}\nfile    = {file}"));
    add(config, format_args!("targets = {{ fleet = {target} }}"));
}

/// What the CPU input of the policy above is, and its goal in percent.
pub(super) fn cpu(config: &mut String, source: &str, query: &str, goal: f64) {
    let (source, query) = (quoted(source), quoted(query));
    let goal = quoted(&format!("{goal}%"));
    add(config, format_args!("inputs  = {{ cpu = {{ source = {source}, query = {query} }} }}"));
    add(config, format_args!("params  = {{ goal = {goal} }}"));
}

/// The keys that are told, as lines.
pub(super) fn keys(config: &mut String, keys: &BTreeMap<&str, Option<String>>) {
    for (key, value) in keys {
        if let Some(value) = value {
            add(config, format_args!("{key} = {}", quoted(value)));
        }
    }
}

/// The group's name with what a target's name may not have replaced, never one that is taken.
pub(super) fn name(group: &str, taken: &mut BTreeSet<String>) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let plain: String = group.chars().map(allowed).take(60).collect();
    let plain = plain.trim_start_matches(['-', '_', '.']);
    let plain = if plain.is_empty() { "group" } else { plain };
    let mut name = plain.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{plain}-{number}");
        number += 1;
    }
    name
}

/// `text` as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Adds a line.
pub(super) fn add(text: &mut String, line: Arguments<'_>) {
    writeln!(text, "{line}").expect("a string accepts writes");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_never_share_a_name() {
        let mut taken = BTreeSet::new();
        let names: Vec<String> = ["a b", "a-b", "§"].map(|it| name(it, &mut taken)).to_vec();
        assert_eq!(names, ["a-b", "a-b-2", "group"]);
    }
}
