//! A subscription of Azure, and everything that can be built on it.

use crate::{
    AzureEyes, AzureHands, AzureSettings, MetricQuery, MonitorSettings, MonitorSource, ScaleSetId,
    arm::Arm,
    compute::Compute,
    operation::Operations,
    postgres::{PostgresEyes, PostgresHands, ServerId, Servers},
    rivals::Rivals,
    token::Tokens,
    traffic::{Endpoints, Profiles, TrafficEyes, TrafficHands},
};
use setpoint_control::Clock;
use setpoint_core::{InputKey, Span, TargetName};
use setpoint_http::{HttpClient, HttpSettings, SetUpError};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// One subscription of Azure.
#[derive(Clone)]
pub struct Azure {
    settings: AzureSettings,
    arm: Arm,
    clock: Arc<dyn Clock>,
    /// What hands began, for eyes to tell what became of it.
    operations: Operations<ScaleSetId>,
    /// The same of servers.
    made: Operations<ServerId>,
}

impl Azure {
    /// Gets ready to call Azure. Nothing is sent yet. `clock` tells when a token is old.
    ///
    /// Fails if TLS cannot be set up.
    pub fn new(settings: AzureSettings, clock: Arc<dyn Clock>) -> Result<Self, SetUpError> {
        let limit = u64::try_from(settings.deadlines.act.as_millis()).unwrap_or(u64::MAX);
        let http = HttpClient::new(HttpSettings::new(Span::from_ms(limit), MAX_ANSWER))?;
        let (identity, endpoint) = (settings.identity.clone(), settings.endpoint.clone());
        let tokens = Tokens::new(http.clone(), identity, &endpoint, Arc::clone(&clock));
        let arm = Arm::new(http, tokens, endpoint);
        Ok(Self {
            settings,
            arm,
            clock,
            operations: Operations::default(),
            made: Operations::default(),
        })
    }

    pub(crate) const fn settings(&self) -> &AzureSettings {
        &self.settings
    }

    pub(crate) const fn arm(&self) -> &Arm {
        &self.arm
    }

    pub(crate) fn compute(&self) -> Compute {
        let operations = self.operations.clone();
        Compute::new(self.arm.clone(), self.settings.subscription.clone(), operations)
    }

    /// Eyes on `targets`; the machines of those in `named` are told by name.
    pub fn eyes(
        &self,
        targets: BTreeMap<TargetName, ScaleSetId>,
        named: BTreeSet<TargetName>,
    ) -> AzureEyes {
        let subscription = self.settings.subscription.clone();
        let rivals = Rivals::new(self.arm.clone(), subscription, Arc::clone(&self.clock));
        AzureEyes::new(self.compute(), rivals, (targets, named), self.settings.deadlines.look)
    }

    pub(crate) fn servers(&self) -> Servers {
        let subscription = self.settings.subscription.clone();
        Servers::new(self.arm.clone(), subscription, self.made.clone())
    }

    /// Eyes on flexible servers and their replicas.
    pub fn database_eyes(&self, targets: BTreeMap<TargetName, ServerId>) -> PostgresEyes {
        PostgresEyes::new(self.servers(), targets, self.settings.deadlines.look)
    }

    /// Hands on flexible servers. They make every call once: the next pass is the retry.
    pub fn database_hands(&self, targets: BTreeMap<TargetName, ServerId>) -> PostgresHands {
        let name = self.settings.name.clone();
        PostgresHands::new(name, self.servers(), targets, self.settings.deadlines.act)
    }

    pub(crate) fn profiles(&self) -> Profiles {
        Profiles::new(self.arm.clone(), self.settings.subscription.clone())
    }

    /// Eyes on profiles of Traffic Manager.
    pub fn traffic_eyes(&self, targets: BTreeMap<TargetName, Endpoints>) -> TrafficEyes {
        TrafficEyes::new(self.profiles(), targets, self.settings.deadlines.look)
    }

    /// Hands on profiles of Traffic Manager. They make every call once: the next pass is the retry.
    pub fn traffic_hands(&self, targets: BTreeMap<TargetName, Endpoints>) -> TrafficHands {
        let name = self.settings.name.clone();
        TrafficHands::new(name, self.profiles(), targets, self.settings.deadlines.act)
    }

    /// Azure Monitor as a source that is asked `queries`.
    pub fn metrics(
        &self,
        settings: MonitorSettings,
        queries: BTreeMap<InputKey, MetricQuery>,
    ) -> MonitorSource {
        let subscription = self.settings.subscription.clone();
        MonitorSource::new((self.arm.clone(), subscription), settings, queries)
    }

    /// Hands on `targets`. They make every call once: the next pass is the retry.
    pub fn hands(&self, targets: BTreeMap<TargetName, ScaleSetId>) -> AzureHands {
        let name = self.settings.name.clone();
        AzureHands::new(name, self.compute(), targets, self.settings.deadlines.act)
    }
}
