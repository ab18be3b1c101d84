//! `[targets.x]` as it is written: which thing it is, and the bounds and brakes of its kind.

use super::{
    fault::{At, Code, ConfigFault, Place},
    raw::{RawInput, input, kind, required},
    table::Table,
};
use setpoint_core::Span;

/// `[targets.x]`.
#[derive(Debug)]
pub(crate) struct RawTarget {
    pub(crate) provider: At<String>,
    pub(crate) which: RawWhich,
    pub(crate) kind: RawTargetKind,
}

/// Which thing at its provider a target is.
#[derive(Debug)]
pub(crate) enum RawWhich {
    /// `id = "…"`: one, by its name there.
    Id(At<String>),
    /// `select = { tags = { … } }`: each that has these tags.
    Select { place: Place, tags: Vec<(At<String>, At<String>)> },
}

impl RawTarget {
    /// Its name at the provider, if it is one thing.
    pub(crate) const fn id(&self) -> Option<&At<String>> {
        match &self.which {
            RawWhich::Id(id) => Some(id),
            RawWhich::Select { .. } => None,
        }
    }
}

/// What a target is, with the bounds of its kind.
#[derive(Debug)]
pub(crate) enum RawTargetKind {
    Group {
        min: At<u32>,
        max: At<u32>,
        brakes: RawBrakes,
        more: Box<RawGroup>,
    },
    Job {
        stuck_after: Option<At<Span>>,
        brakes: RawBrakes,
    },
    Volume {
        max: At<u32>,
        brakes: RawBrakes,
    },
    Traffic {
        name: Option<At<String>>,
        destinations: Vec<(At<String>, At<String>)>,
        brakes: RawBrakes,
    },
    Setting {
        min: At<u32>,
        max: At<u32>,
        safe: Option<At<String>>,
        brakes: RawBrakes,
    },
    Flag {
        safe: Option<At<String>>,
        brakes: RawBrakes,
    },
    Rollout {
        stages: Option<At<Vec<At<String>>>>,
        brakes: RawBrakes,
        own: RawSplit,
    },
    Database {
        min_replicas: Option<At<u32>>,
        max_replicas: At<u32>,
        brakes: RawBrakes,
        own: Box<RawOwnDatabase>,
    },
}

/// How a target is slowed down; each kind has some of these.
#[derive(Debug, Default)]
pub(crate) struct RawBrakes {
    pub(crate) stabilise_up: Option<At<Span>>,
    pub(crate) stabilise_down: Option<At<Span>>,
    pub(crate) cooldown_up: Option<At<Span>>,
    pub(crate) cooldown_down: Option<At<Span>>,
    pub(crate) ready_after: Option<At<Span>>,
    pub(crate) settle: Option<At<Span>>,
    pub(crate) confirm_within: Option<At<Span>>,
    pub(crate) foreign_respect: Option<At<Span>>,
    pub(crate) budget: Option<At<String>>,
    pub(crate) approve: Option<At<String>>,
}

/// What only a rollout at a HAProxy has.
#[derive(Debug)]
pub(crate) struct RawSplit {
    pub(crate) candidates: Option<At<Vec<At<String>>>>,
    pub(crate) revision_file: Option<At<String>>,
}

/// What else is written of a group.
#[derive(Debug)]
pub(crate) struct RawGroup {
    pub(crate) sessions: RawSessions,
    pub(crate) own: RawOwn,
}

/// What only a database on one's own machines has.
#[derive(Debug)]
pub(crate) struct RawOwnDatabase {
    pub(crate) own: RawOwn,
    pub(crate) primary: Option<At<String>>,
    pub(crate) folder: Option<At<String>>,
    pub(crate) readers: Option<At<String>>,
    pub(crate) programs: Option<At<String>>,
    pub(crate) launcher: Option<At<Vec<At<String>>>>,
    pub(crate) backup: Option<At<Vec<At<String>>>>,
    pub(crate) settings: Option<At<Vec<At<String>>>>,
    pub(crate) lag: Option<At<Span>>,
    pub(crate) drain: Option<At<Span>>,
}

/// What only a target on one's own machines has.
#[derive(Debug)]
pub(crate) struct RawOwn {
    pub(crate) members: Option<At<Vec<At<String>>>>,
    pub(crate) start: Option<At<Vec<At<String>>>>,
    pub(crate) stop: Option<At<Vec<At<String>>>>,
    pub(crate) server: Option<At<Vec<At<String>>>>,
    pub(crate) weight: Option<At<u32>>,
    pub(crate) patience: Option<At<Span>>,
}

/// What tells how many sessions each member of a group has, and how members are drained.
#[derive(Debug)]
pub(crate) struct RawSessions {
    /// `sessions = { source = "…", query = "…", key = "…" }`, if it is there; `None` in it if it
    /// makes no sense.
    pub(crate) input: Option<Option<RawInput>>,
    pub(crate) drain: Option<At<Span>>,
    pub(crate) spare: Option<At<Span>>,
}

/// Reads one target.
pub(crate) fn target(mut table: Table<'_>) -> Option<RawTarget> {
    const KINDS: [&str; 8] =
        ["group", "database", "setting", "flag", "rollout", "job", "volume", "traffic"];
    let kind = kind(&mut table, &KINDS, &[])?;
    let provider = required(&mut table, "provider", "provider = \"aws\"", Table::text);
    let which = which(&mut table);
    let kind = match kind.as_str() {
        "group" => group(&mut table),
        "setting" => setting(&mut table),
        "flag" => Some(flag(&mut table)),
        "rollout" => Some(rollout(&mut table)),
        "job" => Some(job(&mut table)),
        "volume" => volume(&mut table),
        "traffic" => traffic(&mut table),
        _ => database(&mut table),
    };
    table.finish();
    Some(RawTarget { provider: provider?, which: which?, kind: kind? })
}

