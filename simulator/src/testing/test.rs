//! One `[[test]]`: from what is written to what is meant.

use super::{
    case::{Case, Model},
    fault::{At, Code, FileFault, Place},
    policy_files::Tested,
    series::MOST,
    suggest,
    table::{Reader, Table, Value, entries},
};
use setpoint_core::{
    Memory, PolicyName, Scalar, Settings, Span, TargetName, TargetSettings, Timestamp,
};
use setpoint_policies::{Header, Kind, ParamValue, Policies, Policy};
use std::collections::{BTreeMap, BTreeSet};
use toml::de::DeValue;

/// The agent's own rhythm, unless a test says otherwise.
const EVERY: Span = Span::from_secs(15);
const SHORTEST_PASS: Span = Span::from_secs(1);
const LONGEST_PASS: Span = Span::from_minutes(60);

/// 2026-01-05T00:00:00Z, a Monday: what the clock shows at the start of a test.
const START: Timestamp = Timestamp::from_ms(1_767_571_200_000);

/// What reading the tests of a file works with.
pub(super) struct Bench<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) policies: &'a [Tested],
}

/// An entry of a table that speaks to all policies, or to one.
pub(super) struct Entry<'a> {
    pub(super) scope: Option<&'a Tested>,
    pub(super) name: At<String>,
    pub(super) value: Value<'a>,
}

impl<'a> Bench<'a> {
    /// Reports a fault.
    pub(super) fn fault(&self, fault: FileFault) {
        self.reader.faults.push(fault);
    }

    /// The test in `table`; nothing if it makes no sense. `names` are taken.
    pub(super) fn test(&self, mut table: Table<'a>, names: &mut BTreeSet<String>) -> Option<Case> {
        let before = self.reader.faults.count();
        let name = self.name(&mut table, names);
        let every = self.every(&mut table);
        let start = self.start(&mut table);
        let calendars = self.calendars(&mut table);
        let targets = self.targets(&mut table);
        let signals = self.signals(&mut table, &targets);
        let inputs = self.inputs(&mut table, &signals, &targets);
        let params = self.params(&mut table);
        let state = self.state(&mut table);
        let claims = self.claims(&mut table, every, &signals, &targets);
        let failures = self.failures(&mut table, &targets);
        let run = table.span("run");
        let last = self.last(
            &mut table,
            run,
            every,
            [&inputs.spans, &signals.spans],
            (&claims.ends, before),
        );
        for (place, at) in claims.ends.iter().chain(&failures.ends) {
            last.iter().for_each(|last| self.reached(place, *at, every, *last));
        }
        table.finish();
        if self.reader.faults.count() == before {
            self.all_used(&signals, &inputs, &claims.claims);
        }
        let policies = self.bind(params)?;
        if self.reader.faults.count() > before {
            return None;
        }
        let (name, last) = (name?, last?);
        let settings = Settings {
            region: "test".to_owned(),
            every,
            inputs: self.input_settings(every, &inputs.bindings),
            targets: targets.settings,
            shadows: BTreeMap::new(),
            calendars,
        };
        let model = Model {
            inputs: inputs.feeds,
            signals: signals.series,
            targets: targets.things,
            failures: failures.failures,
        };
        let memory = Memory { state, ..Memory::default() };
        Some(Case {
            name: name.value,
            place: name.place,
            start,
            last,
            settings,
            policies,
            memory,
            model,
            claims: claims.claims,
        })
    }

    fn name(&self, table: &mut Table<'_>, names: &mut BTreeSet<String>) -> Option<At<String>> {
        if !table.has("name") {
            table.missing("name", "name = \"what must never happen\"");
        }
        let name = table.text("name")?;
        if name.value.trim().is_empty() {
            self.fault(FileFault::new(Code::BadValue, &name.place, "a test without a name"));
        } else if !names.insert(name.value.clone()) {
            let message = format!("two tests are named {}", name.place.written());
            self.fault(FileFault::new(Code::Twice, &name.place, message));
        }
        Some(name)
    }

    fn every(&self, table: &mut Table<'_>) -> Span {
        let Some(every) = table.span("every") else { return EVERY };
        if (SHORTEST_PASS..=LONGEST_PASS).contains(&every.value) {
            return every.value;
        }
        let message = format!("`every` is {}, out of bounds", every.value);
        let fault = FileFault::new(Code::BadValue, &every.place, message);
        self.fault(fault.help(format!("write {SHORTEST_PASS} to {LONGEST_PASS}")));
        EVERY
    }

    /// `start`, as a text or as TOML's own date and time.
    fn start(&self, table: &mut Table<'a>) -> Timestamp {
        let Some(value) = table.value("start") else { return START };
        let text = if let DeValue::Datetime(time) = value.get_ref() {
            time.to_string()
        } else {
            match self.reader.text(value, "start") {
                Some(text) => text.value,
                None => return START,
            }
        };
        match text.parse::<jiff::Timestamp>() {
            Ok(time) => Timestamp::from_ms(time.as_millisecond()),
            Err(_) => {
                let message = format!("`start` is {text}, which is no time with its offset");
                let fault = FileFault::new(Code::BadValue, &self.reader.place(value), message);
                self.fault(fault.help("write it as \"2026-11-27T05:20:00Z\""));
                START
            }
        }
    }

