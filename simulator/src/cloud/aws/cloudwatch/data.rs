//! Values: of each period one, by some statistic of the windows that ended in it.
//!
//! Periods are of the caller's time. A rate is told as a count in that time, so that the count by
//! the length of its period is the rate, whatever the pace.

use super::{
    super::{super::live, account::Account, ask::Ask, data::Data, fault::Fault},
    metrics::{Kind, Series, series},
};
use setpoint_core::{Span, Timestamp};
use std::collections::BTreeMap;

/// The most questions of one call.
const MOST_QUERIES: usize = 500;
/// The most values in one answer.
const MOST_VALUES: usize = 100_800;

/// A statistic of the values in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Statistic {
    Average,
    Sum,
    Minimum,
    Maximum,
    Samples,
    /// A percentile, 0 to 100.
    Percentile(f64),
}

const STATISTICS: [(&str, Statistic); 5] = [
    ("Average", Statistic::Average),
    ("Sum", Statistic::Sum),
    ("Minimum", Statistic::Minimum),
    ("Maximum", Statistic::Maximum),
    ("SampleCount", Statistic::Samples),
];

impl Statistic {
    fn read(written: &str) -> Result<Self, Fault> {
        if let Some((_, statistic)) = STATISTICS.iter().find(|(name, _)| *name == written) {
            return Ok(*statistic);
        }
        let percent = written.strip_prefix('p').and_then(|number| number.parse::<f64>().ok());
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        percent.map(Self::Percentile).ok_or_else(|| {
            let message = format!("The value {written} for parameter Stat is not supported");
            Fault::sender("InvalidParameterValue", message)
        })
    }

    fn of(self, values: &[f64]) -> f64 {
        let (sum, count) = (values.iter().sum::<f64>(), values.len() as f64);
        match self {
            Self::Average => sum / count,
            Self::Sum => sum,
            Self::Minimum => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Maximum => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Samples => count,
            Self::Percentile(percent) => {
                let mut sorted = values.to_vec();
                sorted.sort_by(f64::total_cmp);
                let rank = (percent / 100.0 * count).ceil().max(1.0) as usize;
                sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
            }
        }
    }

    /// Whether it can be told of values of this kind.
    fn is_known_of(self, kind: Kind) -> bool {
        kind != Kind::Quantile || self == Self::Percentile(99.0)
    }
}

/// One question.
struct Question {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
    period: Span,
    statistics: Vec<Statistic>,
}

impl Question {
    fn read(ask: &Ask, period: &Ask, statistics: Vec<Statistic>) -> Result<Self, Fault> {
        let dimension =
            |entry: Ask| Ok((entry.must("Name")?.to_owned(), entry.must("Value")?.to_owned()));
        let dimensions = ask.entries("Dimensions.member").into_iter().map(dimension);
        let seconds = period.count("Period")?.ok_or_else(|| Fault::missing("Period"))?;
        if seconds == 0 || !([1, 5, 10, 20, 30].contains(&seconds) || seconds % 60 == 0) {
            let message = format!("Period is {seconds}, and takes 1, 5, 10, 20, 30 or minutes");
            return Err(Fault::sender("InvalidParameterValue", message));
        }
        Ok(Self {
            namespace: ask.must("Namespace")?.to_owned(),
            name: ask.must("MetricName")?.to_owned(),
            dimensions: dimensions.collect::<Result<_, Fault>>()?,
            period: Span::from_secs(u64::from(seconds)),
            statistics,
        })
    }

    fn asks_for(&self, series: &Series) -> bool {
        let own = series.dimensions.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        series.namespace == self.namespace
            && series.name == self.name
            && own.collect::<BTreeMap<_, _>>() == self.dimensions
    }

    /// By the beginning of each period between the two times, a value for each statistic.
    fn answer(
        &self,
        account: &Account,
        (start, end): (Timestamp, Timestamp),
    ) -> BTreeMap<Timestamp, Vec<f64>> {
        let live = live::lock(&account.main);
        let all = series(&live.group, live.world.model());
        let Some(series) = all.iter().find(|series| self.asks_for(series)) else {
            return BTreeMap::new();
        };
        if !self.statistics.iter().all(|statistic| statistic.is_known_of(series.kind)) {
            return BTreeMap::new();
        }
        let window = account.pace.takes(live.world.model().feed.period);
        let times = if series.kind == Kind::Rate { window.secs() } else { 1.0 };
        let length = i64::try_from(self.period.ms()).unwrap_or(i64::MAX);
        let floor = |at: Timestamp| Timestamp::from_ms(at.ms().div_euclid(length) * length);
        let mut periods: BTreeMap<Timestamp, Vec<f64>> = BTreeMap::new();
        let Some((first, others)) = series.of.split_first() else { return BTreeMap::new() };
        for point in live.log.points(*first) {
            // A window that ends with a period is of that period.
            let begins = floor(account.outside(point.at) - Span::from_ms(1));
            let factor = others.iter().map(|metric| {
                let mut points = live.log.points(*metric);
                points.find(|it| it.at == point.at).map(|it| it.value)
            });
            let factor: Option<f64> = factor.product();
            let Some(factor) = factor.filter(|_| floor(start) <= begins && begins < end) else {
                continue;
            };
            let value = point.value * factor * series.factor * times;
            periods.entry(begins).or_default().push(value);
        }
        let told = |values: Vec<f64>| self.statistics.iter().map(|it| it.of(&values)).collect();
        periods.into_iter().map(|(at, values)| (at, told(values))).collect()
    }
}

