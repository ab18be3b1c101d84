//! `inputs` and `signals`: what is read in every pass.

use super::{
    case::{Claims, Feed},
    expression::{Expression, Kind, Name},
    fault::{At, Code, FileFault, Place},
    series::{Series, Wrong},
    stage::scoped,
    suggest,
    table::{Table, Value},
    test::{Bench, Targets},
};
use setpoint_core::{Empty, InputKey, InputSettings, Span};
use std::collections::BTreeMap;
use toml::de::DeValue;

/// Every input of every policy.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) feeds: BTreeMap<InputKey, Feed>,
    /// The series among them that end, each with its length.
    pub(super) spans: Vec<(At<String>, u64)>,
    /// What the configuration would say of some of them.
    pub(super) bindings: BTreeMap<InputKey, Binding>,
}

/// How an input is bound, where a test says more than its series.
#[derive(Clone, Copy, Default)]
pub(super) struct Binding {
    empty: Option<Empty>,
    max_age: Option<Span>,
}

/// Every free series.
#[derive(Default)]
pub(super) struct Signals {
    pub(super) series: BTreeMap<String, Series>,
    /// Those that end, each with its length.
    pub(super) spans: Vec<(At<String>, u64)>,
    /// Where each of them is named.
    names: Vec<At<String>>,
}

impl<'a> Bench<'a> {
    /// `signals = { demand = "2400x10" }`
    pub(super) fn signals(&self, table: &mut Table<'a>, targets: &Targets) -> Signals {
        let mut signals = Signals::default();
        for (name, value) in table.named("signals") {
            let series = self.series(value, &name.value);
            self.check_signal(&name, targets);
            signals.names.push(name.clone());
            let Some(series) = series else { continue };
            if let Some(length) = series.length() {
                signals
                    .spans
                    .push((At { place: self.reader.place(value), ..name.clone() }, length));
            }
            signals.series.insert(name.value, series);
        }
        signals
    }

    /// A signal needs a name of its own, that an expression can write.
    fn check_signal(&self, name: &At<String>, targets: &Targets) {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let plain = name.value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.value.chars().all(word);
        let input = self
            .policies
            .iter()
            .any(|policy| policy.script.header().inputs.contains_key(&name.value));
        if !plain || ["if", "else", "true", "false"].contains(&name.value.as_str()) {
            let message = format!("`{}` cannot be the name of a signal", name.value);
            let fault = FileFault::new(Code::BadValue, &name.place, message);
            self.fault(fault.help("use letters, digits and `_`, a letter first"));
        } else if input || targets.kinds.contains_key(&name.value) {
            let what = if input { "an input" } else { "a target" };
            let message = format!("`{}` is the name of {what}", name.value);
            self.fault(FileFault::new(Code::Twice, &name.place, message));
        }
    }

    /// `inputs = { cpu = "60x3", rps = 300, load = "= demand / fleet" }`; every input that a
    /// policy declares must be there.
    pub(super) fn inputs(
        &self,
        table: &mut Table<'a>,
        signals: &Signals,
        targets: &Targets,
    ) -> Inputs {
        let before = self.reader.faults.count();
        let mut inputs = Inputs::default();
        let mut named = Vec::new();
        for entry in self.per_policy(table, "inputs") {
            let owners = self.owners("input", &entry, |header| header.inputs.keys().collect());
            self.same_unit(&entry.name, &owners);
            let keys = owners.iter().map(|owner| InputKey::of(&owner.name, &entry.name.value));
            let keys: Vec<InputKey> = keys.collect();
            named.extend(keys.iter().cloned());
            let is_of_each = owners
                .first()
                .is_some_and(|owner| owner.script.header().inputs[&entry.name.value].per.is_some());
            let bound = self.binding(&entry.name, entry.value, is_of_each);
            let Some((value, binding)) = bound else { continue };
            let feed = match is_of_each {
                true => self.feed_of_each(&entry.name, value, signals, targets),
                false => self.feed(&entry.name, value, signals, targets),
            };
            let Some(feed) = feed else { continue };
            let place = self.reader.place(value);
            lengths(&entry.name.value, &feed, &mut |name, length| {
                inputs.spans.push((At { value: name, place: place.clone() }, length));
            });
            inputs.bindings.extend(keys.iter().map(|key| (key.clone(), binding)));
            inputs.feeds.extend(keys.into_iter().map(|key| (key, feed.clone())));
        }
        // A name that nobody knows is probably one of those that seem to be missing.
        if self.reader.faults.count() == before {
            self.all_named(&named, &table.place);
        }
        inputs
    }

    /// Says so if nothing is said of an input.
    fn all_named(&self, named: &[InputKey], place: &Place) {
        for policy in self.policies {
            for own in policy.script.header().inputs.keys() {
                if !named.contains(&InputKey::of(&policy.name, own)) {
                    let message =
                        format!("nothing is said of the input `{own}` of {}", policy.name);
                    let fault = FileFault::new(Code::MissingKey, place, message);
                    self.fault(fault.help(format!(
                        "write `inputs.{own} = \"60x10\"`, or `\"_x10\"` if nothing is to be read"
                    )));
                }
            }
        }
    }