    /// The number of the last pass: as `run` says, or that of the last expectation or sample.
    /// None if it cannot be told, which is reported.
    fn last(
        &self,
        table: &mut Table<'_>,
        run: Option<At<Span>>,
        every: Span,
        series: [&Vec<(At<String>, u64)>; 2],
        (ends, before): (&[(Place, Span)], usize),
    ) -> Option<u64> {
        let passes = |span: Span| span.ms() / every.ms();
        let all = || series.iter().flat_map(|spans| spans.iter());
        let last = match &run {
            Some(run) => passes(run.value),
            None => {
                let samples = all().map(|(_, length)| length.saturating_sub(1));
                let expected = ends.iter().map(|(_, at)| passes(*at));
                match samples.chain(expected).max() {
                    Some(last) => last,
                    None => {
                        // Where something else is wrong, it may be what would have told.
                        if !table.has("run") && self.reader.faults.count() == before {
                            table.missing("run", "run = \"30m\"");
                        }
                        return None;
                    }
                }
            }
        };
        if last >= MOST as u64 {
            let place = run.as_ref().map_or(&table.place, |run| &run.place);
            let message = format!("the test makes {} passes, at most {MOST} are made", last + 1);
            self.fault(FileFault::new(Code::BadValue, place, message));
            return None;
        }
        for (name, length) in all().filter(|(_, length)| *length <= last) {
            let ends = every.times(length.saturating_sub(1));
            let message =
                format!("`{}` ends at {ends}, the test at {}", name.value, every.times(last));
            let fault = FileFault::new(Code::ShortSeries, &name.place, message);
            let missing = last + 1 - length;
            self.fault(fault.help(format!(
                "make it {missing} longer, by `_x{missing}` if nothing is to be read; a number \
                 without quotes lasts for ever"
            )));
        }
        Some(last)
    }

    /// Says so if no pass is made at `at`.
    fn reached(&self, place: &Place, at: Span, every: Span, last: u64) {
        let end = every.times(last);
        let before = every.times(at.ms() / every.ms());
        let (message, help) = if at > end {
            (
                format!("no pass reaches {at}: the test ends at {end}"),
                "make `run` longer".to_owned(),
            )
        } else if before != at {
            let help = format!("write {before} or {}", before + every);
            (format!("no pass is made at {at}: they are made every {every}"), help)
        } else {
            return;
        };
        self.fault(FileFault::new(Code::Unreached, place, message).help(help));
    }

