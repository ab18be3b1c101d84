//! The agent and the operator's command line.

mod cli;
mod commands;
mod config;
mod exit;
mod live;
mod logging;
mod output;
mod report;
mod runtime;
mod stop;
mod system_clock;
mod wiring;

use cli::Command;
use exit::Exit;
use live::Ask;
use std::process::ExitCode;

fn main() -> ExitCode {
    let line = match cli::parse() {
        Ok(line) => line,
        Err(exit) => return exit.into(),
    };
    install_tls();
    obey(&line).into()
}

/// One TLS for every back end. A second installation would change nothing.
fn install_tls() {
    drop(rustls::crypto::ring::default_provider().install_default());
}

fn obey(line: &cli::CommandLine) -> Exit {
    match &line.command {
        Command::Check => commands::check(&line.common),
        Command::Doctor => commands::doctor(&line.common),
        Command::Permissions => commands::permissions(&line.common),
        Command::Init(options) => commands::init(options),
        Command::Run => commands::run(&line.common),
        Command::Plan(options) => commands::plan(&line.common, options),
        Command::Explain(options) => commands::explain(&line.common, options),
        Command::Status => commands::status(&line.common),
        Command::Pause(pause) => commands::order(&line.common, pause.ask()),
        Command::Resume(resume) => commands::order(&line.common, resume.ask()),
        Command::Approve(approve) => commands::order(&line.common, approve.ask()),
        Command::Release(release) => commands::order(&line.common, release.ask()),
        Command::Adopt(adopt) => commands::order(&line.common, adopt.ask()),
        Command::Reload => commands::order(&line.common, Ask::Reload),
        Command::Journal { what } => commands::passes(&line.common, what),
        Command::Record(options) => commands::record(&line.common, options),
        Command::Schema => commands::schema(),
        Command::Completions { shell } => commands::completions(*shell),
        Command::Man { command } => commands::man(command.as_deref()),
    }
}