    /// The series of an input, and how it is bound: `cpu = "60x3"`, or
    /// `cpu = { series = "60x3", empty = "zero", max_age = "5m" }`. Where there is a value of
    /// each, a table without `series` is the series.
    fn binding(
        &self,
        name: &At<String>,
        value: Value<'a>,
        is_of_each: bool,
    ) -> Option<(Value<'a>, Binding)> {
        let DeValue::Table(_) = value.get_ref() else { return Some((value, Binding::default())) };
        let mut table = Table::inner(self.reader, value, &name.value)?;
        if is_of_each && !table.has("series") {
            return Some((value, Binding::default()));
        }
        if !table.has("series") {
            table.missing("series", "series = \"60x3 74x4\"");
        }
        let series = table.value("series");
        let empty = table.text("empty").and_then(|empty| self.empty(&empty));
        let max_age = table.span("max_age").map(|at| at.value);
        table.finish();
        Some((series?, Binding { empty, max_age }))
    }

    fn empty(&self, written: &At<String>) -> Option<Empty> {
        match written.value.as_str() {
            "hold" => return Some(Empty::Hold),
            "zero" => return Some(Empty::Zero),
            _ => {}
        }
        let message = format!("`empty` cannot be {}", written.place.written());
        let fault = FileFault::new(Code::BadValue, &written.place, message);
        self.fault(fault.maybe_help(suggest::advice(&written.value, ["hold", "zero"])));
        None
    }

    /// Says so if no formula and no claim speaks of a signal.
    pub(super) fn all_used(&self, signals: &Signals, inputs: &Inputs, claims: &Claims) {
        let mut formulas = Vec::new();
        inputs.feeds.values().for_each(|feed| formulas_in(feed, &mut formulas));
        let invariants = claims.invariants.iter().map(|invariant| &invariant.expression);
        let used: Vec<&Name> =
            formulas.into_iter().chain(invariants).flat_map(Expression::names).collect();
        for name in &signals.names {
            if !used.iter().any(|used| used.text == name.value) {
                let message = format!("nothing uses the signal `{}`", name.value);
                let fault = FileFault::new(Code::Unused, &name.place, message);
                self.fault(
                    fault.help("use it in a formula, as in `inputs.cpu = \"= demand / fleet\"`"),
                );
            }
        }
    }

    /// A number means one thing: inputs that share a series are in one unit.
    fn same_unit(&self, name: &At<String>, owners: &[&super::policy_files::Tested]) {
        let unit =
            |owner: &&super::policy_files::Tested| owner.script.header().inputs[&name.value].unit;
        let mut units = owners.iter().map(|owner| (unit(owner), &owner.name));
        let Some((first, one)) = units.next() else { return };
        if let Some((_, other)) = units.find(|(unit, _)| *unit != first) {
            let message = format!("{one} and {other} declare `{}` in different units", name.value);
            let fault = FileFault::new(Code::Policies, &name.place, message);
            self.fault(fault.help(format!("write `inputs.{one}.{}` and the other", name.value)));
        }
    }

    fn feed(
        &self,
        name: &At<String>,
        value: Value<'a>,
        signals: &Signals,
        targets: &Targets,
    ) -> Option<Feed> {
        if let DeValue::String(text) = value.get_ref()
            && let Some(formula) = text.trim_start().strip_prefix('=')
        {
            let offset = text.len() - formula.len();
            let known = Known { signals, targets, inputs: &[] };
            let at = At { value: text.to_string(), place: self.reader.place(value) };
            let formula = self.expression(&at, offset, Kind::Number, &known)?;
            return Some(Feed::Formula(formula));
        }
        self.series(value, &name.value).map(Feed::Series)
    }

    /// `cpu = { a = "60x4", b = "= demand / fleet" }`
    fn feed_of_each(
        &self,
        name: &At<String>,
        value: Value<'a>,
        signals: &Signals,
        targets: &Targets,
    ) -> Option<Feed> {
        let DeValue::Table(entries) = value.get_ref() else {
            let message = format!("`{}` is a value of each, not one number", name.value);
            let fault = FileFault::new(Code::BadSeries, &self.reader.place(value), message);
            self.fault(fault.help(format!(
                "write `inputs.{} = {{ a = \"60x4\", b = \"90x4\" }}`, a series of each by its name",
                name.value
            )));
            return None;
        };
        let feed = |(key, value): (&_, Value<'a>)| {
            let key: &toml::Spanned<toml::de::DeString<'a>> = key;
            let part = At { value: key.get_ref().to_string(), ..name.clone() };
            Some((part.value.clone(), self.feed(&part, value, signals, targets)?))
        };
        Some(Feed::Each(entries.iter().filter_map(feed).collect()))
    }

