//! The recent past of the series that somebody asks about.

use crate::{
    page::{Labels, Page},
    query::{Query, Selector},
};
use setpoint_core::{Span, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// The most series that are kept; more would be a page of another making.
const MAX_SERIES: usize = 10_000;

/// The most samples of one series that are kept.
const MAX_PAST: usize = 4_096;

/// The recent past of a page: of every series that some query selects, for as long as
/// the longest range looks back.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    pub(crate) wanted: Vec<(Selector, Span)>,
    pub(crate) series: BTreeMap<(String, Labels), Series>,
}

/// The samples of one series, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) samples: VecDeque<(Timestamp, f64)>,
    /// Whether the last page had it.
    pub(crate) on_page: bool,
}

impl Recent {
    /// Nothing yet, of what `queries` will ask for.
    pub fn of<'q>(queries: impl IntoIterator<Item = &'q Query>) -> Self {
        let wanted = queries.into_iter().flat_map(|query| query.root.selectors());
        let wanted = wanted.map(|(selector, range)| (selector.clone(), range)).collect();
        Self { wanted, series: BTreeMap::new() }
    }

    /// Takes in a page that was read at `at`. A sample that carries a stamp of its own keeps it.
    pub fn absorb(&mut self, page: &Page, at: Timestamp) {
        for series in self.series.values_mut() {
            series.on_page = false;
        }
        for line in &page.lines {
            let ranges = self.wanted.iter().filter(|(selector, _)| {
                selector.name == line.name && selector.selects(&line.labels)
            });
            let Some(keep) = ranges.map(|(_, range)| *range).max() else { continue };
            let key = (line.name.clone(), line.labels.clone());
            if self.series.len() >= MAX_SERIES && !self.series.contains_key(&key) {
                continue;
            }
            self.series.entry(key).or_default().push(line.at.unwrap_or(at), line.value, keep);
        }
        let longest = self.wanted.iter().map(|(_, range)| *range).max().unwrap_or_default();
        self.series.retain(|_, series| {
            let last = series.samples.back().map(|(last, _)| *last);
            series.on_page || last.is_some_and(|last| at.since(last) <= longest)
        });
    }

    /// The series that `selector` selects.
    pub(crate) fn select<'a>(
        &'a self,
        selector: &'a Selector,
    ) -> impl Iterator<Item = (&'a Labels, &'a Series)> {
        let from = (selector.name.clone(), Labels::default());
        self.series
            .range(from..)
            .take_while(|((name, _), _)| *name == selector.name)
            .filter(|((_, labels), _)| selector.selects(labels))
            .map(|((_, labels), series)| (labels, series))
    }
}

impl Series {
    fn push(&mut self, at: Timestamp, value: f64, keep: Span) {
        self.on_page = true;
        if self.samples.back().is_some_and(|(last, _)| at <= *last) {
            return;
        }
        self.samples.push_back((at, value));
        let horizon = at - keep;
        let old = |second: &(Timestamp, f64)| second.0 <= horizon;
        while self.samples.len() > MAX_PAST || self.samples.get(1).is_some_and(old) {
            self.samples.pop_front();
        }
    }
}

impl Selector {
    pub(crate) fn selects(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|matcher| matcher.is_match(labels.get(&matcher.name)))
    }
}
