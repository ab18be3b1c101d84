//! Refuses what would take the parser too long, before it is parsed.
//!
//! Rhai compares each variable, parameter and key of a map with all that came before:
//! twenty thousand of them take it seconds. Reading the bare words takes no time.

#![expect(clippy::wildcard_enum_match_arm, reason = "most words do not matter here")]

use crate::{
    fault::{Fault, FaultId},
    source::Source,
};
use rhai::{Engine, Position, Token};

/// The most variables a policy may define.
const MAX_VARIABLES: usize = 1000;

/// The most entries of one list, map, call or definition.
const MAX_ENTRIES: usize = 1000;

/// A bracket that is still open.
#[derive(Default)]
struct Open {
    /// The commas in it so far.
    commas: usize,
    /// Whether a text goes on where it closes.
    in_text: bool,
}

/// What there is too much of in a text, if anything.
pub(super) fn too_much(engine: &Engine, source: &Source<'_>) -> Option<Fault> {
    let text = [source.text()];
    let (words, control) = engine.lex(&text);
    let mut open = vec![Open::default()];
    let (mut variables, mut text_opens) = (0, false);
    for (word, place) in words {
        match word {
            Token::EOF | Token::LexError(_) => break,
            Token::Let | Token::Const => {
                variables += 1;
                if variables > MAX_VARIABLES {
                    return Some(fault(source, place, "more than 1000 variables are defined"));
                }
            }
            Token::InterpolatedString(_) => text_opens = true,
            Token::LeftBrace | Token::LeftParen | Token::LeftBracket | Token::MapStart => {
                open.push(Open { commas: 0, in_text: std::mem::take(&mut text_opens) });
            }
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                let goes_on = open.pop().is_some_and(|closed| closed.in_text);
                control.borrow_mut().is_within_text |= goes_on;
            }
            Token::Comma => {
                if let Some(inner) = open.last_mut() {
                    inner.commas += 1;
                    if inner.commas > MAX_ENTRIES {
                        return Some(fault(source, place, "there are more than 1000 entries"));
                    }
                }
            }
            _ => {}
        }
    }
    None
}

fn fault(source: &Source<'_>, place: Position, message: &str) -> Fault {
    let help = "a policy sees the present, and no tables; split it up".to_owned();
    source.fault(FaultId::TooLarge, place, message.to_owned(), Some(help))
}
