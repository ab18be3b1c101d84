//! What the operator settled about one namespace of one cluster, and the way there.

use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use std::{error::Error as StdError, path::PathBuf, time::Duration};
use url::Url;

/// Where the cluster is, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct KubernetesSettings {
    /// The provider, as named in the configuration; errors carry it.
    pub name: String,
    /// How the cluster is found.
    pub place: Place,
    /// The namespace of every target; that of the context or of the agent's own pod without one.
    pub namespace: Option<String>,
    /// How long to wait.
    pub deadlines: Deadlines,
}

impl KubernetesSettings {
    /// The cluster around the agent, in its own namespace, with default deadlines.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            place: Place::Around { context: None },
            namespace: None,
            deadlines: Deadlines::default(),
        }
    }
}

/// How a cluster is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The one that the agent runs in, by its pod's account; outside of any, the kubeconfig that
    /// kubectl would take. With a context it is always that kubeconfig.
    Around {
        /// Which of its contexts; its current one without.
        context: Option<String>,
    },
    /// By a kubeconfig file.
    File {
        /// The file.
        path: PathBuf,
        /// Which of its contexts; its current one without.
        context: Option<String>,
    },
    /// By an address alone: an emulator's, a proxy's.
    Endpoint {
        /// The address.
        url: Url,
        /// A file with the token to send, read anew at every call.
        token_file: Option<PathBuf>,
    },
}

/// How long to wait for the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For a connection. Default 3 s.
    pub connect: Duration,
    /// For a whole look at all targets. Default 10 s.
    pub look: Duration,
    /// For a whole action: the look before it and the change itself. Default 20 s.
    pub act: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            look: Duration::from_secs(10),
            act: Duration::from_secs(20),
        }
    }
}

/// There is no way to the cluster.
#[derive(Debug, thiserror::Error)]
#[error("the way to the cluster cannot be made out")]
pub struct SetUpError(#[source] Box<dyn StdError + Send + Sync>);

impl SetUpError {
    pub(crate) fn new(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl KubernetesSettings {
    /// The same as kube takes it. No call is made twice: the next pass is the retry.
    pub(crate) async fn config(&self) -> Result<Config, SetUpError> {
        let mut config = self.place.config().await?;
        config.connect_timeout = Some(self.deadlines.connect);
        config.read_timeout = Some(self.deadlines.act);
        config.write_timeout = Some(self.deadlines.act);
        config.reset_reader_on_write = true;
        config.default_retry = false;
        Ok(config)
    }
}

impl Place {
    /// The file with the token to send, where it is ours to read.
    pub(crate) fn token_file(&self) -> Option<PathBuf> {
        match self {
            Self::Endpoint { token_file, .. } => token_file.clone(),
            Self::Around { .. } | Self::File { .. } => None,
        }
    }

    async fn config(&self) -> Result<Config, SetUpError> {
        let options = |context: &Option<String>| KubeConfigOptions {
            context: context.clone(),
            ..KubeConfigOptions::default()
        };
        match self {
            Self::Around { context: context @ Some(_) } => {
                Config::from_kubeconfig(&options(context)).await.map_err(SetUpError::new)
            }
            Self::Around { context: None } => match Config::incluster() {
                Ok(config) => Ok(config),
                Err(outside) => Config::from_kubeconfig(&options(&None)).await.map_err(|why| {
                    SetUpError::new(format!("this is no pod ({outside}), and {why}"))
                }),
            },
            Self::File { path, context } => {
                let file = Kubeconfig::read_from(path).map_err(SetUpError::new)?;
                let config = Config::from_custom_kubeconfig(file, &options(context)).await;
                config.map_err(SetUpError::new)
            }
            // The token is not kube's to read: it would send the end of the line too.
            Self::Endpoint { url, .. } => {
                let uri: Result<_, http::uri::InvalidUri> = url.as_str().parse();
                uri.map(Config::new).map_err(SetUpError::new)
            }
        }
    }
}
