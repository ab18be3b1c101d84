//! The few colours of the demo. They reach only terminals that want them.

use anstyle::{AnsiColor, Style};

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const HEAD: Style = Style::new().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const LOAD: Style = AnsiColor::Blue.on_default();
pub(crate) const CAPACITY: Style = AnsiColor::Cyan.on_default();
pub(crate) const TROUBLE: Style = AnsiColor::Red.on_default();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
