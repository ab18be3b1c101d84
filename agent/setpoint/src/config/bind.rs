//! Binds policies: each input to a query, each target to one of ours, each parameter to a value.
//!
//! What a policy asks for is in its header; what it gets is in the configuration.
//! Both must agree, and where they do not, the fault is placed in the configuration.

use super::{
    calendar,
    fault::{At, Code, ConfigFault, Faults},
    fleet::Template,
    meaning::{self, beside, check_name},
    query,
    raw::{Raw, RawInput, RawPolicy},
    scripts::Scripts,
    suggest,
    valid::{BoundInput, Mode, Shadows, Source, Target, Which},
};
use setpoint_core::{
    BoundPolicy, Empty, InputKey, InputSettings, PolicyName, TargetName, TargetSettings,
};
use setpoint_policies::{Header, InputHeader, Kind, TargetHeader};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

/// What binding works with.
pub(crate) struct Bench<'a> {
    pub(crate) raw: &'a Raw,
    pub(crate) sources: &'a BTreeMap<String, Source>,
    pub(crate) faults: &'a Faults,
}

/// What binding comes to.
pub(crate) struct AllBound {
    pub(crate) policies: Vec<BoundPolicy>,
    pub(crate) inputs: BTreeMap<InputKey, BoundInput>,
    pub(crate) shadows: Shadows,
    /// The policies that may not act.
    pub(crate) held_back: BTreeSet<String>,
}

/// The policy being bound.
struct Bound<'a> {
    name: &'a str,
    raw: &'a RawPolicy,
    header: &'a Header,
    mode: Option<Mode>,
}

