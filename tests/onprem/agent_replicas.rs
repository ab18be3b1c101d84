//! The whole agent before a PostgreSQL whose connections run out: it adds a replica where readers
//! connect, and takes it away after the calm.

use support::{Agent, Exporter, Haproxy, Page, Postgres, Site, free_port, replicas_policy, until};

/// An agent that has one place for a replica.
fn site(page: &Exporter, haproxy: &Haproxy, postgres: &Postgres) -> Site {
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{}"
timeout = "1s"
[providers.dc]
kind = "onprem"
haproxy = "{}"
[targets.orders]
kind = "database"
provider = "dc"
id = "orders"
primary = "{}"
folder = "{}"
members = ["127.0.0.1:{}"]
readers = "readers"
programs = "{}"
launcher = {:?}
server = ["inter", "100ms", "rise", "1"]
max_replicas = 1
settle = "1s"
budget = "100%"
cooldown_down = "1s"
[[policies]]
name = "replicas"
file = "replicas.rhai"
inputs = {{ connections = {{ source = "app", query = "connections" }} }}
targets = {{ db = "orders" }}
"#,
        page.url(),
        haproxy.socket().display(),
        postgres.conninfo(),
        postgres.replicas().display(),
        free_port(),
        postgres.programs().display(),
        postgres.launcher(),
    ));
    site.write("replicas.rhai", &replicas_policy(10));
    site
}

#[track_caller]
fn action(agent: &mut Agent, action: &str) {
    agent.until(action, |line| line["fields"]["action"] == action);
}

#[test]
fn connections_at_83_percent_bring_a_replica_where_readers_connect_and_it_goes_after_the_calm() {
    let mut postgres = Postgres::start();
    let haproxy = Haproxy::start(
        "mode tcp",
        "readers",
        "backend readers\n  balance leastconn\n  option pgsql-check user postgres\n",
    );
    let page = Exporter::start(Page::Text(String::new()));
    let site = site(&page, &haproxy, &postgres);
    let measured = |postgres: &Postgres| {
        page.show_value("connections", postgres.connections());
    };
    postgres.crowd(83);
    measured(&postgres);
    let mut agent = site.start();
    action(&mut agent, "add replica orders-sp-1");
    let read = || postgres.sql_at(haproxy.front(), "select pg_is_in_recovery()");
    until("readers reach it", || match read() {
        Ok(told) if told == "t" => Ok(()),
        instead => Err(instead),
    });
    let explained = site.explain("orders");
    assert!(explained.contains("replica"), "{explained}");

    postgres.calm();
    until("the calm is there", || match postgres.connections() {
        now if now < 10 => Ok(()),
        now => Err(now),
    });
    measured(&postgres);
    action(&mut agent, "remove replica orders-sp-1");
    until("it is gone", || {
        let slots = postgres.sql("select count(*) from pg_replication_slots");
        let left = std::fs::read_dir(postgres.replicas()).expect("it is there").count();
        let servers = haproxy.servers("readers").len();
        match (slots.as_str(), left, servers) {
            ("0", 0, 0) => Ok(()),
            _ => Err((slots, left, servers)),
        }
    });
    agent.stop();
    assert_eq!(postgres.sql("select count(*) from orders"), "1", "the primary is as it was");
}
