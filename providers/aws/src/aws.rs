//! The connection: what eyes, hands and metrics share.

use crate::{
    AwsEyes, AwsHands, AwsSettings, Resource,
    alb::Alb,
    api::{Api, Autoscaling, Rds, Sts},
    cloudwatch::{CloudWatchSettings, CloudWatchSource, MetricQuery},
    databases::Databases,
    ebs::Ebs,
    eyes::Looks,
    groups::Groups,
    pace::{Pace, SharedClock},
    query::{EC2, ELB, Query, Service},
    rivals::Rivals,
    route53::Route53,
    storage::Storage,
};
use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig, profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig, retry::RetryConfig, sts::AssumeRoleProvider,
    timeout::TimeoutConfig,
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_http_client::{
    Builder as HttpClient,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use setpoint_control::Clock;
use setpoint_core::{InputKey, Span, TargetName};
use setpoint_http::{Auth, HttpClient as SignedClient, HttpSettings, SigV4};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

/// The largest answer that is read of a service without an SDK.
const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// Attempts at each call of a look. Nothing is changed by asking twice.
const LOOKS: u32 = 2;

/// One account in one region.
#[derive(Clone, Debug)]
pub struct Aws {
    settings: AwsSettings,
    config: SdkConfig,
    clock: SharedClock,
    pace: Arc<Pace>,
    autoscaling: Autoscaling,
    rds: Rds,
    sts: Sts,
    route53: Route53,
}

impl Aws {
    /// Gets ready to call AWS. Nothing is sent yet, so nothing can fail here: missing
    /// credentials show at the first look.
    ///
    /// `clock` tells when a call's turn comes and when an answer is old.
    /// Needs a tokio runtime with time and I/O.
    pub async fn connect(settings: AwsSettings, clock: Arc<dyn Clock>) -> Self {
        let clock = SharedClock(clock);
        let pace = Arc::new(Pace::new(clock.clone(), settings.calls_per_second));
        let config = in_role(loader(&settings).load().await, &settings).await;
        let look = settings.deadlines.look;
        let looking = patient(&config, &settings, look, LOOKS);
        Self {
            autoscaling: Api::new(aws_sdk_autoscaling::Client::new(&looking), Arc::clone(&pace)),
            rds: Api::new(aws_sdk_rds::Client::new(&looking), Arc::clone(&pace)),
            sts: Api::new(aws_sdk_sts::Client::new(&looking), Arc::clone(&pace)),
            route53: Route53::new(Api::new(
                aws_sdk_route53::Client::new(&looking),
                Arc::clone(&pace),
            )),
            settings,
            config,
            clock,
            pace,
        }
    }

    /// The provider, as named in the configuration.
    pub(crate) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(crate) const fn autoscaling(&self) -> &Autoscaling {
        &self.autoscaling
    }

    pub(crate) const fn rds(&self) -> &Rds {
        &self.rds
    }

    pub(crate) const fn route53(&self) -> &Route53 {
        &self.route53
    }

    pub(crate) const fn sts(&self) -> &Sts {
        &self.sts
    }

    /// Whose calls these are, to sign others as well; `None` if nobody's.
    pub fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.config.credentials_provider()
    }

    /// Eyes on `targets`.
    pub fn eyes(&self, targets: BTreeMap<TargetName, Resource>) -> AwsEyes {
        let looks = Looks {
            groups: Groups::new(self.autoscaling.clone()),
            rivals: Rivals::new(self.autoscaling.clone(), self.clock.clone()),
            databases: Databases::new(self.rds.clone()),
            storage: Storage::new(self.rds.clone()),
            ebs: self.looking_at_volumes(),
            route53: self.route53.clone(),
            alb: self.looking_at_rollouts(),
        };
        AwsEyes::new(looks, targets, self.settings.deadlines.look)
    }

    /// Volumes, with as long for each call as a look has.
    pub(crate) fn looking_at_volumes(&self) -> Ebs {
        Ebs::new(self.query(EC2, self.settings.deadlines.look))
    }

    /// Rollouts, with as long for each call as a look has.
    pub(crate) fn looking_at_rollouts(&self) -> Alb {
        Alb::new(self.query(ELB, self.settings.deadlines.look))
    }

    /// A service without an SDK, with so long for each call.
    fn query(&self, service: Service, deadline: Duration) -> Query {
        let millis = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        let region = &self.settings.region;
        let client = self.credentials().and_then(|credentials| {
            let clock = Arc::clone(&self.clock.0);
            let signer = SigV4::new((region, service.name), credentials, clock);
            let auth = Some(Auth::Signed(Arc::new(signer)));
            let http = HttpSettings::new(Span::from_ms(millis), MAX_ANSWER);
            SignedClient::new(HttpSettings { auth, ..http }).ok()
        });
        Query {
            client,
            url: self.settings.endpoint.clone().or_else(|| service.url(region)),
            service,
            clock: self.clock.clone(),
            pace: Arc::clone(&self.pace),
        }
    }

    /// The names of the groups that have all of `tags`, with any value where that is `*`.
    ///
    /// Fails, with AWS's words, rather than telling of some of them only.
    pub async fn select(&self, tags: &BTreeMap<String, String>) -> Result<Vec<String>, String> {
        let found = Groups::new(self.autoscaling.clone()).select(tags).await;
        found.map_err(|error| error.to_string())
    }

    /// CloudWatch as a source that is asked `queries`.
    pub fn metrics(
        &self,
        settings: CloudWatchSettings,
        queries: BTreeMap<InputKey, MetricQuery>,
    ) -> CloudWatchSource {
        let reading = patient(&self.config, &self.settings, duration(settings.timeout), LOOKS);
        let mut config = aws_sdk_cloudwatch::config::Builder::from(&reading);
        if let Some(endpoint) = &settings.endpoint {
            config = config.endpoint_url(endpoint.as_str());
        }
        let client = aws_sdk_cloudwatch::Client::from_conf(config.build());
        CloudWatchSource::new(Api::new(client, Arc::clone(&self.pace)), settings, queries)
    }

    /// Hands on `targets`. They make every call once: the next pass is the retry.
    pub fn hands(&self, targets: BTreeMap<TargetName, Resource>) -> AwsHands {
        let act = self.settings.deadlines.act;
        let acting = patient(&self.config, &self.settings, act / 2, 1);
        let autoscaling = self.autoscaling.with(aws_sdk_autoscaling::Client::new(&acting));
        let rds = self.rds.with(aws_sdk_rds::Client::new(&acting));
        let route53 = self.route53.with(aws_sdk_route53::Client::new(&acting));
        let ebs = Ebs::new(self.query(EC2, act / 2));
        let alb = Alb::new(self.query(ELB, act / 2));
        let apis = (autoscaling, rds, (ebs, route53, alb));
        AwsHands::new(self.settings.name.clone(), apis, targets, act)
    }
}

