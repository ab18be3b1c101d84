//! `setpoint-sim cloud SCENARIO`.

use super::{BAD_FILE, end, run::faulty};
use crate::{output, system_clock::SystemClock};
use clap::Args;
use setpoint_sim::{
    cloud::{Clouds, Options, Pace, Ports},
    roomy::roomy,
    scenario::{self, Source},
    trouble::Trouble,
};
use std::{path::PathBuf, process::ExitCode, sync::Arc};
use tokio::signal::unix::{SignalKind, signal};

/// `setpoint-sim cloud`
#[derive(Debug, Args)]
pub(crate) struct Cloud {
    /// The scenario file.
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// How many times as fast as the clock on the wall: at 60 a minute takes a second.
    #[arg(long, default_value_t = 1.0, value_parser = pace)]
    pace: f64,
    /// The luck of the worlds; without, the first seed of the scenario.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where AWS listens; without, on any free port, as the others.
    #[arg(long, value_name = "PORT")]
    aws: Option<u16>,
    /// Where Azure listens.
    #[arg(long, value_name = "PORT")]
    azure: Option<u16>,
    /// Where Kubernetes listens.
    #[arg(long, value_name = "PORT")]
    kubernetes: Option<u16>,
    /// Where Prometheus listens.
    #[arg(long, value_name = "PORT")]
    prometheus: Option<u16>,
    /// Verify signatures, and ask for tokens. The secret of a key is the name of the key; any token will do, and `reader` may only look.
    #[arg(long)]
    check_auth: bool,
}

fn pace(written: &str) -> Result<f64, String> {
    let (least, most) = Pace::RANGE;
    let number = written.parse::<f64>().ok().filter(|pace| (least..=most).contains(pace));
    number.ok_or_else(|| format!("write a number from {least} to {most}"))
}

impl Cloud {
    /// Ends with 0 once it was told to, 69 if a port is taken, 78 if the file is not understood.
    pub(crate) fn run(self) -> ExitCode {
        let source = Source::of(&self.scenario);
        let scenario = match source.and_then(|source| roomy(|| scenario::read(&source))) {
            Ok(scenario) => scenario,
            Err(faults) => return faulty(&faults),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => end(runtime.block_on(self.serve(&scenario))),
            Err(error) => {
                output::complain(&format!("error: there is no room to serve: {error}\n"));
                ExitCode::from(BAD_FILE)
            }
        }
    }

    async fn serve(self, scenario: &scenario::Scenario) -> Result<u8, Trouble> {
        let deaf = |error| Trouble::server(format!("signals cannot be heard: {error}"));
        let mut ended = signal(SignalKind::terminate()).map_err(deaf)?;
        let mut interrupted = signal(SignalKind::interrupt()).map_err(deaf)?;
        let options = Options {
            ports: Ports {
                aws: self.aws,
                azure: self.azure,
                kubernetes: self.kubernetes,
                prometheus: self.prometheus,
            },
            seed: self.seed.unwrap_or(*scenario.seeds.start()),
            check_auth: self.check_auth,
        };
        let pace = Pace::new(Arc::new(SystemClock::start()), self.pace);
        let clouds = Clouds::open(scenario, options, pace).await?;
        output::answer(&format!("{}\n", clouds.addresses()));
        let told = async {
            let (ended, interrupted) =
                (std::pin::pin!(ended.recv()), std::pin::pin!(interrupted.recv()));
            futures::future::select(ended, interrupted).await;
        };
        clouds.serve(told).await;
        Ok(0)
    }
}
