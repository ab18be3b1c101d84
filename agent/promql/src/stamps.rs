//! How old an answer is: what to ask a server so that it tells the stamps of the samples.
//!
//! A server stamps its answers with the time for which they were asked, so an answer
//! made of samples an hour old looks fresh. The samples' own stamps are told by
//! `timestamp()`, asked of every selector in the query. A query in which that cannot
//! be done, or which makes a number out of nothing, is refused.
//!
//! Start reading at [`stamps`].

use crate::query::QueryFault;
use promql_parser::{
    label::Matchers,
    parser::{
        AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, Offset, VectorMatchCardinality,
        VectorSelector,
        token::{T_BOTTOMK, T_LAND, T_LIMITK, T_LOR, T_LUNLESS, T_TOPK},
    },
};
use std::{collections::BTreeSet, time::Duration};

/// How far back a server looks for the last sample of a series, unless it is told otherwise.
/// Source: `--query.lookback-delta` in Prometheus' documentation.
const LOOKBACK: Duration = Duration::from_secs(5 * 60);

/// Into how many steps a range beyond the look-back is cut to find the last sample in it.
const STEPS: u32 = 10;

/// The stamps of the samples under one selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The query that tells the least of them, one for each group.
    pub(crate) ask: String,
    /// The picked labels that tell the groups apart.
    pub(crate) by: Vec<String>,
    /// Whether there is no answer without it. The sides of an `or` can do without each other.
    pub(crate) is_required: bool,
}

/// The labels that still tell the picked series from others, at some depth of a query.
type Visible = BTreeSet<String>;

/// The stamps to ask for beside `query`, of which the series with certain `picked` labels
/// are wanted.
///
/// Fails if the query reads no series, or reads any at another time than now.
pub(crate) fn stamps(query: &Expr, picked: Visible) -> Result<Vec<Stamp>, QueryFault> {
    let mut walk = Walk { found: Vec::new() };
    walk.expression(query, &picked, true)?;
    if walk.found.is_empty() {
        return refuse("it reads no series, so nothing tells how old its answer is");
    }
    Ok(walk.found)
}

fn refuse<T>(why: impl Into<String>) -> Result<T, QueryFault> {
    Err(QueryFault::new(why))
}

struct Walk {
    found: Vec<Stamp>,
}

impl Walk {
    fn expression(
        &mut self,
        expression: &Expr,
        visible: &Visible,
        required: bool,
    ) -> Result<(), QueryFault> {
        match expression {
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Ok(()),
            Expr::Paren(inner) => self.expression(&inner.expr, visible, required),
            Expr::Unary(inner) => self.expression(&inner.expr, visible, required),
            Expr::VectorSelector(selector) => self.selector(selector, None, visible, required),
            Expr::MatrixSelector(matrix) => {
                self.selector(&matrix.vs, Some(matrix.range), visible, required)
            }
            Expr::Subquery(subquery) if subquery.at.is_some() || subquery.offset.is_some() => {
                refuse("a subquery with @ or offset is answered for another time than now")
            }
            Expr::Subquery(subquery) => self.expression(&subquery.expr, visible, required),
            Expr::Call(call) => self.call(call, visible, required),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, visible, required),
            Expr::Binary(binary) => self.binary(binary, visible, required),
            Expr::Extension(_) => refuse("an extension of PromQL tells no stamps"),
        }
    }

    fn call(&mut self, call: &Call, visible: &Visible, required: bool) -> Result<(), QueryFault> {
        let visible = match call.func.name {
            name @ ("absent" | "absent_over_time") => {
                return refuse(format!(
                    "{name}() makes a number out of missing samples, and that has no age; \
                     bind the series themselves, and say what `empty` means"
                ));
            }
            "scalar" => Visible::new(),
            "label_replace" | "label_join" => match call.args.args.get(1).map(|made| &**made) {
                Some(Expr::StringLiteral(made)) => {
                    without(visible, std::slice::from_ref(&made.val))
                }
                _ => Visible::new(),
            },
            _ => visible.clone(),
        };
        call.args.args.iter().try_for_each(|of| self.expression(of, &visible, required))
    }

    fn aggregate(
        &mut self,
        aggregate: &AggregateExpr,
        visible: &Visible,
        required: bool,
    ) -> Result<(), QueryFault> {
        if let Some(parameter) = &aggregate.param {
            self.expression(parameter, &Visible::new(), required)?;
        }
        let keeps_series = matches!(aggregate.op.id(), T_TOPK | T_BOTTOMK | T_LIMITK);
        let visible = match &aggregate.modifier {
            _ if keeps_series => visible.clone(),
            None => Visible::new(),
            Some(modifier) => kept(modifier, visible),
        };
        self.expression(&aggregate.expr, &visible, required)
    }

    fn binary(
        &mut self,
        binary: &BinaryExpr,
        visible: &Visible,
        required: bool,
    ) -> Result<(), QueryFault> {
        let modifier = binary.modifier.as_ref();
        let fills = modifier.map(|modifier| &modifier.fill_values);
        if fills.is_some_and(|fills| fills.lhs.is_some() || fills.rhs.is_some()) {
            return refuse("fill makes a number out of missing samples, and that has no age");
        }
        let matching = modifier.and_then(|modifier| modifier.matching.as_ref());
        let matched = matching.map_or_else(|| visible.clone(), |by| kept(by, visible));
        let (left, right) = match (binary.op.id(), modifier.map(|modifier| &modifier.card)) {
            (T_LOR, _) => {
                self.expression(&binary.lhs, visible, false)?;
                return self.expression(&binary.rhs, visible, false);
            }
            (T_LUNLESS, _) => {
                self.expression(&binary.lhs, visible, required)?;
                return self.expression(&binary.rhs, &matched, false);
            }
            (T_LAND, _) => (visible.clone(), matched),
            (_, Some(VectorMatchCardinality::ManyToOne(added))) => {
                (without(visible, &added.labels), with(matched, visible, &added.labels))
            }
            (_, Some(VectorMatchCardinality::OneToMany(added))) => {
                (with(matched, visible, &added.labels), without(visible, &added.labels))
            }
            _ => (matched.clone(), matched),
        };
        self.expression(&binary.lhs, &left, required)?;
        self.expression(&binary.rhs, &right, required)
    }

    fn selector(
        &mut self,
        selector: &VectorSelector,
        range: Option<Duration>,
        visible: &Visible,
        is_required: bool,
    ) -> Result<(), QueryFault> {
        if selector.at.is_some() {
            return refuse("@ asks for another time than now");
        }
        let offset = match &selector.offset {
            None => None,
            Some(Offset::Pos(offset)) => Some(*offset),
            Some(Offset::Neg(_)) => return refuse("a negative offset asks for the future"),
        };
        let by: Vec<String> = visible.iter().cloned().collect();
        let ask = ask(selector, range, offset, &by);
        match self.found.iter_mut().find(|stamp| stamp.ask == ask) {
            Some(stamp) => stamp.is_required |= is_required,
            None => self.found.push(Stamp { ask, by, is_required }),
        }
        Ok(())
    }
}

