//! `run`: the agent at work, until it is told to stop.
//!
//! The order of starting: the journal's lock first, which says that no other agent has
//! this folder; then the socket and the pages; then the first pass.

use super::{cannot_wire, configuration, inventory, journal, path};
use crate::{
    cli::Common,
    config::{self, Config, Loaded, Mode},
    exit::Exit,
    live::{
        self, Asked, CannotStart, Counting, InTray, Live, Supervisor, Writing, aged, supervisor,
    },
    logging, runtime,
    stop::Stop,
    system_clock::SystemClock,
    wiring::{self, CannotWire, Reach},
};
use futures::{
    FutureExt,
    channel::oneshot,
    future::{self, Either},
};
use setpoint_control::{Clock, ControlLoop, World};
use setpoint_core::{Command, Program, Span};
use setpoint_journal::{LeftOrder, SqliteJournal};
use setpoint_notify::{Desk, Limited, Office, Routes};
use std::{
    collections::BTreeMap,
    future::Future,
    path::{Path, PathBuf},
    pin::{Pin, pin},
    sync::Arc,
};

/// How long a pass under way may take once the agent is told to stop.
const PATIENCE: Span = Span::from_secs(30);

/// How long notices may take to be sent after that.
const LAST_POST: Span = Span::from_secs(5);

