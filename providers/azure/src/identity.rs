//! Who we are at Azure, as it is written and as the machine around the agent tells it: pure.
//!
//! What is written goes before what the environment has; without either, the machine or the
//! service that the agent runs in vouches for it.

use setpoint_http::Secret;
use std::{fmt, path::PathBuf};
use url::Url;

/// Where Entra ID gives tokens, unless told otherwise.
const AUTHORITY: &str = "https://login.microsoftonline.com/";
/// Where a virtual machine finds its own tokens.
const MACHINE: &str = "http://169.254.169.254/";

/// Who we are at Azure, and who gives us tokens for that.
#[derive(Clone, Debug)]
pub enum Identity {
    /// Whoever the token in this file is of; it is read anew at every call.
    Bearer {
        /// The file.
        file: PathBuf,
    },
    /// The identity of the machine or the service that the agent runs in.
    Managed {
        /// Which of them, where there are several.
        client_id: Option<String>,
        /// Who vouches for it.
        at: ManagedAt,
    },
    /// An application that a token of another issuer stands for: Kubernetes' workload identity.
    Federated {
        /// Which application where.
        application: Application,
        /// The file with the other issuer's token; it is read anew at every use.
        file: PathBuf,
    },
    /// An application with a secret.
    Secret {
        /// Which application where.
        application: Application,
        /// Its secret.
        secret: Secret,
    },
}

/// An application of Entra ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its tenant.
    pub tenant: String,
    /// Its id.
    pub client_id: String,
    /// Where its tokens are given.
    pub authority: Url,
}

/// Who vouches for a managed identity.
#[derive(Clone)]
pub enum ManagedAt {
    /// The metadata service of a virtual machine.
    Machine(Url),
    /// A service that runs the agent: Container Apps, App Service.
    Service {
        /// Where it gives tokens.
        url: Url,
        /// What it knows its own by.
        key: String,
    },
}

impl fmt::Debug for ManagedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(url) | Self::Service { url, key: _ } => write!(f, "{url}"),
        }
    }
}

/// Who we are, as it is written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The tenant of the application.
    pub tenant: Option<String>,
    /// The id of the application, or which of the managed identities.
    pub client_id: Option<String>,
    /// A file with the application's secret.
    pub secret_file: Option<PathBuf>,
    /// A file with a token of another issuer that stands for the application.
    pub federated_file: Option<PathBuf>,
    /// A file with a token to send as it is.
    pub bearer_file: Option<PathBuf>,
    /// Another place where tokens are given.
    pub authority: Option<Url>,
}

/// There is no telling who we are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoIdentity {
    /// Half of an application.
    #[error("to be an application of Entra ID takes `{key}`, or {variable} in the environment")]
    Half {
        /// The key that lacks.
        key: &'static str,
        /// The variable that would do as well.
        variable: &'static str,
    },
    /// An address that is none.
    #[error("{variable} in the environment is no address")]
    NoAddress {
        /// The variable.
        variable: &'static str,
    },
}

