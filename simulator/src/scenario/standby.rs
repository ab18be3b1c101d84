//! `[standby]` and `[traffic]`: a second site in another cloud, and where users are sent. Neither is
//! anything without the other.

use super::{group::group, section::Section as _};
use crate::{
    world::{RoutesModel, StandbyModel},
    written::{
        fault::{Code, FileFault},
        table::Table,
    },
};
use setpoint_core::{Span, TrafficSettings};

/// The second site, and the least time from one move of users to the next.
pub(super) fn standby(table: &mut Table<'_>) -> (Option<StandbyModel>, Option<Span>) {
    let (site, routes) = (table.table("standby"), table.table("traffic"));
    match (&site, &routes) {
        (Some(_), None) => {
            table.missing("traffic", "[traffic]`, and in it nothing or `ttl = \"60s\"")
        }
        (None, Some(_)) => table.missing("standby", "[standby]` and in it `min = 2"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    let group = site.and_then(|table| group(table, "standby"));
    let Some((routes, cooldown_down)) = routes.map(traffic) else { return (None, None) };
    let standby = group.map(|(name, fleet)| StandbyModel { name, fleet, routes });
    (standby, Some(cooldown_down))
}

fn traffic(mut table: Table<'_>) -> (RoutesModel, Span) {
    let reader = table.reader;
    let mut name = |key, usual: &str| {
        table.text(key).map_or_else(|| usual.to_owned(), |written| written.value)
    };
    let (own, main, standby) =
        (name("name", "front"), name("main", "main"), name("standby", "standby"));
    let start = table.count("start");
    if let Some(at) = start.as_ref().filter(|start| start.value > 100) {
        let message = format!("`start` is {}, and takes 0 to 100 percent", at.value);
        reader.faults.push(FileFault::new(Code::BadValue, &at.place, message));
    }
    let start = start.map_or(100, |start| start.value.min(100));
    let ttl = table.length("ttl", Span::from_secs(60));
    let usual = TrafficSettings::new(["main"]).cooldown_down;
    let cooldown_down = table.length("cooldown_down", usual);
    if main == standby {
        let message = format!("both destinations are called `{main}`");
        reader.faults.push(FileFault::new(Code::Twice, &table.place, message));
    }
    table.finish();
    (RoutesModel { name: own, main, standby, start, ttl }, cooldown_down)
}
