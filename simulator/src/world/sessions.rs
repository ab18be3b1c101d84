//! Sessions: people who stay for a while on the member that took them.
//!
//! A session begins on a member that takes new work and ends by itself. If its member is ended
//! first, it is cut off, and that is written down: it is the harm that scaling in can do.
//! How many sessions each member has is published like any other metric: late, and not always.

use super::FeedModel;
use crate::chance::{Chance, Spread, Stream};
use setpoint_core::{Reading, Sample, Span, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// How sessions come and go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SessionsModel {
    /// Sessions that begin in a second, at a traffic of 1.
    pub per_second: f64,
    /// How long one lasts.
    pub length: Spread,
    /// The share of a member's samples that are lost, 0 to 1.
    pub lost: f64,
    /// The longest that a member goes on taking sessions after it was put on standby: until
    /// its load balancer has let go of it.
    pub lets_go: Span,
}

/// A member that was ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its name.
    pub name: String,
    /// When.
    pub at: Span,
    /// Sessions that were cut off by it.
    pub cut_off: usize,
}

/// All sessions of a group in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    model: SessionsModel,
    feed: FeedModel,
    started: Timestamp,
    /// When each session of each member ends. Members go by the numbers of their launches.
    live: BTreeMap<u64, Vec<Span>>,
    /// What was measured of each member, and when.
    measured: BTreeMap<u64, VecDeque<(Span, f64)>>,
    ended: Vec<Ended>,
    stream: Stream,
}

impl Sessions {
    /// How long the last sample of a member is shown.
    const SHOWN: Span = Span::from_minutes(5);

    pub(super) fn new(
        model: SessionsModel,
        feed: FeedModel,
        started: Timestamp,
        chance: Chance,
    ) -> Self {
        Self {
            model,
            feed,
            started,
            live: BTreeMap::new(),
            measured: BTreeMap::new(),
            ended: Vec::new(),
            stream: chance.stream("sessions", 0),
        }
    }

    /// Lets the second up to `now` pass: `members` are all there are, `open` those that take
    /// new sessions.
    pub(super) fn step(&mut self, members: &[u64], open: &[u64], traffic: f64, now: Span) {
        for ends in self.live.values_mut() {
            ends.retain(|end| *end > now);
        }
        let mut due = self.model.per_second * traffic;
        while !open.is_empty() && self.stream.uniform() < due {
            let one = (self.stream.uniform() * open.len() as f64) as usize;
            let ends = now + self.model.length.draw(&mut self.stream);
            self.live.entry(open[one]).or_default().push(ends);
            due -= 1.0;
        }
        if now.ms().is_multiple_of(self.feed.period.ms()) {
            self.measure(members, now);
        }
    }

    fn measure(&mut self, members: &[u64], now: Span) {
        for member in members {
            let live = self.live.get(member).map_or(0, Vec::len) as f64;
            if self.stream.uniform() >= self.model.lost {
                self.measured.entry(*member).or_default().push_back((now, live));
            }
        }
        let horizon = now.minus(Self::SHOWN + self.feed.delay);
        for samples in self.measured.values_mut() {
            while samples.front().is_some_and(|(at, _)| *at < horizon) {
                samples.pop_front();
            }
        }
        self.measured.retain(|_, samples| !samples.is_empty());
    }

    /// What a reader gets to hear now: the latest of each member that is out.
    pub(super) fn read(&self, now: Span) -> Reading {
        let shown = |samples: &VecDeque<(Span, f64)>| {
            let out = |(at, _): &&(Span, f64)| *at + self.feed.delay <= now;
            let (at, value) = samples.iter().rev().find(out)?;
            let fresh = now.minus(*at) <= Self::SHOWN;
            fresh.then(|| Sample::new(self.started + *at, *value)).flatten()
        };
        let each =
            self.measured.iter().filter_map(|(member, it)| Some((name(*member), shown(it)?)));
        let each: BTreeMap<String, Sample> = each.collect();
        if each.is_empty() { Reading::Empty } else { Reading::Each(each) }
    }

    /// A member is no more.
    pub(super) fn end(&mut self, member: u64, at: Span) {
        let live = self.live.remove(&member).unwrap_or_default();
        let cut_off = live.iter().filter(|end| **end > at).count();
        self.ended.push(Ended { name: name(member), at, cut_off });
    }

    /// Members that were ended so far, in their order.
    pub(super) fn ended(&self) -> &[Ended] {
        &self.ended
    }

    /// How many sessions are live.
    pub(super) fn live(&self) -> usize {
        self.live.values().map(Vec::len).sum()
    }
}

/// The name of the member of the how many-th launch.
pub(super) fn name(member: u64) -> String {
    format!("m-{member:04}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(lost: f64) -> Sessions {
        let length = Spread { median: Span::from_secs(60), sigma: 0.0 };
        let model = SessionsModel { per_second: 1.0, length, lost, lets_go: Span::ZERO };
        let feed = FeedModel::new(Span::from_secs(15), Span::from_secs(10));
        Sessions::new(model, feed, Timestamp::from_ms(0), Chance::new(1))
    }

    fn lives(sessions: &mut Sessions, open: &[u64], seconds: std::ops::Range<u64>) {
        for second in seconds {
            sessions.step(&[1, 2], open, 1.0, Span::from_secs(second));
        }
    }

    fn read(sessions: &Sessions, now: u64, member: u64) -> Option<(i64, f64)> {
        let Reading::Each(each) = sessions.read(Span::from_secs(now)) else { return None };
        each.get(&name(member)).map(|sample| (sample.at.ms() / 1000, sample.value()))
    }

    #[test]
    fn a_member_that_takes_none_has_none_after_their_time() {
        let mut sessions = sessions(0.0);
        lives(&mut sessions, &[1, 2], 1..100);
        assert!(sessions.live[&1].len() > 10);
        lives(&mut sessions, &[2], 100..161);
        assert_eq!(sessions.live[&1], []);
        sessions.end(1, Span::from_secs(161));
        sessions.end(2, Span::from_secs(161));
        assert_eq!(sessions.ended()[0].cut_off, 0);
        assert!(sessions.ended()[1].cut_off > 20, "{:?}", sessions.ended());
    }

    #[test]
    fn a_count_is_read_only_after_its_delay_and_by_its_own_stamp() {
        let mut sessions = sessions(0.0);
        lives(&mut sessions, &[1], 1..46);
        let stamp = |now| read(&sessions, now, 2).map(|(at, _)| at);
        assert_eq!(
            [stamp(24), stamp(25), stamp(54), stamp(55)],
            [None, Some(15), Some(30), Some(45)]
        );
        assert_eq!([stamp(345), stamp(346)], [Some(45), None]);
    }

    #[test]
    fn a_sample_that_is_lost_leaves_the_one_before_it() {
        let mut sessions = sessions(0.5);
        lives(&mut sessions, &[1], 1..301);
        let (one, two) = (read(&sessions, 311, 1), read(&sessions, 311, 2));
        let of_lost = [one, two].into_iter().flatten().filter(|(at, _)| *at < 300).count();
        assert!(sessions.measured[&1].len() < 15 && of_lost <= 2, "{one:?} {two:?}");
    }
}
