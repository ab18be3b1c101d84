//! The few colours of the demo. They reach only terminals that want them.

use anstyle::{AnsiColor, Style};

pub(super) const PLAIN: Style = Style::new();
pub(super) const HEAD: Style = Style::new().bold();
pub(super) const QUIET: Style = Style::new().dimmed();
pub(super) const LOAD: Style = AnsiColor::Blue.on_default();
pub(super) const CAPACITY: Style = AnsiColor::Cyan.on_default();
pub(super) const TROUBLE: Style = AnsiColor::Red.on_default();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
