//! The simulated clouds, judged by those who cannot be in league with them: the clouds' official
//! clients in Python, and the agent itself.

mod agent;
mod azure;
mod azure_agent;
mod azure_databases;
mod azure_traffic;
mod kubernetes;
mod prism;
mod ways;

use support::Simulated;

/// How many operations a script says were answered.
#[track_caller]
fn operations(said: &str) -> u32 {
    let number = said.trim().strip_suffix(" operations").and_then(|number| number.parse().ok());
    number.unwrap_or_else(|| panic!("{said:?}"))
}

#[test]
fn the_official_client_drives_auto_scaling() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let said = simulated.ask("aws", "autoscaling.py", &[]);
    assert!(operations(&said) >= 28, "{said}");
    simulated.stop();
}

#[test]
fn the_official_client_makes_and_deletes_replicas() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let said = simulated.ask("aws", "rds.py", &[]);
    assert!(operations(&said) >= 9, "{said}");
}

#[test]
fn the_official_client_reads_metrics_in_each_of_its_protocols() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    for protocol in ["smithy-rpc-v2-cbor", "json", "query"] {
        let said = simulated.ask("aws", "cloudwatch.py", &[protocol]);
        assert!(operations(&said) >= 4, "{said}");
    }
}

#[test]
fn the_official_client_shares_traffic_by_a_load_balancer() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    let said = simulated.ask("aws", "elb.py", &[]);
    assert!(operations(&said) >= 12, "{said}");
}

#[test]
fn the_official_client_sends_users_elsewhere() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    let said = simulated.ask("aws", "route53.py", &[]);
    assert!(operations(&said) >= 12, "{said}");
}

#[test]
fn signatures_are_verified_where_that_is_asked_for() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    simulated.ask("aws", "signatures.py", &[]);
}

#[test]
fn one_line_says_where_each_cloud_is_in_a_fixed_order() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let line = simulated.line();
    let places: Vec<Option<usize>> = ["aws", "azure", "kubernetes", "prometheus"]
        .iter()
        .map(|cloud| line.find(&format!("\"{cloud}\":\"http://127.0.0.1:")))
        .collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{line}");
}
