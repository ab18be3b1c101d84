//! The walk: operators and assignments, and the dimensions on their two sides.
//!
//! What comes of a product or a quotient is told by the engine's own rules.

#![expect(clippy::wildcard_enum_match_arm, reason = "Rhai's syntax tree is an open enum")]

use super::{
    chain::{Step, chain},
    types::{Number, Type, with_unit},
    walk::Walker,
};
use crate::{
    engine::{over_dimension, times_dimension},
    fault::FaultId,
    header::Kind,
};
use rhai::{BinaryExpr, Expr, OpAssignment, Position};
use setpoint_core::{Dimension, Scalar};

/// How two values meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    Compare,
    Add,
    Subtract,
    Multiply,
    Divide,
    /// By `.or(…)`.
    Replace,
    /// One is to be taken of the two.
    Choose,
    /// The second is the goal of the first.
    Goal,
    /// The second is assigned to the first.
    Keep,
}

impl Meeting {
    /// That it cannot be.
    fn impossible(self, a: &Type, b: &Type) -> String {
        let (a, b) = (a.noun(), b.noun());
        match self {
            Self::Compare => format!("cannot compare {a} with {b}"),
            Self::Add => format!("cannot add {b} to {a}"),
            Self::Subtract => format!("cannot subtract {b} from {a}"),
            Self::Multiply => format!("cannot multiply {a} by {b}"),
            Self::Divide => format!("cannot divide {a} by {b}"),
            Self::Replace => format!("{b} cannot stand in for {a}"),
            Self::Choose => format!("cannot choose between {a} and {b}"),
            Self::Goal => format!("the goal of {a} cannot be {b}"),
            Self::Keep => format!("cannot keep {b} where {a} is kept"),
        }
    }
}

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

impl Walker<'_, '_> {
    /// What comes of the operator at `place` between its operands.
    pub(super) fn operator(&mut self, name: &str, sides: &[Expr], place: Position) -> Type {
        let types: Vec<Type> = sides.iter().map(|side| self.expr(side)).collect();
        match (types.as_slice(), sides) {
            ([one], _) => self.unary(name, one, place),
            ([left, right], [a, b]) => {
                let places = [a.start_position(), place, b.start_position()];
                self.binary(name, left, right, places)
            }
            _ => Type::Unknown,
        }
    }

    fn unary(&mut self, name: &str, one: &Type, place: Position) -> Type {
        match (name, one) {
            ("!", Type::Bool | Type::Unknown) => Type::Bool,
            ("-", Type::Number(number)) => {
                Type::Number(Number { value: number.value.map(|value| -value), ..*number })
            }
            ("-", Type::Quantity(measure)) => match one.value() {
                Some(value) => Type::fixed(measure.dimension, Some(-value)),
                None => derived(measure.dimension, [one, one]),
            },
            ("+", Type::Number(_)) | (_, Type::Unknown | Type::Other(_) | Type::Map(_)) => {
                one.clone()
            }
            _ => {
                let message = format!("'{name}' cannot be applied to {}", one.noun());
                self.faults.add(FaultId::WrongValue, place, message);
                Type::Unknown
            }
        }
    }

    /// `places`: those of the left side, the operator and the right side.
    fn binary(&mut self, name: &str, left: &Type, right: &Type, places: [Position; 3]) -> Type {
        if COMPARISONS.contains(&name) {
            self.compare(left, right, places);
            return Type::Bool;
        }
        match name {
            "+" | "-" => self.sum(name, left, right, places),
            "*" => self.product(Meeting::Multiply, times_dimension, (left, right), places[1]),
            "/" => self.product(Meeting::Divide, over_dimension, (left, right), places[1]),
            "&" | "|" | "^" if *left == Type::Bool && *right == Type::Bool => Type::Bool,
            _ => {
                if let Some(side) = [left, right].into_iter().find(|side| side.is_ours()) {
                    let message = format!("'{name}' cannot be applied to {}", side.noun());
                    self.faults.add(FaultId::WrongValue, places[1], message);
                }
                match (left, right) {
                    (Type::Number(a), Type::Number(b)) => plain(*a, *b),
                    _ => Type::Unknown,
                }
            }
        }
    }

