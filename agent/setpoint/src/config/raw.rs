//! A configuration as it is written: every key is known and of the right type, and
//! nothing has been made sense of yet.
//!
//! Several files give one configuration: what is said once counts, what is said
//! twice is a fault that names both places.

use super::{
    calendar::{self, RawCalendar},
    fault::{At, Code, ConfigFault, Faults, Place},
    raw_notices::{self, RawNotices},
    raw_provider::{self, RawProvider},
    raw_source::{self, RawSource},
    raw_target::{self, RawTarget},
    suggest,
    table::{Context, Named, Table},
};
use setpoint_core::Span;

/// What all files together say.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) region: Option<At<String>>,
    pub(crate) mode: Option<At<String>>,
    pub(crate) every: Option<At<Span>>,
    pub(crate) data_dir: Option<At<String>>,
    pub(crate) listen: Option<At<String>>,
    pub(crate) sources: Vec<RawNamed<RawSource>>,
    pub(crate) providers: Vec<RawNamed<RawProvider>>,
    pub(crate) targets: Vec<RawNamed<RawTarget>>,
    pub(crate) policies: Vec<RawPolicy>,
    pub(crate) calendars: Vec<RawNamed<RawCalendar>>,
    pub(crate) notices: RawNotices,
}

/// A thing with the name under which it is written.
#[derive(Debug)]
pub(crate) struct RawNamed<T> {
    pub(crate) name: At<String>,
    /// `None` if it is of a kind that cannot be used: that is reported, and its name is taken.
    pub(crate) what: Option<T>,
}

/// `[[policies]]`.
#[derive(Debug)]
pub(crate) struct RawPolicy {
    pub(crate) place: Place,
    pub(crate) name: Option<At<String>>,
    pub(crate) file: At<String>,
    pub(crate) mode: Option<At<String>>,
    pub(crate) inputs: Vec<(At<String>, Option<RawInput>)>,
    pub(crate) targets: Vec<(At<String>, At<String>)>,
    pub(crate) params: Vec<(At<String>, At<String>)>,
}

/// `inputs = { x = { source = "…", query = "…" } }`.
#[derive(Clone, Debug)]
pub(crate) struct RawInput {
    pub(crate) source: At<String>,
    pub(crate) query: At<String>,
    /// Of a document: where the stamp is.
    pub(crate) at: Option<At<String>>,
    /// Of a grouped query: the labels of the one series that is wanted.
    pub(crate) pick: Vec<(At<String>, At<String>)>,
    /// Where there is a value of each member or zone: the label, or pointer, that names it.
    pub(crate) key: Option<At<String>>,
    pub(crate) empty: Option<At<String>>,
    pub(crate) max_age: Option<At<Span>>,
}

impl Raw {
    /// Takes in what one more file says.
    pub(crate) fn absorb(&mut self, context: &Context<'_>, mut file: Table<'_>) {
        let faults = context.faults;
        once(&mut self.region, file.text("region"), "region", faults);
        once(&mut self.mode, file.text("mode"), "mode", faults);
        once(&mut self.every, file.span("every"), "every", faults);
        once(&mut self.data_dir, file.text("data_dir"), "data_dir", faults);
        if let Some(mut http) = file.table("http") {
            once(&mut self.listen, http.text("listen"), "http.listen", faults);
            http.finish();
        }
        coordination(&mut file);
        not_yet(&mut file, &["peers"]);
        if let Some(table) = file.table("notices") {
            raw_notices::absorb(&mut self.notices, table, faults);
        }
        add(&mut self.sources, file.named_tables("sources"), raw_source::source, faults);
        add(&mut self.providers, file.named_tables("providers"), raw_provider::provider, faults);
        add(&mut self.calendars, file.named_tables("calendars"), calendar::read, faults);
        add(&mut self.targets, file.named_tables("targets"), raw_target::target, faults);
        self.policies.extend(file.list_of_tables("policies").into_iter().filter_map(policy));
        file.finish();
    }
}

/// Fills `slot`, unless another file has filled it before.
fn once<T>(slot: &mut Option<At<T>>, found: Option<At<T>>, key: &str, faults: &Faults) {
    match (&slot, found) {
        (_, None) => {}
        (None, found) => *slot = found,
        (Some(first), Some(second)) => faults.push(twice(&second.place, &first.place, key)),
    }
}