/// The least stamp of what `selector` selects, in groups.
///
/// `timestamp()` tells the stamp of a sample only when it is asked of a selector itself, so
/// a range is asked by the last sample in it. Beyond the look-back of a server that is found
/// only step by step; a series that has ended counts there if no other one lives. An offset
/// explains that much of the age, so it is added.
fn ask(
    selector: &VectorSelector,
    range: Option<Duration>,
    offset: Option<Duration>,
    by: &[String],
) -> String {
    let grouping = format!("min by ({})", by.join(", "));
    let shift = offset.map(|offset| format!(" offset {}", exact(offset))).unwrap_or_default();
    let stamp = format!("timestamp({}{shift})", written(selector));
    let mut ask = format!("{grouping} ({stamp})");
    if let Some(range) = range.filter(|range| *range > LOOKBACK) {
        let (range, step) = (exact(range), exact(range / STEPS));
        ask = format!("({ask} or {grouping} (max_over_time({stamp}[{range}:{step}])))");
    }
    match offset {
        Some(offset) => format!("({ask} + {})", offset.as_secs_f64()),
        None => ask,
    }
}

/// A length of time in PromQL, to the millisecond.
fn exact(length: Duration) -> String {
    match length.as_millis() {
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// The selector as text, without range and offset.
fn written(selector: &VectorSelector) -> String {
    let Matchers { matchers, or_matchers } = &selector.matchers;
    let name = selector.name.as_ref().map(|name| format!("__name__={name:?}"));
    let one = |group: &[promql_parser::label::Matcher]| {
        let matchers = group.iter().map(ToString::to_string);
        name.iter().cloned().chain(matchers).collect::<Vec<_>>().join(",")
    };
    if or_matchers.is_empty() {
        return format!("{{{}}}", one(matchers));
    }
    let groups: Vec<String> = or_matchers.iter().map(|group| one(group)).collect();
    format!("{{{}}}", groups.join(" or "))
}

fn kept(by: &LabelModifier, visible: &Visible) -> Visible {
    match by {
        LabelModifier::Include(labels) => {
            visible.iter().filter(|name| labels.labels.contains(name)).cloned().collect()
        }
        LabelModifier::Exclude(labels) => without(visible, &labels.labels),
    }
}

fn without(visible: &Visible, labels: &[String]) -> Visible {
    visible.iter().filter(|name| !labels.contains(name)).cloned().collect()
}

/// `matched`, and of `labels` those that are visible.
fn with(mut matched: Visible, visible: &Visible, labels: &[String]) -> Visible {
    matched.extend(labels.iter().filter(|name| visible.contains(*name)).cloned());
    matched
}

/// Whether a query's answer can have the label `name`, as far as its outermost part tells.
pub(crate) fn may_have_label(query: &Expr, name: &str) -> bool {
    let probe = Visible::from([name.to_owned()]);
    match query {
        Expr::Paren(inner) => may_have_label(&inner.expr, name),
        Expr::Unary(inner) => may_have_label(&inner.expr, name),
        Expr::Aggregate(aggregate) => match (aggregate.op.id(), &aggregate.modifier) {
            (T_TOPK | T_BOTTOMK | T_LIMITK, _) => may_have_label(&aggregate.expr, name),
            (_, None) => false,
            (_, Some(modifier)) => !kept(modifier, &probe).is_empty(),
        },
        Expr::Binary(_)
        | Expr::Subquery(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Call(_)
        | Expr::Extension(_) => true,
    }
}
