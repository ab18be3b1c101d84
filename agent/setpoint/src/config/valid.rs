//! A configuration as it is meant: every value is valid, every name leads somewhere.

use super::{azure, cloudwatch::MetricQuery, fleet::Template, kubernetes::Usage};
use setpoint_core::{
    BoundPolicy, Calendars, InputKey, InputSettings, NoticeKind, PolicyName, Program, Settings,
    Span, TargetName, TargetSettings,
};
use setpoint_http::{Check, HttpSettings, JsonQuery, Method, Secret};
use setpoint_notify::{Address as ReceiverAddress, MailSettings};
use setpoint_onprem::{Address, Resource};
use setpoint_promql::{AlertQuery, Query, ServerQuery};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    ops::RangeInclusive,
    path::PathBuf,
};
use url::Url;

/// Everything the operator settled.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The region this agent looks after.
    pub(crate) region: String,
    /// What the agent may do.
    pub(crate) mode: Mode,
    /// The time from one pass to the next.
    pub(crate) every: Span,
    /// Where the agent keeps what it must not forget.
    pub(crate) data_dir: PathBuf,
    /// Where the read-only pages are.
    pub(crate) listen: Option<SocketAddr>,
    /// Where readings come from.
    pub(crate) sources: BTreeMap<String, Source>,
    /// Who looks at targets and changes them.
    pub(crate) providers: BTreeMap<String, Provider>,
    /// What is looked after.
    pub(crate) targets: BTreeMap<TargetName, Target>,
    /// The policies at work, each with what it is bound to.
    pub(crate) policies: Vec<BoundPolicy>,
    /// Every input of every policy.
    pub(crate) inputs: BTreeMap<InputKey, BoundInput>,
    /// The policies that are being tried, each with its own bounds of its targets.
    pub(crate) shadows: Shadows,
    /// Named times that policies ask for.
    pub(crate) calendars: Calendars,
    /// Who is told what.
    pub(crate) notices: Notices,
    /// The policies that may not act, whatever the agent may.
    pub(crate) held_back: BTreeSet<String>,
}

/// Who is told what, and how each is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notices {
    /// The receivers of each kind of notice, by their names.
    pub(crate) routes: BTreeMap<NoticeKind, Vec<String>>,
    /// All receivers.
    pub(crate) receivers: BTreeMap<String, Receiver>,
}

/// Somebody who is told.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    /// The most letters a minute.
    pub(crate) per_minute: u32,
    /// How they are reached.
    pub(crate) kind: ReceiverKind,
}

/// How a receiver is reached.
#[derive(Clone, Debug)]
pub(crate) enum ReceiverKind {
    /// A web service of the user's own.
    Webhook {
        /// Where it is.
        address: ReceiverAddress,
        /// How it is talked to.
        http: HttpSettings,
    },
    /// An incoming webhook of Slack.
    Slack {
        /// Where it is.
        address: ReceiverAddress,
        /// How it is talked to.
        http: HttpSettings,
    },
    /// A service of PagerDuty.
    PagerDuty {
        /// Where events are taken.
        address: ReceiverAddress,
        /// Which service it is.
        routing_key: Secret,
        /// How it is talked to.
        http: HttpSettings,
    },
    /// People who read mail.
    Email(MailSettings),
}

/// By the names of policies that are being tried: their own bounds of their targets.
pub(crate) type Shadows = BTreeMap<PolicyName, BTreeMap<TargetName, TargetSettings>>;

/// What the agent or one policy may do, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// Decide and write it down; change nothing.
    Observe,
    /// Of the agent the same. Of a policy: decide about virtual targets, beside those that act.
    Shadow,
    /// Act.
    Act,
}

impl Mode {
    /// Every mode with its name, the least first.
    pub(crate) const NAMES: [(&'static str, Self); 3] =
        [("observe", Self::Observe), ("shadow", Self::Shadow), ("act", Self::Act)];
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Observe => "observe",
            Self::Shadow => "shadow",
            Self::Act => "act",
        })
    }
}

/// Where readings come from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// How often it has something new to say.
    pub(crate) period: Span,
    /// How old its newest answer is at best.
    pub(crate) delay: Span,
    /// What it is.
    pub(crate) kind: SourceKind,
}

/// What a source is.
#[derive(Clone, Debug)]
pub(crate) enum SourceKind {
    /// A metrics page.
    Scrape(Web),
    /// A server that speaks PromQL.
    Prometheus(Web),
    /// Alertmanager.
    Alertmanager {
        /// Where it is.
        web: Web,
        /// The alert that always fires there.
        watchdog: AlertQuery,
    },
    /// A document in JSON.
    HttpJson(Web),
    /// A service that we check ourselves.
    Probe {
        /// Where it is.
        web: Web,
        /// The statuses that mean that it is up.
        expected: RangeInclusive<u16>,
    },
    /// CloudWatch.
    CloudWatch(CloudWatch),
    /// Azure Monitor.
    AzureMonitor(AzureMetrics),
    /// The metrics of a cluster of Kubernetes.
    Kubernetes(ClusterMetrics),
}

