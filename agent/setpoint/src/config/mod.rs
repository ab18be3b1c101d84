//! The configuration: one file, and those in `conf.d` beside it.
//!
//! ```text
//! files ──► raw.rs (as written) ──► meaning.rs, bind.rs ──► valid.rs (as meant)
//!             └──────────────┴──► faults, all of them at once
//! ```
//!
//! The rule it keeps: a configuration is wholly valid, or refused with every fault
//! that can be told. Start reading at [`load`].

#[cfg(feature = "aws")]
mod aws;
#[cfg(not(feature = "aws"))]
#[path = "without_aws.rs"]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(not(feature = "azure"))]
#[path = "without_azure.rs"]
mod azure;
mod bind;
mod calendar;
#[cfg(feature = "aws")]
mod cloudwatch;
#[cfg(not(feature = "aws"))]
#[path = "without_cloudwatch.rs"]
mod cloudwatch;
mod expand;
mod fault;
mod file;
mod fleet;
#[cfg(feature = "kubernetes")]
mod kubernetes;
#[cfg(not(feature = "kubernetes"))]
#[path = "without_kubernetes.rs"]
mod kubernetes;
mod meaning;
mod notices;
mod own;
mod provider;
mod query;
mod raw;
mod raw_notices;
mod raw_provider;
mod raw_source;
mod raw_target;
mod render;
mod schema;
mod scripts;
mod services;
mod sessions;
mod source;
mod subscription;
pub(crate) mod suggest;
mod table;
mod target;
mod traffic;
mod unused;
mod valid;
mod weighted;

pub(crate) use expand::Environment;
pub(crate) use fault::ConfigFault;
pub(crate) use fleet::FleetError;
pub(crate) use provider::ID;
pub(crate) use render::{one_line, render};
pub(crate) use schema::schema;
#[cfg(feature = "kubernetes")]
pub(crate) use valid::WeightedServices;
pub(crate) use valid::{
    Account, BoundInput, Cluster, Config, Mode, Provider, Question, Receiver, ReceiverKind,
    Service, Signed, Source, SourceKind, Subscription, Target, Web, Which,
};
#[cfg(feature = "aws")]
pub(crate) use valid::{CloudWatch, Records, WeightedGroups};

use fault::{Code, Faults, Place, SourceFile};
use file::Role;
use raw::Raw;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use table::{Context, Table};
use toml::de::DeTable;

/// What came of reading a configuration.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The configuration, if no fault but warnings was found.
    pub(crate) config: Option<Config>,
    /// Every fault and every warning.
    pub(crate) faults: Vec<ConfigFault>,
    /// Where the agent of this configuration is, also if there are faults elsewhere: it must
    /// be possible to speak to it whatever the files have become.
    pub(crate) data_dir: Option<PathBuf>,
}

/// Reads the configuration at `path` and what it names.
pub(crate) fn load(path: &Path, environment: Environment<'_>) -> Loaded {
    let faults = Faults::default();
    let (data_dir, config) = read(path, environment, &faults).unzip();
    let config = config.flatten().filter(|_| !faults.any_error());
    Loaded { config, faults: faults.into_vec(), data_dir }
}

fn read(
    path: &Path,
    environment: Environment<'_>,
    faults: &Faults,
) -> Option<(PathBuf, Option<Config>)> {
    let main = file::read(path, Role::Configuration, None, faults)?;
    let whole = Place::whole(Arc::clone(&main));
    if main.text.trim().is_empty() {
        let message = format!("{} is empty", path.display());
        let fault = ConfigFault::new(Code::Nothing, &whole, message);
        faults.push(fault.help("write at least `region = \"eu-west-1\"`"));
        return None;
    }
    let mut raw = Raw::default();
    let mut understood = absorb(&mut raw, main, environment, faults);
    for part in parts(&whole, faults) {
        let read = file::read(&part, Role::Configuration, None, faults);
        understood &= read.is_some_and(|file| absorb(&mut raw, file, environment, faults));
    }
    let data_dir = meaning::data_dir(raw.data_dir.as_ref());
    // What a file that is not understood would have said is unknown: whatever
    // else seemed to be missing would be guesswork.
    Some((data_dir, understood.then(|| meaning::mean(raw, &whole, faults)).flatten()))
}

/// Adds what one file says to `raw`; false if it is not TOML.
fn absorb(
    raw: &mut Raw,
    file: Arc<SourceFile>,
    environment: Environment<'_>,
    faults: &Faults,
) -> bool {
    let context = Context { file: Arc::clone(&file), environment, faults };
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    // After the first error in a file the parser guesses: only that one is sure.
    let first = errors.into_iter().min_by_key(|error| error.span().map(|span| span.start));
    if let Some(error) = first {
        let place = Place { file: Arc::clone(&file), span: error.span() };
        faults.push(ConfigFault::new(Code::Syntax, &place, error.message()));
        // Where the agent is stands near the top as a rule, and is read in any case.
        raw.data_dir = Table::whole(&context, table.get_ref()).text("data_dir");
        return false;
    }
    raw.absorb(&context, Table::whole(&context, table.get_ref()));
    true
}

/// The files of `conf.d`, by name. No such folder is fine.
fn parts(whole: &Place, faults: &Faults) -> Vec<PathBuf> {
    let folder = meaning::beside(whole, Path::new("conf.d"));
    let listed = fs::read_dir(&folder).and_then(|entries| {
        entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()
    });
    let mut found = match listed {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let message = format!("{} cannot be read: {error}", folder.display());
            faults.push(ConfigFault::new(Code::Unreadable, whole, message));
            return Vec::new();
        }
    };
    let hidden =
        |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
    found.retain(|found| {
        found.extension().is_some_and(|extension| extension == "toml") && !hidden(found)
    });
    found.sort();
    found
}

#[cfg(test)]
mod source_tests;
#[cfg(test)]
mod tests;
