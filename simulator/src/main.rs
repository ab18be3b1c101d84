//! The program of the policy author.

mod cli;
mod commands;
mod output;

fn main() -> std::process::ExitCode {
    cli::run()
}