/// `span` of ours as the SDK takes it, but never nothing.
const fn duration(span: Span) -> Duration {
    Duration::from_millis(if span.ms() == 0 { 1 } else { span.ms() })
}

/// Everything but patience: place, credentials and the way there.
fn loader(settings: &AwsSettings) -> ConfigLoader {
    let http = HttpClient::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(settings.region.clone()))
        .http_client(http.clone());
    if let Some(endpoint) = &settings.endpoint {
        loader = loader.endpoint_url(endpoint.as_str());
    }
    if let Some(file) = &settings.credentials_file {
        loader = loader.credentials_provider(credentials(file, settings, http));
    } else if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    loader
}

/// `config` in the role that the settings name, if they name one.
async fn in_role(config: SdkConfig, settings: &AwsSettings) -> SdkConfig {
    let Some(role) = &settings.role else { return config };
    let Some(own) = config.credentials_provider() else { return config };
    let mut builder =
        AssumeRoleProvider::builder(&role.arn).session_name("setpoint").configure(&config);
    if let Some(id) = &role.external_id {
        builder = builder.external_id(id);
    }
    let role = builder.build_from_provider(own).await;
    config.into_builder().credentials_provider(SharedCredentialsProvider::new(role)).build()
}

/// A profile of `file`. It may name a role, which is asked for over `http`.
fn credentials(
    file: &Path,
    settings: &AwsSettings,
    http: SharedHttpClient,
) -> ProfileFileCredentialsProvider {
    let reach = ProviderConfig::default().with_http_client(http);
    let files = EnvConfigFiles::builder().with_file(EnvConfigFileKind::Credentials, file).build();
    ProfileFileCredentialsProvider::builder()
        .configure(&reach)
        .profile_name(settings.profile.as_deref().unwrap_or("default"))
        .profile_files(files)
        .build()
}

/// `config` with `attempts` at each call, all of them within `deadline`.
fn patient(
    config: &SdkConfig,
    settings: &AwsSettings,
    deadline: Duration,
    attempts: u32,
) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(settings.deadlines.connect.min(deadline))
        .operation_attempt_timeout(deadline / attempts)
        .operation_timeout(deadline)
        .build();
    let retries = RetryConfig::standard().with_max_attempts(attempts);
    config.to_builder().timeout_config(timeouts).retry_config(retries).build()
}
