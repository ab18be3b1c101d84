//! How long answers took over a while, in few numbers; quantiles are made when somebody asks.

use super::engine::Waiting;
use std::sync::LazyLock;

/// How long the answers of one second took.
#[derive(Clone, Debug)]
pub enum Answers {
    /// So many requests under that waiting.
    Modelled {
        /// Requests with a good answer.
        requests: f64,
        /// How long they waited.
        waiting: Waiting,
    },
    /// Each of them was counted.
    Counted(Box<Counts>),
}

impl Answers {
    /// How many answers there were.
    pub fn requests(&self) -> f64 {
        match self {
            Self::Modelled { requests, .. } => *requests,
            Self::Counted(counts) => counts.all as f64,
        }
    }

    /// So many of them, of those that take `times` as long to be served as all do on average. What was
    /// counted does not tell whose answer it was, so nothing is known of a part of it.
    pub(super) fn part(&self, requests: f64, times: f64) -> Self {
        match self {
            Self::Modelled { waiting, .. } => {
                Self::Modelled { requests, waiting: waiting.taking(times) }
            }
            Self::Counted(_) => Self::default(),
        }
    }

    /// How many of them waited at all before they were served.
    pub fn waited(&self) -> f64 {
        match self {
            Self::Modelled { requests, waiting } => requests * waiting.longer_than(0.0),
            Self::Counted(counts) => counts.waited as f64,
        }
    }

    /// How many seconds they waited before they were served, all together.
    pub fn waits(&self) -> f64 {
        match self {
            // Where nobody is served, waits have no mean.
            Self::Modelled { requests: 0.0, .. } => 0.0,
            Self::Modelled { requests, waiting } => requests * waiting.mean_wait(),
            Self::Counted(counts) => counts.waits,
        }
    }

    /// How many seconds they took from arrival to answer, all together.
    pub fn seconds(&self) -> f64 {
        match self {
            Self::Modelled { requests: 0.0, .. } => 0.0,
            Self::Modelled { requests, waiting } => {
                requests * (waiting.mean_wait() + waiting.mean_service())
            }
            Self::Counted(counts) => counts.seconds,
        }
    }
}

impl Default for Answers {
    fn default() -> Self {
        Self::Modelled { requests: 0.0, waiting: Waiting::default() }
    }
}

/// Answers by how long they took: sixteen classes between a time and its double.
#[derive(Clone, Debug)]
pub struct Counts {
    classes: [u64; CLASSES],
    all: u64,
    /// Those that waited at all.
    waited: u64,
    /// The seconds they waited, all together, and the seconds until their answers.
    waits: f64,
    seconds: f64,
}

/// Classes between a time and its double, as a power of two.
const FINE: u32 = 4;
/// The logarithm to base 2 of the shortest and of the longest time in seconds that have classes of their own.
const OCTAVES: (i32, i32) = (-8, 4);
const CLASSES: usize = ((OCTAVES.1 - OCTAVES.0) as usize) << FINE;

impl Default for Counts {
    fn default() -> Self {
        Self { classes: [0; CLASSES], all: 0, waited: 0, waits: 0.0, seconds: 0.0 }
    }
}

impl Counts {
    /// Counts an answer that waited so many seconds and took so many in all.
    pub(super) fn add(&mut self, waited: f64, seconds: f64) {
        self.classes[class(seconds).0] += 1;
        self.all += 1;
        self.waited += u64::from(waited > 0.0);
        self.waits += waited;
        self.seconds += seconds;
    }

    fn take_in(&mut self, other: &Self) {
        self.all += other.all;
        self.waited += other.waited;
        self.waits += other.waits;
        self.seconds += other.seconds;
        self.classes.iter_mut().zip(other.classes).for_each(|(class, more)| *class += more);
    }

    /// How many took longer than so many seconds, those of its own class spread evenly over it.
    fn longer(&self, seconds: f64) -> f64 {
        let (class, share) = class(seconds);
        let above: u64 = self.classes[class + 1..].iter().sum();
        above as f64 + self.classes[class] as f64 * (1.0 - share)
    }
}

/// The class of a time, and how far in it the time is, 0 to 1.
///
/// Exponent and leading digits of a binary number are its class already.
fn class(seconds: f64) -> (usize, f64) {
    let digits = f64::MANTISSA_DIGITS - 1;
    let first = ((1023 + OCTAVES.0) as u64) << digits;
    let Some(above) = seconds.to_bits().checked_sub(first) else {
        return (0, 0.0);
    };
    let (class, rest) = (above >> (digits - FINE), above & ((1 << (digits - FINE)) - 1));
    match usize::try_from(class) {
        Ok(class) if class < CLASSES => (class, rest as f64 / (1_u64 << (digits - FINE)) as f64),
        Ok(_) | Err(_) => (CLASSES - 1, 1.0),
    }
}