    fn compare(&mut self, left: &Type, right: &Type, places: [Position; 3]) {
        match (left, right) {
            (Type::Unknown, _) | (_, Type::Unknown) => {}
            (Type::Quantity(_) | Type::Number(_), Type::Quantity(_) | Type::Number(_)) => {
                self.same_dimension(Meeting::Compare, left, right, places);
            }
            (Type::Nothing, other @ Type::Quantity(_))
            | (other @ Type::Quantity(_), Type::Nothing) => {
                let message = format!("{} is never ()", other.noun());
                let help = "ask m.has(\"…\"), or write .or(…)";
                self.faults.add_with_help(FaultId::WrongValue, places[1], message, help);
            }
            (a, b) if a.is_ours() || b.is_ours() || !alike(a, b) => {
                let message = Meeting::Compare.impossible(a, b);
                self.faults.add(FaultId::WrongValue, places[1], message);
            }
            _ => {}
        }
    }

    fn sum(&mut self, name: &str, left: &Type, right: &Type, places: [Position; 3]) -> Type {
        let meeting = if name == "+" { Meeting::Add } else { Meeting::Subtract };
        match (left, right) {
            (Type::Text, _) | (_, Type::Text) if name == "+" => Type::Text,
            (Type::Number(a), Type::Number(b)) => plain(*a, *b),
            (Type::Quantity(_) | Type::Number(_), Type::Quantity(_) | Type::Number(_)) => {
                self.same_dimension(meeting, left, right, places);
                let value = left.value().zip(right.value());
                let value = value.map(|(a, b)| if name == "+" { a + b } else { a - b });
                let quantity = if matches!(left, Type::Quantity(_)) { left } else { right };
                let dimension = quantity.dimension().unwrap_or(Dimension::Count);
                with_value(derived(dimension, [left, right]), value)
            }
            (Type::Unknown | Type::Other(_) | Type::Map(_), other)
            | (other, Type::Unknown | Type::Other(_) | Type::Map(_))
                if !other.is_ours() =>
            {
                Type::Unknown
            }
            // A quantity and something unknown: it must be of the same dimension, or fail.
            (quantity @ Type::Quantity(_), Type::Unknown)
            | (Type::Unknown, quantity @ Type::Quantity(_)) => {
                let dimension = quantity.dimension().unwrap_or(Dimension::Count);
                if dimension == Dimension::Count || name == "+" {
                    return Type::Unknown;
                }
                Type::sampled(dimension)
            }
            (a, b) => self.impossible(meeting, (a, b), places[1]),
        }
    }

    fn product(
        &mut self,
        meeting: Meeting,
        rule: fn(Dimension, Dimension) -> Option<Dimension>,
        (left, right): (&Type, &Type),
        place: Position,
    ) -> Type {
        match (left, right) {
            (Type::Number(a), Type::Number(b)) => plain(*a, *b),
            (Type::Quantity(_) | Type::Number(_), Type::Quantity(_) | Type::Number(_)) => {
                let dimensions = left.dimension().zip(right.dimension());
                let Some(dimension) = dimensions.and_then(|(a, b)| rule(a, b)) else {
                    let message = meeting.impossible(left, right);
                    self.faults.add(FaultId::MixedDimensions, place, message);
                    return Type::Unknown;
                };
                let value = left.value().zip(right.value());
                let value = value.map(|(a, b)| match meeting {
                    Meeting::Divide => a / b,
                    _ => a * b,
                });
                with_value(derived(dimension, [left, right]), value.filter(|v| v.is_finite()))
            }
            (Type::Unknown, other) | (other, Type::Unknown)
                if !other.is_ours() || matches!(other, Type::Quantity(_)) =>
            {
                Type::Unknown
            }
            (Type::Other(_) | Type::Map(_), other) | (other, Type::Other(_) | Type::Map(_))
                if !other.is_ours() =>
            {
                Type::Unknown
            }
            (a, b) => self.impossible(meeting, (a, b), place),
        }
    }

