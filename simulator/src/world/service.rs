//! What one member can do, and how work is spread over the members.

use setpoint_core::Span;

/// What one member can do.
///
/// The knobs beyond the first four are best left as [`Service::USUAL`] has them:
/// `Service { workers: 2, mean, patience, slow, ..Service::USUAL }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Service {
    /// Requests a member works on at the same time. Above zero.
    pub workers: u32,
    /// The mean time of one request. Above zero.
    pub mean: Span,
    /// How long a client waits to be served before it gives up.
    pub patience: Span,
    /// Requests that wait longer than this are slow.
    pub slow: Span,
    /// The coefficient of variation of the time of one request: its standard deviation as a
    /// share of its mean, zero or more. At 1 the time is exponential, at 0 it is always the
    /// mean, else it is lognormal.
    pub cv: f64,
    /// Who gets the next request.
    pub balancing: Balancing,
    /// The requests that may wait for each member; what comes on top is shed, which is a
    /// fast failure. Without, all of them may.
    pub queue: Option<u32>,
    /// Whether a member throws away work whose client has given up. If not, it is done all
    /// the same, and wasted.
    pub drops_expired: bool,
}

/// Who gets the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Balancing {
    /// The member that has the least to do: all members share one queue.
    LeastOutstanding,
    /// Any member: each has a queue of its own, and some wait while others idle.
    Random,
}

impl Service {
    /// One worker that takes 40 ms, clients that wait for 5 s and find 100 ms slow, and
    /// members as most are: exponential times, one queue without a limit, no wasted work.
    pub const USUAL: Self = Self {
        workers: 1,
        mean: Span::from_ms(40),
        patience: Span::from_secs(5),
        slow: Span::from_ms(100),
        cv: 1.0,
        balancing: Balancing::LeastOutstanding,
        queue: None,
        drops_expired: true,
    };

    /// Requests per second that one member serves when it is never idle.
    pub fn member_rps(self) -> f64 {
        f64::from(self.workers) / self.mean.secs()
    }

    /// The lines that do not know of each other, where so many members serve; one at least.
    pub(super) fn lines(self, ready: u32) -> u32 {
        match self.balancing {
            Balancing::LeastOutstanding => 1,
            Balancing::Random => ready.max(1),
        }
    }

    /// The requests that may wait in all lines together, if there is a limit.
    pub(super) fn places(self, ready: u32) -> Option<f64> {
        self.queue.map(|places| f64::from(places) * f64::from(ready))
    }
}
