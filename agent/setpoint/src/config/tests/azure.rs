//! What is said of subscriptions of Azure that make no sense, and what one means that does.

use super::*;

/// The good configuration, at Azure.
const AT_AZURE: &str = r#"region = "westeurope"
[sources.fleet]
kind = "scrape"
url = "http://127.0.0.1:9100/metrics"
[providers.azure]
kind = "azure"
subscription = "0b1f6471-1bf0-4dda-aec3-111122223333"
resource_group = "games"
[targets.web]
kind = "group"
provider = "azure"
id = "web"
min = 2
max = 200
[[policies]]
file = "hold.rhai"
inputs = { cpu = { source = "fleet", query = "cpu" } }
targets = { fleet = "web" }
"#;

/// The faults of a configuration at Azure with `from` replaced by `to`, without places.
#[track_caller]
fn faults(from: &str, to: &str, expected: &[&str]) {
    faults_in(AT_AZURE, (from, to), expected);
}

#[test]
fn a_subscription_needs_no_more_than_its_id() {
    let (config, faults) = load_files(&[("setpoint.toml", AT_AZURE.as_bytes())]);
    assert_eq!(faults, "");
    let config = config.unwrap();
    let Provider::Azure(subscription) = &config.providers["azure"] else { panic!() };
    assert_eq!(subscription.resource_group.as_deref(), Some("games"));
    assert!(subscription.endpoint.is_none() && subscription.secret_file.is_none());
}

#[test]
fn azure_monitor_needs_no_more_than_its_name_and_a_question_that_has_an_answer() {
    let monitored = |query: &str| {
        let source = "kind = \"azure-monitor\"";
        AT_AZURE
            .replacen("kind = \"scrape\"\nurl = \"http://127.0.0.1:9100/metrics\"", source, 1)
            .replacen("query = \"cpu\"", &format!("query = '{query}'"), 1)
    };
    let good = monitored("\"Percentage CPU\" average games/web");
    let (config, faults) = load_files(&[("setpoint.toml", good.as_bytes())]);
    assert_eq!(faults, "");
    let source = &config.unwrap().sources["fleet"];
    let SourceKind::AzureMonitor(own) = &source.kind else { panic!() };
    assert_eq!((&*own.provider, own.resolution), ("azure", Span::from_secs(60)));
    assert_eq!(source.delay, Span::from_secs(60));
    let (_, said) = load_files(&[("setpoint.toml", monitored("cpu mean games/web").as_bytes())]);
    assert!(said.contains("C019: this query cannot be answered: there is no `mean` of"), "{said}");
    let alone = good.replacen("kind = \"azure\"", "kind = \"aws\"", 1);
    let (_, said) = load_files(&[("setpoint.toml", alone.as_bytes())]);
    assert!(said.contains("in which subscription this Azure Monitor is"), "{said}");
}

#[test]
fn what_names_no_scale_set_is_refused() {
    let id = "id = \"web\"";
    faults(
        "resource_group = \"games\"\n",
        "",
        &[
            " C010: in which resource group is `web`? write `GROUP/web`, or `resource_group` at its \
             provider",
        ],
    );
    faults(
        id,
        "id = \"/subscriptions/s/web\"",
        &[
            " C010: `/subscriptions/s/web` names no scale set: write its name, or `GROUP/NAME` with \
             its resource group",
        ],
    );
    faults(
        id,
        "select = { tags = { app = \"web\" } }",
        &[" C017: `select` finds groups of AWS; what is at Azure is named by its `id`"],
    );
    faults(
        "max = 200",
        "max = 200\nsessions = { source = \"fleet\", query = \"sessions\", key = \"host\" }",
        &[" C017: `sessions` are for groups of AWS: Azure picks which machines go; leave \
             `sessions` out, and let machines end their work when Azure announces their end"],
    );
}

