//! What tells how many sessions each member of a group has: bound like the input of a policy,
//! but to the group itself.

use super::{
    bind::Bench,
    fault::{Code, ConfigFault},
    meaning::or,
    raw::RawNamed,
    raw_target::{RawSessions, RawTarget, RawTargetKind},
    valid::{BoundInput, Target},
};
use setpoint_core::{InputKey, Per, Role, Sessions, Span, TargetName, TargetSettings, Unit};
use setpoint_policies::InputHeader;
use std::collections::BTreeMap;

/// What a group wants of it: a number of each member, the latest only.
const WANTED: InputHeader = InputHeader {
    unit: Unit::Count,
    window: Span::ZERO,
    max_age: None,
    role: Role::None,
    per: Some(Per::Member),
};

impl Bench<'_> {
    /// The sessions of every group that says what tells them; its settings learn of it.
    pub(crate) fn bind_sessions(
        &self,
        targets: &mut BTreeMap<TargetName, Target>,
    ) -> BTreeMap<InputKey, BoundInput> {
        let bind = |raw: &RawNamed<RawTarget>| {
            let RawTargetKind::Group { more, .. } = &raw.what.as_ref()?.kind else {
                return None;
            };
            let name = TargetName::new(&raw.name.value);
            let settings = &mut targets.get_mut(&name)?.settings;
            // On one's own machines members are drained without being counted, too.
            let drains = more.own.members.is_some();
            self.bind_one((&name, &more.sessions, drains), settings)
        };
        self.raw.targets.iter().filter_map(bind).collect()
    }

    fn bind_one(
        &self,
        (name, raw, drains): (&TargetName, &RawSessions, bool),
        settings: &mut TargetSettings,
    ) -> Option<(InputKey, BoundInput)> {
        let Some(input) = &raw.input else {
            let drain = if drains { &None } else { &raw.drain };
            let written = [("drain", drain), ("spare", &raw.spare)];
            for (key, span) in written.into_iter().filter_map(|(key, it)| Some((key, it.as_ref()?)))
            {
                let message = format!("`{key}` is for a group with `sessions`, and there are none");
                self.faults.push(ConfigFault::new(Code::MissingKey, &span.place, message));
            }
            return None;
        };
        let input = input.as_ref()?;
        if input.key.is_none() {
            let message = "`sessions` are a value of each member, and have no `key`";
            let fault = ConfigFault::new(Code::MissingKey, &input.query.place, message);
            self.faults.push(fault.help("write `key = \"…\"`: the label that names the member"));
            return None;
        }
        let bound = self.input(input, &WANTED)?;
        let key = InputKey::sessions_of(name);
        if let TargetSettings::Group(group) = settings {
            let defaults = Sessions::new(key.clone());
            group.sessions = Some(Sessions {
                drain: or(raw.drain.as_ref(), defaults.drain),
                spare: or(raw.spare.as_ref(), defaults.spare),
                ..defaults
            });
        }
        Some((key, bound))
    }
}
