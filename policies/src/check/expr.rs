//! The walk: expressions, variables, and chains such as `m.cpu.peak(5.minutes)`.

#![expect(clippy::wildcard_enum_match_arm, reason = "Rhai's syntax tree is an open enum")]

use super::{
    chain::{Link, Step, chain},
    types::{Measure, Source, Type},
    walk::{Part, Walker},
};
use crate::{fault::FaultId, language::GLOBALS, suggest::one_of};
use rhai::{Expr, Position};
use setpoint_core::Dimension;

impl Walker<'_, '_> {
    /// What the value of `expr` is.
    pub(super) fn expr(&mut self, expr: &Expr) -> Type {
        match expr {
            Expr::DynamicConstant(..) => Type::Other("a function"),
            Expr::BoolConstant(..) => Type::Bool,
            Expr::IntegerConstant(value, _) => Type::number(true, *value as f64),
            Expr::FloatConstant(value, _) => Type::number(false, **value),
            Expr::CharConstant(..) => Type::Other("a letter"),
            Expr::StringConstant(..) => Type::Text,
            Expr::InterpolatedString(parts, _) => {
                parts.iter().for_each(|part| drop(self.expr(part)));
                Type::Text
            }
            Expr::Array(items, _) => {
                items.iter().for_each(|item| drop(self.expr(item)));
                Type::Other("a list")
            }
            Expr::Map(entries, _) => self.entries(&entries.0),
            Expr::Unit(_) => Type::Nothing,
            Expr::Variable(name, _, place) => {
                let is = self.variable(&name.1, *place);
                self.usage.any_input |= is == Type::Inputs;
                self.usage.any_param |= is == Type::Params;
                is
            }
            Expr::Stmt(block) => self.block(block.statements()),
            Expr::FnCall(call, place) => self.call(call, *place),
            Expr::Dot(..) | Expr::Index(..) => self.chain(expr),
            Expr::And(sides, _) => self.logic(sides, "&&"),
            Expr::Or(sides, _) => self.logic(sides, "||"),
            Expr::Coalesce(sides, place) => self.coalesce(sides, *place),
            Expr::Custom(rule, place) => {
                self.misplaced(rule, *place, FaultId::MisplacedOpinion);
                Type::Nothing
            }
            _ => Type::Unknown,
        }
    }

    fn logic(&mut self, sides: &[Expr], operator: &str) -> Type {
        for side in sides {
            self.condition(side, &format!("both sides of '{operator}' are true or false"));
        }
        Type::Bool
    }

    fn coalesce(&mut self, sides: &[Expr], place: Position) -> Type {
        let types: Vec<Type> = sides.iter().map(|side| self.expr(side)).collect();
        let reading = types.iter().find(|is| matches!(is, Type::Quantity(_)));
        if let Some(reading) = reading {
            let message = format!("'??' knows nothing of {}", reading.noun());
            let help = "a reading is never (); write .or(…)";
            self.faults.add_with_help(FaultId::Forbidden, place, message, help);
        }
        types.into_iter().reduce(Type::or).unwrap_or(Type::Unknown)
    }

    /// What the variable `name` is.
    pub(super) fn variable(&mut self, name: &str, place: Position) -> Type {
        if let Some(is) = self.scope.get(name).cloned() {
            if let Type::Target(_, target) = &is {
                self.usage.targets.insert(target.to_string());
            }
            return is;
        }
        if self.declared.targets.contains_key(name) && self.part != Part::Function {
            return Type::Unknown;
        }
        let message = format!("unknown name '{name}'");
        if name == "POLICY" {
            let help = "the header is read before anything runs; parameters are p.x";
            self.faults.add_with_help(FaultId::UnknownVariable, place, message, help);
        } else if self.part == Part::Function {
            let help = "a function sees nothing but its arguments; give it what it needs";
            self.faults.add_with_help(FaultId::UnknownVariable, place, message, help);
        } else {
            let help = self.where_it_belongs(name).or_else(|| {
                let targets = self.declared.targets.keys().map(String::as_str);
                Some(format!("known here: {}", one_of(GLOBALS.into_iter().chain(targets))))
            });
            let words = (name, self.scope.names(), help);
            self.faults.add_unknown(FaultId::UnknownVariable, place, message, words);
        }
        Type::Unknown
    }

    /// An input or parameter written without its `m.` or `p.`.
    fn where_it_belongs(&self, name: &str) -> Option<String> {
        if self.declared.inputs.contains_key(name) {
            return Some(format!("the input is m.{name}"));
        }
        self.declared.params.contains_key(name).then(|| format!("the parameter is p.{name}"))
    }

    fn chain(&mut self, expr: &Expr) -> Type {
        let (base, links) = chain(expr);
        let mut is = match base {
            // Not `expr`: here the walk sees where `m` and `p` go.
            Expr::Variable(name, _, place) => self.variable(&name.1, *place),
            base => self.expr(base),
        };
        for (index, link) in links.iter().enumerate() {
            if let (0, Expr::Variable(name, ..), Step::Method(call)) = (index, base, link.step)
                && self.functions.find(&call.name, call.args.len()).is_some()
            {
                // Called like this, a function may change what it is called on.
                self.escapes(&is);
                if !is.is_ours() {
                    self.scope.set(&name.1, Type::Unknown);
                }
            }
            is = self.link(&is, *link);
        }
        self.one_of_each(is, expr.start_position())
    }

