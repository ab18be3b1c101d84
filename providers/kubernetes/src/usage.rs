//! The cluster's own metrics as a source: what pods use, in percent of what they request.

use crate::{
    Scalable,
    api::Api,
    eyes::Looks,
    fault::{Asked, Fault},
    pods::{Life, life},
    quantity::quantity,
    scalable::IdError,
    workload,
};
use async_trait::async_trait;
use futures::future::join_all;
use k8s_openapi::{
    api::core::v1::{Container, Pod},
    apimachinery::pkg::{
        api::resource::Quantity,
        apis::meta::v1::{ObjectMeta, Time},
    },
};
use serde::Deserialize;
use setpoint_control::MetricSource;
use setpoint_core::{InputKey, Moment, Reading, Sample, Span, Timestamp};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// How long after it is ready a pod may be without metrics: they are taken each quarter of a
/// minute to each minute, of a time that has passed.
const NEW: Span = Span::from_secs(120);

/// What is asked of the metrics: `cpu deployment/web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    what: What,
    of: Scalable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Cpu,
    Memory,
}

impl What {
    const NAMES: [(&'static str, Self); 2] = [("cpu", Self::Cpu), ("memory", Self::Memory)];

    const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }
}

/// A text asks for nothing that the metrics tell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// It is not made of what and whose.
    #[error("write what and whose: `cpu deployment/web` or `memory statefulset/cache`")]
    Parts,
    /// There is no such metric.
    #[error("there is no usage of `{0}`: write `cpu` or `memory`")]
    What(String),
    /// It names nothing that has pods.
    #[error(transparent)]
    Whose(#[from] IdError),
}

impl Usage {
    /// What `text` asks for.
    pub fn parse(text: &str) -> Result<Self, UsageError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [what, of] = words[..] else { return Err(UsageError::Parts) };
        let known = What::NAMES.iter().find(|(name, _)| *name == what);
        let (_, what) = known.ok_or_else(|| UsageError::What(what.to_owned()))?;
        Ok(Self { what: *what, of: Scalable::parse(of)? })
    }

    /// Whose pods are asked about.
    pub const fn of(&self) -> &Scalable {
        &self.of
    }
}

/// The metrics of a cluster, asked for all the inputs bound to them.
pub struct UsageSource {
    api: Api,
    looks: Looks,
    queries: BTreeMap<InputKey, Usage>,
    timeout: Duration,
}

impl UsageSource {
    pub(crate) fn new(api: Api, queries: BTreeMap<InputKey, Usage>, timeout: Duration) -> Self {
        Self { looks: Looks { api: api.clone() }, api, queries, timeout }
    }

    async fn ask(&self, usage: &Usage, now: Timestamp) -> Result<Reading, Fault> {
        let scale = self.looks.scale(&usage.of).await?;
        let selector = workload::selector(&scale)?;
        let pods = self.looks.pods(selector).await?;
        let asked = Asked {
            verb: "list",
            group: "metrics.k8s.io".to_owned(),
            resource: "pods".to_owned(),
            name: None,
        };
        let path = format!("/apis/metrics.k8s.io/v1beta1/namespaces/{}/pods", self.api.namespace);
        let metrics: Vec<PodMetrics> = self.api.list(asked, &path, Some(selector)).await?;
        Ok(share(usage.what, &pods, metrics, now))
    }
}

#[async_trait]
impl MetricSource for UsageSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let asked = self.queries.iter().map(async |(key, usage)| {
            let read = timeout(self.timeout, self.ask(usage, now.wall)).await;
            let reading = match read {
                Ok(Ok(reading)) => reading,
                Ok(Err(fault)) => Reading::Failed(fault.to_string()),
                Err(_elapsed) => Reading::Failed(Fault::Late(self.timeout).to_string()),
            };
            (key.clone(), reading)
        });
        join_all(asked).await.into_iter().collect()
    }
}

/// What the metrics say of one pod.
#[derive(Debug, Deserialize)]
struct PodMetrics {
    metadata: ObjectMeta,
    /// The end of the time that was measured.
    timestamp: Time,
    #[serde(default)]
    containers: Vec<ContainerMetrics>,
}

#[derive(Debug, Deserialize)]
struct ContainerMetrics {
    usage: BTreeMap<String, Quantity>,
}

/// What the pods that serve use, in percent of what they request.
///
/// A pod that has served for a while and is not measured makes all of it unknown: what is left
/// would be the usage of others. The stamp is that of the oldest measurement.
fn share(what: What, pods: &[Pod], metrics: Vec<PodMetrics>, now: Timestamp) -> Reading {
    let named = |one: PodMetrics| Some((one.metadata.name.clone()?, one));
    let metrics: BTreeMap<String, PodMetrics> = metrics.into_iter().filter_map(named).collect();
    let (mut used, mut requested, mut oldest) = (0.0, 0.0, None::<Timestamp>);
    let serving = pods.iter().filter(|pod| life(pod) == Life::Ready);
    for pod in serving {
        let name = pod.metadata.name.as_deref().unwrap_or("without a name");
        let Some(own) = metrics.get(name) else {
            if ready_since(pod).is_none_or(|since| now.since(since) < NEW) {
                continue;
            }
            return Reading::Absent(format!("there are no metrics of pod {name}"));
        };
        let Some(request) = request(pod, what) else {
            let what = what.name();
            let why = format!("pod {name} requests no {what}: there is no percent of nothing");
            return Reading::Absent(why);
        };
        let usage = own.containers.iter().map(|one| quantity(&one.usage.get(what.name())?.0));
        let Some(usage) = usage.sum::<Option<f64>>() else {
            return Reading::Absent(format!("the metrics of pod {name} tell no {}", what.name()));
        };
        let at = Timestamp::from_ms(own.timestamp.0.as_millisecond());
        oldest = Some(oldest.map_or(at, |oldest| oldest.min(at)));
        used += usage;
        requested += request;
    }
    let Some(at) = oldest else { return Reading::Empty };
    let sample = Sample::new(at, used / requested * 100.0);
    sample.map_or_else(|| Reading::Absent("the usage is no number".to_owned()), Reading::Sample)
}