impl Identity {
    /// Who we are by what is written and what `variable` says of the environment.
    pub fn find(
        written: &Written,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, NoIdentity> {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        if let Some(file) = &written.bearer_file {
            return Ok(Self::Bearer { file: file.clone() });
        }
        let application = || application(written, variable);
        if let Some(file) = &written.secret_file {
            let secret = Secret::File(file.clone());
            return Ok(Self::Secret { application: application()?, secret });
        }
        if let Some(file) = &written.federated_file {
            return Ok(Self::Federated { application: application()?, file: file.clone() });
        }
        if let Some(secret) = variable("AZURE_CLIENT_SECRET") {
            let secret = Secret::Text(secret);
            return Ok(Self::Secret { application: application()?, secret });
        }
        if let Some(file) = variable("AZURE_FEDERATED_TOKEN_FILE") {
            return Ok(Self::Federated { application: application()?, file: file.into() });
        }
        let client_id = written.client_id.clone().or_else(|| variable("AZURE_CLIENT_ID"));
        Ok(Self::Managed { client_id, at: managed(variable)? })
    }
}

fn application(
    written: &Written,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Application, NoIdentity> {
    let part = |value: &Option<String>, key, name| {
        let value = value.clone().or_else(|| variable(name));
        value.ok_or(NoIdentity::Half { key, variable: name })
    };
    Ok(Application {
        tenant: part(&written.tenant, "tenant_id", "AZURE_TENANT_ID")?,
        client_id: part(&written.client_id, "client_id", "AZURE_CLIENT_ID")?,
        authority: match &written.authority {
            Some(authority) => authority.clone(),
            None => address("AZURE_AUTHORITY_HOST", &variable, AUTHORITY)?,
        },
    })
}

fn managed(variable: impl Fn(&str) -> Option<String>) -> Result<ManagedAt, NoIdentity> {
    if let Some(key) = variable("IDENTITY_HEADER")
        && variable("IDENTITY_ENDPOINT").is_some()
    {
        let url = address("IDENTITY_ENDPOINT", &variable, MACHINE)?;
        return Ok(ManagedAt::Service { url, key });
    }
    Ok(ManagedAt::Machine(address("AZURE_POD_IDENTITY_AUTHORITY_HOST", &variable, MACHINE)?))
}

/// The address that a variable has, or `usual` where it has none.
fn address(
    name: &'static str,
    variable: impl Fn(&str) -> Option<String>,
    usual: &str,
) -> Result<Url, NoIdentity> {
    let written = variable(name).unwrap_or_else(|| usual.to_owned());
    Url::parse(written.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or(NoIdentity::NoAddress { variable: name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(written: &Written, variables: &[(&str, &str)]) -> Result<Identity, NoIdentity> {
        Identity::find(written, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_machine_needs_nothing_written() {
        let bare = find(&Written::default(), &[("AZURE_CLIENT_SECRET", " ")]).unwrap();
        let Identity::Managed { client_id: None, at: ManagedAt::Machine(url) } = bare else {
            panic!("{bare:?}")
        };
        assert_eq!(url.as_str(), MACHINE);
        let service = [("IDENTITY_ENDPOINT", "http://127.0.0.1:42/msi"), ("IDENTITY_HEADER", "k")];
        let service = find(&Written::default(), &service).unwrap();
        assert!(matches!(&service, Identity::Managed { at: ManagedAt::Service { .. }, .. }));
        let wrong = find(&Written::default(), &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "nowhere")]);
        assert!(matches!(wrong, Err(NoIdentity::NoAddress { .. })));
    }

    #[test]
    fn what_is_written_goes_before_the_environment_and_half_an_application_is_none() {
        let around = [
            ("AZURE_TENANT_ID", "t"),
            ("AZURE_CLIENT_ID", "c"),
            ("AZURE_FEDERATED_TOKEN_FILE", "/run/token"),
        ];
        let federated = find(&Written::default(), &around).unwrap();
        let Identity::Federated { application, .. } = &federated else { panic!("{federated:?}") };
        assert_eq!((&*application.tenant, &*application.client_id), ("t", "c"));
        assert_eq!(application.authority.as_str(), AUTHORITY);
        let written = Written {
            client_id: Some("own".to_owned()),
            secret_file: Some("secret".into()),
            ..Written::default()
        };
        let Ok(Identity::Secret { application, .. }) = find(&written, &around) else { panic!() };
        assert_eq!(application.client_id, "own");
        let half = find(&written, &[]).unwrap_err();
        assert_eq!(half, NoIdentity::Half { key: "tenant_id", variable: "AZURE_TENANT_ID" });
    }

    #[test]
    fn no_secret_is_ever_shown() {
        let around =
            [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("AZURE_CLIENT_SECRET", "hush")];
        let shown = format!("{:?}", find(&Written::default(), &around).unwrap());
        assert!(!shown.contains("hush"), "{shown}");
        let service = [("IDENTITY_ENDPOINT", "http://127.0.0.1/"), ("IDENTITY_HEADER", "hush")];
        let shown = format!("{:?}", find(&Written::default(), &service).unwrap());
        assert!(!shown.contains("hush"), "{shown}");
    }
}
