//! A storm of retries: clients keep a service down after the cause has gone.
//!
//! Members are away for a minute, and come back. Clients try three times more, and members do
//! work whose client has given up. When all time out, each request is 1 + r attempts: if that is more than the
//! members can do, the queue never ends (a metastable failure), so it recovers only below a
//! load of 1 / (1 + r). A budget for retries, or a limit to the queue, breaks the circle.

use super::Row;
use crate::{
    chance::Chance,
    world::{
        Clients, Service,
        engine::{Asked, Des, Engine, Fluid},
    },
};
use setpoint_core::Span;

pub(super) const TITLE: &str = "A storm of retries";
pub(super) const COLUMNS: &[&str] =
    &["load, defence", "must", "fluid", "des", "attempts for each request, at most, fluid", "des"];

/// One storm.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    name: &'static str,
    /// The load as a share of what the members can do.
    load: f64,
    budget: Option<f64>,
    queue: Option<u32>,
    /// Whether it must end.
    ends: bool,
}

const fn storm(name: &'static str, load: f64, ends: bool) -> Storm {
    Storm { name, load, budget: None, queue: None, ends }
}

/// All of them, in the order of the document. With three retries the threshold is at 0.25.
pub const STORMS: &[Storm] = &[
    storm("0.20", 0.2, true),
    storm("0.24", 0.24, true),
    storm("0.30", 0.3, false),
    storm("0.50", 0.5, false),
    storm("0.80", 0.8, false),
    Storm { budget: Some(0.1), ..storm("0.80, budget of 10 %", 0.8, true) },
    // Two workers at 40 ms: 50 requests are a second of work.
    Storm { queue: Some(50), ..storm("0.80, a second of work may wait", 0.8, true) },
];

const MEMBERS: u32 = 4;
const RETRIES: u32 = 3;
/// How long a storm may take to end, in seconds: at a load of 0.24 it takes two thirds of that.
const PATIENCE: u32 = 1800;
/// So many seconds without a failure are its end.
const CALM: u32 = 30;

/// How a storm went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// Seconds from the members' return to the end of failures, if they ended.
    pub ended: Option<u32>,
    /// The most attempts for each request, over ten seconds.
    pub peak: f64,
}

impl Storm {
    /// The load as a share of what the members can do, and the defence.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How it goes by the fluid engine and by the engine of discrete events.
    pub fn courses(&self) -> (Course, Course) {
        let service =
            Service { workers: 2, queue: self.queue, drops_expired: false, ..Service::USUAL };
        let clients = Clients {
            retries: RETRIES,
            backoff: Span::from_ms(200),
            jitter: 1.0,
            budget: self.budget,
        };
        let fluid = self.course(&mut Fluid::new(service, clients), service);
        (fluid, self.course(&mut Des::new(service, clients, Chance::new(1)), service))
    }

    fn course(&self, engine: &mut dyn Engine, service: Service) -> Course {
        let inflow = self.load * f64::from(MEMBERS) * service.member_rps();
        let there = Asked::usual(inflow, MEMBERS);
        let away = Asked { ready: 0, ..there };
        let mut peak = 0.0_f64;
        let mut window = (0.0, 0.0);
        let mut calm = 0;
        for second in 0..60 + 60 + PATIENCE {
            let (flow, _) = engine.second(if (60..120).contains(&second) { away } else { there });
            window = (window.0 + flow.offered, window.1 + flow.attempts);
            if second % 10 == 9 {
                peak = peak.max(window.1 / window.0);
                window = (0.0, 0.0);
            }
            let failed = flow.timed_out + flow.shed;
            calm = if second >= 120 && failed < 1e-3 * flow.offered { calm + 1 } else { 0 };
            if calm == CALM {
                return Course { ended: Some(second + 1 - 120 - CALM), peak };
            }
        }
        Course { ended: None, peak }
    }

    pub(super) fn row(&self) -> Row {
        let (fluid, des) = self.courses();
        let told = |course: Course| {
            course.ended.map_or_else(|| "never ends".to_owned(), |s| format!("ends in {s} s"))
        };
        let most = f64::from(1 + RETRIES);
        let good = |course: Course| {
            course.ended.is_some() == self.ends
                // Attempts of some seconds may meet in one: half of one more.
                && course.peak < most + 0.5
                && (self.ends || course.peak > most - 0.5)
        };
        Row {
            cells: vec![
                self.name.to_owned(),
                if self.ends { "end" } else { "not end" }.to_owned(),
                told(fluid),
                told(des),
                format!("{:.2}", fluid.peak),
                format!("{:.2}", des.peak),
            ],
            good: good(fluid) && good(des),
        }
    }
}