/// Since when a pod serves.
fn ready_since(pod: &Pod) -> Option<Timestamp> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let ready = conditions.iter().find(|one| one.type_ == "Ready")?;
    Some(Timestamp::from_ms(ready.last_transition_time.as_ref()?.0.as_millisecond()))
}

/// What the containers of a pod request together: those that go on running, of which each must.
fn request(pod: &Pod, what: What) -> Option<f64> {
    let spec = pod.spec.as_ref()?;
    let beside = spec.init_containers.iter().flatten();
    let beside = beside.filter(|one| one.restart_policy.as_deref() == Some("Always"));
    let of = |one: &Container| {
        let requests = one.resources.as_ref()?.requests.as_ref()?;
        quantity(&requests.get(what.name())?.0).filter(|request| *request > 0.0)
    };
    let all: Option<f64> = spec.containers.iter().chain(beside).map(of).sum();
    all.filter(|all| *all > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pods(all: &[(&str, &str, Value)]) -> Vec<Pod> {
        let pod = |(name, since, requests): &(&str, &str, Value)| {
            json!({
                "metadata": { "name": name },
                "spec": { "containers": [{ "name": "app", "resources": { "requests": requests } }] },
                "status": { "phase": "Running", "conditions": [
                    { "type": "Ready", "status": "True", "lastTransitionTime": since }] },
            })
        };
        all.iter().map(|one| serde_json::from_value(pod(one)).unwrap()).collect()
    }

    fn metrics(all: &[(&str, &str, &str)]) -> Vec<PodMetrics> {
        let one = |(name, at, cpu): &(&str, &str, &str)| {
            json!({ "metadata": { "name": name }, "timestamp": at, "window": "30s",
                    "containers": [{ "name": "app", "usage": { "cpu": cpu, "memory": "1Mi" } }] })
        };
        all.iter().map(|it| serde_json::from_value(one(it)).unwrap()).collect()
    }

    const OLD: &str = "2026-11-23T07:00:00Z";
    const AT: &str = "2026-11-23T08:00:00Z";
    const LATER: &str = "2026-11-23T08:00:15Z";

    fn read(pods: &[Pod], metrics: Vec<PodMetrics>) -> Reading {
        let now: Time = serde_json::from_value(json!("2026-11-23T08:00:30Z")).unwrap();
        share(What::Cpu, pods, metrics, Timestamp::from_ms(now.0.as_millisecond()))
    }

    #[test]
    fn it_is_the_usage_of_all_in_percent_of_their_requests_as_old_as_the_oldest() {
        let half = json!({ "cpu": "500m" });
        let pods = pods(&[("a", OLD, half.clone()), ("b", OLD, half)]);
        let Reading::Sample(sample) =
            read(&pods, metrics(&[("a", LATER, "300m"), ("b", AT, "400m")]))
        else {
            panic!()
        };
        assert!((sample.value() - 70.0).abs() < 1e-9, "{sample:?}");
        assert_eq!(sample.at, Timestamp::from_ms(1_795_420_800_000));
    }

    #[test]
    fn the_usage_of_some_is_never_taken_for_that_of_all() {
        let half = json!({ "cpu": "500m" });
        let both = pods(&[("a", OLD, half.clone()), ("b", OLD, half.clone())]);
        let alone = || metrics(&[("a", AT, "300m")]);
        let expected = Reading::Absent("there are no metrics of pod b".to_owned());
        assert_eq!(read(&both, alone()), expected);
        // One that came a moment ago cannot have any yet.
        let new = pods(&[("a", OLD, half), ("b", AT, json!({ "cpu": "500m" }))]);
        assert!(matches!(read(&new, alone()), Reading::Sample(_)));
        assert_eq!(read(&[], alone()), Reading::Empty);
    }

    #[test]
    fn there_is_no_percent_of_nothing() {
        let pods = pods(&[("a", OLD, json!({}))]);
        let Reading::Absent(why) = read(&pods, metrics(&[("a", AT, "300m")])) else { panic!() };
        assert!(why.starts_with("pod a requests no cpu"), "{why}");
    }

    #[test]
    fn what_is_asked_says_what_and_whose() {
        assert!(Usage::parse("cpu deployment/web").is_ok());
        assert_eq!(Usage::parse("cpu"), Err(UsageError::Parts));
        assert_eq!(Usage::parse("disk deployment/web"), Err(UsageError::What("disk".to_owned())));
        assert!(matches!(Usage::parse("memory web"), Err(UsageError::Whose(_))));
    }
}
