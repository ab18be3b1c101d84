//! The words of an expression.

use super::series::Wrong;
use std::ops::Range;

/// The most words in an expression; evaluating and dropping it takes a frame for each.
const MOST: usize = 1_000;

/// What stands for itself, the longer ones first.
const SYMBOLS: [&str; 20] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "=", "!", "+", "-", "*", "/", "%", "(", ")", ",",
    "{", "}",
];

/// One word of an expression.
#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) at: Range<usize>,
    pub(super) is_name: bool,
}

/// Splits `text` into its words.
pub(super) fn lex(text: &str) -> Result<Vec<Token<'_>>, Wrong> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let name = first.is_ascii_alphabetic() || first == '_';
        let length = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first.is_ascii_digit() {
            number(rest)
        } else if name {
            let inner = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
            rest.find(|c| !inner(c)).unwrap_or(rest.len())
        } else {
            SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).map_or(0, |s| s.len())
        };
        if length == 0 {
            let span = at..at + first.len_utf8();
            return Err(Wrong {
                at: span,
                message: format!("`{first}` means nothing here"),
                help: None,
            });
        }
        if tokens.len() == MOST {
            let message = "the expression is longer than 1,000 words".to_owned();
            return Err(Wrong { at: at..at + length, message, help: None });
        }
        let keyword = ["if", "else", "true", "false"].contains(&&rest[..length]);
        let token = Token { text: &rest[..length], at: at..at + length, is_name: name && !keyword };
        tokens.push(token);
        at += length;
    }
    Ok(tokens)
}

/// The length of the number that `text` starts with.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(byte) = bytes.get(end) {
        let exponent = matches!(byte, b'e' | b'E');
        let sign = matches!(byte, b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E');
        if !(byte.is_ascii_digit() || *byte == b'.' || exponent || sign) {
            break;
        }
        end += 1;
    }
    end
}
