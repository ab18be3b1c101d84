//! `init`: a first configuration with its policies and their tests, to start from.
//!
//! Alone it writes a commented starter; with `--from aws` it writes what does here what AWS's
//! own scalers do today. Both only observe, and no file that is there is ever touched.

mod from_aws;
mod schedule;

use crate::{cli, exit::Exit, output, wiring};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const TARGET_CPU: &str = include_str!("../../../../../policies/library/target-cpu.rhai");
const TARGET_CPU_TEST: &str = include_str!("../../../../../policies/library/target-cpu.test.toml");
const STARTER: &str = include_str!("starter.toml");

/// A file to be written: its place in the folder, and its text.
type Draft = (PathBuf, String);

/// Writes the files, or says why not.
pub(crate) fn init(options: &cli::Init) -> Exit {
    let drafted = match options.from {
        None => Ok(starter()),
        Some(cli::From::Aws) => from_aws(options),
    };
    let drafts = match drafted {
        Ok(drafts) => drafts,
        Err(exit) => return exit,
    };
    match write(&options.folder, &drafts) {
        Ok(()) => {
            for (path, _) in &drafts {
                output::answer(&format!("wrote {}", options.folder.join(path).display()));
            }
            output::answer("next: setpoint check, setpoint doctor, setpoint plan");
            Exit::Fine
        }
        Err(error) => {
            output::complain(&format!("error: {error}"));
            error.exit()
        }
    }
}

fn starter() -> Vec<Draft> {
    let mut drafts = vec![(PathBuf::from("setpoint.toml"), STARTER.to_owned())];
    drafts.extend(policy("target-cpu", TARGET_CPU, TARGET_CPU_TEST));
    drafts
}

/// A policy with its test.
fn policy(name: &str, text: &str, test: &str) -> [Draft; 2] {
    let path = |end: &str| Path::new("policies").join(format!("{name}.{end}"));
    [(path("rhai"), text.to_owned()), (path("test.toml"), test.to_owned())]
}

fn from_aws(options: &cli::Init) -> Result<Vec<Draft>, Exit> {
    let Some(region) = &options.region else {
        output::complain("error: which region? write `--region eu-west-1`");
        return Err(Exit::Usage);
    };
    let natives = crate::runtime::block_on(|| wiring::natives(region, options));
    let natives = natives.map_err(|error| {
        output::complain(&format!("error: the look around broke down: {error}"));
        Exit::Internal
    })?;
    let natives = natives.map_err(super::cannot_wire)?;
    if natives.is_empty() {
        output::complain(&format!("nothing of AWS's own scales a group in {region}"));
        return Err(Exit::No);
    }
    Ok(from_aws::drafts(region, &natives))
}

/// The files cannot be written.
#[derive(Debug, thiserror::Error)]
enum CannotWrite {
    /// One is there already.
    #[error("{0} is there already: nothing was written")]
    Exists(PathBuf),
    /// The machine says no.
    #[error("{0} cannot be written: {1}")]
    File(PathBuf, io::Error),
}

impl CannotWrite {
    fn exit(&self) -> Exit {
        match self {
            Self::Exists(_) => Exit::No,
            Self::File(_, error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Exit::NotPermitted
            }
            Self::File(..) => Exit::Internal,
        }
    }
}

/// Writes all of the files, or none if one is there already.
fn write(folder: &Path, drafts: &[Draft]) -> Result<(), CannotWrite> {
    let places: Vec<PathBuf> = drafts.iter().map(|(path, _)| folder.join(path)).collect();
    if let Some(there) = places.iter().find(|place| place.exists()) {
        return Err(CannotWrite::Exists(there.clone()));
    }
    for (place, (_, text)) in places.iter().zip(drafts) {
        let failed = |error| CannotWrite::File(place.clone(), error);
        place.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
        // A file that came in between is not touched either.
        let mut file = fs::File::create_new(place).map_err(failed)?;
        io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
    }
    Ok(())
}