fn which(table: &mut Table<'_>) -> Option<RawWhich> {
    let Some(mut select) = table.table("select") else {
        let id = required(table, "id", "id = \"its name at the provider\"", Table::text);
        return id.map(RawWhich::Id);
    };
    if let Some(place) = table.place_of("id") {
        let message = "a target has an `id` or a `select`, not both";
        table.fault(ConfigFault::new(Code::Twice, &place, message));
    }
    let (place, tags) = (select.place.clone(), select.named_texts("tags"));
    select.finish();
    Some(RawWhich::Select { place, tags })
}

fn group(table: &mut Table<'_>) -> Option<RawTargetKind> {
    let min = required(table, "min", "min = 2", Table::count);
    let max = required(table, "max", "max = 20", Table::count);
    let brakes = RawBrakes {
        stabilise_up: table.span("stabilise_up"),
        stabilise_down: table.span("stabilise_down"),
        cooldown_up: None,
        cooldown_down: table.span("cooldown_down"),
        ready_after: table.span("ready_after"),
        settle: table.span("settle"),
        confirm_within: table.span("confirm_within"),
        ..shared_brakes(table)
    };
    let sessions = RawSessions {
        input: table.table("sessions").map(input),
        drain: table.span("drain"),
        spare: table.span("spare"),
    };
    let more = Box::new(RawGroup { sessions, own: own(table) });
    Some(RawTargetKind::Group { min: min?, max: max?, brakes, more })
}

fn own(table: &mut Table<'_>) -> RawOwn {
    RawOwn {
        members: table.texts("members"),
        start: table.texts("start"),
        stop: table.texts("stop"),
        server: table.texts("server"),
        weight: table.count("weight"),
        patience: table.span("patience"),
    }
}

/// Brakes of everything that has members.
fn shared_brakes(table: &mut Table<'_>) -> RawBrakes {
    RawBrakes { budget: table.text("budget"), ..steady_brakes(table) }
}

/// Brakes of what has no members as well.
fn steady_brakes(table: &mut Table<'_>) -> RawBrakes {
    RawBrakes {
        foreign_respect: table.span("foreign_respect"),
        approve: table.text("approve"),
        ..RawBrakes::default()
    }
}

fn database(table: &mut Table<'_>) -> Option<RawTargetKind> {
    let min_replicas = table.count("min_replicas");
    let max_replicas = required(table, "max_replicas", "max_replicas = 5", Table::count);
    let brakes = RawBrakes {
        cooldown_up: table.span("cooldown_up"),
        cooldown_down: table.span("cooldown_down"),
        settle: table.span("settle"),
        confirm_within: table.span("confirm_within"),
        ..shared_brakes(table)
    };
    let own = Box::new(RawOwnDatabase {
        own: own(table),
        primary: table.text("primary"),
        folder: table.text("folder"),
        readers: table.text("readers"),
        programs: table.text("programs"),
        launcher: table.texts("launcher"),
        backup: table.texts("backup"),
        settings: table.texts("settings"),
        lag: table.span("lag"),
        drain: table.span("drain"),
    });
    Some(RawTargetKind::Database { min_replicas, max_replicas: max_replicas?, brakes, own })
}

fn flag(table: &mut Table<'_>) -> RawTargetKind {
    RawTargetKind::Flag { safe: table.text("safe"), brakes: setting_brakes(table) }
}

fn rollout(table: &mut Table<'_>) -> RawTargetKind {
    let own = RawSplit {
        candidates: table.texts("candidates"),
        revision_file: table.text("revision_file"),
    };
    RawTargetKind::Rollout { stages: table.texts("stages"), brakes: setting_brakes(table), own }
}

fn setting(table: &mut Table<'_>) -> Option<RawTargetKind> {
    let min = required(table, "min", "min = 5", Table::count);
    let max = required(table, "max", "max = 100", Table::count);
    let safe = table.text("safe");
    let brakes = setting_brakes(table);
    Some(RawTargetKind::Setting { min: min?, max: max?, safe, brakes })
}

fn setting_brakes(table: &mut Table<'_>) -> RawBrakes {
    RawBrakes {
        cooldown_down: table.span("cooldown_down"),
        settle: table.span("settle"),
        confirm_within: table.span("confirm_within"),
        ..steady_brakes(table)
    }
}

fn job(table: &mut Table<'_>) -> RawTargetKind {
    let stuck_after = table.span("stuck_after");
    let brakes = RawBrakes {
        cooldown_up: table.span("cooldown_up"),
        confirm_within: table.span("confirm_within"),
        ..RawBrakes::default()
    };
    RawTargetKind::Job { stuck_after, brakes }
}

fn volume(table: &mut Table<'_>) -> Option<RawTargetKind> {
    let max = required(table, "max", "max = 500", Table::count);
    let brakes = RawBrakes {
        cooldown_up: table.span("cooldown_up"),
        confirm_within: table.span("confirm_within"),
        ..RawBrakes::default()
    };
    Some(RawTargetKind::Volume { max: max?, brakes })
}

fn traffic(table: &mut Table<'_>) -> Option<RawTargetKind> {
    let name = table.text("name");
    if table.place_of("destinations").is_none() {
        let message = "a traffic has no `destinations`";
        let fault = ConfigFault::new(Code::MissingKey, &table.place, message);
        table.fault(fault.help("write `destinations = { aws = \"…\", azure = \"…\" }`"));
    }
    let destinations = table.named_texts("destinations");
    let brakes = setting_brakes(table);
    Some(RawTargetKind::Traffic { name, destinations, brakes })
}
