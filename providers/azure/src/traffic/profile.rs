//! A profile as Azure describes it: what its endpoints amount to as shares of users, and what makes
//! other shares. Pure.

use super::id::Endpoints;
use crate::{fault::Fault, tag};
use serde::Deserialize;
use serde_json::{Value, json};
use setpoint_core::{Destination, Shares, Traffic, shares_of};
use std::collections::BTreeMap;

/// The weight of an endpoint for each percent of users: of 1 to 1000, which Azure takes.
const PER_CENT: u32 = 10;
/// The least that Azure takes. It is that of an endpoint without a share.
const LEAST: u32 = 1;
/// An endpoint that gets at most one of so many users has no share.
const FEW: u64 = 1000;

/// A profile: the whole document, and what is read of it.
#[derive(Debug)]
pub(crate) struct Profile {
    document: Value,
    read: Read,
}

#[derive(Debug, Deserialize)]
struct Read {
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    properties: Properties,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    /// "Enabled", "Disabled".
    profile_status: Option<String>,
    /// "Weighted".
    traffic_routing_method: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Debug, Deserialize)]
struct Endpoint {
    name: String,
    properties: State,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    /// "Enabled", "Disabled".
    endpoint_status: Option<String>,
    /// What its probes tell: "Online", "Degraded".
    endpoint_monitor_status: Option<String>,
    /// From 1 to 1000. Azure gives 1 to who gives none.
    weight: Option<u64>,
}

impl Endpoint {
    /// Whether users are sent there.
    fn is_enabled(&self) -> bool {
        !is(self.properties.endpoint_status.as_deref(), "Disabled")
    }

    /// Whether it answers, by its probes. Most states tell nothing: it may be that nobody asks.
    fn healthy(&self) -> Option<bool> {
        let told = self.properties.endpoint_monitor_status.as_deref();
        if is(told, "Online") {
            return Some(true);
        }
        (is(told, "Degraded") || is(told, "Stopped")).then_some(false)
    }
}

fn is(text: Option<&str>, word: &str) -> bool {
    text.is_some_and(|text| text.eq_ignore_ascii_case(word))
}

impl Profile {
    /// Reads a document of Azure's. Fails if it is none of a profile.
    pub(super) fn read(document: Value) -> Result<Self, serde_json::Error> {
        let read = Read::deserialize(&document)?;
        Ok(Self { document, read })
    }

    /// Where users are sent. Fails, as not to be acted on, where that is not for the weights of the
    /// destinations to say.
    pub(super) fn traffic(&self, endpoints: &Endpoints) -> Result<Traffic, Fault> {
        let ours = self.ours(endpoints)?;
        let destination = |(own, share): (String, u32)| {
            let healthy = ours.get(own.as_str()).and_then(|endpoint| endpoint.healthy());
            (own, Destination { share, healthy })
        };
        let destinations = self.shares(endpoints)?.into_iter().map(destination).collect();
        Ok(Traffic { destinations, busy: None, paused: self.paused() })
    }

    /// The share of users of each destination. Fails as [`Self::traffic`] does.
    pub(super) fn shares(&self, endpoints: &Endpoints) -> Result<Shares, Fault> {
        let Properties { profile_status, traffic_routing_method: method, .. } =
            &self.read.properties;
        let name = &endpoints.profile.name;
        if !is(Some(method), "Weighted") {
            let why = format!("{name} routes by {method}: make its routing method Weighted");
            return Err(Fault::Refused(why));
        }
        if is(profile_status.as_deref(), "Disabled") {
            return Err(Fault::Refused(format!("{name} is disabled: it sends nobody anywhere")));
        }
        let ours = self.ours(endpoints)?;
        if let Some(other) = self.others(endpoints).find(|other| other.is_enabled()) {
            let why = format!("the endpoint {} takes users, and is no destination", other.name);
            return Err(Fault::Refused(why));
        }
        if !ours.values().any(|endpoint| endpoint.is_enabled()) {
            let why = format!("all endpoints of {name} are disabled: nobody is sent anywhere");
            return Err(Fault::Refused(why));
        }
        let weight = |endpoint: &Endpoint| match endpoint.is_enabled() {
            true => endpoint.properties.weight.unwrap_or_else(|| LEAST.into()),
            false => 0,
        };
        let mut weights: BTreeMap<String, u64> =
            ours.into_iter().map(|(own, endpoint)| (own.to_owned(), weight(endpoint))).collect();
        let all: u64 = weights.values().fold(0, |all, weight| all.saturating_add(*weight));
        for weight in weights.values_mut().filter(|weight| weight.saturating_mul(FEW) <= all) {
            *weight = 0;
        }
        Ok(shares_of(&weights))
    }

