//! The program of the policy author.

mod cli;
mod commands;
mod output;
mod system_clock;

fn main() -> std::process::ExitCode {
    cli::run()
}
