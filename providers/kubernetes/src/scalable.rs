//! What has a `scale`, as it is named in the configuration: pure.

use std::fmt;

/// Something that has a `scale`, in the namespace of its provider.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scalable {
    /// The API group; empty for the core's.
    pub(crate) group: String,
    /// Its version: "v1".
    version: String,
    /// The resource, as it stands in addresses: "deployments".
    pub(crate) plural: String,
    /// The name of the object.
    pub(crate) name: String,
    /// How it stands in the configuration.
    written: String,
}

/// A text names nothing that has a `scale`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It has another number of parts.
    #[error(
        "`{0}` names nothing in a cluster: write `deployment/web`, `statefulset/db`, or \
         `rollouts.argoproj.io/v1alpha1/web`: the resource with its group, the version, the name"
    )]
    Parts(String),
    /// A short form for a resource that has none.
    #[error(
        "`{0}` has no short form: write the resource with its group, the version and the name, \
         as `{0}s.example.com/v1/NAME`"
    )]
    Kind(String),
    /// A long form for a resource that has a short one.
    #[error("write it as `{0}`: a target has one spelling")]
    Long(String),
    /// A name that no object can have.
    #[error("`{0}` is no name of an object: up to 253 of `a-z`, `0-9`, `-` and `.`")]
    Name(String),
}

/// The resources with a short form: it, the resource, its kind.
const SHORT: [(&str, &str, &str); 3] = [
    ("deployment", "deployments", "Deployment"),
    ("statefulset", "statefulsets", "StatefulSet"),
    ("replicaset", "replicasets", "ReplicaSet"),
];

impl Scalable {
    /// What `id` names.
    pub fn parse(id: &str) -> Result<Self, IdError> {
        let parts: Vec<&str> = id.split('/').collect();
        let (group, version, plural, name) = match parts[..] {
            [kind, name] => {
                let short = SHORT.iter().find(|(short, ..)| *short == kind);
                let (_, plural, _) = short.ok_or_else(|| IdError::Kind(kind.to_owned()))?;
                ("apps", "v1", *plural, name)
            }
            [resource, version, name] => {
                let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
                if group == "apps"
                    && let Some((short, ..)) = SHORT.iter().find(|(_, known, _)| *known == plural)
                {
                    return Err(IdError::Long(format!("{short}/{name}")));
                }
                (group, version, plural, name)
            }
            _ => return Err(IdError::Parts(id.to_owned())),
        };
        for part in [plural, version] {
            if part.is_empty()
                || !part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            {
                return Err(IdError::Parts(id.to_owned()));
            }
        }
        if !group.is_empty() && !is_name(group) {
            return Err(IdError::Parts(id.to_owned()));
        }
        if !is_name(name) {
            return Err(IdError::Name(name.to_owned()));
        }
        let [group, version, plural, name, written] =
            [group, version, plural, name, id].map(str::to_owned);
        Ok(Self { group, version, plural, name, written })
    }

    /// A resource of the group `apps` by its kind, if it has a short form.
    pub(crate) fn of_kind(kind: &str, name: &str) -> Option<Self> {
        let (short, ..) = SHORT.iter().find(|(.., known)| *known == kind)?;
        Self::parse(&format!("{short}/{name}")).ok()
    }

    /// Its kind, where its resource is one that everybody knows.
    pub(crate) fn known_kind(&self) -> Option<&'static str> {
        let known =
            SHORT.iter().find(|(_, plural, _)| self.group == "apps" && *plural == self.plural);
        known.map(|(.., kind)| *kind)
    }

    /// Its address in `namespace`.
    pub(crate) fn path(&self, namespace: &str) -> String {
        let Self { group, version, plural, name, .. } = self;
        if group.is_empty() {
            format!("/api/{version}/namespaces/{namespace}/{plural}/{name}")
        } else {
            format!("/apis/{group}/{version}/namespaces/{namespace}/{plural}/{name}")
        }
    }
}

impl fmt::Display for Scalable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Whether an object can have this name: labels of a domain.
pub(crate) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let label = |label: &str| {
        label.starts_with(plain)
            && label.ends_with(plain)
            && label.chars().all(|c| plain(c) || c == '-')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, expected: &str) {
        let said = match Scalable::parse(id) {
            Ok(it) => it.path("games"),
            Err(why) => why.to_string(),
        };
        assert!(said.contains(expected), "{id}: {said}");
    }

    #[test]
    fn it_is_named_in_one_way_and_found_at_one_address() {
        check("deployment/web", "/apis/apps/v1/namespaces/games/deployments/web");
        check("statefulset/db-0.a", "/apis/apps/v1/namespaces/games/statefulsets/db-0.a");
        check(
            "rollouts.argoproj.io/v1alpha1/web",
            "/apis/argoproj.io/v1alpha1/namespaces/games/rollouts/web",
        );
        check(
            "replicationcontrollers/v1/old",
            "/api/v1/namespaces/games/replicationcontrollers/old",
        );
        check("deployments.apps/v1/web", "write it as `deployment/web`");
        check("rollout/web", "`rollout` has no short form");
        check("web", "`web` names nothing in a cluster");
        check("deployment/Web", "`Web` is no name");
        check("deployment/../web", "names nothing");
        check("deployment/", "is no name");
        check("deployment/a?b", "is no name");
        check("x.y z/v1/web", "names nothing");
        check("a/b/c/d", "names nothing");
    }
}
