//! The small language of `always`, `never` and `= …`: numbers, names and what joins them.
//!
//! It cannot loop, call back or fail: an expression ends in a number, in true or false, or
//! in nothing where a name has no value just now. Types are settled when it is read, and
//! every fault has its place in the test file. Rhai could do none of this, and stays in one
//! package.
//!
//! ```text
//! a + b - c * d / e % f    a < b <= c != d    && || !    if c { a } else { b }
//! min(a, b)  max(a, b)  abs(a)  floor(a)  ceil(a)  round(a)
//! ```

use super::{
    lexer::{Token, lex},
    series::Wrong,
    suggest,
};
use std::ops::Range;

/// How deep an expression may nest.
const DEEPEST: usize = 64;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Truth,
}

impl Kind {
    const fn noun(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Truth => "true or false",
        }
    }
}

/// A name in an expression: a signal, an input, a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// `fleet`, `fleet.ready`
    pub(super) text: String,
    /// Where it stands.
    pub(super) at: Range<usize>,
}

/// An expression that was read.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    node: Node,
    names: Vec<Name>,
}

#[derive(Clone, Debug)]
enum Node {
    Number(f64),
    Truth(bool),
    Name(usize),
    Not(Box<Self>),
    Negative(Box<Self>),
    Two(Box<Self>, Join, Box<Self>),
    If(Box<[Self; 3]>),
    Call(Function, Vec<Self>),
}

/// What joins two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Rest,
}

impl Join {
    /// How tightly it binds.
    const fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::Unequal => 3,
            Self::Less | Self::LessOrEqual | Self::More | Self::MoreOrEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide | Self::Rest => 6,
        }
    }

    const fn of(token: &str) -> Option<Self> {
        Some(match token.as_bytes() {
            b"||" => Self::Or,
            b"&&" => Self::And,
            b"==" => Self::Equal,
            b"!=" => Self::Unequal,
            b"<" => Self::Less,
            b"<=" => Self::LessOrEqual,
            b">" => Self::More,
            b">=" => Self::MoreOrEqual,
            b"+" => Self::Add,
            b"-" => Self::Subtract,
            b"*" => Self::Multiply,
            b"/" => Self::Divide,
            b"%" => Self::Rest,
            _ => return None,
        })
    }

    /// What it takes on both sides, and what it gives.
    const fn kinds(self) -> (Kind, Kind) {
        match self {
            Self::Or | Self::And => (Kind::Truth, Kind::Truth),
            Self::Equal | Self::Unequal => (Kind::Number, Kind::Truth),
            Self::Less | Self::LessOrEqual | Self::More | Self::MoreOrEqual => {
                (Kind::Number, Kind::Truth)
            }
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Rest => {
                (Kind::Number, Kind::Number)
            }
        }
    }
}

/// The functions there are.
#[derive(Clone, Copy, Debug)]
enum Function {
    Min,
    Max,
    Abs,
    Floor,
    Ceil,
    Round,
}

const FUNCTIONS: [(&str, Function, usize); 6] = [
    ("min", Function::Min, 2),
    ("max", Function::Max, 2),
    ("abs", Function::Abs, 1),
    ("floor", Function::Floor, 1),
    ("ceil", Function::Ceil, 1),
    ("round", Function::Round, 1),
];

/// What an expression came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Truth(bool),
}

impl Expression {
    /// Reads `text` as an expression that gives a `kind`.
    pub(super) fn parse(text: &str, kind: Kind) -> Result<Self, Wrong> {
        let tokens = lex(text)?;
        let mut parser = Parser { tokens: &tokens, next: 0, names: Vec::new(), end: text.len() };
        let (node, found) = parser.expression(0, 0)?;
        if let Some(token) = tokens.get(parser.next) {
            return Err(wrong(&token.at, format!("`{}` is not expected here", token.text)));
        }
        if found != kind {
            let message = format!("this is {}, not {}", found.noun(), kind.noun());
            return Err(wrong(&(0..text.len()), message));
        }
        Ok(Self { node, names: parser.names })
    }

    /// Every name in it, in order.
    pub(super) fn names(&self) -> &[Name] {
        &self.names
    }

