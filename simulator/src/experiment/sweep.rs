//! Many scenarios made of one: a grid of values for some of its keys.
//!
//! Each run is a line of JSON in a file, written as soon as all contenders of a seed have run.
//! A sweep that is begun again leaves out what the file has.

use super::{Row, json};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A key of the scenario, and the values that it is to have: `group.boot.median=40s,120s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The key with its sections.
    pub key: String,
    /// The values, as they were written.
    pub values: Vec<String>,
}

impl std::str::FromStr for Axis {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let wrong = || "write a key and its values, such as group.boot.median=40s,120s".to_owned();
        let (key, values) = written.split_once('=').ok_or_else(wrong)?;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        let key = key.trim().to_owned();
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { key, values })
    }
}

/// One point of the grid: a value for each key. Its text is that of the command line.
pub type Point = BTreeMap<String, String>;

/// Every point of the grid; one without a key for no axes.
pub fn grid(axes: &[Axis]) -> Vec<Point> {
    let mut points = vec![Point::new()];
    for axis in axes {
        let with = |point: &Point| {
            let one = |value: &String| {
                let mut point = point.clone();
                point.insert(axis.key.clone(), value.clone());
                point
            };
            axis.values.iter().map(one).collect::<Vec<_>>()
        };
        points = points.iter().flat_map(with).collect();
    }
    points
}

/// The text of a scenario with the values of `point` in place of its own.
///
/// Fails if it is no TOML, or if a key leads into something that is no section.
pub fn with(text: &str, point: &Point) -> Result<String, String> {
    if point.is_empty() {
        return Ok(text.to_owned());
    }
    let mut whole: toml::Table =
        text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    for (key, value) in point {
        let mut sections: Vec<&str> = key.split('.').collect();
        let last = sections.pop().unwrap_or_default();
        let mut table = &mut whole;
        for section in sections {
            let next =
                table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            table = next.as_table_mut().ok_or_else(|| format!("`{section}` is no section"))?;
        }
        table.insert(last.to_owned(), parsed(value));
    }
    Ok(whole.to_string())
}

/// A number, true or false where it is one, else a text.
fn parsed(value: &str) -> toml::Value {
    let line = format!("value = {value}");
    let table = line.parse::<toml::Table>().ok();
    table
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()))
}

/// A line of the file of a sweep.
pub fn line(hash: &str, point: &Point, row: &Row) -> String {
    let point: serde_json::Map<String, Value> =
        point.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    format!("{{\"hash\":\"{hash}\",\"set\":{},\"run\":{}}}\n", Value::Object(point), json::row(row))
}

/// What the file of a sweep has: for each hash of a scenario the seeds with all their
/// contenders, and sums for each point and policy.
#[derive(Clone, Debug, Default)]
pub struct Done {
    seen: BTreeMap<(String, u64), BTreeSet<String>>,
    sums: BTreeMap<(String, String), Sum>,
}

#[derive(Clone, Debug, Default)]
struct Sum {
    runs: f64,
    failed: f64,
    worst: f64,
    slow: f64,
    cost: f64,
    oracle: f64,
}

impl Done {
    /// Takes in a line; one that is not whole, as after a crash, is passed over.
    pub fn take(&mut self, line: &str) {
        let Ok(value) = serde_json::from_str::<Value>(line) else { return };
        let (Some(hash), Some(seed), Some(policy)) = (
            value["hash"].as_str(),
            value["run"]["seed"].as_u64(),
            value["run"]["policy"].as_str(),
        ) else {
            return;
        };
        let of_seed = self.seen.entry((hash.to_owned(), seed)).or_default();
        if !of_seed.insert(policy.to_owned()) {
            return;
        }
        let number = |key: &str| value["run"][key].as_f64().unwrap_or(0.0);
        let point = value["set"].as_object().map_or_else(String::new, |set| {
            let one = |(key, value): (&String, &Value)| {
                format!("{key}={}", value.as_str().unwrap_or_default())
            };
            set.iter().map(one).collect::<Vec<_>>().join(" ")
        });
        let sum = self.sums.entry((point, policy.to_owned())).or_default();
        sum.runs += 1.0;
        sum.failed += number("failed_pct");
        sum.worst = sum.worst.max(number("failed_pct"));
        sum.slow += number("slow_pct");
        sum.cost += number("cost");
        sum.oracle += number("cost_vs_oracle");
    }

    /// The seeds of a scenario that are wholly there, with so many contenders.
    pub fn seeds(&self, hash: &str, contenders: usize) -> BTreeSet<u64> {
        let whole = |((of, _), policies): &(&(String, u64), &BTreeSet<String>)| {
            of == hash && policies.len() >= contenders
        };
        self.seen.iter().filter(whole).map(|((_, seed), _)| *seed).collect()
    }

    /// A row for each point and policy.
    pub fn table(&self) -> String {
        let widest =
            |of: fn(&(String, String)) -> usize| self.sums.keys().map(of).max().unwrap_or(0);
        let (points, policies) = (widest(|key| key.0.len()), widest(|key| key.1.len()).max(6));
        let mut text = format!(
            "{:points$}  {:policies$}{:>6}{:>10}{:>10}{:>10}{:>10}{:>9}\n",
            "", "policy", "seeds", "failed %", "worst %", "slow %", "cost $", "× oracle"
        );
        for ((point, policy), sum) in &self.sums {
            let mean = |value: f64| value / sum.runs;
            text.push_str(&format!(
                "{point:points$}  {policy:policies$}{:>6}{:>10.3}{:>10.3}{:>10.3}{:>10.2}{:>9.2}\n",
                sum.runs,
                mean(sum.failed),
                sum.worst,
                mean(sum.slow),
                mean(sum.cost),
                mean(sum.oracle),
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_has_every_combination() {
        let axes = ["a.b=1,2", "c=x,y,z"].map(|axis| axis.parse::<Axis>().unwrap());
        let points = grid(&axes);
        assert_eq!(points.len(), 6);
        assert_eq!(points[0], [("a.b", "1"), ("c", "x")].map(|(k, v)| (k.into(), v.into())).into());
        assert_eq!(grid(&[]).len(), 1);
        for wrong in ["a", "=1", "a=", "a=1,,2"] {
            assert!(wrong.parse::<Axis>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_take_the_place_of_those_that_were_written() {
        let text = "every = \"15s\"\n[group]\nmin = 10\nboot = { median = \"2m\", sigma = 0.3 }\n";
        let point = [("group.boot.median", "40s"), ("group.min", "5"), ("api.burst", "3")];
        let point = point.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let changed: toml::Table = with(text, &point).unwrap().parse().unwrap();
        assert_eq!(changed["group"]["boot"]["median"].as_str(), Some("40s"));
        assert_eq!(changed["group"]["boot"]["sigma"].as_float(), Some(0.3));
        assert_eq!(changed["group"]["min"].as_integer(), Some(5));
        assert_eq!(changed["api"]["burst"].as_integer(), Some(3));
        let into = [("every.x".to_owned(), "1".to_owned())].into();
        assert_eq!(with(text, &into), Err("`every` is no section".to_owned()));
    }

    #[test]
    fn what_is_there_twice_or_in_part_is_not_counted() {
        let line = |seed, policy| {
            format!(
                r#"{{"hash":"h","set":{{}},"run":{{"policy":"{policy}","seed":{seed},"failed_pct":1.0,"cost":2.0}}}}"#
            )
        };
        let mut done = Done::default();
        for text in [line(1, "a"), line(1, "b"), line(2, "a"), line(2, "a"), "{\"hash\":".into()] {
            done.take(&text);
        }
        assert_eq!(done.seeds("h", 2), [1].into());
        assert!(done.table().contains("a          2"), "{}", done.table());
    }
}
