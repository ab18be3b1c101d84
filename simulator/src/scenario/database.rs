//! `[database]`: connections, replicas, and how long a replica takes to come.

use super::section::Section as _;
use crate::{
    chance::Spread,
    world::{DatabaseModel, Tariff},
    written::{
        fault::{Code, FileFault},
        table::Table,
    },
};
use setpoint_core::Span;

/// A database, and how many replicas it may have.
pub(super) fn database(mut table: Table<'_>) -> (DatabaseModel, u32) {
    let most = table.count("replicas_max").map_or(5, |most| most.value);
    let replicas = table.count("replicas");
    if let Some(at) = replicas.as_ref().filter(|replicas| replicas.value > most) {
        let message = format!("`replicas` is {}, above `replicas_max`, which is {most}", at.value);
        table.reader.faults.push(FileFault::new(Code::BadValue, &at.place, message));
    }
    let model = DatabaseModel {
        name: table.text("name").map_or_else(|| "database".to_owned(), |name| name.value),
        replicas: replicas.map_or(0, |replicas| replicas.value),
        max_connections: table.some("max_connections", 1000),
        pool: table.some("pool", 10),
        read_share: table.share("read_share", 0.8),
        retry: table.some_time("retry", Span::from_secs(10)),
        lead: table.spread("lead", Spread { median: Span::from_minutes(12), sigma: 0.5 }),
        removal: table.length("removal", Span::from_minutes(2)),
        tariff: table.tariff(Tariff { per_hour: 0.24, least: Span::from_minutes(10) }),
    };
    table.finish();
    (model, most)
}