/// What is talked to by HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    /// Where it is.
    pub(crate) url: Url,
    /// How it is talked to.
    pub(crate) http: HttpSettings,
    /// Whose requests they are, if they are signed one by one.
    pub(crate) signed: Option<Signed>,
}

/// Requests signed as AWS has it.
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "read by back ends, none is built"))]
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    /// The provider whose credentials sign.
    pub(crate) provider: String,
    /// The region they are signed for; the provider's own without one.
    pub(crate) region: Option<String>,
    /// The service they are signed for.
    pub(crate) service: String,
}

impl SourceKind {
    /// How it is talked to by HTTP, if it is.
    pub(crate) const fn web(&self) -> Option<&Web> {
        match self {
            Self::Scrape(web)
            | Self::Prometheus(web)
            | Self::HttpJson(web)
            | Self::Alertmanager { web, .. }
            | Self::Probe { web, .. } => Some(web),
            Self::CloudWatch(_) | Self::AzureMonitor(_) | Self::Kubernetes(_) => None,
        }
    }
}

/// CloudWatch, in the account and region of a provider.
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "read by back ends, none is built"))]
#[derive(Clone, Debug)]
pub(crate) struct CloudWatch {
    /// The provider whose account and region it is in.
    pub(crate) provider: String,
    /// How much time one value stands for.
    pub(crate) resolution: Span,
    /// How long one reading may take.
    pub(crate) timeout: Span,
    /// Another address than the provider's.
    pub(crate) endpoint: Option<Url>,
}

/// Azure Monitor, in the subscription of a provider.
#[cfg_attr(
    not(feature = "azure"),
    expect(dead_code, reason = "read by its back end, which is not built")
)]
#[derive(Clone, Debug)]
pub(crate) struct AzureMetrics {
    /// The provider in whose subscription it is.
    pub(crate) provider: String,
    /// How much time one value stands for.
    pub(crate) resolution: Span,
    /// How long one reading may take.
    pub(crate) timeout: Span,
}

/// The metrics of a cluster of Kubernetes.
#[cfg_attr(
    not(feature = "kubernetes"),
    expect(dead_code, reason = "read by its back end, which is not built")
)]
#[derive(Clone, Debug)]
pub(crate) struct ClusterMetrics {
    /// The provider in whose namespace they are.
    pub(crate) provider: String,
    /// How long one reading may take.
    pub(crate) timeout: Span,
}

/// Where targets live.
#[derive(Clone, Debug)]
pub(crate) enum Provider {
    /// Amazon Web Services.
    Aws(Account),
    /// A subscription of Azure.
    Azure(Box<Subscription>),
    /// A namespace of a cluster of Kubernetes.
    Kubernetes(Cluster),
    /// A web service of the user's own.
    Webhook(Service),
    /// Units of this machine.
    Systemd {
        /// The program that is asked.
        program: String,
    },
    /// One's own machines, behind a HAProxy.
    Onprem {
        /// Where its runtime API is.
        haproxy: Address,
    },
    /// Feature flags in a file of flagd's format.
    Flags {
        /// The file.
        file: PathBuf,
    },
    /// Files of this machine.
    File {
        /// The folder that they are in.
        folder: PathBuf,
    },
}

/// A subscription of Azure.
#[cfg_attr(
    not(feature = "azure"),
    expect(dead_code, reason = "read by its back end, which is not built")
)]
#[derive(Clone, Debug, Default)]
pub(crate) struct Subscription {
    /// Its id.
    pub(crate) id: String,
    /// The resource group of targets that name none.
    pub(crate) resource_group: Option<String>,
    /// The tenant of the application that we are.
    pub(crate) tenant: Option<String>,
    /// The application that we are, or which of the managed identities.
    pub(crate) client_id: Option<String>,
    /// A file with the application's secret.
    pub(crate) secret_file: Option<PathBuf>,
    /// A file with a token of another issuer that stands for the application.
    pub(crate) federated_file: Option<PathBuf>,
    /// A file with a token to send as it is.
    pub(crate) bearer_file: Option<PathBuf>,
    /// Another place where tokens are given.
    pub(crate) authority: Option<Url>,
    /// Another address of Azure Resource Manager.
    pub(crate) endpoint: Option<Url>,
}

/// A namespace of a cluster of Kubernetes.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    /// The namespace; that of the context or of the agent's own pod without one.
    pub(crate) namespace: Option<String>,
    /// A kubeconfig file; without one, the agent's own pod or what kubectl would take.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Which of its contexts.
    pub(crate) context: Option<String>,
    /// An address instead, with a file with the token to send there.
    pub(crate) endpoint: Option<(Url, Option<PathBuf>)>,
}

/// A web service of the user's own.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    /// Its address, with `{id}` where a target's id belongs.
    pub(crate) url: String,
    /// How it is talked to.
    pub(crate) http: HttpSettings,
    /// Where in its documents the value is, or how a job stands.
    pub(crate) pointer: String,
    /// Where in its documents that is which tells one run from another.
    pub(crate) run: Option<String>,
    /// How it is written to.
    pub(crate) method: Method,
}

