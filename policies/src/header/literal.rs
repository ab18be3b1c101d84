//! Reads single values of the header: literals, each of the type that its key wants.

#![expect(clippy::wildcard_enum_match_arm, reason = "Rhai's syntax tree is an open enum")]

use super::param::{self, ParamValue};
use crate::{fault::FaultId, faults::Faults};
use rhai::{Engine, Expr, Ident, Position};
use setpoint_core::{Dimension, Span};

/// The longest duration in a header.
const LONGEST: Span = Span::from_minutes(60 * 24 * 31);

/// Reads values and notes what is wrong with them.
pub(crate) struct Reader<'r, 's> {
    /// Parses names, to see whether they can be written in a policy.
    pub(super) parser: &'r Engine,
    /// What was wrong so far.
    pub(super) faults: &'r mut Faults<'s>,
}

/// The entries of a map in the header.
pub(super) struct Entries<'e>(&'e [(Ident, Expr)]);

impl<'e> Entries<'e> {
    /// Each key with its place and value, in the order of the text.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'e str, Position, &'e Expr)> {
        self.0.iter().map(|(key, value)| (key.as_str(), key.pos, value))
    }

    /// The place of `key` and its value.
    pub(super) fn get(&self, key: &str) -> Option<(Position, &'e Expr)> {
        self.iter().find(|(name, ..)| *name == key).map(|(_, place, value)| (place, value))
    }
}

/// How a value of one type is read; the text names the value in faults.
type Read<'r, 's, T> = fn(&mut Reader<'r, 's>, &Expr, &str) -> Option<T>;

impl<'r, 's> Reader<'r, 's> {
    /// A reader of what `parser` has parsed.
    pub(crate) const fn new(parser: &'r Engine, faults: &'r mut Faults<'s>) -> Self {
        Self { parser, faults }
    }

