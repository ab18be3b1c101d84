//! A server's answer, in an order in which every input finds its own series.
//!
//! A grouped query answers for thousands of targets at once: looking through all of its
//! series for each of them would cost their square. So they are put in order once for each
//! set of labels that is asked by, and found by halving.

use crate::page::Labels;
use std::cmp::Ordering;

/// The label by which the parts of an answer are told apart.
pub(crate) const PART: &str = "setpoint_part";

/// One series of a server's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its labels.
    pub labels: Labels,
    /// Its value, which may be no number.
    pub value: f64,
}

/// All series of one answer.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    orders: Vec<Order>,
}

/// The rows in the order of their parts, then of the values of these labels.
#[derive(Clone, Debug)]
struct Order {
    labels: Vec<String>,
    rows: Vec<usize>,
}

impl Rows {
    /// These series.
    pub fn new(rows: Vec<Row>) -> Self {
        Self { rows, orders: Vec::new() }
    }

    /// Where the series of one part are that have these labels, in the order of the answer.
    pub(crate) fn with(&mut self, part: &str, wanted: &[(&str, &str)]) -> Vec<usize> {
        let order = self.order(wanted);
        let Self { rows, orders } = self;
        let found = &orders[order].rows;
        let against = |row: &usize| rows[*row].against(part, wanted);
        let start = found.partition_point(|row| against(row).is_lt());
        let length = found[start..].partition_point(|row| against(row).is_eq());
        found[start..start + length].to_vec()
    }

    /// The series at a place.
    pub(crate) fn row(&self, place: usize) -> &Row {
        &self.rows[place]
    }

    /// Where the order by the names of `wanted` is; it is made when it is first asked for.
    fn order(&mut self, wanted: &[(&str, &str)]) -> usize {
        let names = || wanted.iter().map(|(name, _)| *name);
        let known = self.orders.iter().position(|order| names().eq(order.labels.iter()));
        known.unwrap_or_else(|| {
            let mut order: Vec<usize> = (0..self.rows.len()).collect();
            // Stable: equal rows stay in the order of the answer.
            order.sort_by(|a, b| {
                let (a, b) = (&self.rows[*a], &self.rows[*b]);
                let mut labels = [PART].into_iter().chain(names());
                let against = labels.find_map(|it| {
                    Some(a.labels.get(it).cmp(b.labels.get(it))).filter(|order| order.is_ne())
                });
                against.unwrap_or(Ordering::Equal)
            });
            let labels = names().map(str::to_owned).collect();
            self.orders.push(Order { labels, rows: order });
            self.orders.len() - 1
        })
    }
}

impl Row {
    /// How this row stands to a part and the values of some labels.
    fn against(&self, part: &str, wanted: &[(&str, &str)]) -> Ordering {
        let own = wanted.iter().map(|(name, _)| self.labels.get(name));
        let other = wanted.iter().map(|(_, value)| *value);
        self.labels.get(PART).cmp(part).then_with(|| own.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(labels: &[(&str, &str)], value: f64) -> Row {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Row { labels: labels.collect(), value }
    }

    #[track_caller]
    fn check(rows: &mut Rows, part: &str, wanted: &[(&str, &str)], expected: &[f64]) {
        let found = rows.with(part, wanted);
        let found: Vec<f64> = found.into_iter().map(|row| rows.row(row).value).collect();
        assert_eq!(found, expected, "{part} {wanted:?}");
    }

    #[test]
    fn every_series_is_found_by_its_labels_and_no_other_is() {
        let mut rows = Rows::new(vec![
            row(&[(PART, "value"), ("app", "web"), ("zone", "b")], 1.0),
            row(&[(PART, "0"), ("app", "web")], 2.0),
            row(&[(PART, "value"), ("app", "shop")], 3.0),
            row(&[(PART, "value"), ("app", "web"), ("zone", "a")], 4.0),
            row(&[(PART, "value")], 5.0),
        ]);
        check(&mut rows, "value", &[("app", "web")], &[1.0, 4.0]);
        check(&mut rows, "value", &[("app", "web"), ("zone", "a")], &[4.0]);
        check(&mut rows, "value", &[("app", "sho")], &[]);
        check(&mut rows, "value", &[("app", "")], &[5.0]);
        check(&mut rows, "value", &[], &[1.0, 3.0, 4.0, 5.0]);
        check(&mut rows, "0", &[("app", "web")], &[2.0]);
        check(&mut rows, "1", &[], &[]);
        check(&mut Rows::default(), "value", &[], &[]);
    }
}
