//! The least that a cluster must permit for these very targets: pure.
//!
//! Objects are named; lists cannot be bounded by names, so pods and autoscalers are allowed in
//! the namespace as a whole, for reading. Nothing lets the agent change more than a `scale`, and
//! the routes of its rollouts.

use crate::{
    Scalable, WeightedServices,
    route::{DISCOVERY, GATEWAY},
};
use std::collections::{BTreeMap, BTreeSet};

/// One rule of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The API group; empty for the core's.
    pub group: String,
    /// The resources.
    pub resources: Vec<String>,
    /// Only the objects of these names; all, if there are none.
    pub names: Vec<String>,
    /// What is allowed.
    pub verbs: Vec<&'static str>,
}

/// What the targets of a provider ask for.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// What is looked at.
    pub seen: BTreeSet<Scalable>,
    /// What is resized.
    pub resized: BTreeSet<Scalable>,
    /// What CPU or memory is read of.
    pub measured: BTreeSet<Scalable>,
    /// Whether pods are replaced.
    pub replaces: bool,
    /// The rollouts that are looked at.
    pub split: BTreeSet<WeightedServices>,
    /// The rollouts whose share is changed.
    pub shifted: BTreeSet<WeightedServices>,
}

/// The rules for `needs`.
pub fn rules(needs: &Needs) -> Vec<Rule> {
    let mut rules = for_groups(needs);
    rules.extend(for_rollouts(needs));
    rules
}

/// Routes and Services are named; who is behind a Service can only be listed.
fn for_rollouts(needs: &Needs) -> Vec<Rule> {
    let names = |all: &BTreeSet<WeightedServices>, of: fn(&WeightedServices) -> &String| {
        let names: BTreeSet<&String> = all.iter().map(of).collect();
        names.into_iter().cloned().collect::<Vec<String>>()
    };
    let mut rules = Vec::new();
    if needs.split.is_empty() {
        return rules;
    }
    let routes = || vec!["httproutes".to_owned()];
    rules.push(rule(GATEWAY, routes(), names(&needs.split, |it| &it.route), &["get"]));
    if !needs.shifted.is_empty() {
        rules.push(rule(GATEWAY, routes(), names(&needs.shifted, |it| &it.route), &["patch"]));
    }
    let services = names(&needs.split, |it| &it.candidate);
    rules.push(rule("", vec!["services".to_owned()], services, &["get"]));
    rules.push(rule(DISCOVERY, vec!["endpointslices".to_owned()], Vec::new(), &["list"]));
    rules
}

fn for_groups(needs: &Needs) -> Vec<Rule> {
    let mut rules = Vec::new();
    let looks: BTreeSet<&Scalable> = needs.seen.union(&needs.measured).collect();
    for ((group, plural), names) in by_resource(looks) {
        let resources = vec![plural.to_owned(), format!("{plural}/scale")];
        rules.push(rule(group, resources, names, &["get"]));
    }
    for ((group, plural), names) in by_resource(needs.resized.iter()) {
        rules.push(rule(group, vec![format!("{plural}/scale")], names, &["patch"]));
    }
    if rules.is_empty() {
        return rules;
    }
    let verbs: &[_] = if needs.replaces { &["delete", "list"] } else { &["list"] };
    rules.push(rule("", vec!["pods".to_owned()], Vec::new(), verbs));
    if !needs.measured.is_empty() {
        rules.push(rule("metrics.k8s.io", vec!["pods".to_owned()], Vec::new(), &["list"]));
    }
    if !needs.seen.is_empty() {
        for (group, resource) in
            [("autoscaling", "horizontalpodautoscalers"), ("keda.sh", "scaledobjects")]
        {
            rules.push(rule(group, vec![resource.to_owned()], Vec::new(), &["list"]));
        }
    }
    rules
}

fn rule(group: &str, resources: Vec<String>, names: Vec<String>, verbs: &[&'static str]) -> Rule {
    Rule { group: group.to_owned(), resources, names, verbs: verbs.to_vec() }
}

/// The names by API group and resource.
fn by_resource<'a>(
    all: impl IntoIterator<Item = &'a Scalable>,
) -> BTreeMap<(&'a str, &'a str), Vec<String>> {
    let mut found: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for one in all {
        found.entry((&one.group, &one.plural)).or_default().push(one.name.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeSet<Scalable> {
        ids.iter().map(|id| Scalable::parse(id).unwrap()).collect()
    }

    fn words(needs: &Needs) -> Vec<String> {
        let rules = rules(needs);
        let words = |it: &Rule| {
            let (resources, names, verbs) =
                (it.resources.join(","), it.names.join(","), it.verbs.join(","));
            format!("{} {resources} [{names}] {verbs}", it.group)
        };
        rules.iter().map(words).collect()
    }

    #[test]
    fn what_only_looks_may_change_nothing() {
        let seen = set(&["deployment/web", "deployment/api"]);
        let words = words(&Needs { seen, ..Needs::default() });
        assert_eq!(words[0], "apps deployments,deployments/scale [api,web] get");
        assert!(
            words.iter().all(|it| !it.contains("patch") && !it.contains("delete")),
            "{words:?}"
        );
    }

    #[test]
    fn what_acts_may_change_the_scale_of_what_it_names_and_nothing_else() {
        let seen = set(&["deployment/web", "rollouts.argoproj.io/v1alpha1/api"]);
        let (resized, measured) = (set(&["deployment/web"]), set(&["deployment/web"]));
        let words = words(&Needs { seen, resized, measured, replaces: true, ..Needs::default() });
        let changing: Vec<&String> =
            words.iter().filter(|it| it.contains("patch") || it.contains("delete")).collect();
        assert_eq!(changing, ["apps deployments/scale [web] patch", " pods [] delete,list"]);
        assert!(words.contains(&"metrics.k8s.io pods [] list".to_owned()), "{words:?}");
        assert!(
            words.contains(&"argoproj.io rollouts,rollouts/scale [api] get".to_owned()),
            "{words:?}"
        );
        assert!(rules(&Needs::default()).is_empty());
    }

    #[test]
    fn of_routes_only_those_that_are_named_may_be_changed() {
        let own = |route: &str| WeightedServices {
            route: route.to_owned(),
            stable: "shop".to_owned(),
            candidate: "shop-new".to_owned(),
        };
        let (split, shifted) = ([own("a"), own("b")].into(), [own("b")].into());
        assert_eq!(
            words(&Needs { split, shifted, ..Needs::default() }),
            [
                "gateway.networking.k8s.io httproutes [a,b] get",
                "gateway.networking.k8s.io httproutes [b] patch",
                " services [shop-new] get",
                "discovery.k8s.io endpointslices [] list",
            ]
        );
    }
}