/// From when until when.
fn stretch(ask: &Ask) -> Result<(Timestamp, Timestamp), Fault> {
    let time = |name| ask.time(name)?.ok_or_else(|| Fault::missing(name));
    let (start, end) = (time("StartTime")?, time("EndTime")?);
    if end <= start {
        let message = "StartTime must be before EndTime";
        return Err(Fault::sender("InvalidParameterCombination", message));
    }
    Ok((start, end))
}

pub(super) fn get(account: &Account, ask: &Ask) -> Result<Data, Fault> {
    let within = stretch(ask)?;
    let queries = ask.entries("MetricDataQueries.member");
    if queries.is_empty() || queries.len() > MOST_QUERIES {
        let message = format!("{} questions, 1 to {MOST_QUERIES} are taken", queries.len());
        return Err(Fault::validation(message));
    }
    let most = ask.count("MaxDatapoints")?.map_or(MOST_VALUES, |most| most as usize).max(1);
    let ascending = ask.text("ScanBy") == Some("TimestampAscending");
    let wrong = |token| Fault::sender("InvalidNextToken", format!("no page begins at {token}"));
    let token = ask.text("NextToken");
    let mut skip =
        token.map(|it| it.parse::<usize>().map_err(|_| wrong(it))).transpose()?.unwrap_or(0);
    let (start, mut left, mut is_more) = (skip, most, false);
    let mut results = Vec::new();
    for query in &queries {
        let id = query.must("Id")?;
        if query.text("Expression").is_some() {
            let message =
                format!("{id} is an expression: metric math and SQL are not simulated here");
            return Err(Fault::validation(message));
        }
        let stat = query.part("MetricStat");
        let statistic = Statistic::read(stat.must("Stat")?)?;
        let question = Question::read(&stat.part("Metric"), &stat, vec![statistic])?;
        if query.flag("ReturnData")? == Some(false) {
            continue;
        }
        let mut values: Vec<(Timestamp, f64)> = question
            .answer(account, within)
            .into_iter()
            .filter_map(|(at, values)| Some((at, *values.first()?)))
            .collect();
        if !ascending {
            values.reverse();
        }
        let skipped = skip.min(values.len());
        skip -= skipped;
        let rest = values.split_off(skipped);
        let is_whole = rest.len() <= left;
        let told: Vec<(Timestamp, f64)> = rest.into_iter().take(left).collect();
        left -= told.len();
        is_more |= !is_whole;
        let label = query.text("Label").unwrap_or(&question.name).to_owned();
        results.push(
            Data::map()
                .with("Id", id)
                .with("Label", label)
                .members("Timestamps", told.iter().map(|(at, _)| Data::Time(*at)))
                .members("Values", told.iter().map(|(_, value)| Data::Real(*value)))
                .with("StatusCode", if is_whole { "Complete" } else { "PartialData" }),
        );
    }
    let next = is_more.then(|| (start + most).to_string());
    Ok(Data::map()
        .members("MetricDataResults", results)
        .maybe("NextToken", next)
        .members("Messages", []))
}

pub(super) fn statistics(account: &Account, ask: &Ask) -> Result<Data, Fault> {
    let within = stretch(ask)?;
    let names = ask.list("Statistics.member");
    let names: Vec<&'static str> =
        STATISTICS.iter().filter(|(name, _)| names.contains(name)).map(|(name, _)| *name).collect();
    if names.is_empty() {
        return Err(Fault::sender("InvalidParameterCombination", "Statistics must be given"));
    }
    let statistics = names.iter().map(|name| Statistic::read(name)).collect::<Result<_, _>>()?;
    let question = Question::read(ask, ask, statistics)?;
    let point = |(at, values): (Timestamp, Vec<f64>)| {
        let point = Data::map().with("Timestamp", at);
        let values = names.iter().zip(values);
        values.fold(point, |point, (name, value)| point.with(name, value)).with("Unit", "None")
    };
    let all = question.answer(account, within).into_iter().map(point);
    Ok(Data::map().with("Label", question.name.clone()).members("Datapoints", all))
}
