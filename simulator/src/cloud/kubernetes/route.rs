//! What a request means: which thing of which kind, and how it is asked for. Pure.

use super::{
    fault::Fault,
    kinds::{self, Kind},
};
use hyper::{Method, Request, header};
use std::collections::BTreeMap;

/// What a request means.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) target: Target,
    query: BTreeMap<String, String>,
    token: Option<String>,
}

/// A thing, or all of a kind.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) kind: &'static Kind,
    /// All namespaces without.
    pub(super) namespace: Option<String>,
    /// All things without.
    pub(super) name: Option<String>,
    pub(super) sub: Sub,
}

/// A part of a thing that has an address of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sub {
    /// The thing itself.
    None,
    /// Its size.
    Scale,
    /// How it stands.
    Status,
}

impl Sub {
    /// As it stands in an address.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Scale => "/scale",
            Self::Status => "/status",
        }
    }
}

impl Route {
    /// What `request` means. Fails as the server does of what it does not know.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Fault> {
        let query = request.uri().query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let target = target(request.uri().path()).ok_or_else(Fault::no_resource)?;
        let header = request.headers().get(header::AUTHORIZATION);
        let token = header.and_then(|it| it.to_str().ok()?.strip_prefix("Bearer "));
        let token = token.map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Self { target, query, token })
    }

    /// What the query says of `key`, if that is not nothing.
    pub(super) fn asked(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The token of the caller, which is their name here.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Whether changes are to be told as they come.
    pub(super) fn watches(&self) -> bool {
        matches!(self.asked("watch"), Some("true" | "1"))
    }

    /// Whether nothing is to be changed.
    pub(super) fn is_dry(&self) -> bool {
        self.asked("dryRun").is_some()
    }

    /// What the permissions of a cluster call this.
    pub(super) fn verb(&self, method: &Method) -> &'static str {
        match (method.as_str(), &self.target.name) {
            ("GET", _) if self.watches() => "watch",
            ("GET", Some(_)) => "get",
            ("GET", None) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", None) => "deletecollection",
            _ => "delete",
        }
    }
}

fn target(path: &str) -> Option<Target> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let (plural, name, sub) = match rest {
        [plural] => (*plural, None, Sub::None),
        [plural, name] => (*plural, Some(*name), Sub::None),
        [plural, name, "scale"] => (*plural, Some(*name), Sub::Scale),
        [plural, name, "status"] => (*plural, Some(*name), Sub::Status),
        _ => return None,
    };
    let kind = kinds::find(group, version, plural)?;
    let fits = kind.namespaced || namespace.is_none();
    let named = name.is_none() || namespace.is_some() || !kind.namespaced;
    let has = match sub {
        Sub::None => true,
        Sub::Scale | Sub::Status => kind.has_scale(),
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (fits && named && has).then(|| Target {
        kind,
        namespace: owned(namespace),
        name: owned(name),
        sub,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_means_one_thing_or_nothing() {
        for (path, expected) in [
            ("/api/v1/namespaces/default/pods", Some("pods default - ")),
            ("/api/v1/pods", Some("pods - - ")),
            ("/apis/apps/v1/namespaces/a/deployments/web/scale", Some("deployments a web /scale")),
            ("/apis/apps/v1/deployments/web", None),
            ("/apis/apps/v1/namespaces/a/rollouts/web", None),
            ("/api/v1/namespaces/a/pods/x/scale", None),
            ("/apis/apps/v1/namespaces/a", None),
            ("/nothing", None),
        ] {
            let words = |it: Target| {
                let part = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
                let sub = it.sub.suffix();
                format!("{} {} {} {sub}", it.kind.plural, part(it.namespace), part(it.name))
            };
            assert_eq!(target(path).map(words).as_deref(), expected, "{path}");
        }
    }
}
