//! Questions in the form of one call: at most 500 a call, each under a name of its own.

use super::query::{Metric, MetricQuery, Shape, identifiers};
use aws_sdk_cloudwatch::types::{Dimension, Metric as AwsMetric, MetricDataQuery, MetricStat};

/// The most questions that one `GetMetricData` takes, counting the metrics of expressions.
const PER_CALL: usize = 500;

/// What one call asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Batch {
    /// The questions, and the metrics that their expressions name.
    pub(crate) asked: Vec<MetricDataQuery>,
    /// For each question its id in the call.
    pub(crate) ids: Vec<(String, MetricQuery)>,
}

/// `queries` in as few calls as they need. SQL goes alone: a call takes one of it.
pub(crate) fn batches<'a>(
    queries: impl IntoIterator<Item = &'a MetricQuery>,
    period: i32,
) -> Vec<Batch> {
    let mut all: Vec<Batch> = Vec::new();
    let mut open: Option<Batch> = None;
    for (number, query) in queries.into_iter().enumerate() {
        let asked = ask(query, number, period);
        let one = (id(number), query.clone());
        if query.is_sql() {
            all.push(Batch { asked, ids: vec![one] });
            continue;
        }
        let fits = |batch: &Batch| batch.asked.len() + asked.len() <= PER_CALL;
        if !open.as_ref().is_some_and(fits) {
            all.extend(open.take());
        }
        let batch = open.get_or_insert_with(|| Batch { asked: Vec::new(), ids: Vec::new() });
        batch.asked.extend(asked);
        batch.ids.push(one);
    }
    all.extend(open);
    all
}

fn id(number: usize) -> String {
    format!("q{number}")
}

/// One question, after the metrics that it names.
fn ask(query: &MetricQuery, number: usize, period: i32) -> Vec<MetricDataQuery> {
    let (text, metrics) = match &query.0 {
        Shape::Metric(metric) => {
            let asked = MetricDataQuery::builder().id(id(number)).metric_stat(stat(metric, period));
            return vec![asked.build()];
        }
        Shape::Expression { text, metrics } => (text, metrics),
    };
    // The names of two expressions may be the same; those of a call may not.
    let own = |name: &str| format!("{}_{name}", id(number));
    let mut asked: Vec<MetricDataQuery> = metrics
        .iter()
        .map(|(name, metric)| {
            let stat = stat(metric, period);
            MetricDataQuery::builder().id(own(name)).metric_stat(stat).return_data(false).build()
        })
        .collect();
    let (mut renamed, mut copied) = (String::new(), 0);
    for at in identifiers(text).filter(|at| metrics.contains_key(&text[at.clone()])) {
        renamed.push_str(&text[copied..at.start]);
        renamed.push_str(&own(&text[at.clone()]));
        copied = at.end;
    }
    renamed.push_str(&text[copied..]);
    asked
        .push(MetricDataQuery::builder().id(id(number)).expression(renamed).period(period).build());
    asked
}

fn stat(metric: &Metric, period: i32) -> MetricStat {
    let dimensions = metric
        .dimensions
        .iter()
        .map(|(name, value)| Dimension::builder().name(name).value(value).build())
        .collect();
    let wanted = AwsMetric::builder()
        .namespace(&metric.namespace)
        .metric_name(&metric.name)
        .set_dimensions(Some(dimensions))
        .build();
    MetricStat::builder().metric(wanted).period(period).stat(&metric.statistic).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> MetricQuery {
        MetricQuery::parse(text).unwrap()
    }

    #[test]
    fn no_call_asks_more_than_it_may() {
        let many: Vec<MetricQuery> = (0..1100).map(|n| query(&format!("N m Sum A={n}"))).collect();
        let sizes: Vec<usize> = batches(&many, 60).iter().map(|batch| batch.asked.len()).collect();
        assert_eq!(sizes, [500, 500, 100]);
        let pair = query("expression: a + b; a = N m Sum; b = N n Sum");
        let batches = batches(&vec![pair; 167], 60);
        assert_eq!(batches.iter().map(|it| it.asked.len()).collect::<Vec<_>>(), [498, 3]);
        assert!(!batches[1].ids.is_empty(), "a question is never cut in two");
    }

    #[test]
    fn sql_goes_alone() {
        let sql = query("expression: SELECT SUM(x) FROM \"N\"");
        let plain = query("N m Sum");
        let sizes = |all: &[MetricQuery]| {
            batches(all, 60).iter().map(|batch| batch.ids.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[plain.clone(), sql.clone(), plain, sql]), [1, 1, 2]);
    }

    #[test]
    fn the_names_of_two_expressions_never_meet() {
        let one = query("expression: r / PERIOD(r) + SUM('r'); r = N m Sum");
        let other = query("expression: r; r = N n Sum");
        let batch = batches(&[one, other], 60).remove(0);
        let ids: Vec<_> = batch.asked.iter().map(|it| it.id().unwrap()).collect();
        assert_eq!(ids, ["q0_r", "q0", "q1_r", "q1"]);
        let text = batch.asked[1].expression().unwrap();
        assert_eq!(text, "q0_r / PERIOD(q0_r) + SUM('r')");
        assert_eq!(batch.asked[0].return_data(), Some(false));
    }
}
