//! The provider's front door: it may be asked only so often, and at times it does
//! not answer.

use super::faults::Weather;
use crate::chance::Stream;
use setpoint_core::{FailureKind, Span};

/// How the provider treats callers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ApiModel {
    /// Calls it takes at once: the size of its token bucket.
    pub burst: u32,
    /// Calls per second it takes for long: the refill of that bucket. Above zero.
    pub per_second: f64,
    /// The share of calls that get no answer, 0 to 1. Such a call changed nothing.
    pub unavailable: f64,
    /// How long a call takes.
    pub latency: Span,
}

/// Whether the answer to a call reaches the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It does.
    Heard,
    /// It does not, though the call took effect.
    Lost,
}

#[derive(Clone, Debug)]
pub(super) struct Api {
    model: ApiModel,
    tokens: f64,
    counted: Span,
    stream: Stream,
}

impl Api {
    pub(super) fn new(model: ApiModel, stream: Stream) -> Self {
        Self { tokens: f64::from(model.burst), counted: Span::ZERO, model, stream }
    }

    /// Lets one call in, or says why not.
    pub(super) fn admit(&mut self, now: Span, weather: &Weather) -> Result<Answer, FailureKind> {
        let refilled = self.tokens + now.minus(self.counted).secs() * self.model.per_second;
        self.tokens = refilled.min(f64::from(self.model.burst));
        self.counted = now;
        if weather.region_down {
            return Err(FailureKind::Unavailable);
        }
        if weather.throttled {
            return Err(FailureKind::Throttled { retry_after: None });
        }
        if self.tokens < 1.0 {
            let wait = (1.0 - self.tokens) / self.model.per_second;
            let retry_after = Some(Span::from_ms((wait * 1000.0).ceil() as u64));
            return Err(FailureKind::Throttled { retry_after });
        }
        self.tokens -= 1.0;
        if self.stream.uniform() < self.model.unavailable.max(weather.errors) {
            return Err(FailureKind::Unavailable);
        }
        // Without such a fault no luck is drawn: the calls of other worlds stay as they are.
        let lost = weather.lost > 0.0 && self.stream.uniform() < weather.lost;
        Ok(if lost { Answer::Lost } else { Answer::Heard })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    fn api(unavailable: f64) -> Api {
        let model = ApiModel { burst: 3, per_second: 0.5, unavailable, latency: Span::ZERO };
        Api::new(model, Chance::new(1).stream("api", 0))
    }

    #[test]
    fn it_throttles_beyond_its_burst_and_says_for_how_long() {
        let mut api = api(0.0);
        let now = Span::from_secs(100);
        assert!((0..3).all(|_| api.admit(now, &Weather::default()).is_ok()));
        let retry_after = Some(Span::from_secs(2));
        assert_eq!(
            api.admit(now, &Weather::default()),
            Err(FailureKind::Throttled { retry_after })
        );
        assert_eq!(api.admit(now + Span::from_secs(2), &Weather::default()), Ok(Answer::Heard));
    }

    #[test]
    fn it_is_away_as_often_as_it_says() {
        let mut api = api(0.2);
        let calls = (0..5000).map(|i| api.admit(Span::from_secs(10 * i), &Weather::default()));
        let away = calls.filter(Result::is_err).count();
        assert!((900..1100).contains(&away), "{away} of 5000 calls");
    }
}