impl Bench<'_> {
    /// Every policy, bound, and every input of each. `targets` are narrowed by what the
    /// policies say of them.
    pub(crate) fn bind_all(&self, targets: &mut BTreeMap<TargetName, Target>) -> AllBound {
        let scripts = Scripts::read(&self.raw.policies, self.faults);
        let (mut policies, mut inputs) = (Vec::new(), BTreeMap::new());
        // A policy that is being tried narrows its own targets, as if it were alone.
        let alone: BTreeMap<TargetName, TargetSettings> =
            targets.iter().map(|(name, target)| (name.clone(), target.settings.clone())).collect();
        let (mut shadows, mut acted_on) = (Shadows::new(), BTreeSet::new());
        let mut held_back = BTreeSet::new();
        let named = self.names();
        self.one_policy_each(&named, targets);
        for (name, raw) in named {
            let file = beside(&raw.file.place, Path::new(&raw.file.value));
            let Some(script) = scripts.get(&file) else { continue };
            let asker = (&*name.value, &raw.file.place);
            calendar::are_known(script.calendars(), &self.raw.calendars, asker, self.faults);
            let mode = raw.mode.as_ref().map(|mode| meaning::mode(mode, self.faults));
            let policy = Bound { name: &name.value, raw, header: script.header(), mode };
            if policy.mode.is_some_and(|mode| mode < Mode::Act) {
                held_back.insert(name.value.clone());
            }
            let name = PolicyName::new(&name.value);
            let keyed = |(input, bound): (String, _)| (InputKey::of(&name, &input), bound);
            inputs.extend(self.inputs(&policy).into_iter().map(keyed));
            let bound = self.targets(&policy, targets);
            if policy.mode == Some(Mode::Shadow) {
                let own = self.alone(&policy, &bound, &alone);
                shadows.insert(name.clone(), own);
            } else {
                acted_on.extend(bound.values().cloned());
            }
            policies.push(BoundPolicy {
                targets: bound,
                params: self.params(&policy),
                name,
                file: Arc::clone(script.file()),
                source: Arc::clone(script.source()),
            });
        }
        // What only policies size that are being tried, nobody acts on.
        for (name, target) in targets {
            let tried = shadows.values().any(|own| own.contains_key(name));
            if tried && !acted_on.contains(name) {
                target.mode = target.mode.min(Mode::Shadow);
            }
        }
        AllBound { policies, inputs, shadows, held_back }
    }

    /// The targets of a policy that is being tried, narrowed by it alone. What has an empty
    /// range is reported where it is bound.
    fn alone(
        &self,
        policy: &Bound<'_>,
        bound: &BTreeMap<String, TargetName>,
        targets: &BTreeMap<TargetName, TargetSettings>,
    ) -> BTreeMap<TargetName, TargetSettings> {
        let name = PolicyName::new(policy.name);
        let narrowed = |(local, target): (&String, &TargetName)| {
            let header = policy.header.targets.get(local)?;
            let settings = header.narrow(&name, targets.get(target)?.clone()).ok()?;
            Some((target.clone(), settings))
        };
        bound.iter().filter_map(narrowed).collect()
    }

    /// The policies with their names: the one written, else the stem of the file.
    fn names(&self) -> Vec<(At<String>, &RawPolicy)> {
        let mut named: Vec<(At<String>, &RawPolicy)> = Vec::new();
        for raw in &self.raw.policies {
            let stem = Path::new(&raw.file.value).file_stem().unwrap_or_default();
            let from_file =
                || At { value: stem.to_string_lossy().into_owned(), place: raw.file.place.clone() };
            let name = raw.name.clone().unwrap_or_else(from_file);
            check_name(&name, "the name of a policy", self.faults);
            if let Some((first, _)) = named.iter().find(|(other, _)| other.value == name.value) {
                let message = format!("two policies are called `{}`", name.value);
                self.faults.push(
                    ConfigFault::new(Code::Twice, &name.place, message)
                        .label("here again")
                        .also(&first.place, "named here first")
                        .help("give one of them another `name`"),
                );
            }
            named.push((name, raw));
        }
        named
    }

    fn inputs(&self, policy: &Bound<'_>) -> BTreeMap<String, BoundInput> {
        let Bound { name, raw, header, .. } = policy;
        for wanted in header.inputs.keys() {
            if !raw.inputs.iter().any(|(bound, _)| bound.value == *wanted) {
                let message = format!(
                    "policy `{name}` needs the input `{wanted}`, which is bound to nothing"
                );
                let source = self.sources.keys().next().map_or("…", String::as_str);
                self.faults.push(ConfigFault::new(Code::InputNotBound, &raw.place, message).help(
                    format!(
                        "write `inputs = {{ {wanted} = {{ source = \"{source}\", query = '…' }} }}`"
                    ),
                ));
            }
        }
        let bind = |(name, input): &(At<String>, Option<RawInput>)| {
            let Some(wanted) = header.inputs.get(&name.value) else {
                self.not_in_header(policy, name, "input", header.inputs.keys());
                return None;
            };
            let input = input.as_ref()?;
            self.key_is_wanted((name, input), wanted)?;
            Some((name.value.clone(), self.input(input, wanted)?))
        };
        raw.inputs.iter().filter_map(bind).collect()
    }

    /// A key tells the members or zones apart: it is there exactly where the policy wants a
    /// value of each.
    fn key_is_wanted(
        &self,
        (name, raw): (&At<String>, &RawInput),
        wanted: &InputHeader,
    ) -> Option<()> {
        let name = &name.value;
        let fault = match (wanted.per, &raw.key) {
            (None, None) | (Some(_), Some(_)) => return Some(()),
            (Some(per), None) => {
                let message =
                    format!("`{name}` is a value of each {}, and has no `key`", per.name());
                let fault = ConfigFault::new(Code::MissingKey, &raw.query.place, message);
                fault.help(format!("write `key = \"…\"`: the label that names the {}", per.name()))
            }
            (None, Some(key)) => {
                let message = format!("the policy wants one number of `{name}`, not one of each");
                let fault = ConfigFault::new(Code::UnknownKey, &key.place, message);
                fault.help("leave `key` out, or write `per: \"member\"` in the policy's header")
            }
        };
        self.faults.push(fault);
        None
    }

    /// One input, bound to what its source is asked.
    pub(crate) fn input(&self, raw: &RawInput, header: &InputHeader) -> Option<BoundInput> {
        // A source that makes no sense still has a kind: its queries can be read.
        let written = self.raw.sources.iter().find(|it| it.name.value == raw.source.value);
        let kind = written.and_then(|source| Some(source.what.as_ref()?.kind.as_str()));
        // That a template can be asked is found out with a made-up name.
        let template = kind.and_then(|kind| Template::of(raw, kind, header.unit));
        let tried = template.as_ref().map(|template| template.with("some-group"));
        let asked = tried.as_ref().unwrap_or(raw);
        let question = kind.and_then(|kind| query::question(asked, kind, header.unit, self.faults));
        let names = self.raw.sources.iter().map(|source| source.name.value.as_str());
        if !names.clone().any(|name| name == raw.source.value) {
            self.unknown("source", &raw.source, names);
        }
        let source = self.sources.get(&raw.source.value)?;
        let settings = header.settings(source.period);
        // A policy speaks of ages without knowing its source: what the source always
        // takes comes on top.
        let settings = InputSettings { max_age: settings.max_age + source.delay, ..settings };
        let settings = self.settings(raw, settings);
        let (source, question) = (raw.source.value.clone(), question?);
        Some(BoundInput { source, question, template, settings })
    }

    /// `settings` with what the binding says of them.
    fn settings(&self, raw: &RawInput, settings: InputSettings) -> InputSettings {
        let empty = match raw.empty.as_ref().map(|empty| (&*empty.value, empty)) {
            None | Some(("hold", _)) => Empty::Hold,
            Some(("zero", _)) => Empty::Zero,
            Some((text, empty)) => {
                let message = format!("`empty` is {}", empty.place.written());
                let help = suggest::advice(text, ["hold", "zero"]);
                let fault = ConfigFault::new(Code::BadValue, &empty.place, message);
                self.faults.push(fault.maybe_help(help));
                Empty::Hold
            }
        };
        if let Some(at) = raw.max_age.as_ref().filter(|at| at.value < settings.period) {
            let (age, period) = (at.value, settings.period);
            let message = format!("`max_age` is {age}, and a sample comes every {period}");
            let fault = ConfigFault::new(Code::BadValue, &at.place, message);
            self.faults.push(fault.help("the input would be missing most of the time: allow more"));
        }
        let max_age = raw.max_age.as_ref().map_or(settings.max_age, |at| at.value);
        InputSettings { empty, max_age, ..settings }
    }

    fn targets(
        &self,
        policy: &Bound<'_>,
        targets: &mut BTreeMap<TargetName, Target>,
    ) -> BTreeMap<String, TargetName> {
        let Bound { name, raw, header, .. } = policy;
        for (wanted, target) in &header.targets {
            if !raw.targets.iter().any(|(bound, _)| bound.value == *wanted) {
                let message = format!(
                    "policy `{name}` needs the target `{wanted}`, which is bound to nothing"
                );
                let fault = ConfigFault::new(Code::TargetNotBound, &raw.place, message);
                let help =
                    format!("write `targets = {{ {wanted} = \"a {} of yours\" }}`", target.kind);
                self.faults.push(fault.help(help));
            }
        }
        let mut bound: BTreeMap<String, TargetName> = BTreeMap::new();
        for (local, ours) in &raw.targets {
            let Some(wanted) = header.targets.get(&local.value) else {
                self.not_in_header(policy, local, "target", header.targets.keys());
                continue;
            };
            let target = TargetName::new(&ours.value);
            if let Some((other, _)) = bound.iter().find(|(_, name)| **name == target) {
                let message = format!("`{other}` and `{}` are bound to one target", local.value);
                self.faults.push(ConfigFault::new(Code::Twice, &ours.place, message));
            }
            let wanted = (&PolicyName::new(name), wanted);
            self.narrow(policy.mode, wanted, ours, targets);
            bound.insert(local.value.clone(), target);
        }
        self.one_fleet(policy, targets);
        bound
    }

    /// Some kinds of targets belong to one policy alone: what two ask of a setting has no sum.
    fn one_policy_each(
        &self,
        policies: &[(At<String>, &RawPolicy)],
        targets: &BTreeMap<TargetName, Target>,
    ) {
        let mut owners: BTreeMap<&str, (&str, &At<String>)> = BTreeMap::new();
        for (policy, ours) in policies
            .iter()
            .flat_map(|(name, raw)| raw.targets.iter().map(move |(_, ours)| (&*name.value, ours)))
        {
            let Some(target) = targets.get(&*ours.value) else { continue };
            let kind = Kind::of(&target.settings);
            let Some((owner, first)) = owners.insert(&*ours.value, (policy, ours)) else {
                continue;
            };
            if kind.is_exclusive() && owner != policy {
                let message =
                    format!("`{}` has two policies, and a {kind} belongs to one", ours.value);
                let fault = ConfigFault::new(Code::Twice, &ours.place, message);
                self.faults.push(
                    fault
                        .label("bound again here")
                        .also(&first.place, "bound here first")
                        .help(format!("put the rules of `{policy}` into `{owner}`")),
                );
            }
        }
    }

    /// A policy at work for each pair of two fleets' groups would be nobody's wish, and
    /// `{group}` without a fleet has no meaning.
    fn one_fleet(&self, policy: &Bound<'_>, targets: &BTreeMap<TargetName, Target>) {
        let Bound { name, raw, .. } = policy;
        let is_fleet = |ours: &At<String>| {
            let target = targets.get(ours.value.as_str());
            target.is_some_and(|target| matches!(target.which, Which::Each(_)))
        };
        let mut fleets = raw.targets.iter().map(|(_, ours)| ours).filter(|ours| is_fleet(ours));
        let (first, second) = (fleets.next(), fleets.next());
        if let (Some(first), Some(second)) = (first, second) {
            let message = format!("policy `{name}` is bound to two fleets");
            let fault = ConfigFault::new(Code::Twice, &second.place, message);
            self.faults.push(fault.label("a fleet again").also(&first.place, "a fleet already"));
        }
        let inputs = raw.inputs.iter().filter_map(|(_, input)| input.as_ref());
        for input in inputs.filter(|it| first.is_none() && Template::is(it)) {
            let message = "`{group}` stands for each group of a fleet, and the policy has no fleet";
            self.faults.push(ConfigFault::new(Code::BadQuery, &input.query.place, message));
        }
    }

    /// Narrows the target called `ours` by what the policy says of it, and lowers its mode to
    /// the policy's own; but for a policy that is being tried, which touches nothing real.
    fn narrow(
        &self,
        mode: Option<Mode>,
        (policy, wanted): (&PolicyName, &TargetHeader),
        ours: &At<String>,
        targets: &mut BTreeMap<TargetName, Target>,
    ) {
        let names = self.raw.targets.iter().map(|target| target.name.value.as_str());
        if !names.clone().any(|name| name == ours.value) {
            self.unknown("target", ours, names);
        }
        let Some(target) = targets.get_mut(ours.value.as_str()) else { return };
        let tried = mode == Some(Mode::Shadow);
        if !tried {
            target.mode = mode.map_or(target.mode, |mode| mode.min(target.mode));
        }
        let kind = Kind::of(&target.settings);
        if kind != wanted.kind {
            let message =
                format!("`{}` is a {kind}, the policy needs a {}", ours.value, wanted.kind);
            self.faults.push(ConfigFault::new(Code::WrongKind, &ours.place, message));
            return;
        }
        match wanted.narrow(policy, target.settings.clone()) {
            // It is tried on virtual targets, whose members are called as the real ones are.
            Ok(TargetSettings::Group(own)) if tried => {
                if let TargetSettings::Group(real) = &mut target.settings {
                    real.replaces |= own.replaces;
                }
            }
            Ok(_) if tried => {}
            Ok(settings) => target.settings = settings,
            Err(why) => {
                let message = format!("`{}` has an empty range: {why}", ours.value);
                let fault = ConfigFault::new(Code::EmptyRange, &ours.place, message);
                self.faults.push(fault.help("widen one of them"));
            }
        }
    }

    /// The parameters as they are written, once they are found to be what the policy takes.
    fn params(&self, policy: &Bound<'_>) -> BTreeMap<String, String> {
        let bind = |(name, written): &(At<String>, At<String>)| {
            let Some(default) = policy.header.params.get(&name.value) else {
                self.not_in_header(policy, name, "parameter", policy.header.params.keys());
                return None;
            };
            match default.parse_like(&written.value) {
                Ok(_) => Some((name.value.clone(), written.value.clone())),
                Err(_) => {
                    let (name, text) = (&name.value, written.place.written());
                    let message = format!("`{name}` is {text}, not {}", default.kind());
                    let fault = ConfigFault::new(Code::BadParameter, &written.place, message);
                    self.faults.push(fault.help(format!("the policy's own value is {default}")));
                    None
                }
            }
        };
        policy.raw.params.iter().filter_map(bind).collect()
    }

    fn unknown<'a>(
        &self,
        what: &str,
        name: &At<String>,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let message = format!("there is no {what} {}", name.place.written());
        let fault = ConfigFault::new(Code::UnknownName, &name.place, message);
        self.faults.push(fault.maybe_help(suggest::advice(&name.value, known)));
    }

    fn not_in_header<'a>(
        &self,
        policy: &Bound<'_>,
        name: &At<String>,
        what: &str,
        known: impl IntoIterator<Item = &'a String> + Clone,
    ) {
        let message = format!("policy `{}` has no {what} `{}`", policy.name, name.value);
        let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
        let fault = ConfigFault::new(Code::UnknownName, &name.place, message);
        self.faults.push(fault.maybe_help(suggest::advice(&name.value, known)));
    }
}
