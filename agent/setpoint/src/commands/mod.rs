//! What each command does; one file each.

mod check;
mod doctor;
mod explain;
mod init;
mod journal;
mod manual;
mod order;
mod passes;
mod permissions;
mod plan;
mod record;
mod run;
mod status;

pub(crate) use check::check;
pub(crate) use doctor::doctor;
pub(crate) use explain::explain;
pub(crate) use init::init;
pub(crate) use manual::{completions, man, schema};
pub(crate) use order::order;
pub(crate) use passes::passes;
pub(crate) use permissions::permissions;
pub(crate) use plan::plan;
pub(crate) use record::record;
pub(crate) use run::run;
pub(crate) use status::status;

use check::inventory;

use crate::{
    cli::Common,
    config::{self, Config, ConfigFault, Loaded},
    exit::Exit,
    output,
    wiring::CannotWire,
};
use std::path::{Path, PathBuf};

/// Where a configuration is looked for if none is named.
const PLACES: [&str; 2] = ["setpoint.toml", "/etc/setpoint/setpoint.toml"];

/// The configuration, with its warnings printed; or with its faults printed, how to end.
fn configuration(common: &Common) -> Result<Config, Exit> {
    let Loaded { config, faults, .. } = load(common);
    complain(&faults);
    config.ok_or(Exit::BadConfig)
}

/// Where the agent is, and the configuration if it has no faults: a running agent goes on by
/// the last good one, and must be heard and told all the same.
struct Site {
    data_dir: PathBuf,
    config: Option<Config>,
    faults: Vec<ConfigFault>,
}

impl Site {
    fn of(common: &Common) -> Result<Self, Exit> {
        let Loaded { config, faults, data_dir } = load(common);
        let Some(data_dir) = data_dir else {
            complain(&faults);
            return Err(Exit::BadConfig);
        };
        Ok(Self { data_dir, config, faults })
    }

    /// The configuration; if it has faults they are printed, and that is how to end.
    fn whole(&self) -> Result<&Config, Exit> {
        complain(&self.faults);
        self.config.as_ref().ok_or(Exit::BadConfig)
    }
}

fn load(common: &Common) -> Loaded {
    config::load(&path(common), &|name| std::env::var(name).ok())
}

/// The file the command line names, else the first that is there, else the first there could be.
fn path(common: &Common) -> PathBuf {
    let there = || PLACES.iter().map(PathBuf::from).find(|place| place.exists());
    common.config.clone().or_else(there).unwrap_or_else(|| Path::new(PLACES[0]).to_owned())
}

fn complain(faults: &[ConfigFault]) {
    for fault in faults {
        output::complain(&format!("{}\n", config::render(fault, true)));
        output::complain("");
    }
}

/// Says why the world cannot be plugged in, and how to end.
fn cannot_wire(error: CannotWire) -> Exit {
    output::complain(&format!("error: {}", chain(&error)));
    match error {
        CannotWire::LeftOut { .. }
        | CannotWire::Provider(..)
        | CannotWire::Unknown(..)
        | CannotWire::Source(..)
        | CannotWire::Receiver(..)
        | CannotWire::Unsigned(_) => Exit::BadConfig,
        CannotWire::Unseen(..) | CannotWire::Natives(_) => Exit::Unreachable,
        CannotWire::Fleet(_) => Exit::No,
        CannotWire::Policies(_) => Exit::Internal,
    }
}

/// An error with every cause behind it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
