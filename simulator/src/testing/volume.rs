//! A volume in the world of a test: it grows at once, and its cloud is busy for a while.

use super::{
    case::Thing,
    fault::At,
    series::{Point, Series},
    table::{Table, Value},
    targets::MEMBERS,
    test::Bench,
};
use setpoint_core::{Range, Span, TargetSettings, Volume, VolumeSettings};
use setpoint_policies::Kind;
use toml::de::DeValue;

/// One GiB in bytes.
const GIB: f64 = 1_073_741_824.0;

/// A volume as it stands at the start.
#[derive(Clone, Debug)]
pub(super) struct VolumeModel {
    /// Its size, in GiB.
    pub(super) size: u32,
    /// How much of it is used, in GiB, where the provider knows.
    pub(super) used: Option<Series>,
    /// For how long its cloud is busy after a growth.
    pub(super) rest: Span,
}

/// A volume in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct VolumeWorld {
    model: VolumeModel,
    size: u32,
    busy_until: Span,
}

impl VolumeWorld {
    pub(super) fn new(model: VolumeModel) -> Self {
        Self { size: model.size, model, busy_until: Span::ZERO }
    }

    /// Its size, in GiB.
    pub(super) const fn size(&self) -> u32 {
        self.size
    }

    /// What its provider says of it in pass `index`.
    pub(super) fn seen(&self, now: Span, index: u64) -> Volume {
        let used = self.model.used.as_ref().and_then(|used| match used.at(index) {
            Point::Number(gib) => Some((gib.max(0.0) * GIB) as u64),
            Point::Missing | Point::Stale => None,
        });
        let busy = (now < self.busy_until).then(|| "optimizing".to_owned());
        Volume { size: self.size, used, busy, paused: None }
    }

    /// Grows to `size`, unless its cloud is busy. What is large enough stays.
    pub(super) fn grow(&mut self, size: u32, now: Span) -> Result<(), String> {
        if size <= self.size {
            return Ok(());
        }
        if now < self.busy_until {
            return Err("its cloud is busy with an earlier change".to_owned());
        }
        self.size = size;
        self.busy_until = now + self.model.rest;
        Ok(())
    }
}

impl<'a> Bench<'a> {
    /// `disk = 100`, or `disk = { at = 100, max = 500, used = "80x10", rest = "6h" }`, in GiB.
    pub(super) fn volume(
        &self,
        name: &At<String>,
        value: Value<'a>,
    ) -> Option<(Thing, TargetSettings)> {
        if matches!(value.get_ref(), DeValue::Integer(_)) {
            let size = self.size(&self.reader.count(value, &name.value)?)?;
            let settings = VolumeSettings::new(Range::new(0, MEMBERS.max(size))?);
            let model = VolumeModel { size, used: None, rest: Span::ZERO };
            return Some((Thing::Volume(model), TargetSettings::Volume(settings)));
        }
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Volume);
        if !table.has("at") {
            table.missing("at", "at = 100");
        }
        let size = table.count("at").and_then(|at| self.size(&at));
        let range = self.range(&mut table, MEMBERS.max(size.unwrap_or(0)));
        let used = table.value("used").map(|value| self.series(value, "used"));
        let or = |at: Option<At<Span>>, default| at.map_or(default, |at| at.value);
        let rest = or(table.span("rest"), Span::ZERO);
        let defaults = VolumeSettings::new(range?);
        let settings = VolumeSettings {
            cooldown_up: or(table.span("cooldown_up"), defaults.cooldown_up),
            confirm_within: or(table.span("confirm_within"), defaults.confirm_within),
            ..defaults
        };
        table.finish();
        let used = match used {
            None => None,
            Some(series) => Some(series?),
        };
        let model = VolumeModel { size: size?, used, rest };
        Some((Thing::Volume(model), TargetSettings::Volume(settings)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_shrinks_and_its_cloud_takes_one_change_at_a_time() {
        let rest = Span::from_minutes(360);
        let mut volume = VolumeWorld::new(VolumeModel { size: 100, used: None, rest });
        let at = Span::from_minutes;
        volume.grow(50, at(0)).unwrap();
        assert_eq!(volume.size(), 100);
        volume.grow(120, at(0)).unwrap();
        assert!(volume.grow(150, at(359)).is_err());
        assert!(volume.seen(at(359), 0).busy.is_some());
        volume.grow(150, at(360)).unwrap();
        assert_eq!(volume.seen(at(360), 0).size, 150);
    }
}
