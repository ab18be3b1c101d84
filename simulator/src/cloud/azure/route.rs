//! What a request means: which resource, and how it is asked for. Pure.
//!
//! Types and names are told apart by no letter's size, as ARM has it; what a caller wrote is kept
//! for what is said back.

use super::{GROUP, fault::Fault, traffic};
use hyper::{
    Request,
    header::{self, HeaderName},
};
use std::collections::BTreeMap;

/// What a request means.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) subscription: String,
    pub(super) what: What,
    /// The address without its query, as the caller wrote it.
    pub(super) path: String,
    /// What links begin with: where the caller found this server.
    base: String,
    group: Option<String>,
    query: BTreeMap<String, String>,
    token: Option<String>,
    pub(super) if_match: Option<String>,
    pub(super) if_none_match: Option<String>,
}

/// A resource, or all of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Subscription,
    Groups,
    Group,
    /// All scale sets.
    Sets,
    Set(String),
    /// How the instances of a set stand, counted.
    SetView(String),
    /// Something that is done with a set.
    SetAction(String, String),
    Instances(String),
    /// An instance of a set, by its id.
    Instance(String, String),
    InstanceView(String, String),
    InstanceAction(String, String, String),
    /// Something long that was begun.
    Operation(String),
    /// All settings of Azure's own autoscaler.
    Settings,
    Setting(String),
    /// The metrics of a set.
    Metrics(String),
    MetricDefinitions(String),
    /// What the caller may do.
    Permissions,
    /// All flexible servers.
    Servers,
    Server(String),
    /// The replicas of a server.
    Replicas(String),
    /// What a server is set to.
    Configurations(String),
    Configuration(String, String),
    /// The names under which a server is found besides.
    Endpoints(String),
    /// All profiles of Traffic Manager.
    Profiles,
    Profile(String),
    /// An endpoint of a profile: of which kind, and its name.
    ProfileEndpoint(String, &'static str, String),
    /// Whether a name is free.
    ProfileName,
}

impl Route {
    /// What `request` means. Fails as ARM does of what it does not know.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Fault> {
        let path = request.uri().path().trim_end_matches('/').to_owned();
        let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (group, what) = meant(&parts).ok_or_else(|| Fault::unknown(&path))?;
        let subscription = parts.get(1).copied().unwrap_or_default().to_owned();
        let query = request.uri().query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes())
            .map(|(key, value)| (key.to_ascii_lowercase(), value.into_owned()))
            .collect();
        let told = |name: HeaderName| {
            let value = request.headers().get(name)?.to_str().ok()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let token = told(header::AUTHORIZATION);
        let token = token.and_then(|it| it.strip_prefix("Bearer ").map(|it| it.trim().to_owned()));
        let host = told(header::HOST).unwrap_or_else(|| "localhost".to_owned());
        let (if_match, if_none_match) = (told(header::IF_MATCH), told(header::IF_NONE_MATCH));
        let base = format!("http://{host}");
        Ok(Self { subscription, what, path, base, group, query, token, if_match, if_none_match })
    }

    /// What the query says of `key`, in small letters, if that is not nothing.
    pub(super) fn asked(&self, key: &str) -> Option<&str> {
        self.query.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The token of the caller, which is their name here.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref().filter(|token| !token.is_empty())
    }

    /// Where the caller found this server.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The version of the API that is asked for.
    pub(super) fn version(&self) -> &str {
        self.asked("api-version").unwrap_or_default()
    }

    /// Fails unless the request says in which version it speaks, and means a group that is there.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let version = self.asked("api-version").ok_or_else(Fault::no_version)?;
        if !is_version(version) {
            return Err(Fault::version(version));
        }
        match &self.group {
            Some(group) if !group.eq_ignore_ascii_case(GROUP) => Err(Fault::no_group(group)),
            Some(_) | None => Ok(()),
        }
    }

    /// The id of a resource in the group.
    pub(super) fn id(&self, kind: &str, name: &str) -> String {
        let subscription = &self.subscription;
        format!("/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/{kind}/{name}")
    }

    /// The address of the page that begins after `last`.
    pub(super) fn next_page(&self, last: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.query.iter().filter(|(key, _)| *key != "$skiptoken"));
        query.append_pair("$skiptoken", last);
        format!("{}{}?{}", self.base, self.path, query.finish())
    }
}

