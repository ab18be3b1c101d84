//! Fleets: a target that is each group with certain tags, made into one target for each.
//!
//! A group `g` of the fleet `web` becomes the target `web/g`, and a policy `cpu` bound to the
//! fleet becomes `cpu/g`: names that stay the same from start to start, so that a group that
//! comes back finds its memory.

use super::{
    query,
    valid::{BoundInput, Config, Target, Which},
};
use setpoint_core::{BoundPolicy, InputKey, PolicyName, TargetName};
use std::collections::BTreeMap;

/// What stands for the name of each group in the query of a fleet's policy.
pub(crate) const GROUP: &str = "{group}";

/// Which groups each fleet has, by the name of its target.
pub(crate) type Found = BTreeMap<TargetName, Vec<String>>;

/// Why a fleet cannot be looked after.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FleetError {
    /// Nothing has its tags: that is never taken for "everything".
    #[error("no group has the tags that the target `{0}` selects by")]
    Empty(TargetName),
    /// A group has a name that cannot stand in a query.
    #[error("the group {group} has a name that cannot stand in the query of the input `{input}`")]
    Name {
        /// The group.
        group: String,
        /// The input.
        input: InputKey,
    },
    /// A group would be two targets.
    #[error("the group {group} is the target `{first}` and the target `{second}`")]
    Twice {
        /// The group.
        group: String,
        /// The one target.
        first: TargetName,
        /// The other.
        second: TargetName,
    },
}

impl Config {
    /// The fleets: what each selects by, for those who can ask.
    pub(crate) fn fleets(&self) -> impl Iterator<Item = (&TargetName, &Target)> {
        self.targets.iter().filter(|(_, target)| matches!(target.which, Which::Each(_)))
    }

    /// The configuration with a target for each group of each fleet.
    pub(crate) fn with_fleets(&self, found: &Found) -> Result<Self, FleetError> {
        let mut whole = self.clone();
        for (fleet, target) in self.fleets() {
            let groups = found.get(fleet).filter(|groups| !groups.is_empty());
            let groups = groups.ok_or_else(|| FleetError::Empty(fleet.clone()))?;
            whole.targets.remove(fleet);
            for group in groups {
                let which = Which::One(group.clone());
                let one = Target { which, ..target.clone() };
                whole.targets.insert(TargetName::new(format!("{fleet}/{group}")), one);
            }
            whole.bind_to_each(fleet, groups)?;
        }
        whole.one_target_each()?;
        Ok(whole)
    }

    /// Replaces each policy bound to `fleet` by one for each of its groups.
    fn bind_to_each(&mut self, fleet: &TargetName, groups: &[String]) -> Result<(), FleetError> {
        let is_bound = |policy: &BoundPolicy| policy.targets.values().any(|name| name == fleet);
        let bound: Vec<BoundPolicy> = self.policies.extract_if(.., |it| is_bound(it)).collect();
        for policy in bound {
            let own = |key: &InputKey| key.policy() == policy.name.as_str();
            let inputs: BTreeMap<InputKey, BoundInput> =
                self.inputs.extract_if(.., |key, _| own(key)).collect();
            for group in groups {
                let name = PolicyName::new(format!("{}/{group}", policy.name));
                for (key, input) in &inputs {
                    let own = self.input_of(group, key, input)?;
                    self.inputs.insert(InputKey::of(&name, key.input()), own);
                }
                let ours = TargetName::new(format!("{fleet}/{group}"));
                let target = |it: &TargetName| if it == fleet { ours.clone() } else { it.clone() };
                let targets = policy.targets.iter().map(|(local, it)| (local.clone(), target(it)));
                let targets = targets.collect();
                self.policies.push(BoundPolicy { name, targets, ..policy.clone() });
            }
        }
        Ok(())
    }

    fn input_of(
        &self,
        group: &str,
        key: &InputKey,
        input: &BoundInput,
    ) -> Result<BoundInput, FleetError> {
        let Some(template) = &input.template else { return Ok(input.clone()) };
        let kind = self.sources.get(&input.source).map(|source| &source.kind);
        let parsed = kind.and_then(|kind| query::parse_text(&template.replace(GROUP, group), kind));
        let name = || FleetError::Name { group: group.to_owned(), input: key.clone() };
        // A name with such letters in it would turn one query into another.
        let plain = !group.contains(['"', '\'', '\\', '{', '}', ';', '=', ' ']);
        let query = parsed.filter(|_| plain).ok_or_else(name)?;
        Ok(BoundInput { query, template: None, ..input.clone() })
    }

    /// Two targets that are one group would size it twice.
    fn one_target_each(&self) -> Result<(), FleetError> {
        let mut seen: BTreeMap<(&str, &str), &TargetName> = BTreeMap::new();
        for (name, target) in &self.targets {
            let Which::One(id) = &target.which else { continue };
            if let Some(first) = seen.insert((&target.provider, id), name) {
                let (first, second) = (first.clone(), name.clone());
                return Err(FleetError::Twice { group: id.clone(), first, second });
            }
        }
        Ok(())
    }
}
