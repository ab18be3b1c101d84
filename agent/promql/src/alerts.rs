//! Which alerts are meant: by their name, or by label matchers as PromQL and Alertmanager write them.

use crate::query::QueryFault;
use promql_parser::{
    label::Matcher,
    parser::{self, Expr, VectorSelector},
};

/// The label that names an alert.
const NAME: &str = "alertname";

/// Why something else is refused.
const NO_MATCHERS: &str = "it is neither the name of an alert nor matchers of its labels";

/// Alerts whose labels match.
#[derive(Clone, Debug)]
pub struct AlertQuery {
    matchers: Vec<Matcher>,
}

impl AlertQuery {
    /// Reads `HighLatency`, or matchers such as `alertname="HighLatency", team=~"a|b"`, with or
    /// without braces.
    ///
    /// Fails if it is neither, and if it matches any alert.
    pub fn parse(text: &str) -> Result<Self, QueryFault> {
        let text = text.trim();
        let is_name = text.chars().all(|c| c.is_alphanumeric() || "_-:".contains(c));
        let written = match text {
            "" => return Err(QueryFault::new("it names no alert")),
            name if is_name => format!("{{{NAME}=\"{name}\"}}"),
            braced if braced.starts_with('{') => braced.to_owned(),
            bare => format!("{{{bare}}}"),
        };
        let parsed = parser::parse(&written).map_err(QueryFault::new)?;
        let Expr::VectorSelector(selected) = parsed else {
            return Err(QueryFault::new(NO_MATCHERS));
        };
        let VectorSelector { name: None, matchers, offset: None, at: None } = selected else {
            return Err(QueryFault::new(NO_MATCHERS));
        };
        if !matchers.or_matchers.is_empty() {
            return Err(QueryFault::new("'or' between label matchers is not supported"));
        }
        Ok(Self { matchers: matchers.matchers })
    }

    /// Whether it means the alert that has these labels; `label` gives "" for one it has not.
    pub fn matches<'a>(&self, label: impl Fn(&str) -> &'a str) -> bool {
        self.matchers.iter().all(|matcher| matcher.is_match(label(&matcher.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORM: [(&str, &str); 2] = [(NAME, "Storm"), ("team", "web")];

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let query = AlertQuery::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        let label = |name: &str| STORM.iter().find(|(own, _)| *own == name).map_or("", |it| it.1);
        assert_eq!(query.matches(label), expected, "{text}");
    }

    #[test]
    fn it_means_alerts_by_name_and_by_labels() {
        check("Storm", true);
        check("storm", false);
        check("alertname=\"Storm\", team=\"web\"", true);
        check("{team=~\"web|db\", region=\"\"}", true);
        check("alertname=~\"S.*\", region=\"eu\"", false);
    }

    #[test]
    fn what_is_no_matcher_is_refused() {
        for text in [
            "",
            "  ",
            "{}",
            "{team!=\"web\"}",
            "sum(ALERTS)",
            "ALERTS{team=\"web\"}",
            "a=b",
            "up offset 5m",
        ] {
            assert!(AlertQuery::parse(text).is_err(), "{text}");
        }
    }
}
