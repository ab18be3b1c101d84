//! Checks of ours: does a service answer, with what, how soon, and for how long is its
//! certificate still good.
//!
//! That it does not answer is a reading: up is 0. What keeps us from asking is not: a name
//! that cannot be looked up, a network that is not there, credentials that cannot be read
//! say nothing about the service, and the reading is failed.

use crate::{
    certificate::{days, ended, ends, tls},
    client::{HttpClient, shown},
    failure::{FetchError, SetUpError, causes},
    settings::HttpSettings,
};
use async_trait::async_trait;
use setpoint_control::{Clock, MetricSource};
use setpoint_core::{InputKey, Moment, Reading, Sample, Span, Timestamp, Unit};
use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    ops::RangeInclusive,
    sync::Arc,
};
use url::Url;

/// What a check can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// 1 if it answered with a status as expected, else 0.
    Up,
    /// The status.
    Status,
    /// The time from asking to the head of the answer, in this unit of time.
    Latency(Unit),
    /// The days for which the certificate is still good; below zero once it has expired.
    CertificateDays,
}

impl Check {
    /// The name of every check.
    pub const NAMES: [&str; 4] = ["up", "status", "latency", "certificate_days"];

    /// The check called `name`, for an input in `unit`; `None` if there is none.
    pub fn of(name: &str, unit: Unit) -> Option<Self> {
        match name {
            "up" => Some(Self::Up),
            "status" => Some(Self::Status),
            "latency" => Some(Self::Latency(unit)),
            "certificate_days" => Some(Self::CertificateDays),
            _ => None,
        }
    }

    /// Whether an input in `unit` can take what this check tells.
    pub const fn fits(self, unit: Unit) -> bool {
        match self {
            Self::Up => matches!(unit, Unit::Count | Unit::Ratio),
            Self::Status | Self::CertificateDays => matches!(unit, Unit::Count),
            Self::Latency(_) => matches!(unit, Unit::Ms | Unit::Seconds),
        }
    }
}

/// A service that is asked once a pass.
pub struct ProbeSource {
    url: Url,
    expected: RangeInclusive<u16>,
    client: HttpClient,
    clock: Arc<dyn Clock>,
    checks: BTreeMap<InputKey, Check>,
}

/// What asking came to.
enum Seen {
    Answer { status: u16, after: Span, certificate: Option<Timestamp> },
    NoAnswer { why: String, certificate: Option<Timestamp> },
    NotAsked(String),
}

impl ProbeSource {
    /// Checks on `url`, which is up if it answers with one of the `expected` statuses.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(
        url: Url,
        expected: RangeInclusive<u16>,
        settings: HttpSettings,
        clock: Arc<dyn Clock>,
        checks: BTreeMap<InputKey, Check>,
    ) -> Result<Self, SetUpError> {
        Ok(Self { url, expected, client: HttpClient::new(settings)?, clock, checks })
    }

    async fn look(&self) -> Seen {
        let began = self.clock.now().monotonic;
        let response = self.client.within(self.client.head_of(&self.url)).await;
        let after = self.clock.now().monotonic.minus(began);
        match response {
            Ok(response) => {
                let info = response.extensions().get::<reqwest::tls::TlsInfo>();
                let certificate = info.and_then(|info| ends(info.peer_certificate()?));
                Seen::Answer { status: response.status().as_u16(), after, certificate }
            }
            Err(error) => {
                let why = format!("{}: {error}", shown(&self.url));
                match &error {
                    FetchError::Late(_) => Seen::NoAnswer { why, certificate: None },
                    FetchError::Connection(cause) if is_theirs(cause) => {
                        Seen::NoAnswer { why, certificate: ended(cause) }
                    }
                    FetchError::Connection(_)
                    | FetchError::Status { .. }
                    | FetchError::TooLarge { .. }
                    | FetchError::Secret(_)
                    | FetchError::NoHeader
                    | FetchError::Unsigned(_) => Seen::NotAsked(why),
                }
            }
        }
    }

    fn answer(&self, check: Check, seen: &Seen, now: Timestamp) -> Reading {
        let number = match (check, seen) {
            (_, Seen::NotAsked(why)) => return Reading::Failed(why.clone()),
            (Check::Up, Seen::Answer { status, .. }) => {
                f64::from(u8::from(self.expected.contains(status)))
            }
            (Check::Up, Seen::NoAnswer { .. }) => 0.0,
            (Check::Status, Seen::Answer { status, .. }) => f64::from(*status),
            (Check::Latency(unit), Seen::Answer { after, .. }) => after.secs() / unit.scale(),
            (
                Check::CertificateDays,
                Seen::Answer { certificate: Some(end), .. }
                | Seen::NoAnswer { certificate: Some(end), .. },
            ) => days(now, *end),
            (Check::CertificateDays, Seen::Answer { certificate: None, .. }) => {
                return Reading::Absent(format!("{} shows no certificate", shown(&self.url)));
            }
            (
                Check::Status | Check::Latency(_) | Check::CertificateDays,
                Seen::NoAnswer { why, .. },
            ) => {
                return Reading::Absent(why.clone());
            }
        };
        Sample::new(now, number).map_or_else(
            || Reading::Absent(format!("{} gave {number}", shown(&self.url))),
            Reading::Sample,
        )
    }
}

/// Whether a failed connection says something about the service, and not about us.
fn is_theirs(error: &reqwest::Error) -> bool {
    const THEIRS: [ErrorKind; 6] = [
        ErrorKind::ConnectionRefused,
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::TimedOut,
        ErrorKind::UnexpectedEof,
    ];
    let by_kind = |kind| THEIRS.contains(&kind);
    let mut kinds = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
    // Anything but a connection that never came about is the service's own doing.
    error.is_timeout()
        || !error.is_connect()
        || tls(error).is_some()
        || kinds.any(|e| by_kind(e.kind()))
}

#[async_trait]
impl MetricSource for ProbeSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let seen = self.look().await;
        let said = |check: &Check| self.answer(*check, &seen, now.wall);
        self.checks.iter().map(|(key, check)| (key.clone(), said(check))).collect()
    }
}