/// Looks after the region until told to stop.
pub(crate) fn run(common: &Common) -> Exit {
    let config = match configuration(common) {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let file = path(common);
    logging::start();
    runtime::block_on(|| work(config, file)).unwrap_or_else(|error| {
        tracing::error!(%error, "the loop broke down");
        Exit::Internal
    })
}

/// The agent, whole.
struct Agent {
    config: Config,
    file: PathBuf,
    clock: SystemClock,
    // Before the loop, which has the journal's lock: once that is gone, the socket may be
    // another agent's.
    live: Live,
    notices: Arc<Office>,
    control: ControlLoop,
}

async fn work(config: Config, file: PathBuf) -> Exit {
    let mut stop = match Stop::listen() {
        Ok(stop) => stop,
        Err(error) => {
            tracing::error!(%error, "signals cannot be heard");
            return Exit::Internal;
        }
    };
    let config = match wiring::resolve(config).await {
        Ok(config) => config,
        Err(error) => return cannot_wire(error),
    };
    match assemble(config, file).await {
        Ok(agent) => {
            started(&agent.config);
            agent.until_stopped(&mut stop).await
        }
        Err(exit) => exit,
    }
}

/// The loop, going on where an earlier life of the agent ended.
async fn assemble(config: Config, file: PathBuf) -> Result<Agent, Exit> {
    let clock = SystemClock::start();
    let program = config.program();
    let opened = SqliteJournal::open(&journal::path(&config.data_dir), &program);
    let (journal, restored) = opened.map_err(|error| {
        tracing::error!(%error, "the journal cannot be opened");
        journal::exit_of(&error)
    })?;
    let live = Live::start(&config, &file, clock).await.map_err(cannot_start)?;
    live.orders.left(still_valid(restored.orders(), clock));
    let build = |program: &Program| wiring::evaluator(program).map_err(|error| error.to_string());
    let (past, trouble) = restored.past(build);
    if let Some(why) = trouble {
        tracing::warn!(why, "the last passes cannot be made again; going on from before them");
    }
    let world = wire(&config, &program).await.map_err(cannot_wire)?;
    let notices = Arc::new(Office::new(Arc::new(clock)));
    let (routes, receivers) = wiring::notices(&config).map_err(cannot_wire)?;
    notices.adopt(routes, receivers);
    live.metrics.follow(notices.tally());
    let tray = Box::new(InTray(Arc::clone(&live.orders)));
    let ports = wiring::ports(world, clock, Box::new(journal), tray);
    let control = ControlLoop::new(program.settings, ports, past)
        .watched_by(Box::new(Writing(Arc::clone(&live.board))))
        .watched_by(Box::new(Counting(Arc::clone(&live.metrics))))
        .watched_by(Box::new(InTray(Arc::clone(&live.orders))))
        .watched_by(Box::new(Desk::new(Arc::clone(&notices))))
        .watched_by(Box::new(Supervisor::start(config.every)));
    Ok(Agent { config, file, clock, live, notices, control })
}

async fn wire(config: &Config, program: &Program) -> Result<World, CannotWire> {
    let reach = match config.mode {
        Mode::Observe | Mode::Shadow => Reach::Eyes,
        Mode::Act => Reach::Hands,
    };
    wiring::world(config, program, reach).await
}

/// What was said while no agent was at work, as far as it still holds.
fn still_valid(left: &[LeftOrder], clock: SystemClock) -> Vec<Command> {
    let now = clock.now().wall;
    let still = |left: &LeftOrder| aged(left.command.clone(), now.since(left.at));
    left.iter().filter_map(still).collect()
}

fn cannot_start(error: CannotStart) -> Exit {
    tracing::error!(%error, "the agent cannot be reached");
    match error {
        CannotStart::Http(error) if error.in_use() => Exit::Unreachable,
        CannotStart::Http(_) | CannotStart::Socket(_) => Exit::BadConfig,
        CannotStart::Signal(_) => Exit::Internal,
    }
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

/// Another configuration, wired.
struct Prepared {
    config: Config,
    program: Program,
    world: World,
    told: (Routes, BTreeMap<String, Limited>),
}

/// Another configuration, wired and ready to go on by.
struct Next {
    config: Config,
    program: Program,
    world: World,
    told: (Routes, BTreeMap<String, Limited>),
    asked: Asked,
}

impl Agent {
    /// Runs until a signal arrives and the pass under way is done, or has taken too long.
    async fn until_stopped(mut self, stop: &mut Stop) -> Exit {
        loop {
            let (tell, told) = oneshot::channel::<()>();
            let Self { control, config, file, live, clock, notices } = &mut self;
            let next = {
                let mut running = pin!(control.run(told.map(|_| ())));
                let next = next(running.as_mut(), config, file, live, stop).await;
                drop(tell);
                let Some(next) = next else {
                    let exit = finish(running, *clock).await;
                    notices.close(LAST_POST).await;
                    return exit;
                };
                running.await;
                next
            };
            self.adopt(next);
        }
    }

    /// Goes on by another configuration, between two passes.
    fn adopt(&mut self, next: Next) {
        let Next { config, program, world, told: (routes, receivers), asked } = next;
        if let Err(error) = self.control.adopt(&program, world) {
            let why = format!("{error}: {}", error.source);
            return refuse(&self.live, asked, why);
        }
        self.notices.adopt(routes, receivers);
        self.live.reloads.follow(&self.file, &config);
        self.live.board.adopted(&config);
        self.live.metrics.adopted(&config);
        supervisor::reloaded(config.every);
        let what = inventory(&config);
        tracing::info!(by = asked.by, what, mode = %config.mode, "reloaded");
        self.config = config;
        asked.answer(Ok(format!("{what}; from pass {} on", self.live.board.pass() + 1)));
    }
}

/// Lets passes be made until another configuration is ready to go on by; `None` once the
/// agent is told to stop.
async fn next(
    mut running: Pin<&mut impl Future<Output = ()>>,
    present: &Config,
    file: &Path,
    live: &mut Live,
    stop: &mut Stop,
) -> Option<Next> {
    loop {
        let asked = {
            let stopped = pin!(stop.asked());
            let asked = pin!(live.reloads.asked(present.every));
            let event = pin!(future::select(stopped, asked));
            match future::select(running.as_mut(), event).await {
                Either::Left(_) => return None,
                Either::Right((Either::Left((signal, _)), _)) => {
                    tracing::info!(signal, "stopping; the pass under way is finished first");
                    return None;
                }
                Either::Right((Either::Right((asked, _)), _)) => asked,
            }
        };
        supervisor::reloading();
        // Passes go on while the new world is looked for.
        let prepared = pin!(prepare(present, file));
        let prepared = match future::select(running.as_mut(), prepared).await {
            Either::Left(_) => return None,
            Either::Right((prepared, _)) => prepared,
        };
        match prepared {
            Ok(Prepared { config, program, world, told }) => {
                return Some(Next { config, program, world, told, asked });
            }
            Err(why) => {
                supervisor::reloaded(present.every);
                refuse(live, asked, why);
            }
        }
    }
}

/// The configuration as it is on disk now, whole and wired; or why the present one stays.
async fn prepare(present: &Config, file: &Path) -> Result<Prepared, String> {
    let Loaded { config, faults, .. } = config::load(file, &|name| std::env::var(name).ok());
    let errors: Vec<String> =
        faults.iter().filter(|fault| !fault.is_warning()).map(config::one_line).collect();
    for fault in &errors {
        tracing::error!(fault, "the configuration on disk has a fault");
    }
    let config = config.ok_or_else(|| errors.join("\n"))?;
    if let Some(why) = live::differs(present, &config) {
        return Err(why);
    }
    // The groups of a fleet may be others by now.
    let config = wiring::resolve(config).await.map_err(|error| super::chain(&error))?;
    let program = config.program();
    let world = wire(&config, &program).await.map_err(|error| super::chain(&error))?;
    let told = wiring::notices(&config).map_err(|error| super::chain(&error))?;
    Ok(Prepared { config, program, world, told })
}

/// The present configuration stays.
fn refuse(live: &Live, asked: Asked, why: String) {
    tracing::error!(by = asked.by, why, "not reloaded: the last good configuration stays");
    live.board.refused(why.clone());
    live.metrics.refused();
    asked.answer(Err(why));
}

/// Waits for the pass under way, but not for ever.
async fn finish(running: Pin<&mut impl Future<Output = ()>>, clock: SystemClock) -> Exit {
    supervisor::stopping();
    let patience = clock.sleep_until(clock.now().monotonic + PATIENCE);
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
