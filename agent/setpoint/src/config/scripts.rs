//! The policies' own files, each read and checked once however often it is used.

use super::{
    fault::{Code, ConfigFault, Faults, Place, SourceFile},
    file::{self, Role},
    meaning::beside,
    raw::RawPolicy,
};
use setpoint_policies::{Fault, Script};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Every script that has no error, by its path.
pub(crate) struct Scripts(BTreeMap<PathBuf, Option<Script>>);

impl Scripts {
    /// Reads the files that `policies` name.
    pub(crate) fn read(policies: &[RawPolicy], faults: &Faults) -> Self {
        let mut scripts = BTreeMap::new();
        for policy in policies {
            let path = beside(&policy.file.place, Path::new(&policy.file.value));
            let place = &policy.file.place;
            scripts.entry(path).or_insert_with_key(|path| read(path, place, faults));
        }
        Self(scripts)
    }

    /// The script at `path`.
    pub(crate) fn get(&self, path: &Path) -> Option<&Script> {
        self.0.get(path)?.as_ref()
    }
}

fn read(path: &Path, place: &Place, faults: &Faults) -> Option<Script> {
    let source = file::read(path, Role::Policy, Some(place), faults)?;
    match Script::parse(&source.path.display().to_string(), &source.text) {
        Ok(script) => {
            script.warnings().iter().for_each(|fault| faults.push(of_policy(fault, &source)));
            Some(script)
        }
        Err(found) => {
            found.iter().for_each(|fault| faults.push(of_policy(fault, &source)));
            None
        }
    }
}

/// A policy's fault among those of the configuration: it keeps its own id and place.
fn of_policy(fault: &Fault, source: &Arc<SourceFile>) -> ConfigFault {
    let code = if fault.is_error() { Code::BadPolicy } else { Code::PolicyWarning };
    let place = Place { file: Arc::clone(source), span: Some(fault.span.clone()) };
    let mut own = ConfigFault::new(code, &place, &fault.message).maybe_help(fault.help.as_deref());
    own.id = Some(fault.id.code().to_owned());
    own
}
