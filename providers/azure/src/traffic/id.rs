//! Which profile, and which of its endpoints are destinations: pure.

use crate::scale_set::{IdError, group_path, in_group, is_name};
use std::{collections::BTreeMap, fmt};

/// What stands before the names in the path of a profile, part by part; none for a name.
const PATH: [Option<&str>; 9] = [
    Some(""),
    Some("subscriptions"),
    None,
    Some("resourceGroups"),
    None,
    Some("providers"),
    Some("Microsoft.Network"),
    Some("trafficManagerProfiles"),
    None,
];

/// Which profile of Traffic Manager.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProfileId {
    /// Its subscription, if it is written: that of the provider without.
    subscription: Option<String>,
    /// Its resource group.
    group: String,
    /// Its name.
    pub(crate) name: String,
}

/// Endpoints of a profile, a destination each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoints {
    /// Which profile.
    pub profile: ProfileId,
    /// The name of the endpoint of each destination.
    pub destinations: BTreeMap<String, String>,
}

impl ProfileId {
    /// The profile that `id` names: `front`, in the resource group `usual`, `games/front`, or its
    /// whole path at Azure, which may lie in another subscription.
    pub fn parse(id: &str, usual: Option<&str>) -> Result<Self, IdError> {
        let wrong = || IdError::Profile(id.to_owned());
        let named = if id.starts_with('/') {
            whole(id).ok_or_else(wrong)?
        } else {
            let named = in_group(id, usual)
                .map_err(|error| if matches!(error, IdError::Name(_)) { wrong() } else { error });
            let (group, name) = named?;
            Self { subscription: None, group, name }
        };
        if is_profile(&named.name) { Ok(named) } else { Err(wrong()) }
    }

    /// The path of its resource group, where the provider's `subscription` is this.
    pub fn scope(&self, subscription: &str) -> String {
        group_path(self.subscription.as_deref().unwrap_or(subscription), &self.group)
    }

    /// Its path at Azure Resource Manager.
    pub(crate) fn path(&self, subscription: &str) -> String {
        let (group, name) = (self.scope(subscription), &self.name);
        format!("{group}/providers/Microsoft.Network/trafficManagerProfiles/{name}")
    }
}

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)
    }
}

/// The profile at this path.
fn whole(path: &str) -> Option<ProfileId> {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |(part, fixed): (&&str, &Option<&str>)| match fixed {
        Some(fixed) => part.eq_ignore_ascii_case(fixed),
        None => is_name(part),
    };
    let all_fit = parts.len() == PATH.len() && parts.iter().zip(&PATH).all(fits);
    all_fit.then(|| ProfileId {
        subscription: Some(parts[2].to_owned()),
        group: parts[4].to_owned(),
        name: parts[8].to_owned(),
    })
}

/// Whether Azure can have a profile of this name.
fn is_profile(name: &str) -> bool {
    let end = |c: char| c.is_ascii_alphanumeric();
    (1..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
        && name.starts_with(end)
        && name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(id: &str, usual: Option<&str>, expected: &str) {
        let path = ProfileId::parse(id, usual).map(|it| it.path("s"));
        assert_eq!(path.as_deref(), Ok(expected));
    }

    #[test]
    fn a_profile_has_a_name_in_a_group_or_a_whole_path() {
        let of = |subscription: &str, group: &str| {
            format!(
                "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/\
                 trafficManagerProfiles/front"
            )
        };
        check("front", Some("games"), &of("s", "games"));
        check("other/front", Some("games"), &of("s", "other"));
        check(&of("t", "other"), None, &of("t", "other"));
        let small = of("t", "other").to_lowercase();
        check(&small, None, &of("t", "other"));
    }

    #[test]
    fn what_names_no_profile_is_refused() {
        assert_eq!(ProfileId::parse("front", None), Err(IdError::Group("front".to_owned())));
        let path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network";
        for wrong in [
            "",
            "a/b/c",
            "fr_nt",
            "-front",
            "front-",
            "front?x=1",
            "/",
            path,
            &format!("{path}/trafficManagerProfiles/"),
            &format!("{path}/trafficManagerProfiles/front/azureEndpoints"),
            &format!("{path}/publicIPAddresses/front"),
        ] {
            let parsed = ProfileId::parse(wrong, Some("g"));
            assert_eq!(parsed, Err(IdError::Profile(wrong.to_owned())), "{wrong}");
        }
    }
}
