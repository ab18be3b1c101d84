//! The JSON schema of scenario files, for editors.

/// The schema, as JSON.
pub const fn schema() -> &'static str {
    include_str!("schema.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Source, read};
    use serde_json::Value;

    /// The sections that a world may have together.
    const ONE_SITE: [&str; 10] = [
        "load",
        "service",
        "clients",
        "group",
        "database",
        "cache",
        "degradation",
        "rollout",
        "metrics",
        "api",
    ];
    const TWO_SITES: [&str; 4] = ["load", "group", "standby", "traffic"];

    /// A section with every key that the schema has, each with its example.
    fn section(properties: &Value, skip: &[&str]) -> String {
        let mut text = String::new();
        for (key, property) in properties.as_object().unwrap() {
            let example = &property["examples"][0];
            if !skip.contains(&key.as_str()) && !example.is_null() {
                let value = toml::Value::try_from(example).unwrap();
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
        text
    }

    #[test]
    fn every_key_that_the_schema_has_is_read() {
        let schema: Value = serde_json::from_str(schema()).unwrap();
        let whole = &schema["properties"];
        let sections = |names: &[&str]| {
            let mut text = section(whole, &[]);
            for name in names {
                // Only one of the three kinds of load can be written.
                let skip: &[&str] = if *name == "load" { &["season", "trace"] } else { &[] };
                text.push_str(&format!("[{name}]\n{}", section(&whole[name]["properties"], skip)));
            }
            for (name, part) in [("load", "bursts"), ("group", "spot")] {
                let properties = &whole[name]["properties"][part]["properties"];
                text.push_str(&format!("[{name}.{part}]\n{}", section(properties, &[])));
            }
            let event = &whole["load"]["properties"]["event"]["items"]["properties"];
            text.push_str(&format!("[[load.event]]\n{}", section(event, &[])));
            text
        };
        let revision = &whole["rollout"]["properties"]["revision"]["items"]["properties"];
        let one =
            format!("{}[[rollout.revision]]\n{}", sections(&ONE_SITE), section(revision, &[]));
        for text in [one, sections(&TWO_SITES)] {
            let source = Source { path: "all.toml".into(), text, given: Vec::new(), engine: None };
            let scenario =
                read(&source).unwrap_or_else(|faults| panic!("{faults:?}\n{}", source.text));
            assert_eq!(scenario.world.fleet.range.max(), 200);
        }
        let is_table = |it: &Value| it["properties"].is_object();
        let all = whole.as_object().unwrap().iter().filter(|(_, it)| is_table(it));
        let read = |name: &str| ONE_SITE.contains(&name) || TWO_SITES.contains(&name);
        let unread: Vec<&String> = all.map(|(name, _)| name).filter(|name| !read(name)).collect();
        assert_eq!(unread, [&""; 0]);
    }

    #[test]
    fn every_fault_baseline_measure_and_metric_is_in_the_schema() {
        let schema: Value = serde_json::from_str(schema()).unwrap();
        let whole = &schema["properties"];
        let names = |value: &Value| -> Vec<String> {
            let all = value["enum"].as_array().unwrap().iter();
            all.map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        let faults = names(&whole["fault"]["items"]["properties"]["kind"]);
        assert_eq!(faults, super::super::faults::names().collect::<Vec<_>>());
        let baselines = crate::baseline::Baseline::ALL.map(|one| one.name().to_owned());
        assert_eq!(names(&whole["baselines"]["items"]), baselines);
        let measures = crate::scenario::Measure::ALL.iter().map(|(name, _)| (*name).to_owned());
        let told = names(&whole["gate"]["items"]["properties"]["metric"]);
        assert_eq!(told, measures.collect::<Vec<_>>());
        let metrics = crate::world::Metric::ALL.map(|(name, _)| name.to_owned());
        let inputs = &whole["policy"]["items"]["properties"]["inputs"]["additionalProperties"];
        let [plain, table] = [&inputs["anyOf"][0], &inputs["anyOf"][1]["properties"]["metric"]];
        let fault = &whole["fault"]["items"]["properties"]["metric"];
        for told in [plain, table, fault] {
            assert_eq!(names(told), metrics);
        }
    }
}