/// `2024-07-01`, or the same with `-preview`.
fn is_version(version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    let parts: Vec<&str> = date.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [4, 2, 2] && parts.iter().all(|part| part.bytes().all(|it| it.is_ascii_digit()))
}

fn decoded(part: &str) -> String {
    // A plus is a plus in an address, and a space only in a form.
    let written = format!("x={}", part.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(written.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The group that is named, if any, and what is meant in it.
fn meant(parts: &[&str]) -> Option<(Option<String>, What)> {
    let small: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let small: Vec<&str> = small.iter().map(String::as_str).collect();
    if small.iter().any(|part| part.is_empty()) {
        return None;
    }
    if let [.., "providers", "microsoft.authorization", "permissions"] = small[..] {
        let (group, scope) = meant(&parts[..parts.len() - 3])?;
        let known =
            matches!(scope, What::Group | What::Set(_) | What::Server(_) | What::Profile(_));
        return known.then_some((group, What::Permissions));
    }
    if let [.., "providers", "microsoft.insights", kind] = small[..]
        && let Some((group, What::Set(name))) = meant(&parts[..parts.len() - 3])
    {
        return match kind {
            "metrics" => Some((group, What::Metrics(name))),
            "metricdefinitions" => Some((group, What::MetricDefinitions(name))),
            _ => None,
        };
    }
    match small[..] {
        ["providers", "microsoft.network", "checktrafficmanagernameavailability"] => {
            Some((None, What::ProfileName))
        }
        ["subscriptions", _] => Some((None, What::Subscription)),
        ["subscriptions", _, "resourcegroups"] => Some((None, What::Groups)),
        ["subscriptions", _, "resourcegroups", _] => Some((Some(parts[3].to_owned()), What::Group)),
        ["subscriptions", _, "providers", ref rest @ ..] => {
            Some((None, meant_everywhere(rest, &parts[3..])?))
        }
        ["subscriptions", _, "resourcegroups", _, "providers", ref rest @ ..] => {
            Some((Some(parts[3].to_owned()), meant_in_group(rest, &parts[5..])?))
        }
        _ => None,
    }
}

fn meant_everywhere(small: &[&str], parts: &[&str]) -> Option<What> {
    match *small {
        ["microsoft.compute", "virtualmachinescalesets"] => Some(What::Sets),
        ["microsoft.compute", "locations", _, "operations", _] => {
            Some(What::Operation(parts[4].to_owned()))
        }
        ["microsoft.dbforpostgresql", "flexibleservers"] => Some(What::Servers),
        [
            "microsoft.dbforpostgresql",
            "locations",
            _,
            "azureasyncoperation" | "operationresults",
            _,
        ] => Some(What::Operation(parts[4].to_owned())),
        ["microsoft.insights", "autoscalesettings"] => Some(What::Settings),
        ["microsoft.network", "trafficmanagerprofiles"] => Some(What::Profiles),
        ["microsoft.network", "checktrafficmanagernameavailabilityv2"] => Some(What::ProfileName),
        _ => None,
    }
}

fn meant_in_group(small: &[&str], parts: &[&str]) -> Option<What> {
    let own = |at: usize| parts[at].to_owned();
    match *small {
        ["microsoft.insights", "autoscalesettings"] => Some(What::Settings),
        ["microsoft.insights", "autoscalesettings", _] => Some(What::Setting(own(2))),
        ["microsoft.compute", "virtualmachinescalesets", ref rest @ ..] => match *rest {
            [] => Some(What::Sets),
            [_] => Some(What::Set(own(2))),
            [_, "instanceview"] => Some(What::SetView(own(2))),
            [_, "virtualmachines"] => Some(What::Instances(own(2))),
            [_, action] => Some(What::SetAction(own(2), action.to_owned())),
            [_, "virtualmachines", _] => Some(What::Instance(own(2), own(4))),
            [_, "virtualmachines", _, "instanceview"] => Some(What::InstanceView(own(2), own(4))),
            [_, "virtualmachines", _, action] => {
                Some(What::InstanceAction(own(2), own(4), action.to_owned()))
            }
            _ => None,
        },
        ["microsoft.dbforpostgresql", "flexibleservers", ref rest @ ..] => match *rest {
            [] => Some(What::Servers),
            [_] => Some(What::Server(own(2))),
            [_, "replicas"] => Some(What::Replicas(own(2))),
            [_, "configurations"] => Some(What::Configurations(own(2))),
            [_, "configurations", _] => Some(What::Configuration(own(2), own(4))),
            [_, "virtualendpoints"] => Some(What::Endpoints(own(2))),
            _ => None,
        },
        ["microsoft.network", "trafficmanagerprofiles", ref rest @ ..] => match *rest {
            [] => Some(What::Profiles),
            [_] => Some(What::Profile(own(2))),
            [_, kind, _] => Some(What::ProfileEndpoint(own(2), traffic::kind_of(kind)?, own(4))),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETS: &str =
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets";

    #[track_caller]
    fn of(address: &str) -> Result<Route, Fault> {
        Route::of(&Request::builder().uri(address).body(()).expect("a request"))
    }

    #[test]
    fn an_address_means_one_thing_or_nothing_whatever_the_size_of_its_letters() {
        let (web, seven) = (|| "Web".to_owned(), || "7".to_owned());
        for (rest, expected) in [
            ("", Some(What::Sets)),
            ("/Web", Some(What::Set(web()))),
            ("/Web/INSTANCEVIEW", Some(What::SetView(web()))),
            ("/Web/virtualMachines", Some(What::Instances(web()))),
            ("/Web/virtualmachines/7", Some(What::Instance(web(), seven()))),
            ("/Web/virtualmachines/7/instanceView", Some(What::InstanceView(web(), seven()))),
            ("/Web/delete", Some(What::SetAction(web(), "delete".to_owned()))),
            ("/Web/providers/microsoft.insights/metrics", Some(What::Metrics(web()))),
            ("/Web/providers/Microsoft.Authorization/permissions", Some(What::Permissions)),
            ("/Web/a/b/c/d", None),
            ("//x", None),
        ] {
            let small = SETS.to_ascii_lowercase();
            for address in [format!("{SETS}{rest}"), format!("{small}{rest}")] {
                assert_eq!(of(&address).ok().map(|it| it.what), expected, "{address}");
            }
        }
        assert!(of("/nothing").is_err());
    }

    #[test]
    fn who_does_not_say_in_which_version_they_speak_is_refused() {
        for (query, fine) in [
            ("", false),
            ("?api-version=", false),
            ("?api-version=latest", false),
            ("?api-version=2024-7-1", false),
            ("?api-version=2024-07-01", true),
            ("?API-Version=2024-07-01-preview", true),
        ] {
            let route = of(&format!("{SETS}{query}")).expect("it is known");
            assert_eq!(route.check().is_ok(), fine, "{query:?}");
        }
        let other = "/subscriptions/s/resourceGroups/another?api-version=2024-07-01";
        assert!(of(other).expect("it is known").check().is_err());
    }

    #[test]
    fn the_next_page_is_asked_for_as_this_one_was() {
        let route = of(&format!("{SETS}?api-version=2024-07-01&$expand=instanceView&$skiptoken=a"));
        let next = route.expect("it is known").next_page("b c");
        let again = next.strip_prefix("http://localhost").expect("it leads here");
        let again = of(again).expect("it is known");
        assert_eq!(again.asked("$expand"), Some("instanceView"));
        assert_eq!((again.asked("$skiptoken"), again.version()), (Some("b c"), "2024-07-01"));
    }
}
