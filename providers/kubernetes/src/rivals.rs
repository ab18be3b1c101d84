//! Other scalers on our objects: the cluster's own, which would undo what we do.

use crate::{
    api::Api,
    fault::{Asked, CallError},
};
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use serde::Deserialize;
use setpoint_control::{Clock, OtherScalers};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// How long the answer may take: a look at the objects themselves must not be late for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Knows which objects have a scaler of the cluster's own.
pub(crate) struct Rivals {
    api: Api,
    clock: Arc<dyn Clock>,
    known: Mutex<OtherScalers<Vec<Rival>>>,
}

/// A scaler, and what it scales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rival {
    /// What it is called: "HorizontalPodAutoscaler web".
    pub(crate) who: String,
    /// The API group, the kind and the name of what it scales.
    of: (String, String, String),
}

impl Rival {
    /// Whether it scales the object of this group, kind and name.
    pub(crate) fn is_of(&self, of: (&str, &str, &str)) -> bool {
        let (group, kind, name) = &self.of;
        (&**group, &**kind, &**name) == of
    }
}

impl Rivals {
    pub(crate) fn new(api: Api, clock: Arc<dyn Clock>) -> Self {
        Self { api, clock, known: Mutex::default() }
    }

    /// Why the object of this group, kind and name should be left to another scaler, if there is one.
    ///
    /// Where scalers may not be read none is known: a person learns that from `doctor`.
    pub(crate) async fn of(&self, of: (&str, &str, &str)) -> Option<String> {
        let now = self.clock.now().monotonic;
        let mut known = self.known.lock().await;
        let find = |all: &Vec<Rival>| {
            all.iter().find(|rival| rival.is_of(of)).map(|rival| rival.who.clone())
        };
        known.hold(now, self.read(), find).await
    }

    async fn read(&self) -> Result<Vec<Rival>, String> {
        let Ok(read) = timeout(PATIENCE, all(&self.api)).await else {
            return Err(format!("no answer within {PATIENCE:?}"));
        };
        let mut rivals = Vec::new();
        for part in read {
            match part {
                Ok(part) => rivals.extend(part),
                Err(error) if error.is_forbidden() => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(rivals)
    }
}

/// Every scaler of the namespace: those of KEDA first, which make others of the cluster's own.
///
/// A cluster that knows no KEDA has none of its scalers.
pub(crate) async fn all(api: &Api) -> [Result<Vec<Rival>, CallError>; 2] {
    let (keda, own) = futures::future::join(scaled_objects(api), autoscalers(api)).await;
    let none = |error: CallError| if error.is_unknown() { Ok(Vec::new()) } else { Err(error) };
    let keda = keda.or_else(none);
    [keda, own.map(|own| own.iter().filter_map(of_autoscaler).collect())]
}

/// The autoscalers of the cluster's own.
pub(crate) async fn autoscalers(api: &Api) -> Result<Vec<HorizontalPodAutoscaler>, CallError> {
    let asked = asked("autoscaling", "horizontalpodautoscalers");
    let place =
        format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", api.namespace);
    api.list(asked, &place, None).await
}

async fn scaled_objects(api: &Api) -> Result<Vec<Rival>, CallError> {
    let place = format!("/apis/keda.sh/v1alpha1/namespaces/{}/scaledobjects", api.namespace);
    let all: Vec<ScaledObject> = api.list(asked("keda.sh", "scaledobjects"), &place, None).await?;
    Ok(all.into_iter().filter_map(of_scaled_object).collect())
}

fn asked(group: &str, resource: &str) -> Asked {
    Asked { verb: "list", group: group.to_owned(), resource: resource.to_owned(), name: None }
}

/// What a HorizontalPodAutoscaler scales.
fn of_autoscaler(own: &HorizontalPodAutoscaler) -> Option<Rival> {
    let (name, of) = (own.metadata.name.as_deref()?, &own.spec.as_ref()?.scale_target_ref);
    let group = group(of.api_version.as_deref().unwrap_or_default());
    let who = format!("HorizontalPodAutoscaler {name}");
    Some(Rival { who, of: (group.to_owned(), of.kind.clone(), of.name.clone()) })
}

/// The group of `apps/v1`; the core's, of `v1`, has no name.
fn group(version: &str) -> &str {
    version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// What is read of an object of KEDA's.
#[derive(Debug, Deserialize)]
struct ScaledObject {
    metadata: kube::core::ObjectMeta,
    spec: ScaledSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScaledSpec {
    scale_target_ref: ScaleTarget,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScaleTarget {
    /// `apps/v1` without.
    api_version: Option<String>,
    /// A Deployment without.
    kind: Option<String>,
    name: String,
}

fn of_scaled_object(own: ScaledObject) -> Option<Rival> {
    let of = own.spec.scale_target_ref;
    let who = format!("ScaledObject {} of KEDA", own.metadata.name?);
    let group = group(of.api_version.as_deref().unwrap_or("apps/v1")).to_owned();
    let kind = of.kind.unwrap_or_else(|| "Deployment".to_owned());
    Some(Rival { who, of: (group, kind, of.name) })
}
