//! What is said of clusters that make no sense, and what one means that does.

use super::*;

/// The good configuration, in a cluster.
const IN_CLUSTER: &str = r#"region = "eu-west-1"
[sources.usage]
kind = "kubernetes"
[providers.k8s]
kind = "kubernetes"
namespace = "games"
[targets.web]
kind = "group"
provider = "k8s"
id = "deployment/web"
min = 2
max = 200
[[policies]]
file = "hold.rhai"
inputs = { cpu = { source = "usage", query = "cpu deployment/web" } }
targets = { fleet = "web" }
"#;

/// The faults of a configuration in a cluster with `from` replaced by `to`, without places.
#[track_caller]
fn faults(from: &str, to: &str, expected: &[&str]) {
    faults_in(IN_CLUSTER, (from, to), expected);
}

#[test]
fn a_cluster_needs_no_more_than_its_kind() {
    let (config, faults) = load_files(&[("setpoint.toml", IN_CLUSTER.as_bytes())]);
    assert_eq!(faults, "");
    let config = config.unwrap();
    let SourceKind::Kubernetes(own) = &config.sources["usage"].kind else { panic!() };
    assert_eq!(own.provider, "k8s", "the only one of its kind");
    let Provider::Kubernetes(cluster) = &config.providers["k8s"] else { panic!() };
    assert_eq!(cluster.namespace.as_deref(), Some("games"));
    assert!(cluster.endpoint.is_none() && cluster.kubeconfig.is_none());
}

#[test]
fn what_names_nothing_in_a_cluster_is_refused() {
    let id = "id = \"deployment/web\"";
    faults(
        id,
        "id = \"web\"",
        &[" C010: `web` names nothing in a cluster: write `deployment/web`, `statefulset/db`, or \
             `rollouts.argoproj.io/v1alpha1/web`: the resource with its group, the version, the name"],
    );
    faults(
        id,
        "id = \"deployments.apps/v1/web\"",
        &[" C010: write it as `deployment/web`: a target has one spelling"],
    );
    faults(
        id,
        "select = { tags = { app = \"web\" } }",
        &[" C017: `select` finds groups of AWS; what is in a cluster is named by its `id`"],
    );
    faults(
        "max = 200",
        "max = 200\nsessions = { source = \"usage\", query = \"cpu deployment/web\", key = \"pod\" }",
        &[
            " C017: `sessions` are for groups of AWS: in a cluster its controller picks which pods \
             go; leave `sessions` out, and let pods end their work in `preStop`",
            " C019: the metrics of a cluster are told of all pods together; ask a source of kind \
             `prometheus`, `scrape` or `http-json`",
        ],
    );
}

#[test]
fn a_cluster_is_found_in_one_way() {
    let namespace = "namespace = \"games\"";
    faults(
        namespace,
        "endpoint = \"https://10.0.0.1:6443\"\ncontext = \"prod\"",
        &[" C011: a cluster is found by an address or by a kubeconfig, not both; keep one of them"],
    );
    faults(
        namespace,
        "bearer_file = \"token\"",
        &[
            " C007: `bearer_file` is for an `endpoint`, and there is none; a kubeconfig and a pod's \
             account bring their own tokens",
        ],
    );
    faults(
        namespace,
        "namespace = \"Games!\"",
        &[
            " C010: \"Games!\" cannot be the name of a namespace; write up to 63 of `a-z`, `0-9` and `-`",
        ],
    );
}

#[test]
fn a_question_to_the_metrics_that_has_no_answer_is_refused() {
    faults(
        "query = \"cpu deployment/web\"",
        "query = \"cpus deployment/web\"",
        &[
            " C019: this query cannot be answered: there is no usage of `cpus`: write `cpu` or `memory`",
        ],
    );
    faults(
        "[providers.k8s]\nkind = \"kubernetes\"\nnamespace = \"games\"",
        "[providers.k8s]\nkind = \"aws\"",
        &[
            " C007: it is not clear in which cluster these metrics are; write `provider = \"k8s\"`: \
             the provider whose they are",
        ],
    );
}
