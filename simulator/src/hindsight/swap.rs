//! A program with one of its policies replaced.

use crate::{trouble::Trouble, written::suggest};
use setpoint_core::{BoundPolicy, InputKey, InputSettings, PolicyName, Program};
use setpoint_policies::{MAX_BYTES, Script};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

/// A policy that is to take the place of a recorded one.
#[derive(Clone, Debug)]
pub struct Candidate {
    name: PolicyName,
    script: Arc<Script>,
}

impl Candidate {
    /// The policy in the file at `path`, named after it.
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let cannot = |why: String| Trouble::file(format!("{}: {why}", path.display()));
        let bytes = fs::read(path).map_err(|error| cannot(error.to_string()))?;
        if bytes.len() > MAX_BYTES {
            return Err(cannot(format!("it has more than {MAX_BYTES} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| cannot("it is not UTF-8".to_owned()))?;
        let script = Script::parse(&path.display().to_string(), &text).map_err(|faults| {
            let faults = faults.iter().filter(|fault| fault.is_error());
            Trouble::file(faults.map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = PolicyName::new(stem.unwrap_or_default());
        Ok(Self { name, script: Arc::new(script) })
    }

    /// `program` with this policy in place of the one of its name, or of the only one.
    ///
    /// It is bound as that one was. Fails if there is none, or if what it needs was not bound.
    pub(super) fn swapped_into(&self, program: &Program) -> Result<Program, Trouble> {
        let names = || program.policies.iter().map(|policy| policy.name.as_str());
        let place = match program.policies.iter().position(|policy| policy.name == self.name) {
            None if program.policies.len() == 1 => 0,
            None => {
                let known: Vec<&str> = names().collect();
                let what = format!("no policy `{}` was at work: {}", self.name, known.join(", "));
                let trouble = Trouble::command_line(what);
                let advice = suggest::advice(self.name.as_str(), names());
                return Err(match advice {
                    Some(advice) => trouble.help(advice),
                    None => trouble.help("name the file after the policy that it replaces"),
                });
            }
            Some(place) => place,
        };
        let mut program = program.clone();
        let before = &program.policies[place];
        let bound = BoundPolicy {
            file: Arc::clone(self.script.file()),
            source: Arc::clone(self.script.source()),
            ..before.clone()
        };
        program.policies[place] = bound.clone();
        self.settle(&mut program, &bound)?;
        Ok(program)
    }

    /// Its inputs, and the bounds that its header narrows.
    fn settle(&self, program: &mut Program, bound: &BoundPolicy) -> Result<(), Trouble> {
        let header = self.script.header();
        let wrong = |why: String| Trouble::file(format!("{}: {why}", bound.file));
        let every = program.settings.every;
        for (own, input) in &header.inputs {
            let key = InputKey::of(&bound.name, own);
            let before = program.settings.inputs.get(&key);
            if before.is_some_and(|it| it.unit.dimension() != input.unit.dimension()) {
                return Err(wrong(format!("`{own}` was recorded in another unit")));
            }
            // Numbers are on record in the unit of then.
            let settings = input.settings(before.map_or(every, |it| it.period));
            let unit = before.map_or(settings.unit, |it| it.unit);
            program.settings.inputs.insert(key, InputSettings { unit, ..settings });
        }
        for (own, target) in &header.targets {
            let Some(name) = bound.targets.get(own) else { continue };
            let Some(settings) = program.settings.targets.remove(name) else { continue };
            let narrow = target.narrow(&bound.name, settings).map_err(wrong)?;
            program.settings.targets.insert(name.clone(), narrow);
        }
        Ok(())
    }

    /// Inputs that it asks for and that were not recorded: its rules that need them are skipped.
    pub(super) fn unrecorded(&self, program: &Program) -> BTreeSet<String> {
        let only = program.policies.first().filter(|_| program.policies.len() == 1);
        let name = only.map_or(&self.name, |policy| &policy.name);
        let inputs = self.script.header().inputs.keys();
        let missing =
            inputs.filter(|own| !program.settings.inputs.contains_key(&InputKey::of(name, own)));
        missing.cloned().collect()
    }
}
