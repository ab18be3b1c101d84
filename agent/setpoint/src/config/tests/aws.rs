//! What is said of CloudWatch, of fleets and of accounts that make no sense.

use super::*;
use std::collections::BTreeMap;

const CLOUDWATCH: &str = "kind = \"cloudwatch\"";
const SCRAPE: &str = "kind = \"scrape\"\nurl = \"http://127.0.0.1:9100/metrics\"";
const CPU: &str = "query = 'AWS/EC2 CPUUtilization Average AutoScalingGroupName=web'";

/// The good configuration, but on CloudWatch.
fn on_cloudwatch() -> String {
    GOOD.replace(SCRAPE, CLOUDWATCH).replace("query = \"avg(cpu)\"", CPU)
}

/// The faults of a configuration on CloudWatch with `from` replaced by `to`, without places.
#[track_caller]
fn faults(from: &str, to: &str, expected: &[&str]) {
    faults_in(&on_cloudwatch(), (from, to), expected);
}

#[test]
fn cloudwatch_needs_no_more_than_its_name_where_there_is_one_provider() {
    let (config, faults) = load_files(&[("setpoint.toml", on_cloudwatch().as_bytes())]);
    assert_eq!(faults, "");
    let config = config.unwrap();
    let source = &config.sources["app"];
    let SourceKind::CloudWatch(own) = &source.kind else { panic!() };
    assert_eq!((&*own.provider, own.resolution), ("aws", Span::from_secs(60)));
    // Three periods, beyond the delay.
    let input = config.inputs.values().next().unwrap();
    assert_eq!(input.settings.max_age, Span::from_secs(180 + 60));
}

#[test]
fn a_query_of_cloudwatch_is_refused_at_the_very_word() {
    let text = on_cloudwatch().replace(" Average ", " Avrage ");
    let (_, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    let expected = "setpoint.toml:14:68: C019: this query cannot be answered: `Avrage` is no \
                    statistic; did you mean `Average`?\n";
    assert_eq!(faults, expected);
    let text = on_cloudwatch().replace("=web'", "=${SECRET}'");
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert!(config.is_none() && !faults.contains("hunter2"), "{faults}");
}

#[test]
fn a_cloudwatch_that_makes_no_sense_is_refused() {
    faults(
        CLOUDWATCH,
        "kind = \"cloudwatch\"\nperiod = \"7s\"",
        &[
            " C010: `period` is 7s, which CloudWatch does not keep; write 1s, 5s, 10s, 20s, 30s, or whole minutes",
        ],
    );
    faults(
        CLOUDWATCH,
        "kind = \"cloudwatch\"\nprovider = \"asw\"",
        &[" C012: there is no provider \"asw\"; did you mean `aws`?"],
    );
    faults(
        "[providers.aws]",
        "[providers.other]\nkind = \"aws\"\n[providers.aws]",
        &[
            " C007: it is not clear in which account and region this CloudWatch is; write `provider = \"aws\"`: the provider whose they are",
        ],
    );
}

#[test]
fn an_account_that_makes_no_sense_is_refused() {
    faults(
        "kind = \"aws\"",
        "kind = \"aws\"\nrole_arn = \"setpoint\"",
        &[
            " C010: `role_arn` is \"setpoint\", which is no role; write it as `arn:aws:iam::123456789012:role/setpoint`",
        ],
    );
    faults(
        "kind = \"aws\"",
        "kind = \"aws\"\nexternal_id = \"x\"",
        &[" C007: `external_id` is for taking on a role, and there is no `role_arn`"],
    );
    faults(
        "kind = \"aws\"",
        "kind = \"aws\"\ncalls_per_second = 0",
        &[" C010: `calls_per_second` is 0, out of bounds; write 1 to 1000"],
    );
}

#[test]
fn a_fleet_is_never_everything() {
    let id = "id = \"web-asg\"";
    faults(
        id,
        "select = {}",
        &[
            " C010: `select` without tags would be everything there is; write `select = { tags = { app = \"web\" } }`",
        ],
    );
    faults(
        id,
        "id = \"web-asg\"\nselect = { tags = { app = \"*\" } }",
        &[" C011: a target has an `id` or a `select`, not both"],
    );
    faults(
        "=web'",
        "={group}'",
        &[" C019: `{group}` stands for each group of a fleet, and the policy has no fleet"],
    );
}

fn fleet() -> Config {
    let text = on_cloudwatch()
        .replace("id = \"web-asg\"", "select = { tags = { app = \"*\" } }")
        .replace("=web'", "={group}'");
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert_eq!(faults, "");
    config.unwrap()
}

/// The fleet of the good configuration with these groups.
fn with(groups: &[&str]) -> Result<Config, FleetError> {
    let groups = groups.iter().map(|&group| group.to_owned()).collect();
    fleet().with_fleets(&[(setpoint_core::TargetName::new("web"), groups)].into())
}

#[test]
fn each_group_of_a_fleet_has_a_target_a_policy_and_an_input_of_its_own() {
    let config = with(&["a", "b"]).unwrap();
    let targets: Vec<&str> = config.targets.keys().map(|name| name.as_str()).collect();
    assert_eq!(targets, ["web/a", "web/b"]);
    let policies: Vec<&str> = config.policies.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(policies, ["hold/a", "hold/b"]);
    let inputs: Vec<&str> = config.inputs.keys().map(|key| key.as_str()).collect();
    assert_eq!(inputs, ["hold/a/cpu", "hold/b/cpu"]);
    for (key, group) in [("hold/a/cpu", "a"), ("hold/b/cpu", "b")] {
        let query = format!("{:?}", config.inputs[key].question);
        assert!(query.contains(&format!("\"AutoScalingGroupName\": \"{group}\"")), "{query}");
    }
}

#[test]
fn each_group_of_a_fleet_picks_its_own_series_from_one_answer() {
    let picked = "query = 'avg by (app) (cpu)', pick = { app = \"{group}\" }";
    let text = GOOD
        .replace("kind = \"scrape\"", "kind = \"prometheus\"")
        .replace("query = \"avg(cpu)\"", picked)
        .replace("id = \"web-asg\"", "select = { tags = { app = \"*\" } }");
    let (config, faults) = load_files(&[("setpoint.toml", text.as_bytes())]);
    assert_eq!(faults, "");
    let groups = ["a".to_owned(), "b".to_owned()].to_vec();
    let found = [(setpoint_core::TargetName::new("web"), groups)].into();
    let config = config.unwrap().with_fleets(&found).unwrap();
    for (key, group) in [("hold/a/cpu", "a"), ("hold/b/cpu", "b")] {
        let question = format!("{:?}", config.inputs[key].question);
        assert!(question.contains(&format!("\"app\": \"{group}\"")), "{question}");
        assert!(!question.contains("{group}"), "{question}");
    }
}

#[test]
fn a_fleet_that_cannot_be_looked_after_is_refused_whole() {
    assert!(matches!(with(&[]), Err(FleetError::Empty(_))));
    assert!(matches!(fleet().with_fleets(&BTreeMap::new()), Err(FleetError::Empty(_))));
    assert!(matches!(with(&["a", "b\" x=\"y"]), Err(FleetError::Name { .. })));
}