    /// A series: its samples as a text, or one number for ever.
    pub(super) fn series(&self, value: Value<'a>, key: &str) -> Option<Series> {
        let number = match value.get_ref() {
            DeValue::String(text) => {
                let place = self.reader.place(value);
                return match Series::parse(text) {
                    Ok(series) => Some(series),
                    Err(wrong) => {
                        for Wrong { at, message, help } in wrong {
                            let place = place.part(text, at);
                            let fault = FileFault::new(Code::BadSeries, &place, message);
                            self.fault(fault.maybe_help(help));
                        }
                        None
                    }
                };
            }
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|number| number as f64),
            DeValue::Float(number) => number.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
            DeValue::Boolean(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
                self.reader.wrong_type(value, "a series such as \"60x3 74x4\", or a number", key);
                return None;
            }
        };
        if number.is_none() {
            let message = format!("`{key}` is no number");
            let fault = FileFault::new(Code::BadSeries, &self.reader.place(value), message);
            self.fault(fault.help("write \"_\" if nothing is to be read"));
        }
        number.map(Series::constant)
    }

    /// The expression in `text` from byte `offset` on, its names all known.
    pub(super) fn expression(
        &self,
        text: &At<String>,
        offset: usize,
        kind: Kind,
        known: &Known<'_>,
    ) -> Option<Expression> {
        let place = |at: std::ops::Range<usize>| {
            text.place.part(&text.value, at.start + offset..at.end + offset)
        };
        let expression = match Expression::parse(&text.value[offset..], kind) {
            Ok(expression) => expression,
            Err(Wrong { at, message, help }) => {
                let fault = FileFault::new(Code::BadExpression, &place(at), message);
                self.fault(fault.maybe_help(help));
                return None;
            }
        };
        let mut good = true;
        for Name { text: name, at } in expression.names().iter().filter(|it| !known.has(&it.text)) {
            good = false;
            let message = format!("nothing here is named `{name}`");
            let fault = FileFault::new(Code::UnknownName, &place(at.clone()), message);
            let all = known.all();
            self.fault(fault.maybe_help(suggest::advice(name, all.iter().map(String::as_str))));
        }
        good.then_some(expression)
    }

    /// How every input may be written in `always` and `never`.
    pub(super) fn input_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for policy in self.policies {
            let inputs = policy.script.header().inputs.iter();
            for (own, _) in inputs.filter(|(_, input)| input.per.is_none()) {
                names.push(own.clone());
                names.push(scoped(policy.name.as_str(), own));
            }
        }
        names
    }

    /// How the inputs are kept and judged: as the agent does for a source read in every pass.
    pub(super) fn input_settings(
        &self,
        every: Span,
        bindings: &BTreeMap<InputKey, Binding>,
    ) -> BTreeMap<InputKey, InputSettings> {
        let mut all = BTreeMap::new();
        for policy in self.policies {
            for (own, header) in &policy.script.header().inputs {
                let key = InputKey::of(&policy.name, own);
                let mut settings = header.settings(every);
                let binding = bindings.get(&key).copied().unwrap_or_default();
                settings.empty = binding.empty.unwrap_or(settings.empty);
                settings.max_age = binding.max_age.unwrap_or(settings.max_age);
                all.insert(key, settings);
            }
        }
        all
    }
}

/// Tells of each series that ends for how many passes there is something to read.
fn lengths(name: &str, feed: &Feed, tell: &mut impl FnMut(String, u64)) {
    match feed {
        Feed::Series(series) => {
            if let Some(length) = series.length() {
                tell(name.to_owned(), length);
            }
        }
        Feed::Formula(_) => {}
        Feed::Each(each) => {
            for (part, feed) in each {
                lengths(&format!("{name}.{part}"), feed, tell);
            }
        }
    }
}

fn formulas_in<'f>(feed: &'f Feed, found: &mut Vec<&'f Expression>) {
    match feed {
        Feed::Series(_) => {}
        Feed::Formula(formula) => found.push(formula),
        Feed::Each(each) => each.values().for_each(|feed| formulas_in(feed, found)),
    }
}

/// The names that an expression may use.
pub(super) struct Known<'k> {
    pub(super) signals: &'k Signals,
    pub(super) targets: &'k Targets,
    /// Inputs, where they may be used.
    pub(super) inputs: &'k [String],
}

impl Known<'_> {
    fn has(&self, name: &str) -> bool {
        self.all().iter().any(|known| known == name)
    }

    fn all(&self) -> Vec<String> {
        let targets = self.targets.kinds.iter().flat_map(|(name, kind)| {
            let words: &[&str] = match kind {
                setpoint_policies::Kind::Group => &["ready", "desired"],
                setpoint_policies::Kind::Database => &["available", "replicas"],
                setpoint_policies::Kind::Setting => &["value"],
                setpoint_policies::Kind::Flag | setpoint_policies::Kind::Rollout => &["share"],
                setpoint_policies::Kind::Job => &["runs"],
                setpoint_policies::Kind::Volume => &["size"],
                // Its properties are its destinations.
                setpoint_policies::Kind::Traffic => &[],
            };
            let properties = words.iter().map(move |word| format!("{name}.{word}"));
            std::iter::once(name.clone()).chain(properties)
        });
        let things = self.targets.things.iter();
        let destinations = things.flat_map(|(name, thing)| thing.destinations(name.as_str()));
        let signals = self.signals.series.keys().cloned();
        signals.chain(targets).chain(destinations).chain(self.inputs.iter().cloned()).collect()
    }
}