    /// The entries under `key`: names that all policies share, and tables of one policy.
    pub(super) fn per_policy(&self, table: &mut Table<'a>, key: &'static str) -> Vec<Entry<'a>> {
        let mut all = Vec::new();
        for (name, value) in table.named(key) {
            let inner = value.get_ref().as_table();
            let policy = self.policies.iter().find(|policy| policy.name.as_str() == name.value);
            // `cpu = { series = "60x3", empty = "zero" }` speaks of an input.
            let series = inner.is_some_and(|inner| inner.contains_key("series"));
            let declares = |policy: &Tested, name: &str| {
                key == "inputs" && policy.script.header().inputs.contains_key(name)
            };
            let policy = policy.filter(|policy| !series || declares(policy, "series"));
            let input = self.policies.iter().any(|policy| declares(policy, &name.value));
            if inner.is_none() || (input && policy.is_none()) {
                all.push(Entry { scope: None, name, value });
            } else if let Some(policy) = policy {
                let own = entries(self.reader, value, key).into_iter();
                all.extend(own.map(|(name, value)| Entry { scope: Some(policy), name, value }));
            } else {
                let message = format!("there is no policy `{}` in this test", name.value);
                let names = self.policies.iter().map(|policy| policy.name.as_str());
                let fault = FileFault::new(Code::UnknownName, &name.place, message);
                self.fault(fault.maybe_help(suggest::advice(&name.value, names)));
            }
        }
        // What is written for one policy comes last, and counts.
        all.sort_by_key(|entry| entry.scope.is_some());
        all
    }

    /// The policies that `entry` speaks to: those that declare its name. One that nobody
    /// declares is a fault.
    pub(super) fn owners<'h>(
        &'h self,
        what: &str,
        entry: &Entry<'h>,
        declared: impl Fn(&'h Header) -> Vec<&'h String>,
    ) -> Vec<&'h Tested> {
        let all: Vec<&Tested> = match entry.scope {
            Some(policy) => vec![policy],
            None => self.policies.iter().collect(),
        };
        let names = |policy: &&'h Tested| declared(policy.script.header());
        let has = |policy: &&&'h Tested| names(policy).contains(&&entry.name.value);
        let owners: Vec<&Tested> = all.iter().filter(has).copied().collect();
        if owners.is_empty() {
            let known: BTreeSet<&str> = all.iter().flat_map(names).map(String::as_str).collect();
            let of = match &all[..] {
                [one] => format!("policy `{}` has no", one.name),
                _ => "no policy has an".to_owned(),
            };
            let message = format!("{of} {what} `{}`", entry.name.value);
            let fault = FileFault::new(Code::UnknownName, &entry.name.place, message);
            self.fault(fault.maybe_help(suggest::advice(&entry.name.value, known)));
        }
        owners
    }

    fn params(&self, table: &mut Table<'a>) -> BTreeMap<PolicyName, BTreeMap<String, ParamValue>> {
        let mut params: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for entry in self.per_policy(table, "params") {
            let owners = self.owners("parameter", &entry, |header| header.params.keys().collect());
            let Some(written) = self.reader.scalar(entry.value, &entry.name.value) else {
                continue;
            };
            for owner in owners {
                let default = &owner.script.header().params[&entry.name.value];
                match default.parse_like(&written.value) {
                    Ok(value) => {
                        let own = params.entry(owner.name.clone()).or_default();
                        own.insert(entry.name.value.clone(), value);
                    }
                    Err(why) => self.fault(FileFault::new(Code::BadValue, &written.place, why)),
                }
            }
        }
        params
    }

    fn state(&self, table: &mut Table<'a>) -> BTreeMap<PolicyName, BTreeMap<String, Scalar>> {
        let mut state: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for entry in self.per_policy(table, "state") {
            for (owner, value) in self.state_values(&entry) {
                let own = state.entry(owner).or_default();
                own.insert(entry.name.value.clone(), value.value);
            }
        }
        state
    }

    /// The value of one `state`, as each policy that declares it keeps it.
    pub(super) fn state_values(&self, entry: &Entry<'a>) -> Vec<(PolicyName, At<Scalar>)> {
        let owners = self.owners("state", entry, |header| header.state.keys().collect());
        let Some(written) = self.reader.scalar(entry.value, &entry.name.value) else {
            return Vec::new();
        };
        let value = |owner: &&Tested| {
            let first = &owner.script.header().state[&entry.name.value];
            let place = written.place.clone();
            match scalar_like(first, &written.value) {
                Ok(value) => Some((owner.name.clone(), At { value, place })),
                Err(why) => {
                    self.fault(FileFault::new(Code::BadValue, &place, why));
                    None
                }
            }
        };
        owners.iter().filter_map(value).collect()
    }

    /// The policies, bound: a target is named here as the policy names it.
    fn bind(
        &self,
        mut params: BTreeMap<PolicyName, BTreeMap<String, ParamValue>>,
    ) -> Option<Policies> {
        let bind = |tested: &Tested| {
            let own = tested.script.header().targets.keys();
            let targets = own.map(|own| (own.clone(), TargetName::new(own))).collect();
            let params = params.remove(&tested.name).unwrap_or_default();
            let (script, name) = (tested.script.clone(), tested.name.clone());
            Policy::bind(script, name, &targets, params)
        };
        match self.policies.iter().map(bind).collect::<Result<Vec<_>, _>>() {
            Ok(policies) => Some(Policies::new(policies)),
            Err(wrong) => {
                let place = Place::whole(self.reader.file);
                wrong.into_iter().for_each(|why| {
                    self.fault(FileFault::new(Code::Policies, &place, why));
                });
                None
            }
        }
    }
}

/// Reads a text as a value of the same type as `first`.
fn scalar_like(first: &Scalar, text: &str) -> Result<Scalar, String> {
    let like = match first {
        Scalar::Bool(value) => ParamValue::Bool(*value),
        Scalar::Int(value) => ParamValue::Int(*value),
        Scalar::Quantity(value) => ParamValue::Quantity(*value),
        Scalar::Text(value) => ParamValue::Text(value.clone()),
    };
    // A count is written as a bare number.
    if let Scalar::Quantity(count) = first
        && count.dimension == setpoint_core::Dimension::Count
    {
        let number =
            text.parse().ok().and_then(|n| setpoint_core::Quantity::new(n, count.dimension));
        return number.map(Scalar::Quantity).ok_or_else(|| format!("'{text}' is not a number"));
    }
    Ok(match like.parse_like(text)? {
        ParamValue::Bool(value) => Scalar::Bool(value),
        ParamValue::Int(value) => Scalar::Int(value),
        ParamValue::Quantity(value) => Scalar::Quantity(value),
        ParamValue::Text(value) => Scalar::Text(value),
        ParamValue::Number(_) => return Err(format!("'{text}' is not {}", like.kind())),
    })
}

/// The bounds of every target and what stands at the start.
#[derive(Default)]
pub(super) struct Targets {
    pub(super) kinds: BTreeMap<String, Kind>,
    pub(super) things: BTreeMap<TargetName, super::case::Thing>,
    pub(super) settings: BTreeMap<TargetName, TargetSettings>,
}
