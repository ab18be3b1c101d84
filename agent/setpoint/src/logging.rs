//! Where log lines go: text for a person at a terminal, JSON for everything else.

use std::io::{self, IsTerminal};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// The variable that says how much is logged: "debug", "setpoint_aws=trace", …
const VARIABLE: &str = "SETPOINT_LOG";

/// Without a wish: what the agent does, and what goes wrong beneath it. AWS's own library
/// tells at `info` which access key it found, which belongs in no log.
const DEFAULT: &str = "info,aws_config=warn,aws_credential_types=warn,aws_smithy_runtime=warn";

/// Starts logging to standard error. Call it once.
pub(crate) fn start() {
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    let filter =
        EnvFilter::builder().parse_lossy(if wanted.is_empty() { DEFAULT } else { &wanted });
    let lines = fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry().with(filter);
    if io::stderr().is_terminal() {
        let coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        registry.with(lines.with_ansi(coloured).with_target(false)).init();
    } else {
        registry.with(lines.json()).init();
    }
}
