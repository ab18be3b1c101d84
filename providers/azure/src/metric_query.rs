//! A question to Azure Monitor as people write it: pure.
//!
//! ```text
//! "Percentage CPU" average games/web
//! "My Game" sessions total /subscriptions/…/resourceGroups/games/providers/Microsoft.Web/sites/shop
//! ```
//!
//! A metric, how its values are made one, and whose it is: a scale set with its resource group, or the path of any
//! other resource. A namespace other than that of the resource stands before it.

use crate::scale_set::{IdError, ScaleSetId, group_path};

/// How the values of an interval are made one.
const AGGREGATIONS: [&str; 5] = ["average", "minimum", "maximum", "total", "count"];

/// One question to Azure Monitor, which is answered with one number a period.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricQuery {
    pub(crate) namespace: Option<String>,
    pub(crate) metric: String,
    pub(crate) aggregation: &'static str,
    of: Of,
}

/// Whose metric it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// A scale set of the provider's subscription.
    ScaleSet(ScaleSetId),
    /// Any resource, by its path.
    Resource(String),
}

/// A text asks for nothing that Azure Monitor tells.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It has another number of parts.
    #[error(
        "write what, how and whose: `\"Percentage CPU\" average GROUP/web`, with a namespace before it \
         if it is not the resource's own"
    )]
    Parts,
    /// A quotation mark without its other.
    #[error("a quotation mark has no other")]
    Open,
    /// No such aggregation.
    #[error("there is no `{0}` of values: write average, minimum, maximum, total or count")]
    Aggregation(String),
    /// A scale set without its resource group.
    #[error("in which resource group is `{0}`? write `GROUP/{0}`")]
    Group(String),
    /// Neither a scale set nor a path.
    #[error("`{0}` is no resource: write a scale set as `GROUP/NAME`, anything else by its path")]
    Resource(String),
}

impl MetricQuery {
    /// What `text` asks for.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let words = words(text)?;
        let (namespace, metric, how, of) = match words.as_slice() {
            [metric, how, of] => (None, metric, how, of),
            [namespace, metric, how, of] => (Some(namespace.clone()), metric, how, of),
            _ => return Err(QueryError::Parts),
        };
        let known = AGGREGATIONS.into_iter().find(|known| known.eq_ignore_ascii_case(how));
        Ok(Self {
            namespace,
            metric: metric.clone(),
            aggregation: known.ok_or_else(|| QueryError::Aggregation(how.clone()))?,
            of: Of::parse(of)?,
        })
    }

    /// The path of the resource whose metric it is.
    pub(crate) fn path(&self, subscription: &str) -> String {
        match &self.of {
            Of::ScaleSet(id) => id.path(subscription),
            Of::Resource(path) => path.clone(),
        }
    }

    /// The path of its resource group.
    pub(crate) fn group(&self, subscription: &str) -> String {
        match &self.of {
            Of::ScaleSet(id) => group_path(subscription, &id.group),
            Of::Resource(path) => path.split('/').take(5).collect::<Vec<_>>().join("/"),
        }
    }
}

impl Of {
    fn parse(text: &str) -> Result<Self, QueryError> {
        if text.starts_with('/') {
            let parts: Vec<&str> = text.split('/').collect();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.() ".contains(c);
            let is_path = matches!(parts[..], ["", subscriptions, _, groups, _, providers, _, _, _, ..]
                if subscriptions.eq_ignore_ascii_case("subscriptions")
                    && groups.eq_ignore_ascii_case("resourceGroups")
                    && providers.eq_ignore_ascii_case("providers"));
            let whole = parts.iter().skip(1).all(|part| {
                !part.is_empty() && *part != ".." && *part != "." && part.chars().all(plain)
            });
            return if is_path && whole {
                Ok(Self::Resource(text.to_owned()))
            } else {
                Err(QueryError::Resource(text.to_owned()))
            };
        }
        ScaleSetId::parse(text, None).map(Self::ScaleSet).map_err(|error| match error {
            IdError::Group(name) => QueryError::Group(name),
            IdError::Name(name) | IdError::Server(name) | IdError::Profile(name) => {
                QueryError::Resource(name)
            }
        })
    }
}

/// The words of `text`; those between quotation marks are one.
fn words(text: &str) -> Result<Vec<String>, QueryError> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(QueryError::Open)?,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_how_and_whose() {
        let query = MetricQuery::parse("  \"Percentage CPU\"  Average games/web ").unwrap();
        assert_eq!((&*query.metric, query.aggregation), ("Percentage CPU", "average"));
        assert!(
            query
                .path("s")
                .ends_with("/games/providers/Microsoft.Compute/virtualMachineScaleSets/web")
        );
        assert_eq!(query.group("s"), "/subscriptions/s/resourceGroups/games");
        let path = "/subscriptions/t/resourceGroups/shops/providers/Microsoft.Web/sites/shop";
        let query = MetricQuery::parse(&format!("\"My Game\" sessions total {path}")).unwrap();
        assert_eq!(
            (query.namespace.as_deref(), query.path("s")),
            (Some("My Game"), path.to_owned())
        );
        assert_eq!(query.group("s"), "/subscriptions/t/resourceGroups/shops");
    }

    #[test]
    fn what_cannot_be_asked_is_told_without_asking() {
        let fault = |text: &str| MetricQuery::parse(text).unwrap_err();
        assert_eq!(fault("Percentage CPU"), QueryError::Parts);
        assert_eq!(fault(""), QueryError::Parts);
        assert_eq!(fault("\"Percentage CPU average games/web"), QueryError::Open);
        assert_eq!(fault("cpu mean games/web"), QueryError::Aggregation("mean".to_owned()));
        assert_eq!(fault("cpu total web"), QueryError::Group("web".to_owned()));
        for of in
            ["/subscriptions/s", "a/b/c", "/subscriptions/s/resourceGroups/g/providers/a/../b"]
        {
            assert_eq!(fault(&format!("cpu total {of}")), QueryError::Resource(of.to_owned()));
        }
    }
}
