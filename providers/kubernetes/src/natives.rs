//! What scales objects in a namespace today: HorizontalPodAutoscalers, told as far as Setpoint
//! can do the same.

use crate::{Kubernetes, Scalable, rivals};
use k8s_openapi::api::autoscaling::v2::{HorizontalPodAutoscaler, MetricSpec};
use setpoint_core::Range;

/// What scales an object today.
#[derive(Clone, Debug, PartialEq)]
pub struct Native {
    /// The name of the autoscaler.
    pub name: String,
    /// What it scales, as an id.
    pub id: String,
    /// Its range.
    pub range: Range,
    /// The CPU that it holds, in percent of what the pods request, if it holds any.
    pub cpu: Option<f64>,
    /// What cannot be done here as well, in words.
    pub untold: Vec<String>,
}

/// What an autoscaler without metrics holds, by the API's own default.
const DEFAULT_CPU: f64 = 80.0;

impl Kubernetes {
    /// Every autoscaler of the namespace, in the order of their names. Changes nothing.
    ///
    /// Fails, with the server's words, rather than telling of some of them only.
    pub async fn natives(&self) -> Result<Vec<Native>, String> {
        let all = rivals::autoscalers(self.api()).await.map_err(|error| error.to_string())?;
        let mut natives: Vec<Native> = all.iter().filter_map(native).collect();
        natives.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(natives)
    }
}

fn native(own: &HorizontalPodAutoscaler) -> Option<Native> {
    let (name, spec) = (own.metadata.name.clone()?, own.spec.as_ref()?);
    let of = &spec.scale_target_ref;
    let mut untold = Vec::new();
    let built_in = of.api_version.as_deref().is_none_or(|version| version == "apps/v1");
    let id = Scalable::of_kind(&of.kind, &of.name).filter(|_| built_in).map_or_else(
        || {
            let version = of.api_version.as_deref().unwrap_or("v1");
            untold
                .push(format!("it scales a {} of {version}: write its resource in `id`", of.kind));
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            let plural = format!("{}s", of.kind.to_lowercase());
            let resource = if group.is_empty() { plural } else { format!("{plural}.{group}") };
            format!("{resource}/{version}/{}", of.name)
        },
        |it| it.to_string(),
    );
    let count = |count: i32| u32::try_from(count).ok();
    let range = Range::new(count(spec.min_replicas.unwrap_or(1))?, count(spec.max_replicas)?)?;
    let mut cpu = None;
    match spec.metrics.as_deref() {
        None | Some([]) => cpu = Some(DEFAULT_CPU),
        Some(metrics) => {
            for metric in metrics {
                match (cpu_goal(metric), cpu) {
                    (Some(goal), None) => cpu = Some(goal),
                    _ => untold.push(in_words(metric)),
                }
            }
        }
    }
    if spec.behavior.is_some() {
        untold.push("its `behavior`: see the brakes of a target in the manual".to_owned());
    }
    Some(Native { name, id, range, cpu, untold })
}

/// The CPU that a metric holds, in percent of what the pods request.
fn cpu_goal(metric: &MetricSpec) -> Option<f64> {
    let resource = metric.resource.as_ref().filter(|resource| resource.name == "cpu")?;
    resource.target.average_utilization.filter(|goal| *goal > 0).map(f64::from)
}

fn in_words(metric: &MetricSpec) -> String {
    let named = metric
        .resource
        .as_ref()
        .map(|it| it.name.as_str())
        .or_else(|| metric.pods.as_ref().map(|it| it.metric.name.as_str()))
        .or_else(|| metric.object.as_ref().map(|it| it.metric.name.as_str()))
        .or_else(|| metric.external.as_ref().map(|it| it.metric.name.as_str()))
        .or_else(|| metric.container_resource.as_ref().map(|it| it.name.as_str()))
        .unwrap_or("without a name");
    format!("its metric {named} of type {} has to be written by hand", metric.type_)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn told(spec: Value) -> Native {
        let own = json!({ "metadata": { "name": "web" }, "spec": spec });
        native(&serde_json::from_value(own).unwrap()).unwrap()
    }

    #[test]
    fn what_can_be_told_is_told_exactly_and_the_rest_is_named() {
        let of = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web" });
        let cpu = |goal: u32| {
            json!({ "type": "Resource", "resource": { "name": "cpu",
                "target": { "type": "Utilization", "averageUtilization": goal } } })
        };
        let own = told(
            json!({ "scaleTargetRef": of, "minReplicas": 3, "maxReplicas": 40, "metrics": [cpu(65)] }),
        );
        assert_eq!(
            (&*own.id, own.range, own.cpu),
            ("deployment/web", Range::new(3, 40).unwrap(), Some(65.0))
        );
        assert!(own.untold.is_empty());
        let bare = told(json!({ "scaleTargetRef": of, "maxReplicas": 40 }));
        assert_eq!((bare.range.min(), bare.cpu), (1, Some(80.0)));
        let queue = json!({ "type": "External", "external": { "metric": { "name": "queue" },
            "target": { "type": "AverageValue", "averageValue": "30" } } });
        let own = told(json!({ "scaleTargetRef": of, "maxReplicas": 9, "metrics": [queue],
            "behavior": { "scaleDown": {} } }));
        assert_eq!((own.cpu, own.untold.len()), (None, 2));
        assert!(own.untold[0].contains("queue of type External"));
        let rollout =
            json!({ "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "web" });
        let own = told(json!({ "scaleTargetRef": rollout, "maxReplicas": 9 }));
        assert_eq!(own.id, "rollouts.argoproj.io/v1alpha1/web");
        assert!(own.untold[0].contains("write its resource"));
    }
}
