//! A setting in the world of a test: a number that shows what it was set to, perhaps later.

use super::{
    case::Thing,
    fault::{At, Code, FileFault},
    suggest,
    table::{Table, Value},
    targets::MEMBERS,
    test::Bench,
};
use setpoint_core::{Range, Setting, SettingSettings, Side, Span, TargetSettings};
use setpoint_policies::Kind;
use toml::de::DeValue;

/// A setting as it stands at the start.
#[derive(Clone, Debug)]
pub(super) struct SettingModel {
    /// What it is set to.
    pub(super) value: u32,
    /// From setting it until it shows.
    pub(super) lead: Span,
}

/// A setting in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct SettingWorld {
    shown: u32,
    lead: Span,
    /// What it was set to last, and when that shows.
    set: Option<(u32, Span)>,
}

impl SettingWorld {
    pub(super) fn new(model: SettingModel) -> Self {
        Self { shown: model.value, lead: model.lead, set: None }
    }

    /// What its provider says of it.
    pub(super) fn seen(&self, now: Span) -> Setting {
        let arrived = self.set.filter(|(_, shows)| *shows <= now);
        Setting { value: arrived.map_or(self.shown, |(value, _)| value), busy: None }
    }

    /// What it was set to last.
    pub(super) fn asked(&self) -> u32 {
        self.set.map_or(self.shown, |(value, _)| value)
    }

    /// Sets it, so that it shows after its time.
    pub(super) fn set(&mut self, value: u32, now: Span) {
        self.shown = self.seen(now).value;
        self.set = Some((value, now + self.lead));
    }
}

impl<'a> Bench<'a> {
    /// `pool = 40`, or `pool = { at = 40, min = 5, max = 100, safe = "high" }`.
    pub(super) fn setting(
        &self,
        name: &At<String>,
        value: Value<'a>,
    ) -> Option<(Thing, TargetSettings)> {
        if matches!(value.get_ref(), DeValue::Integer(_)) {
            let value = self.size(&self.reader.count(value, &name.value)?)?;
            let settings = SettingSettings::new(Range::new(0, MEMBERS.max(value))?);
            let model = SettingModel { value, lead: Span::ZERO };
            return Some((Thing::Setting(model), TargetSettings::Setting(settings)));
        }
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Setting);
        if !table.has("at") {
            table.missing("at", "at = 10");
        }
        let value = table.count("at").and_then(|at| self.size(&at));
        let defaults =
            SettingSettings::new(self.range(&mut table, MEMBERS.max(value.unwrap_or(0)))?);
        let (lead, settings) = braked(&mut table, defaults);
        let safe = table.text("safe").and_then(|side| self.side(&side));
        let settings = SettingSettings { safe, ..settings };
        table.finish();
        let model = SettingModel { value: value?, lead };
        Some((Thing::Setting(model), TargetSettings::Setting(settings)))
    }

    pub(super) fn side(&self, written: &At<String>) -> Option<Side> {
        let known = Side::NAMES.iter().find(|(name, _)| *name == written.value);
        if known.is_none() {
            let message = format!("`safe` is {}, which is no side", written.place.written());
            let fault = FileFault::new(Code::BadValue, &written.place, message);
            let names = Side::NAMES.map(|(name, _)| name);
            self.fault(fault.maybe_help(suggest::advice(&written.value, names)));
        }
        known.map(|(_, side)| *side)
    }
}

/// From setting it until it shows, and `defaults` with the times that the table says.
pub(super) fn braked(table: &mut Table<'_>, defaults: SettingSettings) -> (Span, SettingSettings) {
    let mut or = |key, default| table.span(key).map_or(default, |at| at.value);
    let lead = or("lead", Span::ZERO);
    let settings = SettingSettings {
        cooldown_down: or("cooldown_down", defaults.cooldown_down),
        settle: or("settle", defaults.settle),
        confirm_within: or("confirm_within", defaults.confirm_within),
        ..defaults
    };
    (lead, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_was_set_to_shows_only_after_its_time() {
        let lead = Span::from_secs(30);
        let mut setting = SettingWorld::new(SettingModel { value: 40, lead });
        setting.set(20, Span::from_secs(60));
        let value = |setting: &SettingWorld, s| setting.seen(Span::from_secs(s)).value;
        assert_eq!((value(&setting, 89), value(&setting, 90), setting.asked()), (40, 20, 20));
        setting.set(30, Span::from_secs(100));
        assert_eq!((value(&setting, 129), value(&setting, 130)), (20, 30));
    }
}
