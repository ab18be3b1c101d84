//! What things cost: by the second, with a least time.

use setpoint_core::Span;

/// The price of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tariff {
    /// Dollars for an hour.
    pub per_hour: f64,
    /// Whatever lived shorter is paid for this long.
    pub least: Span,
}

/// What has been paid for things of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rent {
    tariff: Tariff,
    hours: f64,
}

impl Rent {
    /// Nothing paid yet.
    pub const fn new(tariff: Tariff) -> Self {
        Self { tariff, hours: 0.0 }
    }

    /// Pays for one thing that lived this long.
    pub fn pay(&mut self, lived: Span) {
        self.hours += lived.max(self.tariff.least).secs() / 3600.0;
    }

    /// Hours paid for.
    pub const fn hours(&self) -> f64 {
        self.hours
    }

    /// Dollars paid.
    pub fn dollars(&self) -> f64 {
        self.hours * self.tariff.per_hour
    }
}
