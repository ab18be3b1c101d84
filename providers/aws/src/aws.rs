//! The connection: what eyes, hands and metrics share.

use crate::{
    AwsEyes, AwsHands, AwsSettings, Resource,
    api::{Api, Autoscaling, Rds},
    cloudwatch::{CloudWatchSettings, CloudWatchSource, MetricQuery},
    databases::Databases,
    groups::Groups,
};
use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig, profile::ProfileFileCredentialsProvider,
    provider_config::ProviderConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_http_client::{
    Builder as HttpClient,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use setpoint_core::{InputKey, TargetName};
use std::{collections::BTreeMap, path::Path, time::Duration};

/// Attempts at each call of a look. Nothing is changed by asking twice.
const LOOKS: u32 = 2;

/// One account in one region.
#[derive(Clone, Debug)]
pub struct Aws {
    settings: AwsSettings,
    config: SdkConfig,
    autoscaling: Autoscaling,
    rds: Rds,
}

impl Aws {
    /// Gets ready to call AWS. Nothing is sent yet, so nothing can fail here: missing
    /// credentials show at the first look.
    ///
    /// Needs a tokio runtime with time and I/O.
    pub async fn connect(settings: AwsSettings) -> Self {
        let config = loader(&settings).load().await;
        let look = settings.deadlines.look;
        let looking = patient(&config, &settings, look, LOOKS);
        Self {
            autoscaling: Api::new(aws_sdk_autoscaling::Client::new(&looking)),
            rds: Api::new(aws_sdk_rds::Client::new(&looking)),
            settings,
            config,
        }
    }

    /// Eyes on `targets`.
    pub fn eyes(&self, targets: BTreeMap<TargetName, Resource>) -> AwsEyes {
        let groups = Groups::new(self.autoscaling.clone());
        let databases = Databases::new(self.rds.clone());
        AwsEyes::new(groups, databases, targets, self.settings.deadlines.look)
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
        CloudWatchSource::new(Api::new(client), settings, queries)
    }

    /// Hands on `targets`. They make every call once: the next pass is the retry.
    pub fn hands(&self, targets: BTreeMap<TargetName, Resource>) -> AwsHands {
        let act = self.settings.deadlines.act;
        let acting = patient(&self.config, &self.settings, act / 2, 1);
        let autoscaling = self.autoscaling.with(aws_sdk_autoscaling::Client::new(&acting));
        let rds = self.rds.with(aws_sdk_rds::Client::new(&acting));
        AwsHands::new(self.settings.name.clone(), autoscaling, rds, targets, act)
    }
}

/// `span` of ours as the SDK takes it, but never nothing.
const fn duration(span: setpoint_core::Span) -> Duration {
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
        loader = loader.credentials_provider(credentials(file, http));
    }
    loader
}

/// The default profile of `file`. It may name a role, which is asked for over `http`.
fn credentials(file: &Path, http: SharedHttpClient) -> ProfileFileCredentialsProvider {
    let reach = ProviderConfig::default().with_http_client(http);
    let files = EnvConfigFiles::builder().with_file(EnvConfigFileKind::Credentials, file).build();
    ProfileFileCredentialsProvider::builder()
        .configure(&reach)
        .profile_name("default")
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
