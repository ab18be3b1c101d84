//! `schema`, `completions` and `man`: what editors, shells and `man` read.

use crate::{cli::CommandLine, config, exit::Exit, output};
use clap::CommandFactory;
use clap_complete::Shell;

/// Prints the JSON Schema of the configuration.
pub(crate) fn schema() -> Exit {
    output::answer_json(&config::schema());
    Exit::Fine
}

/// Prints what makes `shell` complete the command line.
pub(crate) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "setpoint", &mut script);
    output::answer(&String::from_utf8_lossy(&script));
    Exit::Fine
}

/// Prints the manual page of the program, or of one command.
pub(crate) fn man(name: Option<&str>) -> Exit {
    let mut whole = CommandLine::command();
    whole.build();
    let command = match name {
        None => Some(&whole),
        Some(name) => whole.find_subcommand(name),
    };
    let Some(command) = command else {
        output::complain("error: there is no such command; `setpoint help` lists them");
        return Exit::Usage;
    };
    let mut page = Vec::new();
    match clap_mangen::Man::new(command.clone()).render(&mut page) {
        Ok(()) => {
            output::answer(&String::from_utf8_lossy(&page));
            Exit::Fine
        }
        Err(error) => {
            output::complain(&format!("error: {error}"));
            Exit::Internal
        }
    }
}
