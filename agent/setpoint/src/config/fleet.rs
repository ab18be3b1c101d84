//! Fleets: a target that is each group with certain tags, made into one target for each.
//!
//! A group `g` of the fleet `web` becomes the target `web/g`, and a policy `cpu` bound to the
//! fleet becomes `cpu/g`: names that stay the same from start to start, so that a group that
//! comes back finds its memory.

use super::{
    fault::Faults,
    query,
    raw::RawInput,
    valid::{BoundInput, Config, Target, Which},
};
use setpoint_core::{BoundPolicy, InputKey, PolicyName, TargetName, Unit};
use std::collections::BTreeMap;

/// What stands for the name of each group in the query of a fleet's policy.
const GROUP: &str = "{group}";
/// Letters that would turn one query into another.
const TELLING: [char; 8] = ['"', '\'', '\\', '{', '}', ';', '=', ' '];
/// Letters that would do so in the pointer into a document.
const POINTING: [char; 2] = ['/', '~'];

/// Which groups each fleet has, by the name of its target.
pub(crate) type Found = BTreeMap<TargetName, Vec<String>>;

/// What an input of a fleet's policy asks, to be read anew for each group.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    raw: RawInput,
    kind: String,
    unit: Unit,
}

impl Template {
    /// The template that `raw` is, if it is one; `kind` is that of its source.
    pub(crate) fn of(raw: &RawInput, kind: &str, unit: Unit) -> Option<Self> {
        Self::is(raw).then(|| Self { raw: raw.clone(), kind: kind.to_owned(), unit })
    }

    /// Whether `raw` speaks of each group.
    pub(crate) fn is(raw: &RawInput) -> bool {
        let picked = raw.pick.iter().map(|(_, value)| value);
        let mut texts = [&raw.query].into_iter().chain(&raw.at).chain(picked);
        texts.any(|text| text.value.contains(GROUP))
    }

    /// What is written, of one group.
    pub(crate) fn with(&self, group: &str) -> RawInput {
        let mut raw = self.raw.clone();
        let picked = raw.pick.iter_mut().map(|(_, value)| value);
        for text in [&mut raw.query].into_iter().chain(&mut raw.at).chain(picked) {
            text.value = text.value.replace(GROUP, group);
        }
        raw
    }

    /// Whether what is asked of `group` is what was meant.
    fn takes(&self, group: &str) -> bool {
        let pointing = self.kind == "http-json" && group.contains(POINTING);
        !group.contains(TELLING) && !pointing
    }
}

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
        let mut tried = self.shadows.clone();
        tried.retain(|name, _| bound.iter().any(|policy| policy.name == *name));
        self.shadows.retain(|name, _| !tried.contains_key(name));
        for policy in bound {
            let own = |key: &InputKey| key.policy() == policy.name.as_str();
            let inputs: BTreeMap<InputKey, BoundInput> =
                self.inputs.extract_if(.., |key, _| own(key)).collect();
            for group in groups {
                let name = PolicyName::new(format!("{}/{group}", policy.name));
                for (key, input) in &inputs {
                    let own = Self::input_of(group, key, input)?;
                    self.inputs.insert(InputKey::of(&name, key.input()), own);
                }
                let ours = TargetName::new(format!("{fleet}/{group}"));
                let target = |it: &TargetName| if it == fleet { ours.clone() } else { it.clone() };
                let targets = policy.targets.iter().map(|(local, it)| (local.clone(), target(it)));
                let targets = targets.collect();
                if let Some(own) = tried.get(&policy.name) {
                    let own = own.iter().map(|(it, bounds)| (target(it), bounds.clone()));
                    self.shadows.insert(name.clone(), own.collect());
                }
                self.policies.push(BoundPolicy { name, targets, ..policy.clone() });
            }
        }
        Ok(())
    }

    fn input_of(group: &str, key: &InputKey, input: &BoundInput) -> Result<BoundInput, FleetError> {
        let Some(template) = &input.template else { return Ok(input.clone()) };
        // What a fault could say is that of the name alone: the template has been tried.
        let faults = Faults::default();
        let own = template.with(group);
        let question = query::question(&own, &template.kind, template.unit, &faults);
        let name = || FleetError::Name { group: group.to_owned(), input: key.clone() };
        let question = question.filter(|_| template.takes(group)).ok_or_else(name)?;
        Ok(BoundInput { question, template: None, ..input.clone() })
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
