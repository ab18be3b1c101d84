//! A question, as it was written and as it is answered.

use crate::past::{ServerNode, server_node};
use promql_parser::{
    label::{MatchOp, Matcher, Matchers},
    parser::{
        self, AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, VectorMatchCardinality,
        VectorSelector,
        token::{T_ADD, T_AVG, T_COUNT, T_DIV, T_MAX, T_MIN, T_MUL, T_SUB, T_SUM},
    },
};
use setpoint_core::Span;
use std::time::Duration;

/// A question that one page and its recent past can answer.
#[derive(Clone, Debug)]
pub struct Query {
    pub(crate) text: String,
    pub(crate) root: Node,
    /// The label that names the member or zone of each value, where there is one of each.
    pub(crate) per: Option<String>,
}

/// A query cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryFault {
    message: String,
}

impl QueryFault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// What is asked, from the outside in.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Number(f64),
    Select(Selector),
    /// A function of the samples of each series within a range.
    Over(RangeFunction, Selector, Span),
    Quantile(Box<Node>, Box<Node>),
    Aggregate(Aggregate, Grouping, Box<Node>),
    Binary(Arithmetic, Box<Node>, Box<Node>),
    Negative(Box<Node>),
    /// What only a server is asked.
    Server(Box<ServerNode>),
}

/// The series of one name whose labels match.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) name: String,
    pub(crate) matchers: Vec<Matcher>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RangeFunction {
    Rate,
    Increase,
    Avg,
    Min,
    Max,
    Sum,
    Count,
    Last,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Sum,
    Avg,
    Min,
    Max,
    Count,
}

/// Which labels are left after an aggregation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grouping {
    By(Vec<String>),
    Without(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Grouping {
    /// Whether the label `name` is left.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        match self {
            Self::By(names) => names.iter().any(|own| own == name),
            Self::Without(names) => names.iter().all(|own| own != name),
        }
    }
}

pub(crate) const RANGE_FUNCTIONS: [(&str, RangeFunction); 8] = [
    ("rate", RangeFunction::Rate),
    ("increase", RangeFunction::Increase),
    ("avg_over_time", RangeFunction::Avg),
    ("min_over_time", RangeFunction::Min),
    ("max_over_time", RangeFunction::Max),
    ("sum_over_time", RangeFunction::Sum),
    ("count_over_time", RangeFunction::Count),
    ("last_over_time", RangeFunction::Last),
];

/// How a fault goes on after naming what is not supported.
const INSTEAD: &str = "a page answers selectors, rate, increase, *_over_time, \
     histogram_quantile, sum, avg, min, max, count and arithmetic; \
     for the rest use a source of kind \"prometheus\"";

impl Query {
    /// Reads a query.
    ///
    /// Fails if it is no PromQL, or asks for more than a page can answer.
    pub fn parse(text: &str) -> Result<Self, QueryFault> {
        Self::read(text, Asked::Page)
    }

    /// The same, as it is asked of a server that keeps a past of its own: also `or`,
    /// `timestamp`, `label_replace`, `vector` and subqueries.
    pub fn parse_of_past(text: &str) -> Result<Self, QueryFault> {
        Self::read(text, Asked::Past)
    }

    fn read(text: &str, asked: Asked) -> Result<Self, QueryFault> {
        let parsed = parser::parse(text).map_err(|message| QueryFault { message })?;
        let root = node(parsed, asked).map_err(|what| QueryFault {
            message: match asked {
                Asked::Page => format!("{what} is not supported on a page: {INSTEAD}"),
                Asked::Past => format!("{what} is not supported here"),
            },
        })?;
        Ok(Self { text: text.to_owned(), root, per: None })
    }

    /// The same, asked for a value of each member or zone, which the label `per` names.
    ///
    /// Fails if its answer has no such label.
    pub fn of_each(self, per: &str) -> Result<Self, QueryFault> {
        if self.root.may_have_label(per) {
            return Ok(Self { per: Some(per.to_owned()), ..self });
        }
        Err(no_label(per))
    }

    /// The query as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether its answer is a plain number, of no series.
    pub fn is_number(&self) -> bool {
        self.root.is_number()
    }
}

/// Nothing tells the values of an answer apart.
pub(crate) fn no_label(label: &str) -> QueryFault {
    QueryFault::new(format!(
        "its answer has no label `{label}` to tell the values apart: group by ({label})"
    ))
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A page and its recent past.
    Page,
    /// A server with a past of its own.
    Past,
}

/// What cannot be answered.
pub(crate) fn unsupported<T>(what: impl Into<String>) -> Result<T, String> {
    Err(what.into())
}

pub(crate) fn node(expression: Expr, asked: Asked) -> Result<Node, String> {
    let expression = match asked {
        Asked::Page => expression,
        Asked::Past => match server_node(expression)? {
            Ok(node) => return Ok(node),
            Err(other) => *other,
        },
    };
    match expression {
        Expr::NumberLiteral(number) => Ok(Node::Number(number.val)),
        Expr::Paren(inner) => node(*inner.expr, asked),
        Expr::Unary(inner) => Ok(Node::Negative(Box::new(node(*inner.expr, asked)?))),
        Expr::VectorSelector(selected) => Ok(Node::Select(selector(selected, asked)?)),
        Expr::MatrixSelector(_) => unsupported("a range without a function such as rate"),
        Expr::Call(call) => function(call, asked),
        Expr::Aggregate(aggregated) => aggregate(aggregated, asked),
        Expr::Binary(binary) => arithmetic(binary, asked),
        Expr::Subquery(_) => unsupported("a subquery"),
        Expr::StringLiteral(_) => unsupported("a text"),
        Expr::Extension(_) => unsupported("an extension"),
    }
}