    /// What it comes to now; nothing if a name in it has no value, or no number comes out.
    pub(super) fn value(&self, look: impl Fn(&str) -> Option<f64>) -> Option<Value> {
        let values: Vec<Option<f64>> = self.names.iter().map(|name| look(&name.text)).collect();
        self.node.value(&values)
    }
}

fn wrong(at: &Range<usize>, message: String) -> Wrong {
    Wrong { at: at.clone(), message, help: None }
}

impl Node {
    fn value(&self, names: &[Option<f64>]) -> Option<Value> {
        let number = |node: &Self| match node.value(names)? {
            Value::Number(number) => Some(number),
            Value::Truth(_) => None,
        };
        let truth = |node: &Self| match node.value(names)? {
            Value::Truth(truth) => Some(truth),
            Value::Number(_) => None,
        };
        let finite = |number: f64| number.is_finite().then_some(Value::Number(number));
        match self {
            Self::Number(number) => finite(*number),
            Self::Truth(yes) => Some(Value::Truth(*yes)),
            Self::Name(index) => finite(names.get(*index).copied().flatten()?),
            Self::Not(node) => Some(Value::Truth(!truth(node)?)),
            Self::Negative(node) => finite(-number(node)?),
            // The other side is not asked where this one settles it: `fleet == 0 || a / fleet < 5`.
            Self::Two(left, Join::Or, right) => Some(Value::Truth(truth(left)? || truth(right)?)),
            Self::Two(left, Join::And, right) => Some(Value::Truth(truth(left)? && truth(right)?)),
            Self::Two(left, join, right) => {
                let value = join.of_numbers(number(left)?, number(right)?);
                if let Value::Number(number) = value { finite(number) } else { Some(value) }
            }
            Self::If(parts) => {
                let [condition, yes, no] = &**parts;
                if truth(condition)? { yes.value(names) } else { no.value(names) }
            }
            Self::Call(function, arguments) => {
                let numbers: Option<Vec<f64>> = arguments.iter().map(number).collect();
                finite(function.of(&numbers?)?)
            }
        }
    }
}

impl Join {
    fn of_numbers(self, a: f64, b: f64) -> Value {
        match self {
            // Both sides are numbers: the truths were joined by whoever asked.
            Self::Or | Self::And => Value::Truth(false),
            Self::Equal => Value::Truth(a == b),
            Self::Unequal => Value::Truth(a != b),
            Self::Less => Value::Truth(a < b),
            Self::LessOrEqual => Value::Truth(a <= b),
            Self::More => Value::Truth(a > b),
            Self::MoreOrEqual => Value::Truth(a >= b),
            Self::Add => Value::Number(a + b),
            Self::Subtract => Value::Number(a - b),
            Self::Multiply => Value::Number(a * b),
            Self::Divide => Value::Number(a / b),
            Self::Rest => Value::Number(a % b),
        }
    }
}

impl Function {
    fn of(self, numbers: &[f64]) -> Option<f64> {
        let first = numbers.first().copied()?;
        Some(match self {
            Self::Min => numbers.iter().copied().fold(first, f64::min),
            Self::Max => numbers.iter().copied().fold(first, f64::max),
            Self::Abs => first.abs(),
            Self::Floor => first.floor(),
            Self::Ceil => first.ceil(),
            Self::Round => first.round(),
        })
    }
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    next: usize,
    names: Vec<Name>,
    end: usize,
}

