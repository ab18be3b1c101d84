//! The record sets of a name as shares of users, and the changes that make other shares: pure.

use crate::{fault::Fault, settings::Records};
use aws_sdk_route53::types::{Change, ChangeAction, ResourceRecordSet};
use setpoint_core::{Shares, shares_of};
use std::collections::{BTreeMap, BTreeSet};

/// The weighted record sets of a name: each destination has one of every type.
#[derive(Debug)]
pub(super) struct Sets {
    /// By type, as Route 53 writes it: "A", "AAAA".
    kinds: BTreeMap<String, Kind>,
}

/// The record sets of one type.
#[derive(Debug, Default)]
struct Kind {
    /// By destination.
    ours: BTreeMap<String, ResourceRecordSet>,
    /// The weights of others, by their set identifier.
    others: BTreeMap<String, u64>,
}

/// Whether two names are one, by the rules of Route 53.
pub(super) fn is_named(name: &str, wanted: &str) -> bool {
    normal(name) == normal(wanted)
}

/// A name as Route 53 compares it: in small letters, without its last dot.
pub(crate) fn normal(name: &str) -> String {
    name.trim_end_matches('.').replace('*', "\\052").to_lowercase()
}

impl Sets {
    /// Sorts what was `found`. Fails, as not to be acted on, if a destination has no record set
    /// of a type that another has, or one that is not weighted.
    pub(super) fn read(records: &Records, found: Vec<ResourceRecordSet>) -> Result<Self, Fault> {
        let name = &records.name;
        let by_id: BTreeMap<&str, &str> =
            records.destinations.iter().map(|(own, id)| (id.as_str(), own.as_str())).collect();
        let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
        for set in found {
            let Some(id) = set.set_identifier.clone() else { continue };
            let kind = kinds.entry(set.r#type.as_str().to_owned()).or_default();
            let weight = set.weight.and_then(|weight| u64::try_from(weight).ok());
            match (by_id.get(id.as_str()), weight) {
                (Some(own), Some(_)) => drop(kind.ours.insert((*own).to_owned(), set)),
                (Some(_), None) => {
                    return Err(Fault::Refused(format!("the record set {id} is not weighted")));
                }
                (None, weight) => drop(kind.others.insert(id, weight.unwrap_or_default())),
            }
        }
        kinds.retain(|_, kind| !kind.ours.is_empty());
        if kinds.is_empty() {
            let why = format!("the zone has no weighted record sets of {name} that are bound");
            return Err(Fault::Refused(why));
        }
        for (kind, sets) in &kinds {
            if let Some((own, id)) =
                records.destinations.iter().find(|(own, _)| !sets.ours.contains_key(*own))
            {
                let why = format!("{own} has no record set {id} of {name} and type {kind}");
                return Err(Fault::Refused(why));
            }
        }
        Ok(Self { kinds })
    }

    /// The share of users of each destination. Fails if others take some, or if the types
    /// differ.
    pub(super) fn shares(&self) -> Result<Shares, Fault> {
        let mut all: Option<(Shares, &str)> = None;
        for (kind, sets) in &self.kinds {
            let shares = sets.shares()?;
            match &all {
                None => all = Some((shares, kind)),
                Some((others, _)) if *others == shares => {}
                Some((_, other)) => {
                    let why = format!("users are sent otherwise by {kind} than by {other}");
                    return Err(Fault::Refused(why));
                }
            }
        }
        Ok(all.map(|(shares, _)| shares).unwrap_or_default())
    }

    /// The health checks of all.
    pub(super) fn health_checks(&self) -> impl Iterator<Item = &str> {
        let sets = self.kinds.values().flat_map(|kind| kind.ours.values());
        sets.filter_map(|set| set.health_check_id.as_deref())
    }

    /// Whether a destination answers, by what its health checks told. One that has none, or
    /// whose check told nothing, is not known to.
    pub(super) fn healthy(&self, own: &str, told: &BTreeMap<String, Option<bool>>) -> Option<bool> {
        let sets = self.kinds.values().filter_map(|kind| kind.ours.get(own));
        let health: BTreeSet<Option<bool>> =
            sets.map(|set| *told.get(set.health_check_id.as_deref()?)?).collect();
        if health.contains(&Some(false)) {
            return Some(false);
        }
        (health == [Some(true)].into()).then_some(true)
    }

    /// What makes the shares `to`: every record set goes as it was read, and comes again with
    /// its share as its weight.
    pub(super) fn changes(&self, to: &Shares) -> Result<Vec<Change>, Fault> {
        let mut changes = Vec::new();
        for (own, set) in self.kinds.values().flat_map(|kind| &kind.ours) {
            let share = to.get(own).copied();
            let missing = || Fault::Refused(format!("{own} has no share"));
            let weight = Some(i64::from(share.ok_or_else(missing)?));
            let mut new = set.clone();
            new.weight = weight;
            for (action, set) in [(ChangeAction::Delete, set.clone()), (ChangeAction::Create, new)]
            {
                let change = Change::builder().action(action).resource_record_set(set).build();
                changes.push(change.map_err(|error| Fault::Refused(error.to_string()))?);
            }
        }
        Ok(changes)
    }
}

impl Kind {
    fn shares(&self) -> Result<Shares, Fault> {
        let weight = |set: &ResourceRecordSet| {
            set.weight.and_then(|weight| u64::try_from(weight).ok()).unwrap_or_default()
        };
        // Others must not be taken for destinations of the same name.
        let ours = self.ours.iter().map(|(own, set)| (format!("0{own}"), weight(set)));
        let others = self.others.iter().map(|(id, weight)| (format!("1{id}"), *weight));
        let mut shares = Shares::new();
        for (name, share) in shares_of(&ours.chain(others).collect()) {
            match name.split_at(1) {
                ("0", own) => drop(shares.insert(own.to_owned(), share)),
                (_, other) if share > 0 || self.takes_users(other) => {
                    let why = format!("the record set {other} takes users, and is no destination");
                    return Err(Fault::Refused(why));
                }
                _ => {}
            }
        }
        Ok(shares)
    }

