//! A namespace of a cluster, and everything that can be built on it.

use crate::{
    KubernetesEyes, KubernetesHands, KubernetesSettings, RouteEyes, RouteHands, Scalable,
    SetUpError, Usage, UsageSource, WeightedServices, api::Api, rivals::Rivals,
};
use kube::{Client, client::ClientBuilder};
use setpoint_control::Clock;
use setpoint_core::{InputKey, TargetName};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// One namespace of one cluster.
#[derive(Clone)]
pub struct Kubernetes {
    settings: KubernetesSettings,
    api: Api,
    clock: Arc<dyn Clock>,
}

impl Kubernetes {
    /// Gets ready to call the cluster. Nothing is sent yet. `clock` tells when an answer is old.
    ///
    /// Fails if there is no telling where the cluster is: a kubeconfig that cannot be read, or
    /// none at all. Needs a tokio runtime with time and I/O.
    pub async fn connect(
        settings: KubernetesSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetUpError> {
        let config = settings.config().await?;
        let namespace =
            settings.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = ClientBuilder::try_from(config).map_err(SetUpError::new)?.build();
        Ok(Self::over(client, namespace, settings, clock))
    }

    /// The same over a client that is there already.
    pub(crate) fn over(
        client: Client,
        namespace: String,
        settings: KubernetesSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let api = Api::new(client, namespace, settings.place.token_file());
        Self { api, settings, clock }
    }

    /// The provider, as named in the configuration.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) const fn api(&self) -> &Api {
        &self.api
    }

    pub(crate) const fn deadline(&self) -> Duration {
        self.settings.deadlines.look
    }

    pub(crate) fn rivals(&self) -> Rivals {
        Rivals::new(self.api.clone(), Arc::clone(&self.clock))
    }

    /// Eyes on `targets`; the pods of those in `named` are told by name.
    pub fn eyes(
        &self,
        targets: BTreeMap<TargetName, Scalable>,
        named: BTreeSet<TargetName>,
    ) -> KubernetesEyes {
        KubernetesEyes::new(self.api.clone(), self.rivals(), (targets, named), self.deadline())
    }

    /// Hands on `targets`. They make every call once: the next pass is the retry.
    pub fn hands(&self, targets: BTreeMap<TargetName, Scalable>) -> KubernetesHands {
        let name = self.settings.name.clone();
        KubernetesHands::new(name, self.api.clone(), targets, self.settings.deadlines.act)
    }

    /// Eyes on rollouts.
    pub fn route_eyes(&self, targets: BTreeMap<TargetName, WeightedServices>) -> RouteEyes {
        RouteEyes::new(self.api.clone(), targets, self.deadline())
    }

    /// Hands on rollouts. They make every call once: the next pass is the retry.
    pub fn route_hands(&self, targets: BTreeMap<TargetName, WeightedServices>) -> RouteHands {
        let name = self.settings.name.clone();
        RouteHands::new(name, self.api.clone(), targets, self.settings.deadlines.act)
    }

    /// The cluster's own metrics as a source that is asked `queries`, each reading within `timeout`.
    pub fn usage(&self, queries: BTreeMap<InputKey, Usage>, timeout: Duration) -> UsageSource {
        UsageSource::new(self.api.clone(), queries, timeout)
    }
}
