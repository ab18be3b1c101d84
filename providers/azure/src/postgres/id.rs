//! Which flexible server of a subscription: pure.

use crate::scale_set::{IdError, group_path, in_group};
use std::fmt;

/// Which flexible server of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerId {
    /// Its resource group.
    pub(crate) group: String,
    /// Its name.
    pub(crate) name: String,
}

impl ServerId {
    /// The server that `id` names: `orders`, in the resource group `usual`, or `shops/orders`.
    pub fn parse(id: &str, usual: Option<&str>) -> Result<Self, IdError> {
        let wrong = || IdError::Server(id.to_owned());
        let named = in_group(id, usual)
            .map_err(|error| if matches!(error, IdError::Name(_)) { wrong() } else { error });
        let (group, name) = named?;
        if is_name(&name) { Ok(Self { group, name }) } else { Err(wrong()) }
    }

    /// Its resource group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The server called `name` beside it.
    pub(crate) fn beside(&self, name: &str) -> Self {
        Self { group: self.group.clone(), name: name.to_owned() }
    }

    /// Its path at Azure Resource Manager.
    pub(crate) fn path(&self, subscription: &str) -> String {
        let (group, name) = (group_path(subscription, &self.group), &self.name);
        format!("{group}/providers/Microsoft.DBforPostgreSQL/flexibleServers/{name}")
    }
}

impl fmt::Display for ServerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)
    }
}

/// Whether Azure can have a server of this name: it is a part of an address.
fn is_name(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_resource_group_and_a_name_that_is_a_part_of_an_address() {
        let parse = |id: &str, usual| ServerId::parse(id, usual).map(|it| it.to_string());
        assert_eq!(parse("orders", Some("shops")), Ok("shops/orders".to_owned()));
        assert_eq!(parse("other/orders-2", Some("shops")), Ok("other/orders-2".to_owned()));
        assert_eq!(parse("orders", None), Err(IdError::Group("orders".to_owned())));
        for wrong in ["", "a/b/c", "Orders", "or", "orders-", "-orders", "or_ders", "orders?x=1"] {
            assert_eq!(parse(wrong, Some("g")), Err(IdError::Server(wrong.to_owned())), "{wrong}");
        }
        assert_eq!(
            ServerId::parse("shops/orders", None).unwrap().beside("orders-sp-1").path("s"),
            "/subscriptions/s/resourceGroups/shops/providers/Microsoft.DBforPostgreSQL/\
             flexibleServers/orders-sp-1"
        );
    }
}
