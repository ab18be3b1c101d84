//! What pods use, as metrics-server tells it: from what the world publishes, no sooner and no
//! more exactly. A pod that was not there when it was measured has no usage yet.

use super::{cluster::Cluster, workload::Fleet};
use crate::world::Metric;
use serde_json::{Value, json};

/// The usage of every pod that has one, by name.
pub(super) fn documents<'a>(
    cluster: &'a Cluster,
    namespace: Option<&'a str>,
) -> impl Iterator<Item = Value> {
    let fleets = cluster.fleets.iter();
    let fleets = fleets.filter(move |it| namespace.is_none_or(|name| name == it.key.namespace));
    let mut all: Vec<Value> = fleets.flat_map(|fleet| of_fleet(cluster, fleet)).collect();
    all.sort_by_key(|it| it["metadata"]["name"].as_str().map(str::to_owned));
    all.into_iter()
}

fn of_fleet(cluster: &Cluster, fleet: &Fleet) -> Vec<Value> {
    let (told, period) = {
        let live = fleet.live();
        (live.log.told(Metric::Cpu), live.world.model().feed.period)
    };
    let (Some(told), Some(owner)) = (told, cluster.store.get(&fleet.key)) else {
        return Vec::new();
    };
    let template = &owner["spec"]["template"];
    let (at, window) = (cluster.fine_stamp(told.at), cluster.pace.takes(period).ms());
    let measured = fleet.slots.iter().filter(|slot| slot.is_ready(told.at));
    let document = |name: &str| {
        let all = template["spec"]["containers"].as_array().into_iter().flatten();
        let containers: Vec<Value> = all.map(|it| container(it, told.value)).collect();
        json!({
            "metadata": {
                "name": name, "namespace": fleet.key.namespace,
                "labels": template["metadata"]["labels"], "creationTimestamp": at,
            },
            "timestamp": at, "window": format!("{window}ms"), "containers": containers,
        })
    };
    measured.map(|slot| document(&slot.name)).collect()
}

/// What a container uses: of what it requests, or of one core.
fn container(container: &Value, percent: f64) -> Value {
    let requested = container.pointer("/resources/requests/cpu").and_then(Value::as_str);
    let cores = requested.and_then(cores).unwrap_or(1.0);
    let nano = (cores * percent / 100.0 * 1e9).round() as u64;
    json!({ "name": container["name"], "usage": { "cpu": format!("{nano}n"), "memory": "512Mi" } })
}

/// `2` or `500m`.
fn cores(text: &str) -> Option<f64> {
    let (number, of) = text.strip_suffix('m').map_or((text, 1.0), |number| (number, 1000.0));
    number.parse::<f64>().ok().filter(|it| it.is_finite() && *it > 0.0).map(|it| it / of)
}
