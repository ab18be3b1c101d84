//! The agents on simulated clouds.

use crate::{prometheus, site};
use support::{Simulated, Site};

/// A cloud that is simulated.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cloud {
    Aws,
    Azure,
    Kubernetes,
}

impl Cloud {
    pub(crate) const ALL: [Self; 3] = [Self::Aws, Self::Azure, Self::Kubernetes];

    /// An agent that holds the fleet of this cloud by what is published of it.
    pub(crate) fn site(self, simulated: &Simulated) -> Site {
        let name = match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Kubernetes => "kubernetes",
        };
        let url = simulated.url(name);
        let (provider, target) = match self {
            Self::Aws => ("kind = \"aws\"", "id = \"web\""),
            Self::Azure => (
                "kind = \"azure\"\nsubscription = \"fake\"\nresource_group = \"rg\"",
                "id = \"web\"",
            ),
            Self::Kubernetes => ("kind = \"kubernetes\"", "id = \"deployment/web\""),
        };
        let cpu = format!("world_cpu_percent{{cloud=\"{name}\"}}");
        let provider = format!("{provider}\nendpoint = \"{url}\"");
        let site = site(&provider, target, &prometheus(simulated.url("prometheus")), &cpu);
        match self {
            Self::Aws => {
                site.with("AWS_ACCESS_KEY_ID", "fake").with("AWS_SECRET_ACCESS_KEY", "fake")
            }
            Self::Azure => site.with("AZURE_POD_IDENTITY_AUTHORITY_HOST", url),
            Self::Kubernetes => site,
        }
    }
}
