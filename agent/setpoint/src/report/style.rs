//! The few colours there are; `output` drops them where nobody would see them.

use anstyle::{AnsiColor, Style};
use std::fmt;

/// Something that grows.
pub(crate) const GROWS: Style = AnsiColor::Green.on_default().bold();
/// Something that shrinks.
pub(crate) const SHRINKS: Style = AnsiColor::Red.on_default().bold();
/// What matters less.
pub(crate) const QUIET: Style = Style::new().dimmed();
/// A name to find again.
pub(crate) const NAME: Style = Style::new().bold();

/// `text` in `style`.
pub(crate) fn in_style(style: Style, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}
