//! The text of a policy, and how a place in it is told to people.

use crate::fault::{Fault, FaultId};
use rhai::Position;
use std::{ops::Range, sync::Arc};

/// The longest policy that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;

/// The most lines a policy may have; the parser's positions end at 65,535.
pub const MAX_LINES: usize = 10_000;

/// The bytes of `file` as text.
///
/// Fails with the place of the first byte that is no part of UTF-8 text.
pub fn text_of<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let before = String::from_utf8_lossy(good);
        let lines = before.matches('\n').count();
        let column = before.chars().rev().take_while(|c| *c != '\n').count();
        Fault {
            id: FaultId::NotText,
            file: Arc::from(file),
            line: small(lines + 1),
            column: small(column + 1),
            span: before.len()..before.len(),
            message: "the file is not UTF-8 text".to_owned(),
            help: Some("save it as UTF-8".to_owned()),
        }
    })
}

/// A policy file's name and text.
pub(crate) struct Source<'a> {
    file: Arc<str>,
    text: &'a str,
    /// The byte at which each line starts.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    /// The text of `file`.
    ///
    /// Fails if it is longer than [`MAX_BYTES`] or has more than [`MAX_LINES`] lines.
    pub(crate) fn new(file: &str, text: &'a str) -> Result<Self, Fault> {
        let lines = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let source = Self { file: Arc::from(file), text, lines };
        let message = if text.len() > MAX_BYTES {
            format!("the file has {} bytes, at most {MAX_BYTES} are read", text.len())
        } else if source.lines.len() > MAX_LINES {
            format!("the file has {} lines, at most {MAX_LINES} are read", source.lines.len())
        } else {
            return Ok(source);
        };
        Err(source.fault(FaultId::TooLarge, Position::NONE, message, None))
    }

    /// The text.
    pub(crate) const fn text(&self) -> &'a str {
        self.text
    }

    /// A fault about the token at `place`.
    pub(crate) fn fault(
        &self,
        id: FaultId,
        place: Position,
        message: String,
        help: Option<String>,
    ) -> Fault {
        let span = token(self.text, self.offset(place));
        Fault {
            id,
            file: Arc::clone(&self.file),
            line: small(place.line().unwrap_or(1)),
            column: small(place.position().unwrap_or(1)),
            span,
            message,
            help,
        }
    }

    /// The place of the last word `name` before `place`; `place` itself if there is none.
    pub(crate) fn name_before(&self, place: Position, name: &str) -> Position {
        let before = self.text.get(..self.offset(place)).unwrap_or_default();
        let Some(at) = before.rfind(name) else { return place };
        let line = self.lines.partition_point(|start| *start <= at).max(1);
        let start = self.lines[line - 1];
        let column = before.get(start..at).unwrap_or_default().chars().count() + 1;
        match (u16::try_from(line), u16::try_from(column)) {
            (Ok(line), Ok(column)) => Position::new(line, column),
            _ => place,
        }
    }

    /// The byte at which `place` is; the start of the text if it is nowhere.
    pub(crate) fn offset(&self, place: Position) -> usize {
        let line = place.line().unwrap_or(1) - 1;
        let column = place.position().unwrap_or(1) - 1;
        let start = self.lines.get(line).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        rest.char_indices().nth(column).map_or(self.text.len(), |(at, _)| start + at)
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The bytes of the word, the string on one line, or else the character at `start`.
fn token(text: &str, start: usize) -> Range<usize> {
    let rest = text.get(start..).unwrap_or_default();
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let length = match rest.chars().next() {
        None | Some('\n') => 0,
        Some(first) if word(first) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
        Some(quote @ ('"' | '`')) => string(rest, quote),
        Some(other) => other.len_utf8(),
    };
    start.min(text.len())..start.min(text.len()) + length
}

/// The length of the string literal that `rest` begins with, up to the end of its line.
fn string(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is marked when a fault is at `line`:`column` of `text`.
    #[track_caller]
    fn check(text: &str, (line, column): (u16, u16), marked: &str) {
        let source = Source::new("x.rhai", text).unwrap();
        let place = Position::new(line, column);
        let fault = source.fault(FaultId::Syntax, place, String::new(), None);
        assert_eq!(&text[fault.span], marked);
    }

    #[test]
    fn it_marks_the_whole_token() {
        check("a\nfleet.scale(3)", (2, 7), "scale");
        check("x: \"a \\\" b\", y", (1, 4), "\"a \\\" b\"");
        check("é = größe + 1", (1, 5), "größe");
        check("m[1]", (1, 2), "[");
    }

    #[test]
    fn it_never_marks_beyond_the_text() {
        check("ab", (1, 3), "");
        check("ab", (9, 9), "");
        check("\"open\nnext", (1, 1), "\"open");
        check("", (1, 1), "");
    }

    #[test]
    fn a_text_over_the_limits_is_refused() {
        for text in ["x".repeat(MAX_BYTES + 1), "\n".repeat(MAX_LINES)] {
            let fault = Source::new("x.rhai", &text).err().unwrap();
            assert_eq!(fault.id, FaultId::TooLarge, "{fault}");
        }
    }
}