    /// Faults the values of each where one number is meant.
    fn one_of_each(&mut self, is: Type, place: Position) -> Type {
        let Type::Each(_, name) = &is else { return is };
        let message = format!("m.{name} is a value of each, not one number");
        let help = format!("say which: m.{name}.worst, m.{name}.median or m.{name}.each");
        self.faults.add_with_help(FaultId::WrongValue, place, message, help);
        Type::Unknown
    }

    /// `m` and `p` went where the walk cannot follow.
    pub(super) fn escapes(&mut self, is: &Type) {
        self.usage.any_input |= *is == Type::Inputs;
        self.usage.any_param |= *is == Type::Params;
    }

    /// What comes of one step from a value that is `is`.
    pub(super) fn link(&mut self, is: &Type, link: Link<'_>) -> Type {
        if link.guarded {
            let message = "'?.' may not be used in a policy";
            let help = "nothing here is ever (); what is missing skips the rule, or write .or(…)";
            self.faults.add_with_help(FaultId::Forbidden, link.place, message, help);
        }
        match link.step {
            Step::Property(name) => self.property(is, name, link.place),
            Step::Method(call) => self.method(is, call, link.place),
            Step::Index(index) => {
                self.expr(index);
                self.index(is, link.place)
            }
        }
    }

    fn index(&mut self, is: &Type, place: Position) -> Type {
        let (noun, help) = match is {
            Type::Inputs => ("m[…]", "write m.name, so that it can be checked"),
            Type::Params => ("p[…]", "write p.name, so that it can be checked"),
            Type::State => ("state[…]", "write state.name, so that it can be checked"),
            Type::Quantity(_)
            | Type::Each(..)
            | Type::Now
            | Type::Alert
            | Type::Target(..)
            | Type::Opinion
            | Type::Bool => {
                let message = format!("{} has nothing to look up in brackets", is.noun());
                self.faults.add(FaultId::UnknownMember, place, message);
                return Type::Unknown;
            }
            _ => return Type::Unknown,
        };
        let message = format!("'{noun}' may not be used in a policy");
        self.faults.add_with_help(FaultId::Forbidden, place, message, help);
        self.escapes(is);
        Type::Unknown
    }

    /// `m.name`
    pub(super) fn input(&mut self, name: &str, place: Position) -> Type {
        if let Some((_, input)) = self.declared.inputs.get(name) {
            self.usage.inputs.insert(name.to_owned());
            let source = Source::Input(name.into());
            return input.map_or(Type::Unknown, |input| {
                match (input.unit.dimension(), input.per) {
                    (dimension, None) => Type::Quantity(Measure { dimension, source }),
                    (dimension, Some(_)) => Type::Each(dimension, name.into()),
                }
            });
        }
        let message = format!("unknown input 'm.{name}'");
        let all = known("inputs", self.declared.inputs.keys());
        let words = (name, self.declared.inputs.keys().map(String::as_str), all);
        self.faults.add_unknown(FaultId::UnknownInput, place, message, words);
        Type::Unknown
    }

    /// `p.name`
    pub(super) fn param(&mut self, name: &str, place: Position) -> Type {
        if let Some((_, param)) = self.declared.params.get(name) {
            self.usage.params.insert(name.to_owned());
            return param.as_ref().map_or(Type::Unknown, Type::of_param);
        }
        let message = format!("unknown parameter 'p.{name}'");
        let all = known("parameters", self.declared.params.keys());
        let words = (name, self.declared.params.keys().map(String::as_str), all);
        self.faults.add_unknown(FaultId::UnknownParam, place, message, words);
        Type::Unknown
    }

    /// `state.name`
    pub(super) fn state(&mut self, name: &str, place: Position) -> Type {
        if let Some((_, state)) = self.declared.state.get(name) {
            return state.as_ref().map_or(Type::Unknown, Type::of_state);
        }
        let message = format!("unknown state 'state.{name}'");
        let all = known("states", self.declared.state.keys());
        let words = (name, self.declared.state.keys().map(String::as_str), all);
        self.faults.add_unknown(FaultId::UnknownState, place, message, words);
        Type::Unknown
    }

    /// What a rule's condition must hold `for`.
    pub(super) fn duration(&mut self, expr: &Expr) {
        let is = self.expr(expr);
        let place = expr.start_position();
        match &is {
            Type::Unknown => {}
            Type::Quantity(measure) if measure.dimension == Dimension::Time => {}
            other => self.wrong_dimension(other, Dimension::Time, "'for' needs", place),
        }
    }
}

fn known<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> Option<String> {
    let names = one_of(names.map(String::as_str));
    Some(if names.is_empty() {
        format!("the header declares no {what}")
    } else {
        format!("the header declares the {what} {names}")
    })
}
