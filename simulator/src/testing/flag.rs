//! A flag in the world of a test: a setting that is a share of users, and knows what stood before.

use super::{
    case::Thing,
    fault::{At, Code, FileFault},
    setting::{SettingModel, SettingWorld, braked},
    table::{Table, Value},
    test::Bench,
};
use setpoint_core::{Flag, SettingSettings, Span, TargetSettings};
use setpoint_policies::Kind;
use toml::de::DeValue;

/// A flag as it is at the start.
#[derive(Clone, Debug)]
pub(super) struct FlagModel {
    /// For how many percent of users it is on, and how soon a change shows.
    pub(super) share: SettingModel,
    /// For how many it was on before a policy changed it.
    pub(super) stood: u32,
}

/// A flag in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct FlagWorld {
    share: SettingWorld,
    stood: u32,
}

impl FlagWorld {
    pub(super) fn new(model: FlagModel) -> Self {
        Self { stood: model.stood, share: SettingWorld::new(model.share) }
    }

    /// What its provider says of it. Nobody but the policies changes it in a test.
    pub(super) fn seen(&self, now: Span) -> Flag {
        let stood = Flag { share: self.stood, ..Flag::default() };
        stood.shown_to(self.share.seen(now).value)
    }

    /// For how many percent of users it was last asked to be on.
    pub(super) fn asked(&self) -> u32 {
        self.share.asked()
    }

    /// Shows it to so many percent of users, from when its time is over.
    pub(super) fn set(&mut self, share: u32, now: Span) {
        self.share.set(share, now);
    }
}

impl<'a> Bench<'a> {
    /// `extras = 100`, or `extras = { at = 100, settle = "0s" }`: in percent of users.
    pub(super) fn flag(
        &self,
        name: &At<String>,
        value: Value<'a>,
    ) -> Option<(Thing, TargetSettings)> {
        let defaults = SettingSettings::of_flag();
        if matches!(value.get_ref(), DeValue::Integer(_)) {
            let share = self.share_alone(name, value)?;
            let model = FlagModel { stood: share.value, share };
            return Some((Thing::Flag(model), TargetSettings::Flag(defaults)));
        }
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Flag);
        if !table.has("at") {
            table.missing("at", "at = 100");
        }
        let value = table.count("at").and_then(|at| self.percent(&at));
        let before = table.count("before").and_then(|at| self.percent(&at));
        let (lead, settings) = braked(&mut table, defaults);
        let safe = table.text("safe").and_then(|side| self.side(&side));
        let settings = SettingSettings { safe: safe.or(settings.safe), ..settings };
        table.finish();
        let share = SettingModel { value: value?, lead };
        let model = FlagModel { stood: before.unwrap_or(share.value), share };
        Some((Thing::Flag(model), TargetSettings::Flag(settings)))
    }

    /// A share in percent that is written alone: what it is set to shows at once.
    pub(super) fn share_alone(&self, name: &At<String>, value: Value<'a>) -> Option<SettingModel> {
        let value = self.percent(&self.reader.count(value, &name.value)?)?;
        Some(SettingModel { value, lead: Span::ZERO })
    }

    pub(super) fn percent(&self, written: &At<u32>) -> Option<u32> {
        let percent = Some(written.value).filter(|share| *share <= 100);
        if percent.is_none() {
            let message = format!("{} is no share", written.place.written());
            let fault = FileFault::new(Code::BadValue, &written.place, message);
            self.fault(fault.help("write 0 to 100, in percent"));
        }
        percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_before_is_told_until_it_stands_again() {
        let mut flag = FlagWorld::new(FlagModel {
            share: SettingModel { value: 60, lead: Span::from_secs(30) },
            stood: 60,
        });
        let seen = |flag: &FlagWorld, s| {
            let seen = flag.seen(Span::from_secs(s));
            (seen.share, seen.before)
        };
        flag.set(0, Span::from_secs(60));
        assert_eq!([seen(&flag, 89), seen(&flag, 90)], [(60, None), (0, Some(60))]);
        flag.set(60, Span::from_secs(100));
        assert_eq!([seen(&flag, 129), seen(&flag, 130)], [(0, Some(60)), (60, None)]);
    }
}