    /// The whole profile with the shares `to`, all else as it was read. Who has no share keeps the
    /// least weight, or stays disabled; who has one is enabled.
    pub(super) fn with(&self, endpoints: &Endpoints, to: &Shares) -> Result<Value, Fault> {
        let mut changed = self.document.clone();
        for (own, wanted) in &endpoints.destinations {
            let missing = || Fault::Refused(format!("{own} has no share"));
            let share = *to.get(own).ok_or_else(missing)?;
            let all = &self.read.properties.endpoints;
            let at = all.iter().position(|endpoint| is(Some(&endpoint.name), wanted));
            let at = at.ok_or_else(|| Fault::Refused(format!("{own} has no endpoint {wanted}")))?;
            let properties = &mut changed["properties"]["endpoints"][at]["properties"];
            match share {
                0 if !all[at].is_enabled() => {}
                0 => properties["weight"] = json!(LEAST),
                share => {
                    properties["weight"] = json!(share.saturating_mul(PER_CENT));
                    properties["endpointStatus"] = json!("Enabled");
                }
            }
        }
        Ok(changed)
    }

    /// Why a person wants it left alone.
    pub(super) fn paused(&self) -> Option<String> {
        let tags = self.read.tags.iter().flatten();
        tag::paused(tags.map(|(key, value)| (key.as_str(), value.as_str())))
    }

    /// What keeps Azure from telling whether a destination answers, where anything does.
    pub(super) fn untold(&self, endpoints: &Endpoints, own: &str) -> Option<String> {
        let ours = self.ours(endpoints).ok()?;
        let endpoint = ours.get(own).filter(|endpoint| endpoint.healthy().is_none())?;
        let told = endpoint.properties.endpoint_monitor_status.clone();
        Some(if endpoint.is_enabled() { told.unwrap_or_default() } else { "Disabled".to_owned() })
    }