/// A region of an account of AWS.
#[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "read by back ends, none is built"))]
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The cloud's name of the region.
    pub(crate) region: String,
    /// Another address than the cloud's own: an emulator's.
    pub(crate) endpoint: Option<Url>,
    /// A file with the credentials; without one, they are looked for where AWS's own tools look.
    pub(crate) credentials_file: Option<PathBuf>,
    /// Which of those credentials.
    pub(crate) profile: Option<String>,
    /// A role to take on with them, and what its trust policy asks a stranger for.
    pub(crate) role: Option<(String, Option<String>)>,
    /// The most calls a second; the back end's own measure without one.
    pub(crate) calls_per_second: Option<u32>,
}

/// A target.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The provider that has it.
    pub(crate) provider: String,
    /// Which it is there.
    pub(crate) which: Which,
    /// Its bounds and brakes, as narrowed by the policies that name it.
    pub(crate) settings: TargetSettings,
    /// What it is behind a HAProxy, of a target on one's own machines.
    pub(crate) own: Option<Resource>,
    /// The record sets that are its destinations, of a traffic at AWS.
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "AWS alone asks for them"))]
    pub(crate) records: Option<Records>,
    /// The rule and the target groups, of a rollout at AWS.
    #[cfg_attr(not(feature = "aws"), expect(dead_code, reason = "AWS alone asks for them"))]
    pub(crate) weighted: Option<WeightedGroups>,
    /// The route and the Services, of a rollout in a cluster.
    #[cfg_attr(
        not(feature = "kubernetes"),
        expect(dead_code, reason = "read by its back end, which is not built")
    )]
    pub(crate) services: Option<WeightedServices>,
    /// The endpoint that is each of its destinations, of a traffic at Azure.
    #[cfg_attr(not(feature = "azure"), expect(dead_code, reason = "read by a back end left out"))]
    pub(crate) endpoints: Option<BTreeMap<String, String>>,
    /// What may be done to it: the least of the agent's mode and of every policy's that names it.
    pub(crate) mode: Mode,
}

/// The record sets of a traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Records {
    /// The hosted zone.
    pub(crate) zone: String,
    /// The name that users ask for.
    pub(crate) name: String,
    /// The set identifier of each destination.
    pub(crate) destinations: BTreeMap<String, String>,
}

/// A rule of a load balancer, and the two target groups that it forwards to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WeightedGroups {
    /// The ARN of the rule, or of the listener whose default it is.
    pub(crate) rule: String,
    /// The target group of what is stable, by its name or its ARN.
    pub(crate) stable: String,
    /// That of the candidate.
    pub(crate) candidate: String,
    /// The key of the tag that tells the candidate's revision.
    pub(crate) revision_tag: String,
}

/// A route of a cluster, and the two Services that it sends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WeightedServices {
    /// The HTTPRoute.
    pub(crate) route: String,
    /// The Service of what is stable.
    pub(crate) stable: String,
    /// That of the candidate.
    pub(crate) candidate: String,
}

/// Which thing at its provider a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// One, by its name there.
    One(String),
    /// Each that has all these tags, whatever their value where that is `*`: a target each,
    /// once it is known which there are.
    Each(BTreeMap<String, String>),
}

/// An input with its query.
#[derive(Clone, Debug)]
pub(crate) struct BoundInput {
    /// The source that is asked.
    pub(crate) source: String,
    /// What it is asked, in its own language.
    pub(crate) question: Question,
    /// The same as it is written, where it speaks of `{group}`: the name of each group of a fleet.
    pub(crate) template: Option<Template>,
    /// How answers are kept and judged.
    pub(crate) settings: InputSettings,
}

/// What a source is asked, in the language of its kind.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// Of a metrics page.
    Page(Query),
    /// Of a server that speaks PromQL.
    Server(ServerQuery),
    /// Of Alertmanager.
    Alerts(AlertQuery),
    /// Of a document in JSON.
    Json(JsonQuery),
    /// Of a service that we check.
    Check(Check),
    /// Of CloudWatch: a metric or an expression.
    CloudWatch(MetricQuery),
    /// Of Azure Monitor.
    AzureMonitor(azure::MetricQuery),
    /// Of the metrics of a cluster.
    Usage(Usage),
}

impl Config {
    /// What deciding needs to know of it, and the policies in force.
    pub(crate) fn program(&self) -> Program {
        let inputs = self.inputs.iter().map(|(key, input)| (key.clone(), input.settings.clone()));
        let targets =
            self.targets.iter().map(|(name, target)| (name.clone(), target.settings.clone()));
        let settings = Settings {
            region: self.region.clone(),
            every: self.every,
            inputs: inputs.collect(),
            targets: targets.collect(),
            shadows: self.shadows.clone(),
            calendars: self.calendars.clone(),
        };
        Program::new(settings, self.policies.clone())
    }
}
