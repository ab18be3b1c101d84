//! No member with live sessions is ended, in thousands of random scale-ins; and what happens
//! where the provider picks who goes.
//!
//! Each seed is a fleet of its own: traffic, sessions, delays, lost samples, deadlines, and an
//! agent that is killed now and then in the middle of what it asks for. The members' sessions
//! are the world's own knowledge; the agent sees only what is published of them.

#![expect(clippy::expect_used, reason = "a test fails where it stands")]

mod region;

use region::{Came, Region, Trouble, bounds};
use setpoint_core::Span;
use std::env;

/// How many scale-ins there must be; 10,000 with `SETPOINT_PROVE=full`.
const SCALE_INS: usize = 250;

const TROUBLE: Trouble = Trouble { killed: 0.05, unanswered: 0.05, unseen: 0.02, silent: 0.01 };

const LIFE: Span = Span::from_minutes(8 * 60);

#[derive(Debug, Default)]
struct Sum {
    fleets: u64,
    scale_ins: usize,
    drained: u32,
    ended: usize,
    returned: u32,
    kills: usize,
    growths: usize,
    cut_off: usize,
}

impl Sum {
    fn add(&mut self, came: &Came) {
        self.fleets += 1;
        self.scale_ins += came.scale_ins;
        self.drained += came.drained;
        self.ended += came.ended.len();
        self.returned += came.returned;
        self.kills += came.kills;
        self.growths += came.growths;
        self.cut_off += came.ended.iter().map(|ended| ended.cut_off).sum::<usize>();
    }
}

#[expect(clippy::print_stdout, reason = "the figures of the manual come from here")]
fn tell(sum: &Sum) {
    println!("{sum:?}");
}

#[test]
fn no_member_with_live_sessions_is_ever_ended() {
    let full = env::var("SETPOINT_PROVE").is_ok_and(|how| how == "full");
    let wanted = if full { 10_000 } else { SCALE_INS };
    let mut sum = Sum::default();
    for seed in 1.. {
        let came = Region::new(seed, TROUBLE).lives(&bounds(seed, true), LIFE);
        let harmed: Vec<_> = came.ended.iter().filter(|ended| ended.cut_off > 0).collect();
        assert!(harmed.is_empty(), "seed {seed}: {harmed:?}");
        sum.add(&came);
        if sum.scale_ins >= wanted {
            break;
        }
    }
    tell(&sum);
    assert!(sum.scale_ins >= wanted && sum.ended >= wanted, "{sum:?}");
    assert!(sum.kills * 20 >= wanted && sum.returned > 0 && sum.growths > 0, "{sum:?}");
}

/// The same fleets where the provider picks who goes: that is what the test above would find.
#[test]
fn a_provider_that_picks_by_itself_cuts_people_off() {
    let mut sum = Sum::default();
    for seed in 1..=2 {
        sum.add(&Region::new(seed, TROUBLE).lives(&bounds(seed, false), LIFE));
    }
    tell(&sum);
    assert!(sum.cut_off > 100, "{sum:?}");
}