    /// Whether a policy can write `name` as a variable.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        let parsed = self.parser.compile_expression(name);
        parsed.is_ok_and(|tree| match tree.statements() {
            [rhai::Stmt::Expr(value)] => {
                matches!(&**value, Expr::Variable(variable, ..) if variable.1 == name)
            }
            _ => false,
        })
    }

    /// Faults every key of `what` that is not `known`.
    pub(super) fn known_keys(&mut self, entries: &Entries<'_>, what: &str, known: &[&str]) {
        for (key, place, _) in entries.iter() {
            if !known.contains(&key) {
                let message = format!("{what} has no key '{key}'");
                let all = format!("the keys are {}", known.join(", "));
                let words = (key, known.iter().copied(), Some(all));
                self.faults.add_unknown(FaultId::UnknownKey, place, message, words);
            }
        }
    }

    /// The value of `key`; a fault at `place` if it is missing.
    pub(super) fn required<T>(
        &mut self,
        entries: &Entries<'_>,
        key: &str,
        what: &str,
        place: Position,
        read: Read<'r, 's, T>,
    ) -> Option<T> {
        if entries.get(key).is_none() {
            let message = format!("{what} needs the key '{key}'");
            self.faults.add(FaultId::MissingKey, place, message);
        }
        self.optional(entries, key, read)
    }

    /// The value of `key`, if it is there and right.
    pub(super) fn optional<T>(
        &mut self,
        entries: &Entries<'_>,
        key: &str,
        read: Read<'r, 's, T>,
    ) -> Option<T> {
        let (_, value) = entries.get(key)?;
        read(self, value, &format!("'{key}'"))
    }

    /// A map.
    pub(super) fn map<'e>(&mut self, value: &'e Expr, what: &str) -> Option<Entries<'e>> {
        match value {
            Expr::Map(map, _) => Some(Entries(&map.0)),
            other => self.wrong(other, what, "a map", "#{ … }"),
        }
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, value: &Expr, what: &str) -> Option<String> {
        match value {
            Expr::StringConstant(text, place) if text.trim().is_empty() => {
                self.faults.add(FaultId::BadValue, *place, format!("{what} is empty"));
                None
            }
            Expr::StringConstant(text, _) => Some(text.to_string()),
            other => self.wrong(other, what, "a text", "\"…\""),
        }
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(&mut self, value: &Expr, what: &str) -> Option<Vec<(Position, String)>> {
        let Expr::Array(items, _) = value else {
            return self.wrong(value, what, "a list of texts", "[\"a\", \"b\"]");
        };
        let read = items.iter().map(|item| Some((item.start_position(), self.text(item, what)?)));
        read.collect()
    }

    /// A whole number from 0 to 4,294,967,295.
    pub(super) fn whole(&mut self, value: &Expr, what: &str) -> Option<u32> {
        let Expr::IntegerConstant(number, place) = value else {
            return self.wrong(value, what, "a whole number", "10");
        };
        let whole = u32::try_from(*number).ok();
        if whole.is_none() {
            let text = format!("{what} is {number}, not from 0 to {}", u32::MAX);
            self.faults.add(FaultId::BadValue, *place, text);
        }
        whole
    }

    /// A share above zero, up to 1,000 %.
    pub(super) fn share(&mut self, value: &Expr, what: &str) -> Option<f64> {
        let Expr::StringConstant(text, place) = value else {
            return self.wrong(value, what, "a share", "\"10%\"");
        };
        let quantity = param::quantity(text).filter(|it| it.dimension == Dimension::Ratio);
        let share = quantity.map(|it| it.value).filter(|share| *share > 0.0 && *share <= 10.0);
        if share.is_none() {
            let message = format!("{what} is '{text}', not a share above 0 % and up to 1000 %");
            let help = "write it as \"10%\"";
            self.faults.add_with_help(FaultId::BadValue, *place, message, help);
        }
        share
    }

    /// A duration above zero, up to 31 days.
    pub(super) fn span(&mut self, value: &Expr, what: &str) -> Option<Span> {
        let Expr::StringConstant(text, place) = value else {
            return self.wrong(value, what, "a duration", "\"5m\"");
        };
        let message = match text.parse::<Span>() {
            Ok(span) if span > Span::ZERO && span <= LONGEST => return Some(span),
            Ok(_) => format!("{what} is '{text}', not a duration above zero and up to 31d"),
            Err(error) => format!("{what}: {error}"),
        };
        self.faults.add(FaultId::BadValue, *place, message);
        None
    }

    /// Any scalar: its type is what it looks like.
    pub(super) fn param(&mut self, value: &Expr, what: &str) -> Option<ParamValue> {
        match value {
            Expr::BoolConstant(value, _) => Some(ParamValue::Bool(*value)),
            Expr::IntegerConstant(value, _) => Some(ParamValue::Int(*value)),
            Expr::FloatConstant(value, place) => self.finite(**value, *place, what),
            Expr::StringConstant(text, place) => self.quantity_or_text(text, *place, what),
            other => self.wrong(other, what, "a number, a text, true or false", "\"60%\""),
        }
    }

    fn finite(&mut self, value: f64, place: Position, what: &str) -> Option<ParamValue> {
        if value.is_finite() {
            return Some(ParamValue::Number(value));
        }
        self.faults.add(FaultId::BadValue, place, format!("{what} is not a finite number"));
        None
    }

    fn quantity_or_text(&mut self, text: &str, place: Position, what: &str) -> Option<ParamValue> {
        let value = ParamValue::of_text(text);
        if matches!(value, ParamValue::Text(_)) && param::looks_like_a_quantity(text) {
            let message = format!("{what} is '{text}', which has no unit that is known");
            let help = "write it as \"60%\", \"5m\", \"250/s\" or \"3GiB\"";
            self.faults.add_with_help(FaultId::BadValue, place, message, help);
            return None;
        }
        Some(value)
    }

    /// Faults a value of another type, or one that is no literal at all.
    fn wrong<T>(&mut self, value: &Expr, what: &str, wanted: &str, example: &str) -> Option<T> {
        let found = literal_noun(value);
        let (id, message) = match found {
            Some(found) => (FaultId::WrongType, format!("{what} must be {wanted}, not {found}")),
            None => (FaultId::NotLiteral, format!("{what} must be {wanted}, written out")),
        };
        let place = value.start_position();
        self.faults.add_with_help(id, place, message, format!("write it as {example}"));
        None
    }
}

/// What a literal is, as a noun phrase; `None` if it is computed.
fn literal_noun(value: &Expr) -> Option<&'static str> {
    Some(match value {
        Expr::BoolConstant(..) => "true or false",
        Expr::IntegerConstant(..) | Expr::FloatConstant(..) => "a number",
        Expr::CharConstant(..) => "a letter",
        Expr::StringConstant(..) => "a text",
        Expr::Array(..) => "a list",
        Expr::Map(..) => "a map",
        Expr::Unit(..) => "nothing",
        _ => return None,
    })
}
