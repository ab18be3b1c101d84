//! A configuration that does here what AWS's own scalers do today: pure.

use super::{
    Draft, TARGET_CPU, TARGET_CPU_TEST, policy, schedule,
    write::{add, binding, cpu, name, quoted, target},
};
use crate::wiring::{Native, NativeRule};
use std::{collections::BTreeSet, path::PathBuf};

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
        target(&mut config, (&name, "aws", &native.group), native.range, &native.untold);
        for rule in &native.rules {
            match rule {
                NativeRule::Cpu { goal } => {
                    policies.extend(policy("target-cpu", TARGET_CPU, TARGET_CPU_TEST));
                    binding(&mut config, "target-cpu", &format!("{name}-cpu"), &name);
                    let group = &native.group;
                    let query =
                        format!("AWS/EC2 CPUUtilization Average AutoScalingGroupName=\"{group}\"");
                    cpu(&mut config, "cw", &query, *goal);
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
}