pub(crate) fn selector(selected: VectorSelector, asked: Asked) -> Result<Selector, String> {
    if selected.offset.is_some() {
        return unsupported("offset");
    }
    if selected.at.is_some() {
        return unsupported("@");
    }
    let Matchers { mut matchers, or_matchers } = selected.matchers;
    if !or_matchers.is_empty() {
        return unsupported("'or' between label matchers");
    }
    let named = |matcher: &mut Matcher| matcher.name == "__name__" && matcher.op == MatchOp::Equal;
    let within = match asked {
        Asked::Page => None,
        Asked::Past => matchers.extract_if(.., named).next().map(|matcher| matcher.value),
    };
    match selected.name.or(within) {
        Some(name) => Ok(Selector { name, matchers }),
        None => unsupported("a selector without a metric's name"),
    }
}

fn function(call: Call, asked: Asked) -> Result<Node, String> {
    let (name, mut arguments) = (call.func.name, call.args.args.into_iter());
    let range = RANGE_FUNCTIONS.iter().find(|(known, _)| *known == name);
    match (name, range, arguments.next().map(|first| *first)) {
        (_, Some((_, function)), Some(Expr::MatrixSelector(matrix))) => {
            Ok(Node::Over(*function, selector(matrix.vs, asked)?, span(matrix.range)))
        }
        ("histogram_quantile", _, Some(share)) => match arguments.next() {
            Some(of) => {
                Ok(Node::Quantile(Box::new(node(share, asked)?), Box::new(node(*of, asked)?)))
            }
            None => unsupported("histogram_quantile without buckets"),
        },
        _ => unsupported(format!("the function {name}")),
    }
}

pub(crate) fn span(range: Duration) -> Span {
    Span::from_ms(u64::try_from(range.as_millis()).unwrap_or(u64::MAX))
}

fn aggregate(aggregated: AggregateExpr, asked: Asked) -> Result<Node, String> {
    let op = match aggregated.op.id() {
        T_SUM => Aggregate::Sum,
        T_AVG => Aggregate::Avg,
        T_MIN => Aggregate::Min,
        T_MAX => Aggregate::Max,
        T_COUNT => Aggregate::Count,
        _ => return unsupported(format!("the aggregation {}", aggregated.op)),
    };
    let grouping = match aggregated.modifier {
        None => Grouping::By(Vec::new()),
        Some(LabelModifier::Include(labels)) => Grouping::By(labels.labels),
        Some(LabelModifier::Exclude(labels)) => Grouping::Without(labels.labels),
    };
    Ok(Node::Aggregate(op, grouping, Box::new(node(*aggregated.expr, asked)?)))
}

fn arithmetic(binary: BinaryExpr, asked: Asked) -> Result<Node, String> {
    let op = match binary.op.id() {
        T_ADD => Arithmetic::Add,
        T_SUB => Arithmetic::Subtract,
        T_MUL => Arithmetic::Multiply,
        T_DIV => Arithmetic::Divide,
        _ => return unsupported(format!("the operator {}", binary.op)),
    };
    if let Some(modifier) = &binary.modifier
        && (modifier.matching.is_some() || modifier.card != VectorMatchCardinality::OneToOne)
    {
        return unsupported("matching with on, ignoring or group_left");
    }
    Ok(Node::Binary(op, Box::new(node(*binary.lhs, asked)?), Box::new(node(*binary.rhs, asked)?)))
}

impl Node {
    fn is_number(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Negative(of) => of.is_number(),
            Self::Binary(_, a, b) => a.is_number() && b.is_number(),
            Self::Select(_)
            | Self::Over(..)
            | Self::Quantile(..)
            | Self::Aggregate(..)
            | Self::Server(_) => false,
        }
    }

    /// Whether its value can have the label `name`.
    fn may_have_label(&self, name: &str) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Select(_) | Self::Over(..) => name != "__name__",
            Self::Aggregate(_, grouping, of) => grouping.keeps(name) && of.may_have_label(name),
            Self::Negative(of) | Self::Quantile(_, of) => of.may_have_label(name),
            Self::Binary(_, a, b) => a.may_have_label(name) || b.may_have_label(name),
            Self::Server(_) => true,
        }
    }

    /// Every selector in it, with how far back it looks.
    pub(crate) fn selectors(&self) -> Vec<(&Selector, Span)> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Select(selector) => vec![(selector, Span::ZERO)],
            Self::Over(_, selector, range) => vec![(selector, *range)],
            Self::Aggregate(_, _, of) | Self::Negative(of) => of.selectors(),
            Self::Quantile(a, b) | Self::Binary(_, a, b) => {
                let mut both = a.selectors();
                both.extend(b.selectors());
                both
            }
            Self::Server(of) => of.selectors(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_refuses_what_a_page_cannot_answer_and_says_so() {
        for (query, named) in [
            ("topk(3, up)", "topk"),
            ("predict_linear(x[5m], 60)", "predict_linear"),
            ("up offset 5m", "offset"),
            ("up[5m]", "a range"),
            ("rate(up[5m:1m])", "rate"),
            ("up > 1", ">"),
            ("a / on(b) c", "matching"),
            ("{job=\"x\"}", "name"),
            ("a and b", "and"),
        ] {
            let fault = Query::parse(query).unwrap_err().to_string();
            assert!(fault.contains(named), "{query}: {fault}");
        }
        assert!(Query::parse("sum(").is_err());
    }
}