    /// The endpoint of each destination. Fails if one is not there, or there twice.
    fn ours<'a>(
        &'a self,
        endpoints: &'a Endpoints,
    ) -> Result<BTreeMap<&'a str, &'a Endpoint>, Fault> {
        let profile = &endpoints.profile.name;
        let mut ours = BTreeMap::new();
        for (own, wanted) in &endpoints.destinations {
            let all = self.read.properties.endpoints.iter();
            let mut found = all.filter(|endpoint| is(Some(&endpoint.name), wanted));
            let Some(endpoint) = found.next() else {
                let why = format!("{own} has no endpoint {wanted} in {profile}");
                return Err(Fault::Refused(why));
            };
            if found.next().is_some() {
                let why = format!("{profile} has two endpoints {wanted}: which is meant?");
                return Err(Fault::Refused(why));
            }
            ours.insert(own.as_str(), endpoint);
        }
        Ok(ours)
    }

    /// The endpoints that are no destinations.
    fn others<'a>(&'a self, endpoints: &'a Endpoints) -> impl Iterator<Item = &'a Endpoint> {
        let is_ours = |endpoint: &&Endpoint| {
            endpoints.destinations.values().any(|wanted| is(Some(&endpoint.name), wanted))
        };
        self.read.properties.endpoints.iter().filter(move |endpoint| !is_ours(endpoint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::ProfileId;
    use proptest::prelude::*;

    fn endpoints(names: &[&str]) -> Endpoints {
        let own = names.iter().map(|name| ((*name).to_owned(), format!("{name}-1"))).collect();
        let profile = ProfileId::parse("games/front", None).unwrap();
        Endpoints { profile, destinations: own }
    }

    fn endpoint(name: &str, status: &str, weight: u64) -> Value {
        json!({ "name": name, "id": format!("/x/{name}"), "properties": {
            "endpointStatus": status, "endpointMonitorStatus": "Online", "weight": weight,
            "target": "x.example.com", "alwaysServe": "Disabled" } })
    }

    fn profile(all: &[Value]) -> Profile {
        let document = json!({ "id": "/front", "location": "global", "tags": { "team": "a" },
            "properties": { "profileStatus": "Enabled", "trafficRoutingMethod": "Weighted",
                            "monitorConfig": { "path": "/" }, "endpoints": all } });
        Profile::read(document).unwrap()
    }

    /// The shares of `aws` and `eu`, or why there are none.
    #[track_caller]
    fn check(all: &[Value], expected: Result<[u32; 2], &str>) {
        let shares = profile(all).shares(&endpoints(&["aws", "eu"]));
        match (shares, expected) {
            (Ok(shares), Ok(expected)) => assert_eq!([shares["aws"], shares["eu"]], expected),
            (Err(fault), Err(words)) => {
                assert!(fault.to_string().contains(words), "{fault} has no word of {words}");
            }
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn weights_of_any_sum_are_shares_and_one_of_a_thousand_is_none() {
        let on = |name: &str, weight| endpoint(name, "Enabled", weight);
        check(&[on("aws-1", 3), on("eu-1", 1)], Ok([75, 25]));
        check(&[on("aws-1", 1), on("EU-1", 1)], Ok([50, 50]));
        check(&[on("aws-1", 1000), on("eu-1", 1)], Ok([100, 0]));
        check(&[on("aws-1", 2), on("eu-1", 198)], Ok([1, 99]));
        check(&[on("aws-1", 5), endpoint("eu-1", "Disabled", 1000)], Ok([100, 0]));
        check(&[on("aws-1", 5), on("eu-1", 5), endpoint("old", "disabled", 9)], Ok([50, 50]));
    }

    #[test]
    fn users_that_go_elsewhere_or_nowhere_are_never_counted_as_ours() {
        let on = |name: &str| endpoint(name, "Enabled", 10);
        let off = |name: &str| endpoint(name, "Disabled", 10);
        check(&[on("aws-1"), on("eu-1"), on("gcp")], Err("the endpoint gcp takes users"));
        check(&[on("aws-1")], Err("eu has no endpoint eu-1 in front"));
        check(&[on("aws-1"), on("eu-1"), on("EU-1")], Err("front has two endpoints eu-1"));
        check(&[off("aws-1"), off("eu-1")], Err("all endpoints of front are disabled"));
        for (place, value, words) in [
            ("profileStatus", "Disabled", "front is disabled"),
            ("trafficRoutingMethod", "Priority", "front routes by Priority"),
        ] {
            let mut document = profile(&[on("aws-1"), on("eu-1")]).document;
            document["properties"][place] = json!(value);
            let shares = Profile::read(document).unwrap().shares(&endpoints(&["aws", "eu"]));
            assert!(shares.unwrap_err().to_string().contains(words));
        }
    }

    #[test]
    fn only_what_probes_tell_is_known() {
        for (told, expected) in [
            ("Online", Some(true)),
            ("Degraded", Some(false)),
            ("Stopped", Some(false)),
            ("CheckingEndpoint", None),
            ("Inactive", None),
            ("Disabled", None),
            ("Unmonitored", None),
            ("Something new", None),
        ] {
            let mut one = endpoint("eu-1", "Enabled", 10);
            one["properties"]["endpointMonitorStatus"] = json!(told);
            let ends = endpoints(&["aws", "eu"]);
            let profile = profile(&[endpoint("aws-1", "Enabled", 10), one]);
            let traffic = profile.traffic(&ends).unwrap();
            assert_eq!(traffic.destinations["eu"].healthy, expected, "{told}");
            let untold = expected.is_none().then(|| told.to_owned());
            assert_eq!(profile.untold(&ends, "eu"), untold);
        }
    }

    #[test]
    fn a_change_keeps_all_but_the_weights_and_disables_nobody() {
        let before = [
            endpoint("aws-1", "Enabled", 1000),
            endpoint("eu-1", "Disabled", 7),
            endpoint("old", "Disabled", 9),
        ];
        let ends = endpoints(&["aws", "eu"]);
        let to = |aws: u32| [("aws".to_owned(), aws), ("eu".to_owned(), 100 - aws)].into();
        let changed = profile(&before).with(&ends, &to(0)).unwrap();
        let [aws, eu] = [endpoint("aws-1", "Enabled", 1), endpoint("eu-1", "Enabled", 1000)];
        let mut expected = profile(&[aws, eu, before[2].clone()]).document;
        assert_eq!(changed, expected);
        let changed = profile(&before).with(&ends, &to(100)).unwrap();
        expected = profile(&before).document;
        assert_eq!(changed, expected, "who is disabled and has no share stays so");
        let short = [("aws".to_owned(), 100)].into();
        assert!(profile(&before).with(&ends, &short).is_err(), "every destination has a share");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was_meant(weights in prop::collection::vec(0_u64..9, 2..30)) {
            let names: Vec<String> = (0..weights.len()).map(|at| format!("d{at}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let ends = endpoints(&names);
            let all: Vec<Value> =
                names.iter().map(|it| endpoint(&format!("{it}-1"), "Enabled", 10)).collect();
            let to = shares_of(
                &names.iter().map(|it| (*it).to_owned()).zip(weights.iter().copied()).collect(),
            );
            let written = profile(&all).with(&ends, &to).unwrap();
            for endpoint in written["properties"]["endpoints"].as_array().unwrap() {
                let weight = endpoint["properties"]["weight"].as_u64().unwrap();
                prop_assert!((1..=1000).contains(&weight), "Azure takes no {}", weight);
            }
            prop_assert_eq!(Profile::read(written).unwrap().shares(&ends).unwrap(), to);
        }
    }
}
