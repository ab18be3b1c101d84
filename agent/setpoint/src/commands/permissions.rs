//! `permissions`: the least that a cloud must permit for this very configuration. Asks nobody.

use super::{cannot_wire, configuration};
use crate::{cli::Common, exit::Exit, output, wiring};
use serde_json::{Map, Value};

/// Prints the policy of each provider: of the only one as it is, of several by their names.
pub(crate) fn permissions(common: &Common) -> Exit {
    permitted(common).unwrap_or_else(|exit| exit)
}

fn permitted(common: &Common) -> Result<Exit, Exit> {
    let config = configuration(common)?;
    let mut all = wiring::permissions(&config).map_err(cannot_wire)?;
    for (name, account) in wiring::accounts(&config) {
        if let Some((role, _)) = &account.role {
            let to = format!("these are for the role {role}; allow the agent itself to take it on");
            output::complain(&format!("{name}: {to} (sts:AssumeRole)"));
        }
    }
    if let (1, Some((_, only))) = (all.len(), all.first()) {
        output::answer_json(only);
    } else {
        output::answer_json(&Value::Object(all.drain(..).collect::<Map<String, Value>>()));
    }
    Ok(Exit::Fine)
}
