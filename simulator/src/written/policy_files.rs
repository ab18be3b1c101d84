//! The policies that a file names, read from beside it.

use super::fault::{At, Code, Faults, FileFault, SourceFile};
use setpoint_core::PolicyName;
use setpoint_policies::{MAX_BYTES, Script};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

/// A policy under test.
#[derive(Clone, Debug)]
pub(crate) struct Tested {
    /// Its name: the stem of its file.
    pub(crate) name: PolicyName,
    /// The policy.
    pub(crate) script: Arc<Script>,
}

/// The text of the file at `path`, or why there is none.
pub(crate) fn text(path: &Path, largest: u64) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("{} cannot be read: {error}", path.display());
    let size = fs::metadata(path).map_err(cannot)?.len();
    if size > largest {
        return Err(format!("{} has {size} bytes, at most {largest} are read", path.display()));
    }
    let bytes = fs::read(path).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8 text", path.display()))
}

/// The policies at `files`, seen from `folder`, that are without fault.
pub(crate) fn policies(folder: &Path, files: &[At<String>], faults: &Faults) -> Vec<Tested> {
    let mut names = BTreeSet::new();
    let mut policies = Vec::new();
    for file in files {
        let path = folder.join(&file.value);
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if !names.insert(name.clone()) {
            let message = format!("two policies are named `{name}`");
            let fault = FileFault::new(Code::Twice, &file.place, message);
            faults.push(fault.help("a policy is named after its file; rename one of them"));
        } else if let Some(script) = script(&path, file, faults) {
            policies.push(Tested { name: PolicyName::new(name), script: Arc::new(script) });
        }
    }
    policies
}

fn script(path: &Path, named: &At<String>, faults: &Faults) -> Option<Script> {
    let text = match text(path, MAX_BYTES as u64) {
        Ok(text) => text,
        Err(why) => {
            faults.push(FileFault::new(Code::Unreadable, &named.place, why));
            return None;
        }
    };
    let name = path.display().to_string();
    match Script::parse(&name, &text) {
        Ok(script) => Some(script),
        Err(found) => {
            let source = Arc::new(SourceFile { path: name, text });
            let found = found.iter().filter(|fault| fault.is_error());
            found.for_each(|fault| faults.push(FileFault::of_policy(fault, &source)));
            None
        }
    }
}