/// The number of bounds at which requests are counted.
const BOUNDS: usize = 64;
/// The smallest and the largest bound, in seconds.
const RANGE: (f64, f64) = (0.005, 10.0);

/// The bounds in seconds: each 13 % above the one before.
static SECONDS: LazyLock<[f64; BOUNDS]> = LazyLock::new(|| {
    let ratio = RANGE.1 / RANGE.0;
    std::array::from_fn(|i| RANGE.0 * ratio.powf(i as f64 / (BOUNDS - 1) as f64))
});

/// How long the answers of a while took: what a quantile needs, and no more.
///
/// Seconds in which requests waited alike share an entry, so a calm hour has only a few.
#[derive(Clone, Debug, Default)]
pub struct Latencies {
    modelled: Vec<(f64, Waiting)>,
    counted: Option<Box<Counts>>,
    requests: f64,
}

impl Latencies {
    /// Takes in the answers of one second.
    pub fn add(&mut self, answers: &Answers) {
        match answers {
            Answers::Modelled { requests, waiting } => self.model(*requests, waiting),
            Answers::Counted(counts) => {
                self.requests += counts.all as f64;
                self.counted.get_or_insert_default().take_in(counts);
            }
        }
    }

    /// Takes in the answers of another while.
    pub(super) fn take_in(&mut self, other: &Self) {
        for (requests, waiting) in &other.modelled {
            self.model(*requests, waiting);
        }
        if let Some(counts) = &other.counted {
            self.requests += counts.all as f64;
            self.counted.get_or_insert_default().take_in(counts);
        }
    }

    fn model(&mut self, requests: f64, waiting: &Waiting) {
        if requests <= 0.0 {
            return;
        }
        self.requests += requests;
        for (count, alike) in &mut self.modelled {
            if alike.absorb(*count, waiting, requests) {
                *count += requests;
                return;
            }
        }
        self.modelled.push((requests, *waiting));
    }

    /// How many requests took longer than the bound of this index.
    fn longer(&self, bound: usize) -> f64 {
        let seconds = SECONDS[bound];
        let modelled =
            self.modelled.iter().map(|(requests, it)| requests * it.answered_after(seconds));
        let counted = self.counted.as_ref().map_or(0.0, |counts| counts.longer(seconds));
        modelled.sum::<f64>() + counted
    }

    /// The time in seconds within which the share `q` of requests was answered, to
    /// within a bound's 13 %; none without requests.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if self.requests <= 0.0 {
            return None;
        }
        let allowed = (1.0 - q) * self.requests;
        // The first bound beyond which there are not more than that, by halving.
        let (mut low, mut high) = (0, BOUNDS);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.longer(middle) <= allowed { high = middle } else { low = middle + 1 }
        }
        let Some(bound) = SECONDS.get(low) else { return Some(RANGE.1) };
        let (below, before) = match low.checked_sub(1) {
            Some(below) => (SECONDS[below], self.longer(below)),
            None => (0.0, self.requests),
        };
        let share = (before - allowed) / (before - self.longer(low));
        Some(below + (bound - below) * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{
        Clients, Service,
        engine::{Asked, Engine, Fluid},
    };
    use proptest::prelude::*;

    #[test]
    fn the_p99_of_an_idle_service_is_that_of_its_own_time() {
        let service = Service { workers: 2, ..Service::USUAL };
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.99), None);
        latencies.add(&Fluid::new(service, Clients::RESIGNED).second(Asked::usual(300.0, 20)).1);
        let p99 = latencies.quantile(0.99).unwrap();
        assert!((p99 - 0.04 * 100.0_f64.ln()).abs() < 0.01, "{p99}");
    }

    proptest! {
        #[test]
        fn counted_answers_have_the_quantiles_that_they_have(
            mut times in prop::collection::vec(0.006..9.0_f64, 1..400),
        ) {
            let mut counts = Counts::default();
            times.iter().for_each(|time| counts.add(0.0, *time));
            times.sort_by(f64::total_cmp);
            let mut latencies = Latencies::default();
            latencies.add(&Answers::Counted(Box::new(counts)));
            for q in [0.5, 0.95, 0.99] {
                let told = latencies.quantile(q).unwrap();
                // Where few answers are far apart, anything between two of them is right.
                let place = q * times.len() as f64;
                let below = times[(place - 1.0).max(0.0) as usize];
                let above = times[(place.ceil() as usize).min(times.len() - 1)];
                prop_assert!(told > below * 0.8 && told < above * 1.25, "{below} {told} {above}");
            }
        }
    }
}
