//! The walk: what is said of a value, `value.word` and `value.word(…)`.

use super::{
    natives,
    types::{Measure, Source, Type},
    walk::Walker,
};
use crate::{
    fault::FaultId,
    language::{NOT_YET, On, WORDS, Word, unit_word, word, words},
    suggest::{did_you_mean, one_of},
};
use rhai::{FnCallExpr, Position};

impl Walker<'_, '_> {
    /// `is.name`
    pub(super) fn property(&mut self, is: &Type, name: &str, place: Position) -> Type {
        match is {
            Type::Unknown | Type::Other(_) | Type::Map(_) => return Type::Unknown,
            Type::Inputs => return self.input(name, place),
            Type::Params => return self.param(name, place),
            Type::State => return self.state(name, place),
            Type::Number(number) => {
                if let Some(unit) = unit_word(name) {
                    let value = number.value.map(|value| value * unit.scale / unit.per);
                    return Type::fixed(unit.dimension, value);
                }
            }
            Type::Nothing
            | Type::Bool
            | Type::Text
            | Type::Quantity(_)
            | Type::Each(..)
            | Type::Now
            | Type::Alert
            | Type::Target(..)
            | Type::Opinion => {}
        }
        match is.words().and_then(|on| word(on, name)) {
            Some(word) if word.args.is_none() => {
                if *word == *age() && is_fixed(is) {
                    let message = format!("{} has no age", is.noun());
                    let help = "only what was read has an age: m.x.age";
                    self.faults.add_with_help(FaultId::WrongValue, place, message, help);
                }
                self.gives(word, is, &[])
            }
            Some(word) => {
                let message = format!("'{name}' is called with brackets");
                let inside = if word.args == Some(&[]) { "" } else { "…" };
                let help = format!("write {name}({inside})");
                self.faults.add_with_help(FaultId::UnknownMember, place, message, help);
                Type::Unknown
            }
            None if natives::has_property(name, is) && !(name == "key" && is_nobodys(is)) => {
                Type::Unknown
            }
            None => self.unknown_member(is, name, place),
        }
    }

    /// `is.name(…)`
    pub(super) fn method(&mut self, is: &Type, call: &FnCallExpr, place: Position) -> Type {
        let name = call.name.as_str();
        let types: Vec<Type> = call.args.iter().map(|argument| self.expr(argument)).collect();
        if crate::language::why_not(name).is_some() {
            self.forbidden(name, place);
            return Type::Unknown;
        }
        if self.functions.find(name, call.args.len()).is_some() {
            // What it makes of `this` cannot be told.
            types.iter().for_each(|is| self.escapes(is));
            return Type::Unknown;
        }
        if matches!(is, Type::Unknown | Type::Other(_) | Type::Map(_)) {
            // Of a text that cannot be told to be one, `replace` is another word.
            let fits = |word: &Word| word.args.map(<[_]>::len) == Some(types.len());
            let word = opinion_word(name).filter(|word| *is == Type::Unknown && fits(word));
            if let Some(word) = word {
                self.asks(word, is, &types, place);
            }
            return Type::Unknown;
        }
        if *is == Type::Inputs && name == "has" {
            self.has(call);
        }
        self.said(is, name, call, &types, place)
    }

    /// `is.name(…)`, where the arguments are `types`.
    fn said(
        &mut self,
        is: &Type,
        name: &str,
        call: &FnCallExpr,
        types: &[Type],
        place: Position,
    ) -> Type {
        let places: Vec<Position> = call.args.iter().map(rhai::Expr::start_position).collect();
        match is.words().and_then(|on| word(on, name)) {
            Some(word) if word.args.is_some() => {
                self.literals(word, is, call);
                return self.tell(word, is, types, &places, place);
            }
            Some(_) => {
                let message = format!("'{name}' is read without brackets");
                let help = format!("write {name}");
                self.faults.add_with_help(FaultId::UnknownMember, place, message, help);
                return Type::Unknown;
            }
            None => {}
        }
        let all: Vec<Type> = [is.clone()].into_iter().chain(types.iter().cloned()).collect();
        if let Some(function) = word(On::Nothing, name) {
            let places: Vec<Position> = [place].into_iter().chain(places).collect();
            return self.tell(function, &Type::Nothing, &all, &places, place);
        }
        if natives::accepts(name, &all) || natives::BUILT_IN.contains(&name) {
            return Type::Unknown;
        }
        if !is.is_ours() && natives::exists(name) && !natives::takes(name, all.len()) {
            let message = format!("'{name}' is called with the wrong number of arguments");
            self.faults.add(FaultId::WrongArguments, place, message);
            return Type::Unknown;
        }
        if matches!(is, Type::Number(_)) && unit_word(name).is_some() {
            let message = format!("'{name}' is read without brackets");
            let help = format!("write 5.{name}");
            self.faults.add_with_help(FaultId::UnknownMember, place, message, help);
            return Type::Unknown;
        }
        self.unknown_member(is, name, place)
    }

    /// A word that is not known of a value.
    fn unknown_member(&mut self, is: &Type, name: &str, place: Position) -> Type {
        let on = is.words();
        if on.is_some_and(|on| NOT_YET.contains(&(on, name))) {
            let message = format!("'{name}' is not supported yet by this version");
            self.faults.add(FaultId::NotYet, place, message);
            return Type::Unknown;
        }
        if let Type::Each(_, input) = is
            && word(On::Reading, name).and_then(|word| word.args).is_some()
        {
            let message = format!("'{name}' asks one number, and m.{input} is a value of each");
            let help = format!(
                "ask m.{input}.worst, or declare a second input, bound to the past of one number"
            );
            self.faults.add_with_help(FaultId::WrongValue, place, message, help);
            return Type::Unknown;
        }
        let noun = on.map_or_else(|| is.noun(), |on| on.noun().to_owned());
        let message = format!("{noun} has no '{name}'");
        let known: Vec<&str> = on.map(|on| words(on).collect()).unwrap_or_default();
        let elsewhere = || {
            let other = WORDS.iter().find(|word| word.name == name)?;
            Some(format!("'{name}' is said of {}", other.on.noun()))
        };
        let all = || (!known.is_empty()).then(|| format!("it has {}", one_of(known.clone())));
        let unit = unit_word(name).filter(|_| matches!(is, Type::Quantity(_)));
        let help = match unit {
            Some(_) => Some("it has a unit already".to_owned()),
            None => did_you_mean(name, known.iter().copied()).or_else(elsewhere).or_else(all),
        };
        match help {
            Some(help) => self.faults.add_with_help(FaultId::UnknownMember, place, message, help),
            None => self.faults.add(FaultId::UnknownMember, place, message),
        }
        Type::Unknown
    }
}

/// Whether a quantity rests on no sample.
pub(super) const fn is_fixed(is: &Type) -> bool {
    matches!(is, Type::Quantity(Measure { source: Source::Fixed(_), .. }))
}

/// Whether a quantity cannot be that of one member or zone.
const fn is_nobodys(is: &Type) -> bool {
    let Type::Quantity(Measure { source, .. }) = is else { return false };
    matches!(source, Source::Input(_) | Source::Window | Source::Fixed(_))
}

fn age() -> &'static crate::language::Word {
    word(On::Reading, "age").unwrap_or(&WORDS[0])
}

/// The word that records an opinion, whoever it is said of.
pub(super) fn opinion_word(name: &str) -> Option<&'static crate::language::Word> {
    let records = |word: &&crate::language::Word| {
        word.on.is_target() && word.name == name && word.gives == crate::language::Gives::Opinion
    };
    WORDS.iter().find(records)
}
