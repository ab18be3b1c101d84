//! A scenario's file as a whole: its top-level keys, and how its parts fit together.

use super::{
    Scenario,
    contenders::{self, Stage},
    database, faults, feasible,
    gates::{self, Named},
    group, load, rollout,
    section::Section as _,
    service, standby,
};
use crate::{
    baseline::Baseline,
    world::{Clients, EngineKind, WorldModel},
    written::{
        fault::{At, Code, Faults, FileFault, Place, SourceFile},
        policy_files::text,
        suggest,
        table::{Reader, Table},
    },
};
use setpoint_core::{Calendar, Calendars, Period, RolloutSettings, Span, TargetName, Timestamp};
use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::Arc,
};
use toml::de::{DeTable, DeValue};

/// The largest scenario file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The longest run.
const LONGEST: Span = Span::from_minutes(366 * 24 * 60);
/// 2026-01-05, a Monday.
const STARTS: Timestamp = Timestamp::from_ms(1_767_571_200_000);

/// A scenario as it is written.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file it comes from; what it names is beside it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Policies that take the place of those it names: the files of each contestant.
    pub given: Vec<Vec<PathBuf>>,
    /// The engine that takes the place of the one it names.
    pub engine: Option<EngineKind>,
}

impl Source {
    /// The text of the file at `path`, or the fault of it.
    pub fn of(path: &Path) -> Result<Self, Vec<FileFault>> {
        match text(path, LARGEST) {
            Ok(text) => Ok(Self { path: path.to_owned(), text, given: Vec::new(), engine: None }),
            Err(why) => {
                let file = SourceFile { path: path.display().to_string(), text: String::new() };
                Err(vec![FileFault::new(Code::Unreadable, &Place::whole(&Arc::new(file)), why)])
            }
        }
    }
}

/// Reads a scenario, or everything that is wrong with it. Needs the stack that policies need.
pub fn read(source: &Source) -> Result<Scenario, Vec<FileFault>> {
    let path = source.path.display().to_string();
    let file = Arc::new(SourceFile { path, text: source.text.clone() });
    let faults = Faults::default();
    let (parsed, errors) = DeTable::parse_recoverable(&file.text);
    // After the first error in a file the parser guesses: only that one is sure.
    let first = errors.into_iter().min_by_key(|error| error.span().map(|span| span.start));
    if let Some(error) = first {
        let place = Place::new(&file, error.span().unwrap_or(0..0));
        return Err(vec![FileFault::new(Code::Syntax, &place, error.message())]);
    }
    let reader = Reader { file: &file, faults: &faults };
    let mut scenario = whole(Table::whole(reader, parsed.get_ref()), source);
    if let Some((scenario, engine)) = scenario.as_mut().zip(source.engine) {
        scenario.world.engine = engine;
    }
    if let Some(scenario) = scenario.as_ref().filter(|_| faults.count() == 0) {
        for message in feasible::objections(scenario) {
            faults.push(FileFault::new(Code::Infeasible, &Place::whole(&file), message));
        }
    }
    match scenario {
        Some(scenario) if faults.count() == 0 => Ok(scenario),
        Some(_) | None => Err(faults.into_vec()),
    }
}

/// What the head of a scenario says.
struct Head {
    name: String,
    about: Option<String>,
    claim: Option<String>,
    starts: Timestamp,
    length: Span,
    every: Span,
    seeds: RangeInclusive<u64>,
}

fn head(table: &mut Table<'_>, source: &Source) -> Head {
    match table.count("schema") {
        Some(At { value: 1, .. }) => {}
        Some(At { place, .. }) => {
            let message = format!("`schema` is {}, and only 1 is known", place.written());
            table.reader.faults.push(FileFault::new(Code::BadValue, &place, message));
        }
        None if !table.has("schema") => table.missing("schema", "schema = 1"),
        None => {}
    }
    let stem = source.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = table.text("name").map(|name| name.value).or(stem).unwrap_or_default();
    let (about, claim) = (table.text("about"), table.text("claim"));
    let starts = table.text("starts").map_or(STARTS, |written| starts(table, &written));
    let length = table.span("duration");
    if !table.has("duration") {
        table.missing("duration", "duration = \"24h\"");
    }
    if let Some(At { value, place }) = &length
        && (*value > LONGEST || *value == Span::ZERO)
    {
        let message = format!("`duration` is {value}, and takes up to 366d");
        table.reader.faults.push(FileFault::new(Code::BadValue, place, message));
    }
    Head {
        name,
        about: about.map(|about| about.value),
        claim: claim.map(|claim| claim.value),
        starts,
        length: length.map_or(LONGEST, |length| length.value),
        every: table.some_time("every", Span::from_secs(15)),
        seeds: seeds(table),
    }
}

