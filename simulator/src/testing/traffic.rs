//! Traffic in the world of a test: where users are sent, and which destinations answer.

use super::{
    case::Thing,
    fault::{At, Code, FileFault},
    series::{Point, Series},
    stage::Side,
    table::{Table, Value, entries},
    test::Bench,
};
use setpoint_core::{Destination, Shares, Span, TargetSettings, Traffic, TrafficSettings};
use setpoint_policies::Kind;
use std::collections::BTreeMap;

/// Traffic as it is at the start.
#[derive(Clone, Debug)]
pub(super) struct TrafficModel {
    /// The percent of users that each destination takes.
    pub(super) shares: Shares,
    /// Whether each answers, pass by pass: not at 0, and unknown without a number. Those that
    /// are not named always do.
    pub(super) healthy: BTreeMap<String, Series>,
    /// From a route until it shows.
    pub(super) lead: Span,
}

/// Traffic in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct TrafficWorld {
    model: TrafficModel,
    /// Where users were sent last, and when that shows.
    sent: Option<(Shares, Span)>,
}

impl TrafficWorld {
    pub(super) const fn new(model: TrafficModel) -> Self {
        Self { model, sent: None }
    }

    /// What its provider says of it in the pass `index`.
    pub(super) fn seen(&self, now: Span, index: u64) -> Traffic {
        let shares = self.shares(Side::Serving, now).iter();
        let destinations = shares.map(|(name, share)| {
            let series = self.model.healthy.get(name);
            let healthy = match series.map(|series| series.at(index)) {
                None => Some(true),
                Some(Point::Number(number)) => Some(number > 0.0),
                Some(_) => None,
            };
            (name.clone(), Destination { share: *share, healthy })
        });
        Traffic { destinations: destinations.collect(), ..Traffic::default() }
    }

    /// The percent of users of one destination; of the first without a name.
    pub(super) fn share(&self, name: &str, side: Side, now: Span) -> Option<u32> {
        let shares = self.shares(side, now);
        let first = shares.first_key_value().map(|(_, share)| share);
        if name.is_empty() { first.copied() } else { shares.get(name).copied() }
    }

    fn shares(&self, side: Side, now: Span) -> &Shares {
        let sent = self.sent.as_ref().filter(|(_, shows)| side == Side::Asked || *shows <= now);
        sent.map_or(&self.model.shares, |(shares, _)| shares)
    }

    /// Sends users so, from when its time is over.
    pub(super) fn route(&mut self, to: &Shares, now: Span) {
        self.model.shares = self.shares(Side::Serving, now).clone();
        self.sent = Some((to.clone(), now + self.model.lead));
    }
}

impl Thing {
    /// What expressions call the destinations of the traffic `name`: `front.aws`.
    pub(super) fn destinations(&self, name: &str) -> Vec<String> {
        let Self::Traffic(model) = self else { return Vec::new() };
        model.shares.keys().map(|own| format!("{name}.{own}")).collect()
    }
}

impl<'a> Bench<'a> {
    /// `front = { at = { aws = 100, azure = 0 }, healthy = { aws = "1x4 0x20" } }`
    pub(super) fn traffic(
        &self,
        name: &At<String>,
        value: Value<'a>,
    ) -> Option<(Thing, TargetSettings)> {
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Traffic);
        if !table.has("at") {
            table.missing("at", "at = { aws = 100, azure = 0 }");
        }
        let place = table.place.clone();
        let written = table.value("at").map(|value| entries(self.reader, value, "at"));
        let mut shares = Shares::new();
        for (own, value) in written.into_iter().flatten() {
            let share = self.reader.count(value, &own.value)?;
            shares.insert(own.value, self.percent(&share)?);
        }
        let sum: u32 = shares.values().sum();
        if sum != 100 {
            let message = format!("the shares of `{}` add up to {sum} %, not to 100 %", name.value);
            self.fault(FileFault::new(Code::BadValue, &place, message));
        }
        let written = table.value("healthy").map(|value| entries(self.reader, value, "healthy"));
        let mut healthy = BTreeMap::new();
        for (own, value) in written.into_iter().flatten() {
            if !shares.contains_key(&own.value) {
                let message = format!("`{}` has no destination `{}`", name.value, own.value);
                self.fault(FileFault::new(Code::UnknownName, &own.place, message));
            }
            healthy.insert(own.value.clone(), self.series(value, &own.value)?);
        }
        let or = |at: Option<At<Span>>, default| at.map_or(default, |at| at.value);
        let lead = or(table.span("lead"), Span::ZERO);
        let defaults = TrafficSettings::new(shares.keys());
        let settings = TrafficSettings {
            cooldown_down: or(table.span("cooldown_down"), defaults.cooldown_down),
            settle: or(table.span("settle"), defaults.settle),
            confirm_within: or(table.span("confirm_within"), defaults.confirm_within),
            ..defaults
        };
        table.finish();
        let model = TrafficModel { shares, healthy, lead };
        Some((Thing::Traffic(model), TargetSettings::Traffic(settings)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_users_are_sent_shows_only_after_its_time() {
        let shares = |aws: u32| [("aws".to_owned(), aws), ("azure".to_owned(), 100 - aws)].into();
        let lead = Span::from_secs(30);
        let healthy = [("aws".to_owned(), Series::parse("1 0 _").unwrap())].into();
        let mut world = TrafficWorld::new(TrafficModel { shares: shares(100), healthy, lead });
        world.route(&shares(0), Span::from_secs(60));
        let aws = |world: &TrafficWorld, s| world.share("aws", Side::Serving, Span::from_secs(s));
        assert_eq!([aws(&world, 89), aws(&world, 90)], [Some(100), Some(0)]);
        assert_eq!(world.share("", Side::Asked, Span::from_secs(60)), Some(0));
        let healthy = |index| world.seen(Span::ZERO, index).destinations["aws"].healthy;
        assert_eq!([healthy(0), healthy(1), healthy(2)], [Some(true), Some(false), None]);
        assert_eq!(world.seen(Span::ZERO, 2).destinations["azure"].healthy, Some(true));
    }
}
