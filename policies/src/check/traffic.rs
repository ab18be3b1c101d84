//! The walk: what is said of traffic. Its destinations are named in the header, so that one
//! that is misspelt, and shares that do not add up, are found before anything runs.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other type has the same answer")]

use super::{types::Type, walk::Walker};
use crate::{fault::FaultId, language::Word, suggest::one_of};
use rhai::{Expr, FnCallExpr, Position};
use setpoint_core::{Dimension, Short};

/// A share that is written out, if it is one.
fn written_share(is: &Type) -> Option<f64> {
    let fits = matches!(is.dimension(), Some(Dimension::Ratio | Dimension::Count));
    is.value().filter(|share| fits && (0.0..=1.0).contains(share))
}

/// How far a sum of shares may be off: float noise.
const NOISE: f64 = 1e-6;

/// A map that is written out: each key with what its value is, and where.
pub(super) type Entries = [(String, Type, Position)];

impl Walker<'_, '_> {
    /// The entries of a map.
    pub(super) fn entries(&mut self, map: &[(rhai::Ident, Expr)]) -> Type {
        let entry = |(key, value): &(rhai::Ident, Expr)| {
            (key.as_str().to_owned(), self.expr(value), key.pos)
        };
        Type::Map(map.iter().map(entry).collect())
    }

    /// `#{ aws: 80.percent, azure: 20.percent }`
    pub(super) fn shares(&mut self, word: &Word, of: &Type, is: &Type, place: Position) {
        let entries = match is {
            Type::Unknown => return,
            Type::Map(entries) => entries,
            other => {
                let message =
                    format!("'{}' needs a map of shares, not {}", word.name, other.noun());
                let help = "write #{ aws: 80.percent, azure: 20.percent }";
                return self.faults.add_with_help(FaultId::WrongArguments, place, message, help);
            }
        };
        for (name, value, place) in entries.iter() {
            self.is_destination(of, name, *place);
            self.share(word, value, *place);
            if let Some(share) = written_share(value)
                && ((share * 100.0).round() - share * 100.0).abs() > NOISE
            {
                let message =
                    format!("users are sent by whole percent, not {} %", Short(share * 100.0));
                self.faults.add(FaultId::WrongValue, *place, message);
            }
        }
        let values: Option<Vec<f64>> =
            entries.iter().map(|(_, value, _)| written_share(value)).collect();
        let sum = values.map(|values| values.iter().sum::<f64>());
        if let Some(sum) = sum.filter(|sum| (sum - 1.0).abs() > NOISE) {
            let message = format!("the shares add up to {} %, not to 100 %", Short(sum * 100.0));
            let help = "every user is sent somewhere; who is not named gets nobody";
            self.faults.add_with_help(FaultId::WrongValue, place, message, help);
        }
    }

    /// A destination that is written out: `"aws"`.
    pub(super) fn destination(&mut self, of: &Type, call: &FnCallExpr) {
        if let Some(Expr::StringConstant(name, place)) = call.args.first() {
            self.is_destination(of, name, *place);
        }
    }

    fn is_destination(&mut self, of: &Type, name: &str, place: Position) {
        let Type::Target(_, target) = of else { return };
        let Some((_, Some(declared))) = self.declared.targets.get(&**target) else { return };
        if declared.destinations.is_empty() || declared.destinations.iter().any(|it| it == name) {
            return;
        }
        let names = || declared.destinations.iter().map(String::as_str);
        let message = format!("'{target}' has no destination '{name}'");
        let all = format!("the header names {}", one_of(names()));
        self.faults.add_unknown(FaultId::WrongValue, place, message, (name, names(), Some(all)));
    }
}