fn twice(second: &Place, first: &Place, what: &str) -> ConfigFault {
    ConfigFault::new(Code::Twice, second, format!("`{what}` is set twice"))
        .label("here again")
        .also(first, "set here first")
        .help("keep one of them")
}

/// Adds the tables of one kind that a file has, each name once over all files.
pub(super) fn add<T>(
    all: &mut Vec<RawNamed<T>>,
    tables: Vec<Named<'_>>,
    read: impl Fn(Table<'_>) -> Option<T>,
    faults: &Faults,
) {
    for (name, table) in tables {
        if let Some(first) = all.iter().find(|other| other.name.value == name.value) {
            faults.push(twice(&name.place, &first.name.place, &name.value));
        }
        all.push(RawNamed { name, what: read(table) });
    }
}

/// The `kind` of a table, if it is one this version acts on.
pub(crate) fn kind(
    table: &mut Table<'_>,
    known: &[&'static str],
    later: &[&'static str],
) -> Option<String> {
    let Some(kind) = table.text("kind") else {
        if table.value("kind").is_none() {
            table.missing("kind", &format!("kind = \"{}\"", known.first().unwrap_or(&"…")));
        }
        return None;
    };
    if known.contains(&kind.value.as_str()) {
        return Some(kind.value);
    }
    let all = listed(known);
    if later.contains(&kind.value.as_str()) {
        let message = format!("kind {} is not supported by this version yet", kind.place.written());
        let fault = ConfigFault::new(Code::NotYet, &kind.place, message);
        table.fault(fault.help(format!("this version knows {all}")));
    } else {
        let message = format!("there is no kind {}", kind.place.written());
        let names = known.iter().chain(later).copied();
        let fault = ConfigFault::new(Code::UnknownName, &kind.place, message);
        table.fault(fault.maybe_help(suggest::advice(&kind.value, names)));
    }
    None
}

/// "`a`, `b` and `c`".
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn coordination(file: &mut Table<'_>) {
    let Some(mut table) = file.table("coordination") else { return };
    if kind(&mut table, &["file"], &["etcd", "kubernetes", "dynamodb"]).is_some() {
        table.finish();
    }
}

/// Keys that the manual speaks of and this version does not act on.
fn not_yet(file: &mut Table<'_>, keys: &[&'static str]) {
    for key in keys {
        if let Some(place) = file.place_of(key) {
            let message = format!("`{key}` is not supported by this version yet");
            file.fault(ConfigFault::new(Code::NotYet, &place, message).help("leave it out"));
        }
    }
}

/// The value of a key that must be there; says so if it is not.
pub(crate) fn required<'a, T>(
    table: &mut Table<'a>,
    key: &'static str,
    example: &str,
    read: impl Fn(&mut Table<'a>, &'static str) -> Option<At<T>>,
) -> Option<At<T>> {
    if table.value(key).is_none() {
        table.missing(key, example);
        return None;
    }
    read(table, key)
}

fn policy(mut table: Table<'_>) -> Option<RawPolicy> {
    let place = table.place.clone();
    let name = table.text("name");
    let file = required(&mut table, "file", "file = \"policies/target-cpu.rhai\"", Table::text);
    let inputs = table.named_tables("inputs");
    let inputs = inputs.into_iter().map(|(name, table)| (name, input(table))).collect();
    let targets = table.named_texts("targets");
    let params = table.named_scalars("params");
    let mode = table.text("mode");
    table.finish();
    Some(RawPolicy { place, name, file: file?, mode, inputs, targets, params })
}

pub(super) fn input(mut table: Table<'_>) -> Option<RawInput> {
    let source = required(&mut table, "source", "source = \"app\"", Table::text);
    let query = required(&mut table, "query", "query = 'avg(cpu_percent)'", Table::text);
    let at = table.text("at");
    let pick = table.named_texts("pick");
    let key = table.text("key");
    let empty = table.text("empty");
    let max_age = table.span("max_age");
    table.finish();
    Some(RawInput { source: source?, query: query?, at, pick, key, empty, max_age })
}