#[test]
fn a_database_is_a_server_that_is_named_as_azure_names_one() {
    let (group, database) = ("kind = \"group\"", "kind = \"database\"");
    let good = AT_AZURE
        .replacen(group, database, 1)
        .replacen("min = 2\nmax = 200", "max_replicas = 5", 1)
        .replacen("id = \"web\"", "id = \"orders\"", 1)
        .replacen("fleet =", "database =", 1);
    let wrong = good.replacen("id = \"orders\"", "id = \"Orders\"", 1);
    let (_, said) = load_files(&[("setpoint.toml", wrong.as_bytes())]);
    assert!(said.contains("C010: `Orders` names no server: write its name, in small"), "{said}");
    let volume = good.replacen(database, "kind = \"volume\"", 1);
    let volume = volume.replacen("max_replicas = 5", "max = 5", 1);
    let (_, said) = load_files(&[("setpoint.toml", volume.as_bytes())]);
    assert!(said.contains("C017: `azure` is Azure: it has no volumes"), "{said}");
    let (_, said) = load_files(&[("setpoint.toml", good.as_bytes())]);
    assert!(!said.contains("C010") && !said.contains("C017"), "{said}");
}

#[test]
fn the_agent_is_known_in_one_way_and_no_token_goes_in_the_clear() {
    let group = "resource_group = \"games\"";
    let with = |more: &str| format!("{group}\n{more}");
    faults(
        group,
        &with("secret_file = \"secret\"\nbearer_file = \"token\""),
        &[" C011: the agent is known at Azure in one way; keep one of them"],
    );
    let open = AT_AZURE.replacen(group, &with("endpoint = \"http://arm.example\""), 1);
    let (_, said) = load_files(&[("setpoint.toml", open.as_bytes())]);
    assert!(said.contains("C105: the agent's token goes to another machine unencrypted"), "{said}");
    let here = AT_AZURE.replacen(group, &with("endpoint = \"http://127.0.0.1:1\""), 1);
    assert_eq!(load_files(&[("setpoint.toml", here.as_bytes())]).1, "");
}

/// A policy that sends users to one of two destinations.
const FAILOVER: &str = r#"
const POLICY = #{
    about: "Fail over", language: 1,
    targets: #{ front: #{ kind: "traffic", destinations: ["main", "standby"] } },
};
rule "fail over" when !front.healthy("main") { front.shift_to("standby"); }
"#;

const GOOD_FRONT: &str = r#"region = "westeurope"
[providers.azure]
kind = "azure"
subscription = "s"
resource_group = "games"
[targets.front]
kind = "traffic"
provider = "azure"
id = "front"
destinations = { main = "eu", standby = "azure" }
[[policies]]
file = "failover.rhai"
targets = { front = "front" }
"#;

fn front(text: &str) -> (Option<Config>, String) {
    load_files(&[("setpoint.toml", text.as_bytes()), ("failover.rhai", FAILOVER.as_bytes())])
}

#[test]
fn a_traffic_binds_each_destination_to_an_endpoint_of_a_profile() {
    let path = "/subscriptions/t/resourceGroups/g/providers/Microsoft.Network/\
                trafficManagerProfiles/front";
    for id in ["front", "other/front", path] {
        let text = GOOD_FRONT.replacen("id = \"front\"", &format!("id = \"{id}\""), 1);
        let (config, faults) = front(&text);
        let config = config.unwrap_or_else(|| panic!("{faults}"));
        assert_eq!(faults, "");
        let target = &config.targets["front"];
        assert_eq!(target.endpoints.as_ref().unwrap()["standby"], "azure");
        assert!(target.records.is_none());
    }
}

#[test]
fn what_makes_no_sense_of_a_traffic_at_azure_is_said() {
    let id = "id = \"front\"";
    for (from, to, expected) in [
        (id, "id = \"fr_nt\"", "C010: `fr_nt` names no profile of Traffic Manager: write its"),
        (
            "resource_group = \"games\"\n",
            "",
            "C010: in which resource group is `front`? write `GROUP/front`",
        ),
        (id, "id = \"front\"\nname = \"www.example.com\"", "`name` is for a traffic of Route 53"),
        ("destinations = ", "destination = ", "did you mean `destinations`"),
        ("standby = \"azure\"", "standby = \"eu\"", "is `main` already"),
        ("standby = \"azure\"", "standby = \"EU\"", "is the endpoint `eu` already"),
        ("standby = \"azure\"", "standby = \"\"", "it is empty"),
        (", standby = \"azure\"", "", "one destination leaves users no choice"),
    ] {
        assert!(GOOD_FRONT.contains(from), "{from}");
        let (config, faults) = front(&GOOD_FRONT.replacen(from, to, 1));
        assert!(config.is_none() && faults.contains(expected), "{to}: {faults}");
    }
}
