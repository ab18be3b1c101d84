//! What a call asks for: names and values, flat, with lists numbered, as the query protocol has
//! them.

use super::{auth::Caller, fault::Fault, wire::Protocol};
use bytes::Bytes;
use hyper::Request;
use setpoint_core::Timestamp;
use std::collections::BTreeMap;

/// A call's parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    values: BTreeMap<String, String>,
    /// The region that the caller named.
    pub(super) region: String,
}

impl Ask {
    /// Those of a request, in whichever protocol.
    pub(super) fn of(request: &Request<Bytes>, caller: &Caller) -> (Protocol, Self) {
        let (protocol, action) = Protocol::of(request);
        let mut values = protocol.read(request);
        values.extend(action.map(|action| ("Action".to_owned(), action)));
        let region = caller.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        (protocol, Self { values, region })
    }

    /// What is to be done.
    pub(super) fn action(&self) -> &str {
        self.text("Action").unwrap_or_default()
    }

    /// A value, if it was given.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A value that must be given.
    pub(super) fn must(&self, name: &str) -> Result<&str, Fault> {
        let given = self.text(name).filter(|value| !value.is_empty());
        given.ok_or_else(|| Fault::missing(name))
    }

    /// A whole number from zero up, if it was given.
    pub(super) fn count(&self, name: &str) -> Result<Option<u32>, Fault> {
        let number = |value: &str| {
            let wrong =
                |_| Fault::validation(format!("{name} is {value}, not a whole number from 0 up"));
            value.parse().map_err(wrong)
        };
        self.text(name).map(number).transpose()
    }

    /// Yes or no, if it was given.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        let flag = |value: &str| match value {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(Fault::validation(format!("{name} is {other}, not true or false"))),
        };
        self.text(name).map(flag).transpose()
    }

    /// A time, if it was given: as ISO 8601 has it, or in seconds since 1970.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Fault> {
        let time = |value: &str| {
            let seconds = value.parse::<f64>().ok().filter(|it| it.is_finite());
            let seconds = seconds.map(|it| (it * 1000.0).round() as i64);
            let date =
                || value.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond);
            let at = seconds.or_else(date).map(Timestamp::from_ms);
            at.ok_or_else(|| Fault::validation(format!("{name} is {value}, and no time")))
        };
        self.text(name).map(time).transpose()
    }

    /// The values of a list: of `Names.member.1`, `Names.member.2` and so on for `Names.member`.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let nth = |n: usize| self.text(&format!("{name}.{n}"));
        (1..).map_while(nth).collect()
    }

    /// The parameters of each entry of a list of structures.
    pub(super) fn entries(&self, name: &str) -> Vec<Self> {
        let nth = |n: usize| {
            let prefix = format!("{name}.{n}.");
            let own = self.values.range(prefix.clone()..);
            let own = own.take_while(|(key, _)| key.starts_with(&prefix));
            let own = own.map(|(key, value)| (key[prefix.len()..].to_owned(), value.clone()));
            let values: BTreeMap<String, String> = own.collect();
            (!values.is_empty()).then(|| Self { values, region: self.region.clone() })
        };
        (1..).map_while(nth).collect()
    }

    /// The parameters of one structure; none were given if it is empty.
    pub(super) fn part(&self, name: &str) -> Self {
        let prefix = format!("{name}.");
        let own = self.values.range(prefix.clone()..);
        let own = own.take_while(|(key, _)| key.starts_with(&prefix));
        let own = own.map(|(key, value)| (key[prefix.len()..].to_owned(), value.clone()));
        Self { values: own.collect(), region: self.region.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(body: &str) -> Ask {
        let request = Request::new(Bytes::from(body.to_owned()));
        Ask::of(&request, &Caller::default()).1
    }

    #[test]
    fn lists_and_structures_are_numbered_from_one() {
        let ask = ask("Action=X&N.member.1=a&N.member.2=b%20c&T.member.1.Key=k&T.member.1.Value=v\
             &T.member.10.Key=lost&P.One=1");
        assert_eq!(ask.list("N.member"), ["a", "b c"]);
        let entries = ask.entries("T.member");
        assert_eq!(entries.len(), 1, "entry 1 is not entry 10");
        assert_eq!((entries[0].text("Key"), entries[0].text("Value")), (Some("k"), Some("v")));
        assert_eq!(ask.part("P").count("One").unwrap(), Some(1));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let ask = ask("Size=-1&Force=perhaps&Empty=");
        let said = |fault: Fault| fault.message;
        assert!(said(ask.count("Size").unwrap_err()).contains("Size is -1"));
        assert!(said(ask.flag("Force").unwrap_err()).contains("perhaps"));
        assert!(said(ask.must("Empty").unwrap_err()).contains("Empty"));
        assert_eq!(ask.count("Other").unwrap(), None);
    }
}