    fn impossible(&mut self, meeting: Meeting, (a, b): (&Type, &Type), place: Position) -> Type {
        self.faults.add(FaultId::WrongValue, place, meeting.impossible(a, b));
        Type::Unknown
    }

    /// Faults two numbers that do not measure the same.
    pub(super) fn same_dimension(
        &mut self,
        meeting: Meeting,
        left: &Type,
        right: &Type,
        places: [Position; 3],
    ) {
        let (Some(a), Some(b)) = (left.dimension(), right.dimension()) else { return };
        if a == b {
            return;
        }
        let message = meeting.impossible(left, right);
        let (id, place, help) = match (left, right) {
            (_, Type::Number(bare)) => (FaultId::BareNumber, places[2], with_unit(bare.value, a)),
            (Type::Number(bare), _) => (FaultId::BareNumber, places[0], with_unit(bare.value, b)),
            _ => {
                let help = format!("{} is written as {}", a.noun(), a.example());
                (FaultId::MixedDimensions, places[1], help)
            }
        };
        self.faults.add_with_help(id, place, message, help);
    }

    /// An assignment: only the policy's own variables and `state` can be assigned to.
    pub(super) fn assignment(&mut self, operator: &OpAssignment, sides: &BinaryExpr) {
        let place = operator.position();
        let value = self.expr(&sides.rhs);
        let (base, links) = chain(&sides.lhs);
        let variable = match base {
            Expr::Variable(name, _, place) => Some((name.1.as_str(), *place)),
            _ => None,
        };
        let before = match variable {
            Some((name, place)) => self.variable(name, place),
            None => self.expr(base),
        };
        let mut is = before.clone();
        let mut owner = None;
        for link in &links {
            owner = Some(is.clone());
            is = self.link(&is, *link);
        }
        let value = match operator.get_op_assignment_info() {
            Some((.., base_operator)) => {
                let places = [sides.lhs.start_position(), place, sides.rhs.start_position()];
                self.binary(base_operator, &is, &value, places)
            }
            None => value,
        };
        match (owner, links.last().map(|link| (link.step, link.place))) {
            (Some(Type::State), Some((Step::Property(name), _))) => {
                self.usage.rule_acts = true;
                self.keep(name, &value, sides.rhs.start_position());
            }
            (Some(owner), Some((_, place))) if owner.is_ours() => {
                self.read_only(&owner, place);
            }
            (None, _) => {
                if let Some((name, place)) = variable {
                    self.assign(name, &before, value, place);
                }
            }
            _ => {}
        }
    }

    fn assign(&mut self, name: &str, before: &Type, value: Type, place: Position) {
        match before {
            Type::Target(..) | Type::Inputs | Type::Params | Type::State | Type::Now => {
                let message = format!("'{name}' can only be read");
                let help = "put the value into a variable of its own by `let`";
                self.faults.add_with_help(FaultId::ReadOnly, place, message, help);
            }
            _ => self.scope.set(name, value),
        }
    }

    fn read_only(&mut self, owner: &Type, place: Position) {
        let message = format!("what belongs to {} can only be read", owner.noun());
        let help = match owner {
            Type::Target(Kind::Group, name) => format!("ask for a size by {name}.scale_to(…)"),
            Type::Target(Kind::Database, name) => format!("ask for replicas by {name}.at_least(…)"),
            Type::Target(Kind::Job, name) => format!("ask for a run by {name}.start()"),
            Type::Target(Kind::Volume, name) => format!("ask for a size by {name}.grow_to(…)"),
            Type::Target(Kind::Setting, name) => format!("ask for a value by {name}.set_to(…)"),
            Type::Target(Kind::Flag, name) => format!("ask for a share by {name}.ramp(…)"),
            Type::Target(Kind::Rollout, name) => {
                format!("ask for a share by {name}.advance_to(…)")
            }
            Type::Target(Kind::Traffic, name) => format!("ask for shares by {name}.route(…)"),
            _ => "only state.x can be kept".to_owned(),
        };
        self.faults.add_with_help(FaultId::ReadOnly, place, message, help);
    }