type Read = Result<(Node, Kind), Wrong>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.next)
    }

    fn is(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| token.text == text)
    }

    /// Passes over `text`, which must come next.
    fn take(&mut self, text: &str) -> Result<(), Wrong> {
        if self.is(text) {
            self.next += 1;
            return Ok(());
        }
        Err(self.unexpected(&format!("`{text}` is missing here")))
    }

    fn unexpected(&self, at_end: &str) -> Wrong {
        let at = self.peek().map_or(self.end..self.end, |token| token.at.clone());
        wrong(&at, at_end.to_owned())
    }

    /// Reads as far as what joins is at least as strong as `least`.
    fn expression(&mut self, least: u8, depth: usize) -> Read {
        let start = self.place();
        let mut left = self.single(depth)?;
        while let Some(join) = self.peek().and_then(|token| Join::of(token.text)) {
            if join.strength() < least {
                break;
            }
            let (takes, gives) = join.kinds();
            self.want(&left, takes, start)?;
            self.next += 1;
            let middle = self.place();
            let right = self.expression(join.strength() + 1, depth + 1)?;
            self.want(&right, takes, middle)?;
            left = (Node::Two(Box::new(left.0), join, Box::new(right.0)), gives);
        }
        Ok(left)
    }

    fn place(&self) -> usize {
        self.peek().map_or(self.end, |token| token.at.start)
    }

    /// `read`, which started at byte `start` and has just ended, must be of `kind`.
    fn want(&self, read: &(Node, Kind), kind: Kind, start: usize) -> Result<(), Wrong> {
        if read.1 == kind {
            return Ok(());
        }
        let end = self.tokens.get(self.next.wrapping_sub(1)).map_or(self.end, |token| token.at.end);
        let message = format!("this is {}, and {} is needed", read.1.noun(), kind.noun());
        Err(wrong(&(start..end.max(start)), message))
    }

    fn single(&mut self, depth: usize) -> Read {
        if depth > DEEPEST {
            return Err(self.unexpected("the expression nests too deep"));
        }
        let Some(token) = self.peek() else {
            return Err(self.unexpected("the expression ends too early"));
        };
        let start = token.at.start;
        self.next += 1;
        match token.text {
            "(" => {
                let inner = self.expression(0, depth + 1)?;
                self.take(")")?;
                Ok(inner)
            }
            "!" => {
                let inner = self.single(depth + 1)?;
                self.want(&inner, Kind::Truth, start + 1)?;
                Ok((Node::Not(Box::new(inner.0)), Kind::Truth))
            }
            "-" => {
                let inner = self.single(depth + 1)?;
                self.want(&inner, Kind::Number, start + 1)?;
                Ok((Node::Negative(Box::new(inner.0)), Kind::Number))
            }
            "if" => self.condition(depth),
            "true" | "false" => Ok((Node::Truth(token.text == "true"), Kind::Truth)),
            word if word.starts_with(|c: char| c.is_ascii_digit()) => {
                let number = word.parse().ok().filter(|number: &f64| number.is_finite());
                let number =
                    number.ok_or_else(|| wrong(&token.at, format!("`{word}` is no number")));
                Ok((Node::Number(number?), Kind::Number))
            }
            _ if token.is_name && self.is("(") => self.call(token, depth),
            name if token.is_name => {
                self.names.push(Name { text: name.to_owned(), at: token.at.clone() });
                Ok((Node::Name(self.names.len() - 1), Kind::Number))
            }
            other => Err(wrong(&token.at, format!("`{other}` is not expected here"))),
        }
    }

    /// `if c { a } else { b }`, after the `if`.
    fn condition(&mut self, depth: usize) -> Read {
        let start = self.place();
        let condition = self.expression(0, depth + 1)?;
        self.want(&condition, Kind::Truth, start)?;
        self.take("{")?;
        let yes = self.expression(0, depth + 1)?;
        self.take("}")?;
        self.take("else")?;
        // `else if` needs no braces.
        let no = if self.is("if") {
            self.single(depth + 1)?
        } else {
            self.take("{")?;
            let start = self.place();
            let no = self.expression(0, depth + 1)?;
            self.want(&no, yes.1, start)?;
            self.take("}")?;
            no
        };
        self.want(&no, yes.1, start)?;
        Ok((Node::If(Box::new([condition.0, yes.0, no.0])), yes.1))
    }

    fn call(&mut self, name: &Token<'_>, depth: usize) -> Read {
        let known = FUNCTIONS.iter().find(|(known, _, _)| *known == name.text);
        let Some((_, function, least)) = known else {
            let message = format!("there is no function `{}`", name.text);
            let help = suggest::advice(name.text, FUNCTIONS.map(|(known, _, _)| known));
            return Err(Wrong { help, ..wrong(&name.at, message) });
        };
        self.take("(")?;
        let mut arguments = Vec::new();
        while !self.is(")") {
            if !arguments.is_empty() && self.take(",").is_err() {
                return Err(self.unexpected("`,` or `)` is missing here"));
            }
            let start = self.place();
            let argument = self.expression(0, depth + 1)?;
            self.want(&argument, Kind::Number, start)?;
            arguments.push(argument.0);
        }
        self.take(")")?;
        let (one, most) = (*least == 1, if *least == 1 { 1 } else { 16 });
        if !(*least..=most).contains(&arguments.len()) {
            let takes = if one { "takes one number" } else { "takes two numbers or more" };
            return Err(wrong(&name.at, format!("`{}` {takes}", name.text)));
        }
        Ok((Node::Call(*function, arguments), Kind::Number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a` is 3, `fleet.ready` is 4, `gone` has no value.
    fn look(name: &str) -> Option<f64> {
        match name {
            "a" => Some(3.0),
            "fleet.ready" => Some(4.0),
            _ => None,
        }
    }

    #[track_caller]
    fn number(text: &str, expected: Option<f64>) {
        let value = Expression::parse(text, Kind::Number).unwrap().value(look);
        assert_eq!(value, expected.map(Value::Number), "{text}");
    }

    #[track_caller]
    fn truth(text: &str, expected: Option<bool>) {
        let value = Expression::parse(text, Kind::Truth).unwrap().value(look);
        assert_eq!(value, expected.map(Value::Truth), "{text}");
    }

    #[track_caller]
    fn refused(text: &str, kind: Kind, marked: &str, message: &str) {
        let wrong = Expression::parse(text, kind).unwrap_err();
        assert_eq!((&text[wrong.at.clone()], wrong.message.as_str()), (marked, message), "{text}");
    }

    #[test]
    fn it_counts_as_people_do() {
        number("1 + 2 * 3 - 4 / 2", Some(5.0));
        number("(1 + 2) * -a", Some(-9.0));
        number("10 - 2 - 3", Some(5.0));
        number("7 % 4 + 1.5e1", Some(18.0));
        number("min(100, 2400 / fleet.ready, 90)", Some(90.0));
        number("ceil(abs(-1.2)) + floor(1.8) + round(1.5) + max(1, 2)", Some(7.0));
        number("if a > 2 { 1 } else if a > 1 { 2 } else { 3 }", Some(1.0));
        truth("a >= 3 && a <= 3 && !(a != 3)", Some(true));
        truth("a == 4 || a < 3 || false", Some(false));
    }

    #[test]
    fn what_is_missing_is_never_a_number() {
        number("gone + 1", None);
        number("1 / 0", None);
        number("0 * (1 / 0)", None);
        truth("gone < 5 || a == 3", None);
        truth("a == 3 || gone < 5", Some(true));
        truth("a != 3 && gone < 5", Some(false));
    }

    #[test]
    fn it_says_what_is_wrong_and_where() {
        refused("1 +", Kind::Number, "", "the expression ends too early");
        refused("(1 + 2", Kind::Number, "", "`)` is missing here");
        refused("1 2", Kind::Number, "2", "`2` is not expected here");
        refused(
            "a > 1 + (a > 2)",
            Kind::Truth,
            "(a > 2)",
            "this is true or false, and a number is needed",
        );
        refused("a && true", Kind::Truth, "a", "this is a number, and true or false is needed");
        refused("a + 1", Kind::Truth, "a + 1", "this is a number, not true or false");
        refused("mix(1, 2)", Kind::Number, "mix", "there is no function `mix`");
        refused("abs(1, 2)", Kind::Number, "abs", "`abs` takes one number");
        refused("a = 3", Kind::Truth, "=", "`=` is not expected here");
        refused("a $ 3", Kind::Truth, "$", "`$` means nothing here");
    }

    #[test]
    fn no_nesting_overflows_the_stack() {
        for deep in ["(", "-", "!", "if ", "min(1, "] {
            assert!(Expression::parse(&deep.repeat(100_000), Kind::Number).is_err());
        }
        let long = format!("1{}", " + 1".repeat(2_000));
        assert_eq!(
            Expression::parse(&long, Kind::Number).unwrap_err().message,
            "the expression is longer than 1,000 words"
        );
    }
}