fn starts(table: &Table<'_>, written: &At<String>) -> Timestamp {
    if let Ok(at) = written.value.parse::<jiff::Timestamp>() {
        return Timestamp::from_ms(at.as_millisecond());
    }
    table.refuse(written, "write a time such as \"2026-12-19T00:00:00Z\"");
    STARTS
}

/// `seeds = 135`, which is 1 to 135, or `seeds = [1, 135]`.
fn seeds(table: &mut Table<'_>) -> RangeInclusive<u64> {
    let reader = table.reader;
    let Some(value) = table.value("seeds") else { return 1..=1 };
    let bounds = if let DeValue::Array(pair) = value.get_ref() {
        if pair.len() != 2 {
            reader.wrong_type(value, "a number, or the first and the last", "seeds");
            return 1..=1;
        }
        let bound = |nth: usize| pair.get(nth).and_then(|one| reader.count(one, "seeds"));
        (bound(0), bound(1))
    } else {
        let place = reader.place(value);
        (Some(At { value: 1, place }), reader.count(value, "seeds"))
    };
    let (Some(first), Some(last)) = bounds else { return 1..=1 };
    if last.value < first.value {
        let message = "there is no seed from the first to the last";
        reader.faults.push(FileFault::new(Code::BadValue, &last.place, message));
    }
    u64::from(first.value)..=u64::from(last.value)
}

fn whole(mut table: Table<'_>, source: &Source) -> Option<Scenario> {
    let folder = source.path.parent().unwrap_or(Path::new(""));
    let head = head(&mut table, source);
    let baselines = baselines(&mut table);
    let setting = setting(&mut table, &head, folder);
    let entries: Vec<_> = table.tables("policy").into_iter().map(contenders::entry).collect();
    let gates: Vec<Named> = table.tables("gate").into_iter().filter_map(gates::gate).collect();
    let (reader, place) = (table.reader, table.place.clone());
    table.finish();
    let Setting { world, group, replicas_max, rollout, routes, trace } = setting?;
    let calendars = calendars(&world);
    let stage = Stage {
        world: &world,
        group: group.clone(),
        replicas_max,
        rollout,
        routes,
        calendars: &calendars,
        every: head.every,
        folder,
    };
    let mut used: Vec<PathBuf> = trace.into_iter().collect();
    let given =
        source.given.iter().map(|files| contenders::Entry::given(files, entries.first(), &place));
    let mut contestants: Vec<_> = if source.given.is_empty() {
        let all = entries.iter().filter_map(|entry| stage.contestant(entry, reader, &mut used));
        all.collect()
    } else {
        // Paths that were given with the command are seen from where it was given.
        let stage = Stage { folder: Path::new(""), ..stage };
        given.filter_map(|entry| stage.contestant(&entry, reader, &mut used)).collect()
    };
    contenders::unique(&mut contestants);
    let gates = known(gates, &contestants, &baselines, reader, !source.given.is_empty());
    let Head { name, about, claim, length, every, seeds, .. } = head;
    let hash = hash(&source.text, &used);
    Some(Scenario {
        name,
        about,
        claim,
        hash,
        length,
        every,
        seeds,
        group,
        world,
        calendars,
        contestants,
        baselines,
        gates,
    })
}

/// The world of a scenario, and what policies need to know of it.
struct Setting {
    world: WorldModel,
    group: TargetName,
    replicas_max: u32,
    rollout: RolloutSettings,
    /// The least time from one move of users to the next.
    routes: Option<Span>,
    trace: Option<PathBuf>,
}

