//! A configuration that does here what AWS's own scalers do today: pure.

use super::{Draft, TARGET_CPU, TARGET_CPU_TEST, policy, schedule};
use crate::wiring::{Native, NativeRule};
use std::{collections::BTreeSet, fmt::Write, path::PathBuf};
use toml::Value;

/// The requests alone: what AWS's own tracking looks at.
const REQUESTS: &str = "// Hold the requests of each member, as AWS's target tracking did.
const POLICY = #{
    about:    \"Size a fleet by the requests it must serve\",
    language: 1,
    params:   #{ each: \"30/s\" },
    inputs:   #{ rps: #{ unit: \"per_second\" } },
    targets:  #{ fleet: #{ kind: \"group\" } },
};

rule \"serve\" {
    fleet.serve(m.rps, p.each);
}
";

const REQUESTS_TEST: &str = "policy = \"requests.rhai\"

[[test]]
name    = \"900 requests a second at 30 a member are 30 members\"
inputs  = { rps = 900 }
targets = { fleet = { at = 20, min = 10, max = 200 } }
expect  = [{ at = \"0s\", actions = [\"fleet scale_to 30\"], rule = \"serve\" }]
";

/// The files for `natives` in `region`.
pub(super) fn drafts(region: &str, natives: &[Native]) -> Vec<Draft> {
    let mut config = head(region);
    let mut policies: Vec<Draft> = Vec::new();
    let mut taken = BTreeSet::new();
    for native in natives {
        let name = name(&native.group, &mut taken);
        target(&mut config, &name, native);
        for rule in &native.rules {
            match rule {
                NativeRule::Cpu { goal } => {
                    policies.extend(policy("target-cpu", TARGET_CPU, TARGET_CPU_TEST));
                    cpu(&mut config, &name, &native.group, *goal);
                }
                NativeRule::Requests { balancer, target_group, each_minute } => {
                    policies.extend(policy("requests", REQUESTS, REQUESTS_TEST));
                    requests(&mut config, &name, (balancer, target_group), each_minute / 60.0);
                }
                NativeRule::Daily { .. } => {}
            }
        }
        let daily = schedule::of(&native.rules);
        if !daily.is_empty() {
            let file = format!("schedule-{name}");
            let (text, test) = (schedule::policy(&daily), schedule::test(&file, &daily));
            policies.extend(policy(&file, &text, &test));
            binding(&mut config, &file, &format!("{name}-schedule"), &name);
        }
    }
    policies.sort();
    policies.dedup();
    let mut drafts = vec![(PathBuf::from("setpoint.toml"), config)];
    drafts.extend(policies);
    drafts
}

fn head(region: &str) -> String {
    format!(
        "# What AWS's own scalers do today, done by Setpoint. It only observes: compare its plans\n\
         # with what AWS does, then remove AWS's policies and set `mode = \"act\"`.\n\
         region   = {}\nmode     = \"observe\"\ndata_dir = \"data\"\n\n\
         [sources.cw]\nkind   = \"cloudwatch\"\nperiod = \"60s\"\n\n[providers.aws]\nkind = \"aws\"\n",
        quoted(region)
    )
}

fn target(config: &mut String, name: &str, native: &Native) {
    let (id, min, max) = (quoted(&native.group), native.range.min(), native.range.max());
    add(config, format_args!("\n[targets.{}]\nkind = \"group\"\nprovider = \"aws\"", quoted(name)));
    add(config, format_args!("id = {id}\nmin = {min}\nmax = {max}"));
    for words in &native.untold {
        let words = words.replace(['\n', '\r'], " ");
        add(config, format_args!("# not carried over: {words}"));
    }
}

fn cpu(config: &mut String, name: &str, group: &str, goal: f64) {
    binding(config, "target-cpu", &format!("{name}-cpu"), name);
    let query = format!("AWS/EC2 CPUUtilization Average AutoScalingGroupName=\"{group}\"");
    let (query, goal) = (quoted(&query), quoted(&format!("{goal}%")));
    add(config, format_args!("inputs  = {{ cpu = {{ source = \"cw\", query = {query} }} }}"));
    add(config, format_args!("params  = {{ goal = {goal} }}"));
}

fn requests(config: &mut String, name: &str, (balancer, group): (&str, &str), each: f64) {
    binding(config, "requests", &format!("{name}-requests"), name);
    let query = format!(
        "expression: r / PERIOD(r); r = AWS/ApplicationELB RequestCount Sum \
         LoadBalancer={balancer} TargetGroup={group}"
    );
    let (query, each) = (quoted(&query), quoted(&format!("{each}/s")));
    add(config, format_args!("inputs  = {{ rps = {{ source = \"cw\", query = {query} }} }}"));
    add(config, format_args!("params  = {{ each = {each} }}"));
}

fn binding(config: &mut String, file: &str, policy: &str, target: &str) {
    let (file, policy) = (quoted(&format!("policies/{file}.rhai")), quoted(policy));
    let target = quoted(target);
    add(config, format_args!("\n[[policies]]\nname    = {policy}\nfile    = {file}"));
    add(config, format_args!("targets = {{ fleet = {target} }}"));
}

/// The group's name with what a target's name may not have replaced, never one that is taken.
fn name(group: &str, taken: &mut BTreeSet<String>) -> String {
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
fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn add(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string accepts writes");
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::Range;

    fn native(group: &str, rules: Vec<NativeRule>) -> Native {
        let range = Range::new(2, 40).expect("a range");
        let untold = vec!["policy s (StepScaling): by hand".to_owned()];
        Native { group: group.to_owned(), range, rules, untold }
    }

    #[test]
    fn what_it_writes_passes_check_without_a_warning() {
        let requests = NativeRule::Requests {
            balancer: "app/web/1".to_owned(),
            target_group: "targetgroup/web/2".to_owned(),
            each_minute: 1200.0,
        };
        let daily = |hour, min| NativeRule::Daily { at: (hour, 0), min };
        let natives = [
            native("my \"web\" group", vec![NativeRule::Cpu { goal: 55.0 }]),
            native("shop", vec![requests, daily(8, 20), daily(20, 2)]),
        ];
        let folder = tempfile::tempdir().expect("there is room for a folder");
        super::super::write(folder.path(), &drafts("eu-west-1", &natives[1..])).expect("it is new");
        let loaded = crate::config::load(&folder.path().join("setpoint.toml"), &|_| None);
        assert!(loaded.faults.is_empty(), "{:?}", loaded.faults);
        let config = loaded.config.expect("no faults");
        assert_eq!((config.policies.len(), config.targets.len()), (2, 1));
        let named = drafts("eu-west-1", &natives[..1]).remove(0).1;
        assert!(named.contains("[targets.\"my--web--group\"]"), "{named}");
        assert!(named.contains("# not carried over: policy s"), "{named}");
    }

    #[test]
    fn two_groups_never_share_a_name() {
        let mut taken = BTreeSet::new();
        let names: Vec<String> = ["a b", "a-b", "§"].map(|it| name(it, &mut taken)).to_vec();
        assert_eq!(names, ["a-b", "a-b-2", "group"]);
    }
}
