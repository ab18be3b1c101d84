//! `run`: the agent at work, until it is told to stop.

use super::{cannot_wire, configuration, journal};
use crate::{
    cli::Common,
    config::{Config, Mode},
    exit::Exit,
    logging, runtime,
    stop::Stop,
    system_clock::SystemClock,
    wiring::{self, Reach},
};
use futures::{
    FutureExt,
    channel::oneshot,
    future::{self, Either},
};
use setpoint_control::{Clock, ControlLoop};
use setpoint_core::{Program, Span};
use setpoint_journal::SqliteJournal;
use std::pin::pin;

/// How long a pass under way may take once the agent is told to stop.
const PATIENCE: Span = Span::from_secs(30);

/// Looks after the region until told to stop.
pub(crate) fn run(common: &Common) -> Exit {
    let config = match configuration(common) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    logging::start();
    runtime::block_on(|| work(&config)).unwrap_or_else(|error| {
        tracing::error!(%error, "the loop broke down");
        Exit::Internal
    })
}

async fn work(config: &Config) -> Exit {
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => {
            tracing::error!(%error, "signals cannot be heard");
            return Exit::Internal;
        }
    };
    let config = match wiring::resolve(config.clone()).await {
        Ok(config) => config,
        Err(error) => return cannot_wire(error),
    };
    match assemble(&config).await {
        Ok(mut control) => {
            started(&config);
            until_stopped(&mut control, &mut stop).await
        }
        Err(exit) => exit,
    }
}

/// The loop, going on where an earlier life of the agent ended.
async fn assemble(config: &Config) -> Result<ControlLoop, Exit> {
    let program = config.program();
    let opened = SqliteJournal::open(&journal::path(config), &program);
    let (journal, restored) = opened.map_err(|error| {
        tracing::error!(%error, "the journal cannot be opened");
        journal::exit_of(&error)
    })?;
    let build = |program: &Program| wiring::evaluator(program).map_err(|error| error.to_string());
    let (past, trouble) = restored.past(build);
    if let Some(why) = trouble {
        tracing::warn!(why, "the last passes cannot be made again; going on from before them");
    }
    let reach = match config.mode {
        Mode::Observe => Reach::Eyes,
        Mode::Act => Reach::Hands,
    };
    let ports = wiring::ports(config, &program, reach, Box::new(journal)).await;
    Ok(ControlLoop::new(program.settings, ports.map_err(cannot_wire)?, past))
}

fn started(config: &Config) {
    tracing::info!(
        region = %config.region,
        mode = %config.mode,
        every = %config.every,
        policies = config.policies.len(),
        targets = config.targets.len(),
        version = env!("CARGO_PKG_VERSION"),
        "started",
    );
}

/// Runs until a signal arrives and the pass under way is done, or has taken too long.
async fn until_stopped(control: &mut ControlLoop, stop: &mut Stop) -> Exit {
    let (tell, told) = oneshot::channel::<()>();
    let clock = SystemClock::start();
    let running = pin!(control.run(told.map(|_| ())));
    let patience = pin!(async {
        let signal = stop.asked().await;
        tracing::info!(signal, "stopping; the pass under way is finished first");
        drop(tell);
        clock.sleep_until(clock.now().monotonic + PATIENCE).await;
    });
    match future::select(running, patience).await {
        Either::Left(_) => {
            tracing::info!("stopped");
            Exit::Fine
        }
        Either::Right(_) => {
            tracing::error!(patience = %PATIENCE, "stopped in the middle of a pass");
            Exit::Internal
        }
    }
}
