//! A job in the world of a test: it runs for its time, and ends well or not.

use super::{
    case::Thing,
    fault::{At, Code, FileFault},
    suggest,
    table::{Table, Value},
    test::Bench,
};
use setpoint_core::{Job, JobSettings, LastRun, Span, TargetSettings};
use setpoint_policies::Kind;
use toml::de::DeValue;

/// A job as it stands at the start.
#[derive(Clone, Debug)]
pub(super) struct JobModel {
    /// What became of its last run.
    pub(super) last: LastRun,
    /// How long a run takes.
    pub(super) takes: Span,
    /// How a run ends.
    pub(super) ends: LastRun,
}

/// A job in the course of a run of a test.
#[derive(Clone, Debug)]
pub(super) struct JobWorld {
    model: JobModel,
    /// The token of each run, and when it began.
    runs: Vec<(String, Span)>,
}

impl JobWorld {
    pub(super) fn new(model: JobModel) -> Self {
        let under_way = model.last == LastRun::Running;
        let first = ("at the start".to_owned(), Span::ZERO);
        Self { model, runs: Vec::from_iter(under_way.then_some(first)) }
    }

    /// What its provider says of it.
    pub(super) fn seen(&self, now: Span) -> Job {
        let last = match self.runs.last() {
            None => self.model.last,
            Some((_, began)) if now < *began + self.model.takes => LastRun::Running,
            Some(_) => self.model.ends,
        };
        let run = self.runs.last().map(|(token, _)| token.clone());
        Job { last, run, busy: None }
    }

    /// How often it was begun, what ran at the start not counted.
    pub(super) fn runs(&self) -> u32 {
        let before = usize::from(self.model.last == LastRun::Running);
        u32::try_from(self.runs.len() - before).unwrap_or(u32::MAX)
    }

    /// Begins a run, unless one with this token was begun, or one is under way and is not to
    /// be ended.
    pub(super) fn start(&mut self, token: &str, anew: bool, now: Span) -> Result<(), String> {
        if self.runs.iter().any(|(known, _)| known == token) {
            return Ok(());
        }
        if self.seen(now).last == LastRun::Running && !anew {
            return Err("it runs".to_owned());
        }
        self.runs.push((token.to_owned(), now));
        Ok(())
    }
}

impl<'a> Bench<'a> {
    /// `renew = "never"`, or `renew = { last = "ok", takes = "5m", ends = "failed" }`.
    pub(super) fn job(
        &self,
        name: &At<String>,
        value: Value<'a>,
    ) -> Option<(Thing, TargetSettings)> {
        let mut model = JobModel { last: LastRun::Never, takes: Span::ZERO, ends: LastRun::Ok };
        let defaults = JobSettings::new();
        if matches!(value.get_ref(), DeValue::String(_)) {
            let last = self.reader.text(value, &name.value)?;
            model.last = self.outcome(&last, &name.value)?;
            return Some((Thing::Job(model), TargetSettings::Job(defaults)));
        }
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Job);
        let or = |at: Option<At<Span>>, default| at.map_or(default, |at| at.value);
        model.takes = or(table.span("takes"), Span::ZERO);
        let outcome = |table: &mut Table<'a>, key: &'static str, default| match table.text(key) {
            Some(written) => self.outcome(&written, key),
            None => Some(default),
        };
        let last = outcome(&mut table, "last", model.last);
        let ends = outcome(&mut table, "ends", model.ends);
        let settings = JobSettings {
            stuck_after: or(table.span("stuck_after"), defaults.stuck_after),
            cooldown_up: or(table.span("cooldown_up"), defaults.cooldown_up),
            confirm_within: or(table.span("confirm_within"), defaults.confirm_within),
            ..defaults
        };
        table.finish();
        let model = JobModel { last: last?, ends: ends?, ..model };
        Some((Thing::Job(model), TargetSettings::Job(settings)))
    }

    fn outcome(&self, written: &At<String>, key: &str) -> Option<LastRun> {
        let known = LastRun::NAMES.iter().find(|(name, _)| *name == written.value);
        if known.is_none() {
            let message = format!("`{key}` is {}, which no run comes to", written.place.written());
            let fault = FileFault::new(Code::BadValue, &written.place, message);
            let names = LastRun::NAMES.map(|(name, _)| name);
            self.fault(fault.maybe_help(suggest::advice(&written.value, names)));
        }
        known.map(|(_, outcome)| *outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_for_its_time_and_a_token_starts_it_once() {
        let takes = Span::from_minutes(5);
        let model = JobModel { last: LastRun::Never, takes, ends: LastRun::Failed };
        let mut job = JobWorld::new(model);
        let at = Span::from_minutes;
        assert_eq!(job.seen(at(0)).last, LastRun::Never);
        for minute in [0, 1] {
            job.start("a", false, at(minute)).unwrap();
        }
        assert!(job.start("b", false, at(2)).is_err());
        assert_eq!(
            (job.seen(at(4)).last, job.seen(at(5)).last),
            (LastRun::Running, LastRun::Failed)
        );
        job.start("a", false, at(6)).unwrap();
        assert_eq!(job.runs(), 1);
        job.start("c", true, at(7)).unwrap();
        assert_eq!((job.runs(), job.seen(at(7)).last), (2, LastRun::Running));
    }
}
