//! `init`: a first configuration with its policies and their tests, to start from.
//!
//! Alone it writes a commented starter; with `--from aws` or `--from hpa` it writes what does here
//! what AWS's own scalers, or a cluster's, do today. All only observe, and no file that is there is ever touched.

mod from_aws;
mod from_hpa;
mod schedule;
mod write;

use crate::{cli, config::Cluster, exit::Exit, output, wiring};
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
        Some(cli::From::Hpa) => from_hpa(options),
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

fn region(options: &cli::Init) -> Result<&str, Exit> {
    options.region.as_deref().ok_or_else(|| {
        output::complain("error: which region? write `--region eu-west-1`");
        Exit::Usage
    })
}

/// What scales things today, asked for by `ask`.
fn asked<T: Send, F>(ask: impl FnOnce() -> F + Send) -> Result<Vec<T>, Exit>
where
    F: Future<Output = Result<Vec<T>, wiring::CannotWire>>,
{
    let natives = crate::runtime::block_on(ask).map_err(|error| {
        output::complain(&format!("error: the look around broke down: {error}"));
        Exit::Internal
    })?;
    natives.map_err(super::cannot_wire)
}

fn from_hpa(options: &cli::Init) -> Result<Vec<Draft>, Exit> {
    let region = region(options)?;
    let cluster = Cluster {
        namespace: options.namespace.clone(),
        kubeconfig: options.kubeconfig.clone(),
        context: options.context.clone(),
        endpoint: options.endpoint.clone().map(|url| (url, None)),
    };
    let natives = asked(|| wiring::autoscalers(&cluster))?;
    if natives.is_empty() {
        output::complain("there is no HorizontalPodAutoscaler in the namespace");
        return Err(Exit::No);
    }
    Ok(from_hpa::drafts(region, &cluster, &natives))
}

fn from_aws(options: &cli::Init) -> Result<Vec<Draft>, Exit> {
    let region = region(options)?;
    let natives = asked(|| wiring::natives(region, options))?;
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
