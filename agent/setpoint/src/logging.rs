//! Where log lines go: text for a person at a terminal, lines with a priority for systemd's
//! journal, JSON for everything else.

use std::{
    fs::File,
    io::{self, IsTerminal},
    os::{fd::AsFd, unix::fs::MetadataExt},
};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        self, FmtContext,
        format::{FormatEvent, FormatFields, Writer},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

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
    } else if goes_to_the_journal() {
        // The journal has the time and the name of the program already.
        let text = fmt::format().without_time().with_level(false).with_target(false);
        registry.with(lines.with_ansi(false).event_format(Prioritised(text))).init();
    } else {
        registry.with(lines.json()).init();
    }
}

/// Whether systemd says that standard error is a stream of its journal, and it still is:
/// whoever sends it elsewhere inherits the variable all the same.
fn goes_to_the_journal() -> bool {
    let Some(stream) = std::env::var("JOURNAL_STREAM").ok() else { return false };
    let identity = || -> io::Result<String> {
        let own = File::from(io::stderr().as_fd().try_clone_to_owned()?).metadata()?;
        Ok(format!("{}:{}", own.dev(), own.ino()))
    };
    identity().is_ok_and(|own| own == stream)
}

/// Lines that begin with their priority, `<3>` for an error, as sd-daemon(3) has it.
struct Prioritised<F>(F);

impl<S, N, F> FormatEvent<S, N> for Prioritised<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        write!(writer, "<{priority}>")?;
        self.0.format_event(context, writer, event)
    }
}