    /// `state.name = value`: of the kind that the header declares.
    fn keep(&mut self, name: &str, value: &Type, place: Position) {
        let Some((_, Some(declared))) = self.declared.state.get(name) else { return };
        let fits = match (declared, value) {
            (_, Type::Unknown) | (Scalar::Bool(_), Type::Bool) | (Scalar::Text(_), Type::Text) => {
                true
            }
            (Scalar::Int(_), Type::Number(number)) => number.whole,
            (Scalar::Quantity(own), Type::Quantity(_) | Type::Number(_)) => {
                return self.same_dimension(
                    Meeting::Keep,
                    &Type::fixed(own.dimension, None),
                    value,
                    [place; 3],
                );
            }
            _ => false,
        };
        if !fits {
            let wanted = match declared {
                Scalar::Bool(_) => "true or false",
                Scalar::Int(_) => "a whole number",
                Scalar::Text(_) => "a text",
                Scalar::Quantity(own) => own.dimension.noun(),
            };
            let message = format!("state.{name} is {wanted}, not {}", value.noun());
            self.faults.add(FaultId::WrongValue, place, message);
        }
    }

    /// Faults a value where a quantity of `wanted` belongs.
    pub(super) fn wrong_dimension(
        &mut self,
        is: &Type,
        wanted: Dimension,
        what: &str,
        place: Position,
    ) {
        let message = format!("{what} {}, not {}", wanted.noun(), is.noun());
        let (id, help) = match is {
            Type::Number(number) => (FaultId::BareNumber, with_unit(number.value, wanted)),
            Type::Quantity(measure)
                if (measure.dimension, wanted) == (Dimension::Ratio, Dimension::Count) =>
            {
                let help = "a share of a count is a share; multiply by a plain number, such as \
                            fleet.desired * 1.2, or round it by ceil(…)";
                (FaultId::MixedDimensions, help.to_owned())
            }
            Type::Quantity(_) => {
                (FaultId::MixedDimensions, format!("write a value such as {}", wanted.example()))
            }
            _ => (FaultId::WrongArguments, format!("write a value such as {}", wanted.example())),
        };
        self.faults.add_with_help(id, place, message, help);
    }
}

/// Whether Rhai itself compares two values of its own in earnest.
fn alike(a: &Type, b: &Type) -> bool {
    matches!(
        (a, b),
        (Type::Number(_), Type::Number(_))
            | (Type::Text, Type::Text | Type::Other(_) | Type::Map(_))
            | (Type::Other(_) | Type::Map(_), Type::Text | Type::Other(_) | Type::Map(_))
            | (Type::Bool, Type::Bool)
            | (Type::Nothing, _)
            | (_, Type::Nothing)
    )
}

fn plain(a: Number, b: Number) -> Type {
    Type::Number(Number { whole: a.whole && b.whole, value: None })
}

/// A quantity made from others: it rests on samples if one of them does.
fn derived(dimension: Dimension, from: [&Type; 2]) -> Type {
    use super::types::{Measure, Source};
    let fixed = |is: &&Type| {
        matches!(is, Type::Number(_) | Type::Quantity(Measure { source: Source::Fixed(_), .. }))
    };
    if from.iter().all(fixed) { Type::fixed(dimension, None) } else { Type::sampled(dimension) }
}

/// The same, with its value if it rests on none and that is known.
fn with_value(is: Type, value: Option<f64>) -> Type {
    match (&is, is.dimension(), value) {
        (Type::Quantity(measure), Some(dimension), Some(value))
            if measure.source == super::types::Source::Fixed(None) =>
        {
            Type::fixed(dimension, Some(value))
        }
        _ => is,
    }
}
