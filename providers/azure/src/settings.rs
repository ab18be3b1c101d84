//! What the operator settled about one subscription of Azure.

use crate::Identity;
use std::time::Duration;
use url::Url;

/// Where a subscription is, who asks there, and how long to wait for it.
#[derive(Clone, Debug)]
pub struct AzureSettings {
    /// The provider, as named in the configuration; errors carry it.
    pub name: String,
    /// The subscription's id.
    pub subscription: String,
    /// Where Azure Resource Manager is: another place than Azure's public one for an emulator or
    /// a cloud of its own.
    pub endpoint: Url,
    /// Who we are there.
    pub identity: Identity,
    /// How long to wait.
    pub deadlines: Deadlines,
}

/// How long to wait for Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For a whole look at all targets. Default 10 s.
    pub look: Duration,
    /// For a whole action: the look before it and the change itself. Default 20 s.
    pub act: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { look: Duration::from_secs(10), act: Duration::from_secs(20) }
    }
}