fn setting(table: &mut Table<'_>, head: &Head, folder: &Path) -> Option<Setting> {
    for (section, example) in
        [("load", "[load]` and in it `base_rps = 300"), ("group", "[group]` and in it `min = 10")]
    {
        if !table.has(section) {
            table.missing(section, example);
        }
    }
    let engine = service::engine(table);
    let loaded = table.table("load").map(|table| load::load(table, folder, head.length));
    let service = table.table("service").map_or(service::USUAL, service::service);
    let clients = table.table("clients").map_or(Clients::RESIGNED, service::clients);
    let group = table.table("group").and_then(|table| group::group(table, "web"));
    let database = table.table("database").map(database::database);
    let cache = table.table("cache").map(service::cache);
    let degradation = table.table("degradation").map(service::degradation);
    let rollout = table.table("rollout").map(rollout::rollout).unzip();
    let standby = standby::standby(table);
    let feed = table.table("metrics").map_or(service::SCRAPED, service::metrics);
    let api = table.table("api").map_or(service::USUAL_API, service::api);
    let zones = group.as_ref().map_or(1, |(_, fleet)| fleet.zones);
    let faults = table.tables("fault");
    let faults = faults.into_iter().filter_map(|table| faults::fault(table, zones)).collect();
    let ((load, trace), (group, fleet)) = loaded.zip(group)?;
    let replicas_max = database.as_ref().map_or(0, |(_, most)| *most);
    let database = database.map(|(model, _)| model);
    let starts = head.starts;
    let world = WorldModel {
        starts,
        load,
        service,
        clients,
        engine,
        fleet,
        database,
        cache,
        degradation,
        rollout: rollout.0,
        standby: standby.0,
        feed,
        faults,
        api,
    };
    let (group, rollout) = (TargetName::new(group), rollout.1.unwrap_or_default());
    Some(Setting { world, group, replicas_max, rollout, routes: standby.1, trace })
}

fn baselines(table: &mut Table<'_>) -> Vec<Baseline> {
    let written = table.texts("baselines");
    let known = |name: &At<String>| {
        let found = Baseline::ALL.into_iter().find(|baseline| baseline.name() == name.value);
        if found.is_none() {
            let message = format!("there is no baseline {}", name.place.written());
            let names = Baseline::ALL.iter().map(|baseline| baseline.name());
            let fault = FileFault::new(Code::UnknownName, &name.place, message);
            table.reader.faults.push(fault.maybe_help(suggest::advice(&name.value, names)));
        }
        found
    };
    written.iter().filter_map(known).collect()
}

/// When the announced events are.
fn calendars(world: &WorldModel) -> Calendars {
    let period = |event: &crate::world::Event| Period::Once {
        from: world.starts + event.from,
        to: world.starts + event.until,
    };
    let periods: Vec<Period> = world.load.events.iter().map(period).collect();
    match periods.is_empty() {
        true => Calendars::default(),
        false => [("event".to_owned(), Calendar { periods })].into_iter().collect(),
    }
}

/// Gates whose names are those of contestants and baselines. Where the policies were given with
/// the command, gates of those that the file names fall away.
fn known(
    gates: Vec<Named>,
    contestants: &[super::Contestant],
    baselines: &[Baseline],
    reader: Reader<'_>,
    given: bool,
) -> Vec<super::Gate> {
    let names = contestants.iter().map(|one| one.name.as_str());
    let names: Vec<&str> = names.chain(baselines.iter().map(|one| one.name())).collect();
    let mut kept = Vec::new();
    for Named { gate, names: named } in gates {
        let unknown: Vec<_> =
            named.iter().filter(|name| !names.contains(&name.value.as_str())).collect();
        if !given {
            for name in &unknown {
                let message = format!("{} does not run here", name.place.written());
                let fault = FileFault::new(Code::UnknownName, &name.place, message);
                let help = suggest::advice(&name.value, names.iter().copied());
                reader.faults.push(fault.maybe_help(help));
            }
        }
        if unknown.is_empty() {
            kept.push(gate);
        }
    }
    kept
}

/// Of the scenario's text and of every file that it uses.
fn hash(text: &str, used: &[PathBuf]) -> String {
    let mut hash = crate::chance::fnv1a(text.bytes());
    for path in used {
        let bytes = std::fs::read(path).unwrap_or_default();
        hash = crate::chance::fnv1a(hash.to_le_bytes().into_iter().chain(bytes));
    }
    format!("{hash:016x}")
}