    fn takes_users(&self, other: &str) -> bool {
        self.others.get(other).is_some_and(|weight| *weight > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_route53::types::{AliasTarget, ResourceRecord, RrType};

    fn records() -> Records {
        let destinations = [("aws", "set-1"), ("azure", "set-2")];
        let own = |(name, id): (&str, &str)| (name.to_owned(), id.to_owned());
        Records {
            zone: "Z1".to_owned(),
            name: "www.example.com".to_owned(),
            destinations: destinations.map(own).into(),
        }
    }

    fn set(id: &str, kind: RrType, weight: i64) -> ResourceRecordSet {
        let alias = AliasTarget::builder().hosted_zone_id("Z2").dns_name("lb.example.com");
        let alias = alias.evaluate_target_health(false).build().unwrap();
        let set = ResourceRecordSet::builder().name("www.example.com.").r#type(kind);
        let set = set.set_identifier(id).weight(weight).alias_target(alias);
        set.health_check_id(format!("check-of-{id}")).build().unwrap()
    }

    /// The shares of `aws` and `azure`, or why there are none.
    #[track_caller]
    fn check(sets: &[ResourceRecordSet], expected: Result<[u32; 2], &str>) {
        let shares = Sets::read(&records(), sets.to_vec()).and_then(|sets| sets.shares());
        match (shares, expected) {
            (Ok(shares), Ok(expected)) => assert_eq!([shares["aws"], shares["azure"]], expected),
            (Err(fault), Err(words)) => {
                assert!(fault.to_string().contains(words), "{fault} has no word of {words}");
            }
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn weights_of_any_sum_are_shares() {
        let a = |id: &str, weight| set(id, RrType::A, weight);
        check(&[a("set-1", 255), a("set-2", 0)], Ok([100, 0]));
        check(&[a("set-1", 3), a("set-2", 1)], Ok([75, 25]));
        check(&[a("set-1", 0), a("set-2", 0)], Ok([50, 50]));
        check(&[a("set-1", 9), a("set-2", 1), a("old", 0)], Ok([90, 10]));
    }

    #[test]
    fn users_that_go_elsewhere_are_never_counted_as_ours() {
        let a = |id: &str, weight| set(id, RrType::A, weight);
        check(&[a("set-1", 200), a("set-2", 100), a("gcp", 1)], Err("gcp takes users"));
        check(&[a("set-1", 0), a("set-2", 0), a("gcp", 0)], Err("gcp takes users"));
        check(&[a("set-1", 100)], Err("azure has no record set set-2"));
        check(&[], Err("no weighted record sets"));
        let mut latency = a("set-2", 0);
        latency.weight = None;
        check(&[a("set-1", 100), latency], Err("set-2 is not weighted"));
    }

    #[test]
    fn both_protocols_go_the_same_way_or_nothing_is_known() {
        let both = |four: [i64; 2], six: [i64; 2]| {
            [
                set("set-1", RrType::A, four[0]),
                set("set-2", RrType::A, four[1]),
                set("set-1", RrType::Aaaa, six[0]),
                set("set-2", RrType::Aaaa, six[1]),
            ]
        };
        check(&both([80, 20], [4, 1]), Ok([80, 20]));
        check(&both([80, 20], [100, 0]), Err("otherwise by AAAA than by A"));
        check(&both([80, 20], [4, 1])[..3], Err("azure has no record set set-2"));
    }

    #[test]
    fn a_change_keeps_all_but_the_weight_and_names_what_it_replaces() {
        let plain = |weight| {
            let value = ResourceRecord::builder().value("192.0.2.1").build().unwrap();
            let set = ResourceRecordSet::builder().name("www.example.com.").r#type(RrType::A);
            let set = set.set_identifier("set-2").weight(weight).ttl(60).resource_records(value);
            set.build().unwrap()
        };
        let found = [set("set-1", RrType::A, 3), plain(1)];
        let sets = Sets::read(&records(), found.to_vec()).unwrap();
        let to = [("aws".to_owned(), 0), ("azure".to_owned(), 100)].into();
        let changes = sets.changes(&to).unwrap();
        let made: Vec<_> = changes
            .iter()
            .map(|change| (change.action.as_str(), change.resource_record_set.clone().unwrap()))
            .collect();
        let expected = [
            ("DELETE", found[0].clone()),
            ("CREATE", set("set-1", RrType::A, 0)),
            ("DELETE", found[1].clone()),
            ("CREATE", plain(100)),
        ];
        assert_eq!(made, expected);
    }

    #[test]
    fn a_destination_is_known_to_answer_only_if_all_its_checks_say_so() {
        let sets = [set("set-1", RrType::A, 1), set("set-2", RrType::A, 1)];
        let sets = Sets::read(&records(), sets.to_vec()).unwrap();
        let told = |health| [("check-of-set-1".to_owned(), health)].into();
        assert_eq!(sets.healthy("aws", &told(Some(true))), Some(true));
        assert_eq!(sets.healthy("aws", &told(Some(false))), Some(false));
        assert_eq!(sets.healthy("aws", &told(None)), None);
        // Its check was not told of.
        assert_eq!(sets.healthy("azure", &told(Some(true))), None);
    }

    #[test]
    fn names_are_compared_as_route_53_does() {
        assert!(is_named("WWW.example.com.", "www.Example.com"));
        assert!(is_named("\\052.example.com.", "*.example.com"));
        assert!(!is_named("ww.example.com.", "www.example.com"));
    }
}
