//! The control loop, and the ports through which it touches the world.
//!
//! The daemon and the simulator run this same loop. They differ only in what they
//! plug into [`Ports`]: a system clock and clouds, or a made-up world. There is no
//! "if simulated" and no "if dry run" anywhere: an agent that only observes is one
//! without hands.
//!
//! Start reading at [`ControlLoop::pass`]; all decisions are made in [`think()`].

mod breaker;
mod control_loop;
mod fault;
mod finding;
mod log;
mod nobody;
mod other_scalers;
mod pass;
mod ports;
mod provider_error;
mod remedy;
mod repeats;
mod think;
mod watch;

pub use breaker::Breaker;
pub use control_loop::{ControlLoop, Past};
pub use fault::{Fault, Sorted};
pub use finding::{Finding, Severity};
pub use nobody::{Nobody, Nowhere};
pub use other_scalers::OtherScalers;
pub use pass::Pass;
pub use ports::{
    Act, Clock, Commands, Evaluator, Journal, JournalError, MetricSource, Observe, Ports, Recalled,
    World,
};
pub use provider_error::ProviderError;
pub use remedy::on_the_way;
pub use think::{Thought, think};
pub use watch::{Ended, Watch};
