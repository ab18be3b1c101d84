//! What `setpoint-sim run --output json` prints: a table of numbers for each policy and seed.

use super::{
    limit::Unit,
    run::{Evidence, Measured, Run, Tool},
};
use crate::{trouble::Trouble, written::suggest};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The endings of fields that name their unit. The ending may be left out.
const ENDINGS: [(&str, Unit); 3] =
    [("_pct", Unit::Percent), ("_ms", Unit::Ms), ("_rps", Unit::PerSecond)];

/// The version of the format that is understood.
const SCHEMA: u64 = 1;

/// Reads the fields of a result.
pub(super) fn read(
    path: String,
    fields: &Map<String, Value>,
    policy: Option<&str>,
) -> Result<Run, Trouble> {
    let wrong = |what: &str| Trouble::file(format!("{path}: {what}"));
    match fields.get("schema").and_then(Value::as_u64) {
        Some(SCHEMA) => {}
        _ => return Err(wrong("`schema` is not 1: another version of setpoint-sim wrote it")),
    }
    let name = fields.get("scenario").and_then(|scenario| scenario.get("name")?.as_str());
    let name = name.ok_or_else(|| wrong("`scenario.name` is missing"))?.to_owned();
    let results = fields.get("results").and_then(Value::as_array);
    let results = results.ok_or_else(|| wrong("`results` is no list"))?;
    let policy = choose(&path, results, policy)?;
    let mut columns: BTreeMap<String, BTreeMap<u64, f64>> = BTreeMap::new();
    let mut seeds = BTreeSet::new();
    for result in results.iter().filter(|result| policy_of(result) == Some(&policy)) {
        let seed = result.get("seed").and_then(Value::as_u64);
        let seed = seed.ok_or_else(|| wrong("a result has no `seed`"))?;
        if !seeds.insert(seed) {
            return Err(wrong(&format!("policy `{policy}` has seed {seed} twice")));
        }
        for (key, value) in result.as_object().into_iter().flatten() {
            if let Some(value) = value.as_f64().filter(|_| key != "seed") {
                columns.entry(key.clone()).or_default().insert(seed, value);
            }
        }
    }
    // A measure that some seeds lack is none: their mean would be of the lucky ones.
    columns.retain(|_, values| values.len() == seeds.len());
    let unit = |key: &str| ENDINGS.iter().find(|(ending, _)| key.ends_with(ending));
    let also = columns
        .keys()
        .filter_map(|key| Some((key.strip_suffix(unit(key)?.0)?.to_owned(), key.clone())));
    let also = also.collect();
    let measured = |(key, values): (String, BTreeMap<u64, f64>)| {
        let unit = unit(&key).map_or(Unit::Plain, |(_, unit)| *unit);
        (key, Measured { unit, evidence: Evidence::Seeds(values) })
    };
    let measures = columns.into_iter().map(measured).collect();
    Ok(Run { path, tool: Tool::Ours(name), measures, also, advice: |_| None })
}

fn policy_of(result: &Value) -> Option<&str> {
    result.get("policy").and_then(Value::as_str)
}

/// The policy that is meant: the one that is asked for, else the only one.
fn choose(path: &str, results: &[Value], asked: Option<&str>) -> Result<String, Trouble> {
    let known: BTreeSet<&str> = results.iter().filter_map(policy_of).collect();
    match asked {
        Some(asked) if known.contains(asked) => Ok(asked.to_owned()),
        Some(asked) => {
            let help = suggest::advice(asked, known);
            let what = format!("{path} has no results of policy `{asked}`");
            Err(Trouble { help, ..Trouble::file(what) })
        }
        None => match known.iter().collect::<Vec<_>>()[..] {
            [only] => Ok((*only).to_owned()),
            [] => Err(Trouble::file(format!("{path}: there are no results"))),
            [..] => {
                let names = known.into_iter().collect::<Vec<_>>().join(", ");
                let what = format!("{path} has results of several policies: {names}");
                Err(Trouble::command_line(what).help("say which is meant: --policy NAME"))
            }
        },
    }
}
